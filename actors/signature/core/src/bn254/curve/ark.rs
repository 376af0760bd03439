use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::{Pairing, PairingOutput};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, PrimeField};
use synod_types::signature::{Bn254G1, Bn254G2, Digest};

use super::Curve;
use crate::bn254::point::{G1, G2};

type Prepared = <Bn254 as Pairing>::G2Prepared;

/// The lines of −G2, which every check needs.
static MINUS_G2: LazyLock<Prepared> = LazyLock::new(|| Prepared::from(-G2Affine::generator()));

/// ark-bn254's arithmetic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ark;

impl Curve for Ark {
    type G1 = G1Affine;
    type G2 = G2Affine;
    type Gt = PairingOutput<Bn254>;

    fn g1(bytes: &Bn254G1) -> Option<G1Affine> {
        G1::decode(bytes).ok().map(|point| point.0)
    }

    fn g2(bytes: &Bn254G2) -> Option<G2Affine> {
        G2::decode(bytes).ok().map(|point| point.0)
    }

    fn own1(bytes: &Bn254G1) -> G1Affine {
        Self::g1(bytes).unwrap_or_default()
    }

    fn own2(bytes: &Bn254G2) -> G2Affine {
        G2::decode_trusted(bytes).map_or_else(|_| G2Affine::identity(), |point| point.0)
    }

    fn bytes1(point: &G1Affine) -> Bn254G1 {
        if point.is_zero() { Bn254G1::ZERO } else { G1(*point).encode() }
    }

    fn bytes2(point: &G2Affine) -> Bn254G2 {
        if point.is_zero() { Bn254G2::ZERO } else { G2(*point).encode() }
    }

    fn hash(digest: Digest) -> G1Affine {
        crate::bn254::hash_solidity(digest).0
    }

    fn generator() -> G1Affine {
        G1Affine::generator()
    }

    fn identity() -> G2Affine {
        G2Affine::identity()
    }

    fn sum1(points: &[G1Affine]) -> G1Affine {
        points.iter().copied().sum::<G1Projective>().into_affine()
    }

    fn sum2(points: &[G2Affine]) -> G2Affine {
        points.iter().copied().sum::<G2Projective>().into_affine()
    }

    fn minus1(point: &G1Affine) -> G1Affine {
        -*point
    }

    fn minus2(point: &G2Affine) -> G2Affine {
        -*point
    }

    fn weighted1(points: &[G1Affine], weights: &[u128]) -> G1Affine {
        multi_scalar::<G1Projective>(points, weights)
    }

    fn weighted2(points: &[G2Affine], weights: &[u128]) -> G2Affine {
        multi_scalar::<G2Projective>(points, weights)
    }

    fn add_each(left: &[G2Affine], right: &[G2Affine]) -> Vec<G2Affine> {
        let sums: Vec<G2Projective> = left.iter().zip(right).map(|(a, b)| *a + *b).collect();
        G2Projective::normalize_batch(&sums)
    }

    fn double_each(points: &[G2Affine], times: u32) -> Vec<G2Affine> {
        let double = |point: &G2Affine| {
            (0..times).fold(point.into_group(), |point, _| AdditiveGroup::double(&point))
        };
        let doubled: Vec<G2Projective> = points.iter().map(double).collect();
        G2Projective::normalize_batch(&doubled)
    }

    fn product(fixed: &G1Affine, pairs: &[(G1Affine, G2Affine)]) -> PairingOutput<Bn254> {
        let points = pairs.iter().map(|pair| pair.0).chain([*fixed]);
        let lines = pairs.iter().map(|pair| Prepared::from(pair.1)).chain([MINUS_G2.clone()]);
        Bn254::multi_pairing(points, lines)
    }

    fn one() -> PairingOutput<Bn254> {
        PairingOutput::ZERO
    }

    fn times(a: &PairingOutput<Bn254>, b: &PairingOutput<Bn254>) -> PairingOutput<Bn254> {
        *a + *b
    }

    fn inverse(value: &PairingOutput<Bn254>) -> PairingOutput<Bn254> {
        -*value
    }

    fn mark(value: &PairingOutput<Bn254>) -> [u8; 32] {
        let mut mark = [0; 32];
        let words = value.0.c0.c0.c0.into_bigint().0;
        for (bytes, word) in mark.rchunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        mark
    }
}

fn multi_scalar<G>(points: &[G::MulBase], weights: &[u128]) -> G::Affine
where
    G: VariableBaseMSM<ScalarField = Fr> + CurveGroup,
{
    let scalars: Vec<Fr> = weights.iter().copied().map(Fr::from).collect();
    let count = points.len().min(scalars.len());
    G::msm_unchecked(&points[..count], &scalars[..count]).into_affine()
}
