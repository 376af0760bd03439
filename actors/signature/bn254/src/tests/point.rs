use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;

use super::{Dice, ark_g1, ark_g2, ark_scalar, cases, our_fp2, our_g1, our_g2};
use crate::{Affine, Coordinate, Fp2, G1, G1Affine, G2, G2Affine, Point};

/// Two points that may be equal, opposite, or the identity, in varying coordinates.
fn pair<F: Coordinate>(dice: &mut Dice, a: Affine<F>, b: Affine<F>) -> (Affine<F>, Affine<F>) {
    match dice.below(8) {
        0 => (a, a),
        1 => (a, -a),
        2 => (Affine::IDENTITY, b),
        3 => (a, Affine::IDENTITY),
        4 => (Affine::IDENTITY, Affine::IDENTITY),
        _ => (a, b),
    }
}

/// The same point with another Z.
fn with_z<F: Coordinate>(point: Affine<F>, z: F) -> Point<F> {
    if point.is_identity() || z == F::ZERO {
        return point.into();
    }
    let square = z.square();
    Point { x: point.x * square, y: point.y * square * z, z }
}

#[test]
fn sums_in_g1_as_ark() {
    cases("sums in G1", 4, |dice| {
        let (a, b) = (dice.g1(), dice.g1());
        let (a, b) = pair(dice, a, b);
        let expected = our_g1(ark_g1(a) + ark_g1(b));
        let (first, second) = (with_z(a, dice.fp()), with_z(b, dice.fp()));
        assert_eq!((first + second).to_affine(), expected);
        assert_eq!(first.add_affine(&b).to_affine(), expected);
        assert_eq!(first + second, expected.into());
        assert_eq!((first - second).to_affine(), our_g1(ark_g1(a) - ark_g1(b)));
        assert_eq!(first.double().to_affine(), our_g1(ark_g1(a).into_group().double()));
    });
}

#[test]
fn sums_in_g2_as_ark() {
    cases("sums in G2", 10, |dice| {
        let (a, b) = (dice.g2(), dice.g2());
        let (a, b) = pair(dice, a, b);
        let expected = our_g2(ark_g2(a) + ark_g2(b));
        let (first, second) = (with_z(a, dice.fp2()), with_z(b, dice.fp2()));
        assert_eq!((first + second).to_affine(), expected);
        assert_eq!(first.add_affine(&b).to_affine(), expected);
        assert_eq!((first - second).to_affine(), our_g2(ark_g2(a) - ark_g2(b)));
        assert_eq!(first.double().to_affine(), our_g2(ark_g2(a).into_group().double()));
    });
}

#[test]
fn multiples_in_g1_as_ark() {
    cases("multiples in G1", 10, |dice| {
        let (a, k) = (dice.g1(), dice.scalar());
        let a = if dice.below(20) == 0 { G1Affine::IDENTITY } else { a };
        let expected = our_g1(ark_g1(a) * ark_scalar(&k));
        assert_eq!(a.multiply(&k).to_affine(), expected);
        assert_eq!(a.multiply_secret(&k), expected);
        let expected = our_g1(ark_bn254::G1Affine::generator() * ark_scalar(&k));
        assert_eq!(G1Affine::generator_times_secret(&k), expected);
    });
}

#[test]
fn multiples_in_g2_as_ark() {
    cases("multiples in G2", 20, |dice| {
        let (a, k) = (dice.g2(), dice.scalar());
        let a = if dice.below(20) == 0 { G2Affine::IDENTITY } else { a };
        assert_eq!(a.multiply(&k).to_affine(), our_g2(ark_g2(a) * ark_scalar(&k)));
        let expected = our_g2(ark_bn254::G2Affine::generator() * ark_scalar(&k));
        assert_eq!(G2Affine::generator_times_secret(&k), expected);
    });
}

#[test]
fn parts_of_scalars_recombine_and_stay_small() {
    let lambda = ark_bn254::Fr::from(0) - ark_bn254::Fr::from(X).square_times_36_plus();
    let mu = ark_bn254::Fr::from(6) * ark_bn254::Fr::from(X) * ark_bn254::Fr::from(X);
    cases("parts of scalars", 1, |dice| {
        let k = dice.scalar();
        let signed = |part: i128| {
            let magnitude = ark_bn254::Fr::from(part.unsigned_abs());
            if part < 0 { -magnitude } else { magnitude }
        };
        let [first, second] = k.split_glv();
        assert!(first.unsigned_abs() >> 127 == 0 && second.unsigned_abs() >> 127 == 0);
        assert_eq!(signed(first) + signed(second) * lambda, ark_scalar(&k));
        let parts = k.split_gls();
        assert!(parts.iter().all(|part| part.unsigned_abs() >> 67 == 0));
        let sum =
            parts.iter().rev().fold(ark_bn254::Fr::ZERO, |sum, &part| sum * mu + signed(part));
        assert_eq!(sum, ark_scalar(&k));
    });
}

