use alloy_primitives::{FixedBytes, U256, hex, keccak256};
use proptest::prelude::*;
use serde_json::Value;
use synod_types::signature::{Bn254G1, Bn254G2, Digest};

use super::*;
use crate::error::{KeyError, SecretError};
use crate::vectors::{bls, bytes, fixed, list, number, ponos, text, words};

fn secret(number: u64) -> SecretKey {
    SecretKey::from_bytes(&U256::from(number).to_be_bytes()).unwrap()
}

fn digest(bytes: FixedBytes<32>) -> Digest {
    Digest(bytes)
}

fn g2_words(value: &Value) -> Bn254G2 {
    words(&[&value["X"][0], &value["X"][1], &value["Y"][0], &value["Y"][1]])
}

#[test]
fn the_contracts_hash_maps_digests_as_they_do() {
    for case in list(&ponos()["hash_to_g1_solidity"]["cases"]) {
        let point = hash_solidity(digest(fixed(&case["hash"])));
        assert_eq!(point.encode(), fixed(&case["point"]), "{case}");
    }
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["hash_to_g1"]) {
        let point = hash_solidity(digest(fixed(&case["msg"])));
        assert_eq!(point.encode(), words(&[&case["x"], &case["y"]]), "{case}");
    }
}

#[test]
fn the_rfc_hash_maps_messages_as_gnark_does() {
    let vectors = ponos();
    let group = &vectors["hash_to_g1_svdw_ro"];
    for case in list(&group["cases"]) {
        let point = hash_svdw(text(&case["msg"]).as_bytes(), text(&group["dst"]).as_bytes());
        let expected = [fixed::<32>(&case["x"]).0, fixed::<32>(&case["y"]).0].concat();
        assert_eq!(point.unwrap().encode().as_slice(), expected, "{case}");
    }
    let group = &vectors["encode_to_g1_svdw_nu"];
    for case in list(&group["cases"]) {
        let point = encode_svdw(text(&case["msg"]).as_bytes(), text(&group["dst"]).as_bytes());
        let expected = [fixed::<32>(&case["x"]).0, fixed::<32>(&case["y"]).0].concat();
        assert_eq!(point.encode().as_slice(), expected, "{case}");
    }
    let group = &vectors["hash_to_g1_ponos_dst"];
    assert_eq!(text(&group["dst"]).as_bytes(), PONOS_DST);
    for case in list(&group["cases"]) {
        let point = hash_svdw(&bytes(&case["msg_hex"]), PONOS_DST).unwrap();
        assert_eq!(point.encode(), fixed(&case["point"]), "{case}");
    }
}

#[test]
fn keys_are_those_of_the_vectors() {
    for case in list(&ponos()["bn254_keys"]["cases"]) {
        let key = SecretKey::from_bytes(&fixed(&case["sk"]).0).unwrap();
        let public = key.public();
        assert_eq!(public.g1().encode(), fixed(&case["g1"]));
        assert_eq!(public.g2().encode(), fixed(&case["g2"]));
        assert_eq!(PublicPair::decode(&fixed(&case["g1"]), &fixed(&case["g2"])), Ok(public));
        assert_eq!(key.to_bytes().as_slice(), fixed::<32>(&case["sk"]).as_slice());
    }
    for case in list(&ponos()["bn254_from_seed"]["cases"]) {
        let key = SecretKey::from_seed(&bytes(&case["seed"])).unwrap();
        assert_eq!(key.to_bytes().as_slice(), fixed::<32>(&case["sk"]).as_slice());
    }
}

