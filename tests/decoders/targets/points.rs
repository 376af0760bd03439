//! Points of BN254: this house's arithmetic, the core's decoder on ark-bn254, and a judge.

use alloy_primitives::{FixedBytes, U256};
use ark_bn254::{Fq, Fq2, Fr};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use synod_signature_bn254::{G1Affine, G2Affine, Scalar};
use synod_signature_core::bn254::{G1, G2, PointError};

use super::input::{Input, P};

/// A point of a digest, or any 64 bytes; spoilt, or not; and a scalar to multiply it by.
pub(super) fn g1(data: &[u8]) {
    let mut input = Input(data);
    let mut bytes = match input.byte() % 2 {
        0 => G1Affine::from_digest(&input.array()).encode().to_vec(),
        _ => input.array::<64>().to_vec(),
    };
    input.spoil(&mut bytes);
    let bytes: [u8; 64] = Input(&bytes).array();
    let ours = G1Affine::decode_finite(&bytes).map_err(|error| error.to_string());
    let core = G1::decode(&FixedBytes(bytes)).map_err(|error| error.to_string());
    assert_eq!(
        ours.clone().map(|point| point.encode()),
        core.clone().map(|point| point.encode().0)
    );
    let expected = judge_g1(&bytes);
    assert_eq!(core, expected.map_err(|error| error.to_string()).and(core.clone()));
    assert_eq!(core.is_ok(), expected.is_ok());
    if let Ok(point) = ours {
        assert_eq!(point.encode(), bytes, "accepted, and written otherwise");
        let scalar = input.array();
        let times = ark_g1(&bytes) * Fr::from_be_bytes_mod_order(&scalar);
        let expected = bytes_of_g1(times.into_affine());
        let scalar = Scalar::from_be_bytes_reduced(&scalar);
        assert_eq!(point.multiply(&scalar).to_affine().encode(), expected);
        assert_eq!(point.multiply_secret(&scalar).encode(), expected);
    }
}

pub(super) fn g1_seeds() -> Vec<Vec<u8>> {
    let made = (0..8).map(|n| [&[0], &[n; 32][..], &[n % 4, n, n, 1, n, 9, 3], &[n; 40]].concat());
    let raw = [[1; 65].to_vec(), [&[1][..], &G1Affine::GENERATOR.encode(), &[0; 40]].concat()];
    made.chain(raw).collect()
}

/// The curve's equation in integers of 256 bits.
fn judge_g1(bytes: &[u8; 64]) -> Result<(), PointError> {
    let [x, y] = [0, 32].map(|at| U256::from_be_slice(&bytes[at..at + 32]));
    if P <= x || P <= y {
        return Err(PointError::NotCanonical);
    }
    if x.is_zero() && y.is_zero() {
        return Err(PointError::Identity);
    }
    let cube = x.mul_mod(x, P).mul_mod(x, P);
    let is_on_curve = y.mul_mod(y, P) == cube.add_mod(U256::from(3), P);
    if is_on_curve { Ok(()) } else { Err(PointError::NotOnCurve) }
}

/// A multiple of the generator, a point of the whole twist, that point with its cofactor cleared,
/// or any 128 bytes; spoilt, or not.
pub(super) fn g2(data: &[u8]) {
    let mut input = Input(data);
    let mut bytes = match input.byte() % 4 {
        0 => {
            let scalar = Scalar::from_be_bytes_reduced(&input.array());
            G2Affine::GENERATOR.multiply(&scalar).to_affine().encode().to_vec()
        }
        1 => input.array::<128>().to_vec(),
        is_cleared => {
            let x = Fq2::new(fq(&input.array::<32>()), fq(&input.array::<32>()));
            let point = ark_bn254::G2Affine::get_point_from_x_unchecked(x, input.byte() % 2 == 0);
            let point = point.unwrap_or_default();
            let cleared = if is_cleared == 2 { point.mul_by_cofactor() } else { point };
            bytes_of_g2(cleared).to_vec()
        }
    };
    input.spoil(&mut bytes);
    let bytes: [u8; 128] = Input(&bytes).array();
    let ours = G2Affine::decode_finite(&bytes).map_err(|error| error.to_string());
    let core = G2::decode(&FixedBytes(bytes)).map_err(|error| error.to_string());
    assert_eq!(ours.clone().map(|point| point.encode()), core.map(|point| point.encode().0));
    assert_eq!(ours.clone().map(|_| ()), judge_g2(&bytes).map_err(|error| error.to_string()));
    if let Ok(point) = ours {
        assert_eq!(point.encode(), bytes, "accepted, and written otherwise");
        let scalar = input.array();
        let times = ark_g2(&bytes) * Fr::from_be_bytes_mod_order(&scalar);
        let scalar = Scalar::from_be_bytes_reduced(&scalar);
        let expected = bytes_of_g2(times.into_affine());
        assert_eq!(point.multiply(&scalar).to_affine().encode(), expected);
        let swapped = G2::decode(&FixedBytes(swapped(&bytes)));
        assert_eq!(swapped, Err(PointError::SwappedWords));
    }
}

pub(super) fn g2_seeds() -> Vec<Vec<u8>> {
    let made = (0..16).map(|n| [&[n % 4], &[n; 65][..], &[n / 4, 3, n, 1, 3, 2, 3]].concat());
    made.chain([[&[1][..], &G2Affine::GENERATOR.encode(), &[0; 40]].concat()]).collect()
}

fn judge_g2(bytes: &[u8; 128]) -> Result<(), PointError> {
    if bytes.as_chunks::<32>().0.iter().any(|word| P <= U256::from_be_slice(word)) {
        return Err(PointError::NotCanonical);
    }
    if bytes == &[0; 128] {
        return Err(PointError::Identity);
    }
    let is_good = |point: ark_bn254::G2Affine| {
        point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()
    };
    match ark_g2(bytes) {
        point if is_good(point) => Ok(()),
        point if point.is_on_curve() => Err(PointError::NotInSubgroup),
        _ if is_good(ark_g2(&swapped(bytes))) => Err(PointError::SwappedWords),
        _ => Err(PointError::NotOnCurve),
    }
}

/// The two words of each coordinate, one in the place of the other.
fn swapped(bytes: &[u8; 128]) -> [u8; 128] {
    let mut swapped = *bytes;
    swapped[..64].rotate_left(32);
    swapped[64..].rotate_left(32);
    swapped
}

fn fq(bytes: &[u8]) -> Fq {
    Fq::from_be_bytes_mod_order(bytes)
}

fn ark_g1(bytes: &[u8; 64]) -> ark_bn254::G1Affine {
    ark_bn254::G1Affine::new_unchecked(fq(&bytes[..32]), fq(&bytes[32..]))
}

fn ark_g2(bytes: &[u8; 128]) -> ark_bn254::G2Affine {
    let [x1, x0, y1, y0] = [0, 32, 64, 96].map(|at| fq(&bytes[at..at + 32]));
    ark_bn254::G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1))
}

fn bytes_of_g1(point: ark_bn254::G1Affine) -> [u8; 64] {
    if point.is_zero() { [0; 64] } else { join([point.x, point.y]) }
}

fn bytes_of_g2(point: ark_bn254::G2Affine) -> [u8; 128] {
    let words = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    if point.is_zero() { [0; 128] } else { join(words) }
}

fn join<const N: usize, const BYTES: usize>(words: [Fq; N]) -> [u8; BYTES] {
    let words = words.map(|word| word.into_bigint().to_bytes_be());
    words.concat().try_into().unwrap()
}
