use std::sync::LazyLock;

use synod_signature_bn254::{G1, G1Affine, G2, G2Affine, Gt, Point, Prepared, product};
use synod_types::signature::{Bn254G1, Bn254G2, Digest};

use super::Curve;

/// The lines of −G2, which every check needs.
static MINUS_G2: LazyLock<Prepared> = LazyLock::new(|| Prepared::new(&-G2Affine::GENERATOR));

/// This house's own arithmetic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Synod;

impl Curve for Synod {
    type G1 = G1Affine;
    type G2 = G2Affine;
    type Gt = Gt;

    fn g1(bytes: &Bn254G1) -> Option<G1Affine> {
        G1Affine::decode_finite(&bytes.0).ok()
    }

    fn g2(bytes: &Bn254G2) -> Option<G2Affine> {
        G2Affine::decode_finite(&bytes.0).ok()
    }

    fn own1(bytes: &Bn254G1) -> G1Affine {
        G1Affine::decode(&bytes.0).unwrap_or(G1Affine::IDENTITY)
    }

    fn own2(bytes: &Bn254G2) -> G2Affine {
        G2Affine::decode_trusted(&bytes.0).unwrap_or(G2Affine::IDENTITY)
    }

    fn bytes1(point: &G1Affine) -> Bn254G1 {
        Bn254G1::new(point.encode())
    }

    fn bytes2(point: &G2Affine) -> Bn254G2 {
        Bn254G2::new(point.encode())
    }

    fn hash(digest: Digest) -> G1Affine {
        G1Affine::from_digest(&digest.0.0)
    }

    fn generator() -> G1Affine {
        G1Affine::GENERATOR
    }

    fn identity() -> G2Affine {
        G2Affine::IDENTITY
    }

    fn sum1(points: &[G1Affine]) -> G1Affine {
        G1::sum(points).to_affine()
    }

    fn sum2(points: &[G2Affine]) -> G2Affine {
        G2::sum(points).to_affine()
    }

    fn minus1(point: &G1Affine) -> G1Affine {
        -*point
    }

    fn minus2(point: &G2Affine) -> G2Affine {
        -*point
    }

    fn weighted1(points: &[G1Affine], weights: &[u128]) -> G1Affine {
        G1::weighted_sum(points, weights).to_affine()
    }

    fn weighted2(points: &[G2Affine], weights: &[u128]) -> G2Affine {
        G2::weighted_sum(points, weights).to_affine()
    }

    fn add_each(left: &[G2Affine], right: &[G2Affine]) -> Vec<G2Affine> {
        let sums: Vec<G2> =
            left.iter().zip(right).map(|(a, b)| G2::from(*a).add_affine(b)).collect();
        Point::to_affine_all(&sums)
    }

    fn double_each(points: &[G2Affine], times: u32) -> Vec<G2Affine> {
        let double = |point: &G2Affine| (0..times).fold(G2::from(*point), |sum, _| sum.double());
        let doubled: Vec<G2> = points.iter().map(double).collect();
        Point::to_affine_all(&doubled)
    }

    fn product(fixed: &G1Affine, pairs: &[(G1Affine, G2Affine)]) -> Gt {
        product(&[(*fixed, &MINUS_G2)], pairs)
    }

    fn one() -> Gt {
        Gt::ONE
    }

    fn times(a: &Gt, b: &Gt) -> Gt {
        *a * *b
    }

    fn inverse(value: &Gt) -> Gt {
        value.invert()
    }

    fn mark(value: &Gt) -> [u8; 32] {
        value.coefficients()[0].to_be_bytes()
    }
}
