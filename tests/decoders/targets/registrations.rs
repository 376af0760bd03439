//! Keys of BN254 with the proof that their owner knows the secret, before both generations of
//! registries: only the owner's own proof, for this place, is one.

use alloy_primitives::Address;
use synod_signature_core::KeyError;
use synod_signature_core::bn254::{
    G1, PublicPair, Registration, RegistryDomain, SecretKey, hash_solidity,
};
use synod_types::signature::PublicKey;

use super::input::{Input, fixed};

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let secret = SecretKey::from_bytes(&[input.byte() % 32 + 1; 32]).unwrap();
    let domain = RegistryDomain {
        name: ["EigenLayer", "", "n"][usize::from(input.byte() % 3)],
        version: ["v1.0.0", ""][usize::from(input.byte() % 2)],
        chain_id: u64::from_be_bytes(input.array()),
        contract: Address::from(input.array()),
    };
    let registration = registration(&mut input);
    let pair = secret.public();
    let digest = registration.digest(&domain, &pair);
    let whole = secret.sign(&hash_solidity(digest));
    assert!(registration.is_proven(&domain, &pair, &whole));

    let mut bytes = whole.encode().to_vec();
    input.spoil(&mut bytes);
    if let Ok(proof) = G1::decode(&fixed(&bytes)) {
        assert_eq!(registration.is_proven(&domain, &pair, &proof), proof == whole);
    }
    let elsewhere = Registration::ApkRegistry { operator: Address::from(input.array()) };
    assert_eq!(elsewhere.is_proven(&domain, &pair, &whole), elsewhere == registration);
    rogue(&mut input, &pair);
}

fn registration(input: &mut Input<'_>) -> Registration {
    let operator = Address::from(input.array());
    match input.byte() % 2 {
        0 => Registration::ApkRegistry { operator },
        _ => {
            let avs = Address::from(input.array());
            let operator_set = u32::from_be_bytes(input.array());
            Registration::KeyRegistrar { operator, avs, operator_set }
        }
    }
}

/// Halves of one secret, whatever else they are, or none.
fn rogue(input: &mut Input<'_>, pair: &PublicPair) {
    let PublicKey::Bn254 { g1, g2 } = pair.encode() else { panic!("of BN254") };
    let mut bytes = [g1.as_slice(), g2.as_slice()].concat();
    input.spoil(&mut bytes);
    let (g1, g2) = (fixed(&bytes), fixed(bytes.get(64..).unwrap_or_default()));
    match PublicPair::decode(&g1, &g2) {
        Ok(decoded) => assert_eq!(decoded.encode(), PublicKey::Bn254 { g1, g2 }),
        Err(KeyError::HalvesDiffer) => assert_ne!(PublicKey::Bn254 { g1, g2 }, pair.encode()),
        Err(KeyError::Point(_)) => (),
        Err(error) => panic!("{error}"),
    }
    let other = SecretKey::from_bytes(&[input.byte() % 32 + 1; 32]).unwrap().public();
    if &other != pair {
        let halves = PublicPair::decode(&pair.g1().encode(), &other.g2().encode());
        assert_eq!(halves, Err(KeyError::HalvesDiffer));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    (0..8)
        .map(|n| [&[n; 52][..], &[n % 2], &[n; 24], &[n % 4, 0, n, 1], &[n; 20]].concat())
        .collect()
}
