//! What an attacker, or somebody with another library, hands in: each is refused, by a name of its
//! own.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use synod_signature_core::bn254::{
    self, G1, G2, PublicPair, Registration, RegistryDomain, hash_solidity,
};
use synod_signature_core::{Fault, KeyError, SecretKey, bls12381, verify};
use synod_types::signature::{Digest, PublicKey, Scheme, Signature};

/// The modulus of BN254's field.
const P: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
/// The order of secp256k1.
const N: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const DIGEST: Digest = Digest(B256::repeat_byte(1));

fn number(text: &str) -> U256 {
    U256::from_str_radix(text, 16).unwrap()
}

/// An error and what caused it, as a log shows them.
fn text(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn key(scheme: Scheme) -> SecretKey {
    SecretKey::from_bytes(scheme, &[7; 32]).unwrap()
}

fn halves() -> (FixedBytes<64>, FixedBytes<128>) {
    match key(Scheme::Bn254).public() {
        PublicKey::Bn254 { g1, g2 } => (g1, g2),
        PublicKey::Bls12381(_) | PublicKey::Ecdsa(_) => panic!("a key of BN254"),
    }
}

/// A good key of BN254 with its half in G2 changed.
fn bn254_key(change: impl FnOnce(&mut [u8; 128])) -> String {
    let (g1, mut g2) = halves();
    change(&mut g2.0);
    text(&PublicPair::decode(&g1, &g2).unwrap_err())
}

fn bls_key(bytes: [u8; 48]) -> Result<bls12381::PublicKey, KeyError> {
    bls12381::PublicKey::decode(&FixedBytes(bytes))
}

/// What is said of the first small X of which that is said.
fn bls_key_with(wanted: &str) -> String {
    let key = |x: u8| {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (0x80, x);
        bls_key(bytes)
    };
    let told = (0..=255).filter_map(|x| key(x).err()).map(|error| text(&error));
    told.into_iter().find(|told| told.contains(wanted)).unwrap()
}

/// A good signature with its bytes changed.
fn signature(scheme: Scheme, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let key = key(scheme);
    let mut bytes = key.sign(DIGEST).bytes.to_vec();
    change(&mut bytes);
    let signature = Signature { scheme, bytes: bytes.into() };
    text(&verify(&key.public(), DIGEST, &signature).unwrap_err())
}

fn set(bytes: &mut [u8], word: usize, to: U256) {
    bytes[32 * word..32 * (word + 1)].copy_from_slice(&to.to_be_bytes::<32>());
}

/// On the curve of G2 and outside the subgroup, from the vectors.
fn outside_the_subgroup(bytes: &mut [u8; 128]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/bls.json");
    let text = std::fs::read_to_string(path).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let point = &all["bn254_eigenlayer"]["derived"]["g2_on_curve_not_in_subgroup"][0];
    let places = [("X", 1), ("X", 0), ("Y", 1), ("Y", 0)];
    for (word, (coordinate, part)) in places.into_iter().enumerate() {
        set(bytes, word, point[coordinate][part].as_str().unwrap().parse().unwrap());
    }
    let is_outside = |bytes: &[u8; 128]| {
        G2::decode(&FixedBytes(*bytes)) == Err(bn254::PointError::NotInSubgroup)
    };
    if !is_outside(bytes) {
        // The vectors write the imaginary part first or last.
        swap_words(bytes);
    }
}

fn swap_words(bytes: &mut [u8; 128]) {
    bytes[..64].rotate_left(32);
    bytes[64..].rotate_left(32);
}

fn keys() -> Vec<(&'static str, String)> {
    let other = bn254::SecretKey::from_bytes(&[9; 32]).unwrap().public();
    let above = |bytes: &mut [u8; 128]| {
        let word = U256::from_be_slice(&bytes[32..64]);
        set(bytes, 1, word + number(P));
    };
    let mut flags = key_of_bls().encode();
    flags[0] &= 0x7f;
    let mut identity = [0; 48];
    identity[0] = 0xc0;
    vec![
        ("BN254, off the curve", bn254_key(|bytes| bytes[127] ^= 1)),
        ("BN254, outside the subgroup", bn254_key(outside_the_subgroup)),
        ("BN254, the identity", bn254_key(|bytes| bytes.fill(0))),
        ("BN254, words swapped", bn254_key(swap_words)),
        ("BN254, not below p", bn254_key(above)),
        ("BN254, halves of two secrets", bn254_key(|bytes| *bytes = other.g2().encode().0)),
        ("BLS12-381, off the curve", bls_key_with("not on the curve")),
        ("BLS12-381, outside the subgroup", bls_key_with("subgroup")),
        ("BLS12-381, the identity", text(&bls_key(identity).unwrap_err())),
        ("BLS12-381, not below p", text(&bls_key([0x9f; 48]).unwrap_err())),
        ("BLS12-381, flags", text(&bls_key(flags.0).unwrap_err())),
        ("BLS12-381, rogue", rogue_of_bls()),
    ]
}

/// The other signature that anybody can make of one.
fn malleable(bytes: &mut [u8]) {
    let s = U256::from_be_slice(&bytes[32..64]);
    set(bytes, 1, number(N) - s);
    bytes[64] = 55 - bytes[64];
}

fn signatures() -> Vec<(&'static str, String)> {
    let bn254 = key(Scheme::Bn254).public();
    let by_other = SecretKey::from_bytes(Scheme::Bn254, &[9; 32]).unwrap().sign(DIGEST);
    let of_other_scheme = key(Scheme::Ecdsa).sign(DIGEST);
    vec![
        ("BN254, a trailing byte", signature(Scheme::Bn254, |bytes| bytes.push(0))),
        ("BN254, off the curve", signature(Scheme::Bn254, |bytes| bytes[63] ^= 1)),
        ("BN254, the identity", signature(Scheme::Bn254, |bytes| bytes.fill(0))),
        ("BN254, not below p", signature(Scheme::Bn254, |bytes| set(bytes, 0, number(P)))),
        ("BLS12-381, a trailing byte", signature(Scheme::Bls12381, |bytes| bytes.push(0))),
        ("BLS12-381, flags", signature(Scheme::Bls12381, |bytes| bytes[0] &= 0x7f)),
        ("ECDSA, a trailing byte", signature(Scheme::Ecdsa, |bytes| bytes.push(0))),
        ("ECDSA, malleable", signature(Scheme::Ecdsa, |bytes| malleable(bytes))),
        ("ECDSA, v of a transaction", signature(Scheme::Ecdsa, |bytes| bytes[64] = 37)),
        ("ECDSA, r of nobody", signature(Scheme::Ecdsa, |bytes| set(bytes, 0, number(N)))),
        ("of another scheme", text(&verify(&bn254, DIGEST, &of_other_scheme).unwrap_err())),
        ("of another key", text(&verify(&bn254, DIGEST, &by_other).unwrap_err())),
    ]
}

#[test]
fn each_refusal_has_a_name_of_its_own() {
    let mut told = BTreeMap::new();
    for (case, error) in keys() {
        let former = told.insert(error.clone(), case);
        assert_eq!(former, None, "{case} is told as another case: {error}");
    }
    for (case, error) in signatures() {
        let former = told.insert(error.clone(), case);
        assert_eq!(former, None, "{case} is told as another case: {error}");
    }
    let expected = [
        ("BN254, words swapped", "imaginary part comes first"),
        ("BN254, outside the subgroup", "not in the prime-order subgroup"),
        ("BLS12-381, outside the subgroup", "not in the prime-order subgroup"),
        ("BLS12-381, the identity", "identity"),
        ("BLS12-381, rogue", "proof of possession"),
        ("ECDSA, malleable", "upper half"),
        ("ECDSA, a trailing byte", "66 bytes"),
    ];
    for (case, part) in expected {
        let (error, _) = told.iter().find(|(_, told)| **told == case).unwrap();
        assert!(error.contains(part), "{case}: {error}");
    }
}

fn key_of_bls() -> bls12381::PublicKey {
    bls12381::SecretKey::from_bytes(&[7; 32]).unwrap().public()
}

/// Registers the difference of his own key and another's, and would sign for both.
fn rogue_of_bls() -> String {
    let attacker = bls12381::SecretKey::from_bytes(&[3; 32]).unwrap();
    let victim = key_of_bls();
    let mut opposite = victim.encode();
    opposite[0] ^= 0x20;
    let opposite = bls12381::PublicKey::decode(&opposite).unwrap();
    let rogue = bls12381::PublicKey::sum(&[attacker.public(), opposite]).unwrap();
    let forged = attacker.sign(b"of both");
    let has_worked = forged.fast_aggregate_verify(b"of both", &[victim, rogue]);
    assert!(has_worked, "where no proof is asked for, he does");
    let proof = attacker.prove_possession();
    text(&bls12381::PublicKey::decode_proven(&rogue.encode(), &proof).unwrap_err())
}

/// The same with BN254: both halves fit each other, and nothing but the proof is missing.
#[test]
fn a_rogue_key_of_bn254_has_no_proof() {
    let attacker = bn254::SecretKey::from_bytes(&[3; 32]).unwrap();
    let victim = bn254::SecretKey::from_bytes(&[7; 32]).unwrap().public();
    let own = attacker.public();
    let g1 = own.g1().minus(victim.g1()).unwrap();
    let g2 = own.g2().minus(victim.g2()).unwrap();
    let rogue = PublicPair::decode(&g1.encode(), &g2.encode()).unwrap();
    let message = hash_solidity(DIGEST);
    let both = G2::sum([rogue.g2(), victim.g2()]).unwrap();
    let has_worked = bn254::verify(&message, &both, &attacker.sign(&message));
    assert!(has_worked, "where no proof is asked for, he signs for both");

    let operator = Address::repeat_byte(5);
    let domain =
        RegistryDomain { name: "EigenLayer", version: "v1", chain_id: 1, contract: operator };
    for registration in [
        Registration::ApkRegistry { operator },
        Registration::KeyRegistrar { operator, avs: operator, operator_set: 1 },
    ] {
        let prove = |pair| attacker.sign(&hash_solidity(registration.digest(&domain, pair)));
        let (of_rogue, of_own): (G1, G1) = (prove(&rogue), prove(&own));
        assert!(!registration.is_proven(&domain, &rogue, &of_rogue));
        assert!(registration.is_proven(&domain, &own, &of_own));
    }
    let signed = verify(&rogue.encode(), DIGEST, &key(Scheme::Bn254).sign(DIGEST));
    assert_eq!(signed, Err(Fault::Mismatch));
}
