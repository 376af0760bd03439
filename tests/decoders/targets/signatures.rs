//! Signatures of any scheme beside a key of any scheme.

use alloy_primitives::FixedBytes;
use synod_signature_core::ecdsa::EcdsaError;
use synod_signature_core::{Fault, KeyError, verify};
use synod_types::signature::{PublicKey, Scheme, Signature};

use super::input::Input;

const SCHEMES: [Scheme; 3] = [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa];

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let scheme = SCHEMES[usize::from(input.byte() % 3)];
    let key = input.key(scheme);
    let (digest, other) = (input.digest(), input.digest());
    let whole = key.sign(digest);
    assert_eq!(verify(&key.public(), digest, &whole), Ok(()));
    let wrong = verify(&key.public(), other, &whole);
    assert_eq!(wrong.is_ok(), digest == other, "{wrong:?}");

    let mut bytes = whole.bytes.to_vec();
    input.spoil(&mut bytes);
    let claimed = SCHEMES[usize::from(input.byte() % 3)];
    let signature = Signature { scheme: claimed, bytes: bytes.clone().into() };
    match verify(&key.public(), digest, &signature) {
        Ok(()) => {
            // Either name of an ECDSA signature's parity.
            assert_eq!((&bytes[..64], claimed), (&whole.bytes[..64], scheme));
        }
        Err(Fault::Scheme(told)) => assert!(told == claimed && claimed != scheme),
        Err(Fault::Length(told) | Fault::Ecdsa(EcdsaError::Length(told))) => {
            assert!(told == bytes.len() && told != whole.bytes.len());
        }
        Err(Fault::Key(_)) => panic!("the key is right"),
        Err(_) => assert_ne!(signature, whole),
    }
    spoilt_key(&mut input, &key.public(), &whole);
}

/// Nothing is signed by a key that is none.
fn spoilt_key(input: &mut Input<'_>, key: &PublicKey, whole: &Signature) {
    let (bytes, scheme) = match key {
        PublicKey::Bn254 { g1, g2 } => ([g1.as_slice(), g2.as_slice()].concat(), Scheme::Bn254),
        PublicKey::Bls12381(key) => (key.to_vec(), Scheme::Bls12381),
        PublicKey::Ecdsa(_) => return,
    };
    let mut spoilt = bytes.clone();
    input.spoil(&mut spoilt);
    spoilt.resize(bytes.len(), 0);
    let other = match scheme {
        Scheme::Bn254 => PublicKey::Bn254 {
            g1: FixedBytes::from_slice(&spoilt[..64]),
            g2: FixedBytes::from_slice(&spoilt[64..]),
        },
        Scheme::Bls12381 | Scheme::Ecdsa => PublicKey::Bls12381(FixedBytes::from_slice(&spoilt)),
    };
    let digest = input.digest();
    match verify(&other, digest, whole) {
        Ok(()) => assert_eq!(spoilt, bytes),
        Err(Fault::Key(KeyError::NotPossessed)) => panic!("nobody asked for a proof"),
        Err(Fault::Key(_)) => assert_ne!(spoilt, bytes),
        Err(_) => (),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    (0..12).map(|n| vec![n, n, n, n / 2, n % 3, n, n, n, 0, n, 1, n, 1, 5, n, n]).collect()
}
