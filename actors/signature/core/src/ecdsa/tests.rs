use alloy_primitives::{FixedBytes, U256};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::vectors::{bytes, fixed, list, ponos, text};

#[track_caller]
fn check(sk: &Value, digest: &Value, signature: &Value) -> Address {
    let key = SecretKey::from_bytes(&fixed(sk).0).unwrap();
    let digest = Digest(fixed(digest));
    let expected = bytes(signature);
    assert_eq!(key.sign(digest).as_slice(), &expected[..]);
    let recovered = recover(digest, &expected).unwrap();
    assert_eq!(recovered.signer, key.address());
    assert_eq!(recovered.signature.as_slice(), &expected[..]);
    key.address()
}

#[test]
fn signatures_are_those_of_the_vectors() {
    let vectors = ponos();
    let group = &vectors["task_submission_v1"];
    for case in list(&group["cases"]) {
        let address = check(&group["ecdsa_sk"], &case["digest"], &case["ecdsa_sig"]);
        assert_eq!(address, text(&group["ecdsa_address"]).parse::<Address>().unwrap());
    }
    let group = &vectors["auth_signature_ecdsa"];
    check(&group["sk"], &group["digest"], &group["auth_sig"]);
    let group = &vectors["management_auth"];
    check(&group["ecdsa_sk"], &group["digest_signed"], &group["ecdsa_sig"]);
    let group = &vectors["ecdsa_cert"];
    for operator in list(&group["operators"]) {
        let address = check(&operator["signing_sk"], &group["digest"], &operator["sig"]);
        assert_eq!(address, text(&operator["signing_address"]).parse::<Address>().unwrap());
    }
}

const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

#[test]
fn bad_signatures_are_told_apart() {
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let digest = Digest(FixedBytes([9; 32]));
    let good = key.sign(digest);
    assert_eq!(recover(digest, &[]), Err(EcdsaError::Length(0)));
    assert_eq!(recover(digest, &good[..64]), Err(EcdsaError::Length(64)));
    for v in [2, 26, 29, 255] {
        let mut bad = good;
        bad[64] = v;
        assert_eq!(recover(digest, &bad), Err(EcdsaError::RecoveryId(v)));
    }
    let mut high = good;
    let s = ORDER - U256::from_be_slice(&good[32..64]);
    high[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    high[64] = 27 + (28 - good[64]);
    assert_eq!(recover(digest, &high), Err(EcdsaError::HighS));
    let mut zero = good;
    zero[..32].fill(0);
    assert_eq!(recover(digest, &zero), Err(EcdsaError::Unrecoverable));
}

#[test]
fn a_short_v_is_made_long() {
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let digest = Digest(FixedBytes([9; 32]));
    let good = key.sign(digest);
    let mut short = good;
    short[64] -= 27;
    assert_eq!(recover(digest, &short).unwrap().signature, good);
}

#[test]
fn secrets_are_in_range_and_not_shown() {
    assert_eq!(SecretKey::from_bytes(&[0; 32]).err(), Some(SecretError::OutOfRange));
    assert_eq!(SecretKey::from_bytes(&ORDER.to_be_bytes()).err(), Some(SecretError::OutOfRange));
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    assert_eq!(format!("{key:?}"), "ecdsa::SecretKey(redacted)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_make_recovery_panic(digest: [u8; 32], signature in prop::collection::vec(any::<u8>(), 0..70)) {
        if let Ok(recovered) = recover(Digest(FixedBytes(digest)), &signature) {
            prop_assert_eq!(&recovered.signature[..64], &signature[..64]);
        }
    }
}