const X: u64 = 4_965_661_367_192_848_881;

trait Lambda {
    fn square_times_36_plus(self) -> Self;
}

impl Lambda for ark_bn254::Fr {
    /// 36x³ + 18x² + 6x + 2, whose negative is λ.
    fn square_times_36_plus(self) -> Self {
        ((Self::from(36) * self + Self::from(18)) * self + Self::from(6)) * self + Self::from(2)
    }
}

#[test]
fn sums_of_many_as_ark() {
    cases("sums of many", 100, |dice| {
        let count = dice.below(150) as usize;
        let mut points: Vec<G1Affine> = Vec::new();
        let mut keys: Vec<G2Affine> = Vec::new();
        for _ in 0..count {
            let earlier = points.last().copied().unwrap_or(G1Affine::IDENTITY);
            points.push(match dice.below(6) {
                0 => earlier,
                1 => -earlier,
                2 => G1Affine::IDENTITY,
                _ => dice.g1(),
            });
            keys.push(if dice.below(3) == 0 { -dice.g2() } else { G2Affine::GENERATOR });
        }
        let expected: ark_bn254::G1Projective = points.iter().map(|&point| ark_g1(point)).sum();
        assert_eq!(G1::sum(&points).to_affine(), our_g1(expected.into_affine()));
        let expected: ark_bn254::G2Projective = keys.iter().map(|&point| ark_g2(point)).sum();
        assert_eq!(G2::sum(&keys).to_affine(), our_g2(expected.into_affine()));
        let scaled: Vec<G1> = points.iter().map(|&point| with_z(point, dice.fp())).collect();
        assert_eq!(Point::to_affine_all(&scaled), points);
    });
}

#[test]
fn weighted_sums_as_ark() {
    cases("weighted sums", 100, |dice| {
        let count = dice.below(40) as usize;
        let weight = |dice: &mut Dice| match dice.below(5) {
            0 => u128::from(dice.below(4)),
            1 => u128::MAX - u128::from(dice.below(2)),
            2 => u128::from(dice.below(u64::MAX)),
            _ => u128::from(dice.below(u64::MAX)) << 64 | u128::from(dice.below(u64::MAX)),
        };
        let weights: Vec<u128> = (0..count).map(|_| weight(dice)).collect();
        let mut points = vec![dice.g1(); count];
        let mut keys = vec![dice.g2(); count];
        for n in 1..count {
            let (a, b) = (dice.g1(), dice.g2());
            (points[n], _) = pair(dice, a, points[n - 1]);
            (_, keys[n]) = pair(dice, b, keys[n - 1]);
        }
        let expected: ark_bn254::G1Projective =
            points.iter().zip(&weights).map(|(&p, &w)| ark_g1(p) * ark_bn254::Fr::from(w)).sum();
        assert_eq!(G1::weighted_sum(&points, &weights).to_affine(), our_g1(expected.into_affine()));
        let expected: ark_bn254::G2Projective =
            keys.iter().zip(&weights).map(|(&q, &w)| ark_g2(q) * ark_bn254::Fr::from(w)).sum();
        let sum = G2::weighted_sum(&keys, &weights).to_affine();
        assert_eq!(sum, our_g2(expected.into_affine()));
        assert_eq!(G2Affine::decode_trusted(&sum.encode()), Ok(sum));
    });
}

/// A point of the whole twist: x upwards from anywhere, cofactor not cleared.
pub(super) fn twist_point(dice: &mut Dice) -> G2Affine {
    loop {
        let x = super::ark_fp2(dice.fp2());
        let point = ark_bn254::G2Affine::get_point_from_x_unchecked(x, dice.below(2) == 0);
        if let Some(point) = point {
            return G2Affine { x: our_fp2(point.x), y: our_fp2(point.y) };
        }
    }
}

#[test]
fn subgroup_check_as_ark() {
    cases("subgroup check", 20, |dice| {
        let outside = twist_point(dice);
        assert!(outside.is_on_curve());
        assert!(!ark_g2(outside).is_in_correct_subgroup_assuming_on_curve());
        assert!(!outside.is_in_subgroup());
        assert!(dice.g2().is_in_subgroup());
        // Times r: what of it is outside the subgroup, alone. Times the cofactor: inside.
        let stray = our_g2(ark_bn254::G2Affine::mul_bigint(&ark_g2(outside), crate::scalar::ORDER));
        assert!(!stray.is_identity() && !stray.is_in_subgroup());
        let mixed = (G2::from(stray) + dice.g2().into()).to_affine();
        assert!(!mixed.is_in_subgroup());
        assert!(our_g2(ark_g2(outside).mul_by_cofactor()).is_in_subgroup());
    });
    assert!(G2Affine::IDENTITY.is_in_subgroup());
    assert!(!G2Affine { x: Fp2::ONE, y: Fp2::ONE }.is_on_curve());
}