#[test]
fn published_keys_and_signatures_are_met() {
    let vectors = bls();
    let mut met = 0;
    for case in list(&vectors["bn254_eigenlayer"]["published"]) {
        let key = case.get("sk").map(|sk| SecretKey::from_bytes(&words(&[sk]).0).unwrap());
        if let (Some(key), Some(g1)) = (&key, case.get("pk_g1")) {
            assert_eq!(key.public().g1().encode(), words(&[&g1[0], &g1[1]]));
            met += 1;
        }
        if let (Some(key), Some(g2)) = (&key, case.get("pk_g2")) {
            assert_eq!(key.public().g2().encode(), g2_words(g2));
            met += 1;
        }
        if let (Some(key), Some(signature)) = (&key, case.get("sig")) {
            let message = hash_solidity(digest(fixed(&case["msg"])));
            let expected: Bn254G1 = words(&[&signature[0], &signature[1]]);
            assert_eq!(key.sign(&message).encode(), expected);
            met += 1;
        }
        if let Some(point) = case.get("h") {
            let message = hash_solidity(digest(fixed(&case["msg"])));
            assert_eq!(message.encode(), words(&[&point[0], &point[1]]));
            met += 1;
        }
    }
    assert!(6 <= met, "{met}");
    for case in list(&vectors["bn254_eigenlayer"]["derived"]["operator_id"]) {
        let key = SecretKey::from_bytes(&words(&[&case["sk"]]).0).unwrap();
        assert_eq!(operator_id(key.public().g1()), fixed(&case["operator_id"]));
    }
}

#[test]
fn submissions_and_authentications_are_signed_over_the_rfc_hash() {
    let vectors = ponos();
    let check = |sk: &Value, digest: &Value, signature: &Value| {
        let key = SecretKey::from_bytes(&fixed(sk).0).unwrap();
        let message = hash_svdw(fixed::<32>(digest).as_slice(), PONOS_DST).unwrap();
        assert_eq!(key.sign(&message).encode(), fixed(signature));
    };
    let group = &vectors["task_submission_v1"];
    for case in list(&group["cases"]) {
        assert_eq!(keccak256(bytes(&case["encoded"])), fixed::<32>(&case["digest"]));
        check(&group["bn254_sk"], &case["digest"], &case["bn254_sig"]);
    }
    let group = &vectors["auth_signature_bn254"];
    check(&group["sk"], &group["digest"], &group["auth_sig"]);
    let group = &vectors["management_auth"];
    check(&group["bn254_sk"], &group["digest_signed"], &group["bn254_sig"]);
}

#[test]
fn non_signers_are_taken_out_of_the_sum() {
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["nonsigner"]) {
        let keys = |name: &str| -> Vec<(u64, PublicPair)> {
            let numbers = list(&case[name]).iter().map(number::<u64>);
            numbers.map(|number| (number, secret(number).public())).collect()
        };
        let (all, absent) = (keys("sks"), keys("nonsigners"));
        let whole = G1::sum(all.iter().map(|(_, pair)| pair.g1())).unwrap();
        let missing = G1::sum(absent.iter().map(|(_, pair)| pair.g1())).unwrap();
        let quorum = &case["quorum_apk"];
        assert_eq!(whole.encode(), words(&[&quorum[0], &quorum[1]]));
        let signers = &case["signers_apk_g1"];
        assert_eq!(whole.minus(&missing).unwrap().encode(), words(&[&signers[0], &signers[1]]));
        assert_eq!(whole.minus(&whole), None);

        let present: Vec<_> = all.iter().filter(|one| !absent.contains(one)).collect();
        let apk = G2::sum(present.iter().map(|(_, pair)| pair.g2())).unwrap();
        assert_eq!(apk.encode(), g2_words(&case["signers_apk_g2"]));
        let message = hash_solidity(digest(fixed(&case["msg"])));
        let signatures: Vec<G1> =
            present.iter().map(|(number, _)| secret(*number).sign(&message)).collect();
        let sigma = G1::sum(&signatures).unwrap();
        assert_eq!(sigma.encode(), words(&[&case["sigma"][0], &case["sigma"][1]]));
        assert!(verify(&message, &apk, &sigma));
        assert!(!verify(&message, &apk, &signatures[0]));
    }
}

#[test]
fn the_precompile_gets_what_the_contract_would_give_it() {
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["combined_check"]) {
        let g1 = |value: &Value| G1::decode(&words(&[&value[0], &value[1]])).unwrap();
        let apk_g2 = G2::decode(&g2_words(&case["apk_g2"])).unwrap();
        let sigma = g1(&case["sigma"]);
        let digest = digest(fixed(&case["msg"]));
        let input = combined_pairing_input(digest, &g1(&case["apk_g1"]), &apk_g2, &sigma);
        assert_eq!(hex::encode(input.unwrap()), text(&case["precompile08_input"]));
        assert_eq!(pairing_input(&sigma, &hash_solidity(digest), &apk_g2).len(), 384);
        assert!(verify(&hash_solidity(digest), &apk_g2, &sigma));
    }
}

