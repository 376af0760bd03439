use ark_ff::{Field, PrimeField};
use proptest::prelude::*;

use super::cases;
use crate::{G1Affine, G2Affine, Gt, PointError, pairing};

#[test]
fn points_survive_their_bytes() {
    cases("bytes of points", 10, |dice| {
        let (p, q) = (dice.g1(), dice.g2());
        assert_eq!(G1Affine::decode_finite(&p.encode()), Ok(p));
        assert_eq!(G2Affine::decode_finite(&q.encode()), Ok(q));
    });
}

#[test]
fn every_refusal_has_its_name() {
    let p = crate::limbs::to_be_bytes(&crate::fp::P);
    let mut g1 = G1Affine::GENERATOR.encode();
    g1[..32].copy_from_slice(&p);
    assert_eq!(G1Affine::decode(&g1), Err(PointError::NotCanonical));
    g1 = G1Affine::GENERATOR.encode();
    g1[63] ^= 1;
    assert_eq!(G1Affine::decode(&g1), Err(PointError::NotOnCurve));
    assert_eq!(G1Affine::decode(&[0; 64]), Ok(G1Affine::IDENTITY));
    assert_eq!(G1Affine::decode_finite(&[0; 64]), Err(PointError::Identity));

    for word in 0..4 {
        let mut g2 = G2Affine::GENERATOR.encode();
        g2[32 * word..32 * (word + 1)].copy_from_slice(&p);
        assert_eq!(G2Affine::decode(&g2), Err(PointError::NotCanonical));
    }
    let mut swapped = G2Affine::GENERATOR.encode();
    swapped.rotate_left(32);
    assert_eq!(G2Affine::decode(&swapped), Err(PointError::NotOnCurve));
    let mut swapped = G2Affine::GENERATOR.encode();
    swapped[..64].rotate_left(32);
    swapped[64..].rotate_left(32);
    assert_eq!(G2Affine::decode(&swapped), Err(PointError::SwappedWords));
    assert_eq!(G2Affine::decode(&[0; 128]), Ok(G2Affine::IDENTITY));
    assert_eq!(G2Affine::decode_finite(&[0; 128]), Err(PointError::Identity));
}

#[test]
fn digests_map_as_by_ark() {
    cases("digests", 4, |dice| {
        let digest = dice.integer();
        let mut x = ark_bn254::Fq::from_be_bytes_mod_order(&digest);
        let y = loop {
            // ark takes a root of its own choice; the contracts' is the power (p + 1) / 4.
            let square = x.square() * x + ark_bn254::Fq::from(3);
            if square.legendre().is_qnr() {
                x += ark_bn254::Fq::ONE;
            } else {
                break square.pow(super::field::ROOT);
            }
        };
        let expected = super::our_g1(ark_bn254::G1Affine::new(x, y));
        assert_eq!(G1Affine::from_digest(&digest), expected);
    });
}

fn vectors() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/bls.json");
    let text = std::fs::read_to_string(path).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    all["bn254_eigenlayer"]["derived"].clone()
}

fn word(decimal: &serde_json::Value) -> [u8; 32] {
    let number: ark_bn254::Fq = decimal.as_str().unwrap().parse().unwrap();
    super::our_fp(number).to_be_bytes()
}

#[test]
fn vectors_outside_the_subgroup_are_refused() {
    let vectors = vectors();
    let outside = vectors["g2_on_curve_not_in_subgroup"].as_array().unwrap();
    assert!(!outside.is_empty());
    for point in outside {
        // The vectors give the real part first or last; in one of the orders the point is on
        // the curve, and then outside the subgroup.
        let part = |coordinate: &str, n: usize| word(&point[coordinate][n]);
        let order = |first, second| {
            [part("X", first), part("X", second), part("Y", first), part("Y", second)].concat()
        };
        let refusals = [order(0, 1), order(1, 0)]
            .map(|bytes| G2Affine::decode(bytes.as_slice().try_into().unwrap()));
        assert!(refusals.contains(&Err(PointError::NotInSubgroup)), "{refusals:?}");
        assert!(refusals.iter().all(Result::is_err));
    }
}

#[test]
fn vectors_of_digests_map_to_their_points() {
    for vector in vectors()["hash_to_g1"].as_array().unwrap() {
        let hex = vector["msg"].as_str().unwrap();
        let digest: Vec<u8> =
            (0..32).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
        let point = G1Affine::from_digest(&digest.try_into().unwrap());
        let expected = [word(&vector["x"]), word(&vector["y"])].concat();
        assert_eq!(point.encode().as_slice(), expected);
    }
}

#[test]
fn precompile_input_of_the_combined_check_gives_one() {
    let vectors = vectors();
    let hex = vectors["combined_check"][0]["precompile08_input"].as_str().unwrap();
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let product = bytes.chunks(192).fold(Gt::ONE, |product, pair| {
        let p = G1Affine::decode(pair[..64].try_into().unwrap()).unwrap();
        let q = G2Affine::decode(pair[64..].try_into().unwrap()).unwrap();
        product * pairing(&p, &q)
    });
    assert_eq!(product, Gt::ONE);
}

proptest! {
    #[test]
    fn bytes_are_points_or_refused(bytes in prop::array::uniform32(any::<u8>()), y in any::<u64>()) {
        let mut g1 = [0; 64];
        g1[..32].copy_from_slice(&bytes);
        g1[56..].copy_from_slice(&y.to_be_bytes());
        if let Ok(point) = G1Affine::decode(&g1) {
            prop_assert_eq!(point.encode(), g1);
        }
        let mut g2 = [0; 128];
        g2[32..64].copy_from_slice(&bytes);
        g2[96..].copy_from_slice(&bytes);
        prop_assert!(G2Affine::decode(&g2).is_err() || bytes == [0; 32]);
    }
}
