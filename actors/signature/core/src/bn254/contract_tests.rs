//! What contracts check beside certificates: registrations of keys, and sums over several quorums.

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use proptest::prelude::*;
use serde_json::Value;
use synod_types::signature::Digest;

use super::possession::apk_registry_gamma;
use super::*;
use crate::vectors::{bls, fixed, list, number, text, words};

const DOMAIN: RegistryDomain<'_> = RegistryDomain {
    name: "BLSApkRegistry",
    version: "v0.0.1",
    chain_id: 31_337,
    contract: Address::repeat_byte(0xc0),
};

fn secret(number: u64) -> SecretKey {
    SecretKey::from_bytes(&U256::from(number).to_be_bytes()).unwrap()
}

fn point(value: &Value) -> G1 {
    G1::decode(&words(&[&value[0], &value[1]])).unwrap()
}

fn registrations() -> [Registration; 3] {
    let (operator, avs) = (Address::repeat_byte(1), Address::repeat_byte(2));
    [
        Registration::ApkRegistry { operator },
        Registration::KeyRegistrar { operator, avs, operator_set: 0 },
        Registration::KeyRegistrar { operator, avs, operator_set: 7 },
    ]
}

#[test]
fn the_types_of_registrations_are_the_contracts() {
    let types = &bls()["bn254_eigenlayer"]["derived"]["eip712"];
    let of = |name: &str| fixed::<32>(&types[name]);
    let pubkey = "BN254PubkeyRegistration(address operator)";
    assert_eq!(keccak256(pubkey), of("BN254PubkeyRegistration_typehash"));
    let key = "BN254KeyRegistration(address operator,address avs,uint32 operatorSetId,bytes \
               keyData)";
    assert_eq!(keccak256(key), of("BN254KeyRegistration_typehash"));
}

/// Put together here from EIP-712's words, by hand.
#[test]
fn the_digest_of_a_registration_is_put_together_as_eip_712_says() {
    let word = |bytes: &[u8]| -> Vec<u8> {
        let mut word = vec![0; 32 - bytes.len()];
        word.extend_from_slice(bytes);
        word
    };
    let domain = [
        hex!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f").to_vec(),
        keccak256("BLSApkRegistry").to_vec(),
        keccak256("v0.0.1").to_vec(),
        word(&31_337_u16.to_be_bytes()),
        word(&[0xc0; 20]),
    ];
    let pair = secret(5).public();
    let key = [pair.g1().encode().to_vec(), pair.g2().encode().to_vec()].concat();
    let body = [
        hex!("da86e76deaed01641f80ff5f72c372a038fa5182697aeb967e8b1f9819d58d81").to_vec(),
        word(&[1; 20]),
        word(&[2; 20]),
        word(&[7]),
        keccak256(key).to_vec(),
    ];
    let bytes =
        [vec![0x19, 0x01], keccak256(domain.concat()).to_vec(), keccak256(body.concat()).to_vec()];
    let [_, _, registration] = registrations();
    assert_eq!(registration.digest(&DOMAIN, &pair), Digest(keccak256(bytes.concat())));
}

#[test]
fn the_registrys_gamma_is_the_contracts() {
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["pop_gamma"]) {
        let secret = secret(text(&case["sk"]).parse().unwrap());
        let (message, proof) = (point(&case["msg_point"]), point(&case["sig"]));
        assert_eq!(secret.sign(&message), proof);
        let gamma = apk_registry_gamma(&secret.public(), &proof, &message);
        assert_eq!(gamma.to_string(), text(&case["gamma"]));
    }
}

#[test]
fn a_key_is_proven_by_its_secret_for_its_registration_only() {
    let (own, other) = (secret(5), secret(6));
    let pair = own.public();
    for registration in registrations() {
        let sign = |secret: &SecretKey, registration: &Registration, domain| {
            secret.sign(&hash_solidity(registration.digest(domain, &pair)))
        };
        let proof = sign(&own, &registration, &DOMAIN);
        assert!(registration.is_proven(&DOMAIN, &pair, &proof));
        assert!(!registration.is_proven(&DOMAIN, &pair, &sign(&other, &registration, &DOMAIN)));
        let elsewhere = RegistryDomain { chain_id: 1, ..DOMAIN };
        assert!(!registration.is_proven(&elsewhere, &pair, &proof));
        for wrong in registrations().iter().filter(|wrong| **wrong != registration) {
            assert!(!registration.is_proven(&DOMAIN, &pair, &sign(&own, wrong, &DOMAIN)));
        }
    }
}