/// A point with one 32-byte word replaced.
fn with_word<const N: usize>(point: FixedBytes<N>, word: usize, value: U256) -> FixedBytes<N> {
    let mut bytes = point;
    bytes[32 * word..32 * (word + 1)].copy_from_slice(&value.to_be_bytes::<32>());
    bytes
}

const MODULUS: U256 = U256::from_limbs([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

#[test]
fn bad_points_are_told_apart() {
    let good = G1::generator().encode();
    let check = |bytes: Bn254G1, expected| assert_eq!(G1::decode(&bytes), Err(expected));
    check(Bn254G1::ZERO, PointError::Identity);
    check(with_word(good, 0, MODULUS + U256::from(1)), PointError::NotCanonical);
    check(with_word(good, 1, U256::MAX), PointError::NotCanonical);
    check(with_word(good, 1, U256::from(3)), PointError::NotOnCurve);
    assert_eq!(G1::decode(&good), Ok(G1::generator()));

    let good = G2::generator().encode();
    let check = |bytes: Bn254G2, expected| assert_eq!(G2::decode(&bytes), Err(expected));
    check(Bn254G2::ZERO, PointError::Identity);
    for word in 0..4 {
        check(with_word(good, word, MODULUS), PointError::NotCanonical);
        check(with_word(good, word, U256::from(1)), PointError::NotOnCurve);
    }
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["g2_on_curve_not_in_subgroup"]) {
        check(g2_words(case), PointError::NotInSubgroup);
    }
    assert_eq!(G2::decode(&good), Ok(G2::generator()));
}

#[test]
fn halves_of_different_keys_are_no_key() {
    let (one, other) = (secret(5).public(), secret(6).public());
    let mixed = PublicPair::decode(&one.g1().encode(), &other.g2().encode());
    assert_eq!(mixed, Err(KeyError::HalvesDiffer));
}

#[test]
fn secrets_are_in_range_and_not_shown() {
    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let order: FixedBytes<32> = order.parse().unwrap();
    assert_eq!(SecretKey::from_bytes(&order.0).err(), Some(SecretError::OutOfRange));
    assert_eq!(SecretKey::from_bytes(&[0; 32]).err(), Some(SecretError::OutOfRange));
    assert_eq!(SecretKey::from_bytes(&[0xff; 32]).err(), Some(SecretError::OutOfRange));
    assert_eq!(SecretKey::from_seed(&[7; 31]).err(), Some(SecretError::ShortSeed));
    assert_eq!(format!("{:?}", secret(7)), "bn254::SecretKey(redacted)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_signature_fits_its_key_and_digest_only(seed: [u8; 32], message: [u8; 32], bit in 0_usize..256) {
        let key = SecretKey::from_seed(&seed).unwrap();
        let message = Digest(FixedBytes(message));
        let mut other = message;
        other.0[bit / 8] ^= 1 << (bit % 8);
        let signature = key.sign(&hash_solidity(message));
        let public = key.public();
        prop_assert!(verify(&hash_solidity(message), public.g2(), &signature));
        prop_assert!(!verify(&hash_solidity(other), public.g2(), &signature));
        prop_assert_eq!(G1::decode(&signature.encode()), Ok(signature));
        prop_assert_eq!(G2::decode(&public.g2().encode()), Ok(*public.g2()));
    }

    #[test]
    fn no_bytes_make_decoding_panic(g1: [u8; 64], g2 in prop::collection::vec(any::<u8>(), 128)) {
        if let Ok(point) = G1::decode(&FixedBytes(g1)) {
            prop_assert_eq!(point.encode().0, g1);
        }
        if let Ok(point) = G2::decode(&FixedBytes::from_slice(&g2)) {
            prop_assert_eq!(point.encode().to_vec(), g2);
        }
    }
}