/// The rogue registers his own key less the honest one, to sign for both with his own alone.
#[test]
fn a_rogue_key_is_not_proven() {
    let (honest, rogue) = (secret(5).public(), secret(6));
    let g1 = rogue.public().g1().minus(honest.g1()).unwrap();
    let g2 = rogue.public().g2().minus(honest.g2()).unwrap();
    let pair = PublicPair::decode(&g1.encode(), &g2.encode()).unwrap();
    assert_eq!(G1::sum([pair.g1(), honest.g1()]), Some(*rogue.public().g1()), "it would work");
    for registration in registrations() {
        let message = hash_solidity(registration.digest(&DOMAIN, &pair));
        let tried = [rogue.sign(&message), rogue.sign(&message).minus(pair.g1()).unwrap()];
        assert!(tried.iter().all(|proof| !registration.is_proven(&DOMAIN, &pair, proof)));
    }
}

#[test]
fn sums_over_two_quorums_are_those_of_the_vectors() {
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["nonsigner"]) {
        let message = hash_solidity(Digest(fixed(&case["msg"])));
        let absent: Vec<u64> = list(&case["nonsigners"]).iter().map(number).collect();
        let signers =
            list(&case["sks"]).iter().map(number::<u64>).filter(|sk| !absent.contains(sk));
        let signed: Vec<G1> = signers.map(|sk| secret(sk).sign(&message)).collect();
        let sum = |counting: Counting| counting.signature(signed.iter().map(|one| (one, 2)));
        let expected = |name: &str| Some(point(&case[name]));
        assert_eq!(sum(Counting::PerQuorum), expected("sigma_two_quorums_all_in_both"));
        assert_eq!(sum(Counting::Once), expected("sigma"));
    }
}

/// Operators, the quorums each is in (a bit for each), and whether it has signed.
fn sets() -> impl Strategy<Value = Vec<(u8, bool)>> {
    prop::collection::vec((1_u8..8, any::<bool>()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_signed_fits_the_quorums_less_the_absent(sets in sets(), which: [u8; 32]) {
        let message = hash_solidity(Digest(B256::from(which)));
        let members: Vec<_> = sets.iter().zip(2_u64..).map(|(&(quorums, has_signed), n)| {
            (secret(n), secret(n).public(), quorums, has_signed)
        }).collect();
        let quorums: Vec<G1> = (0..3).filter_map(|bit| {
            let inside = members.iter().filter(|(.., quorums, _)| quorums >> bit & 1 == 1);
            G1::sum(inside.map(|(_, pair, ..)| pair.g1()).collect::<Vec<_>>())
        }).collect();
        let all = [G1::sum(members.iter().map(|(_, pair, ..)| pair.g1())).unwrap()];
        for (counting, quorums) in [(Counting::PerQuorum, &quorums[..]), (Counting::Once, &all)] {
            let times = |quorums: u8| quorums.count_ones() as u8;
            let (signed, absent): (Vec<_>, Vec<_>) = members.iter().partition(|(.., signs)| *signs);
            let absent = absent.iter().map(|(_, pair, quorums, _)| (pair.g1(), times(*quorums)));
            let signers = counting.signers_g1(quorums, absent);
            let signatures: Vec<_> = signed.iter().map(|(key, _, quorums, _)| {
                (key.sign(&message), times(*quorums))
            }).collect();
            let signature = counting.signature(signatures.iter().map(|(one, times)| (one, *times)));
            let key = counting.key_g2(signed.iter().map(|(_, pair, quorums, _)| {
                (pair.g2(), times(*quorums))
            }));
            match (signature, key, signers) {
                (Some(signature), Some(key), Some(signers)) => {
                    prop_assert!(verify(&message, &key, &signature));
                    prop_assert!(PublicPair::decode(&signers.encode(), &key.encode()).is_ok());
                }
                none => prop_assert!(signed.is_empty(), "{none:?}"),
            }
        }
    }
}
