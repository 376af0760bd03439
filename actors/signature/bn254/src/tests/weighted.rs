//! Sums of points whose logarithms are known: one multiple of the generator by ark judges a sum of
//! any length, so that many cases can be afforded. Now and then ark adds the same points up too.

use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};

use super::{Dice, ark_g1, ark_g2, ark_scalar, cases, our_g1, our_g2};
use crate::{G1, G1Affine, G2, G2Affine};

type Fr = ark_bn254::Fr;

/// Points to choose from, in each group.
const POINTS: u64 = 512;
/// Points of one sum, at most.
const LENGTH_MAX: u64 = 2_000;

/// Multiples of both generators by ark, and of what. The first are small, so that sums meet.
struct Known {
    logarithms: Vec<Fr>,
    ones: Vec<G1Affine>,
    twos: Vec<G2Affine>,
}

impl Known {
    fn new(dice: &mut Dice) -> Self {
        let small = (0..16_u64).map(Fr::from);
        let random = (16..POINTS).map(|_| ark_scalar(&dice.scalar()));
        let logarithms: Vec<Fr> = small.chain(random).collect();
        let ones = logarithms.iter().map(|k| our_g1(ark_bn254::G1Affine::generator() * k));
        let twos = logarithms.iter().map(|k| our_g2(ark_bn254::G2Affine::generator() * k));
        Self { ones: ones.collect(), twos: twos.collect(), logarithms }
    }
}

/// What is added up: points, and of what they are multiples.
#[derive(Default)]
struct Terms {
    logarithms: Vec<Fr>,
    ones: Vec<G1Affine>,
    twos: Vec<G2Affine>,
    weights: Vec<u128>,
}

impl Terms {
    /// Any points of the known ones; equal, opposite and identical ones among them.
    fn throw(dice: &mut Dice, known: &Known) -> Self {
        let mut terms = Self::default();
        let length = length(dice);
        let choice = if dice.below(4) == 0 { 8 } else { POINTS };
        for _ in 0..length {
            let at = dice.below(choice) as usize;
            let (logarithm, one, two) = (known.logarithms[at], known.ones[at], known.twos[at]);
            let is_negative = dice.below(3) == 0;
            terms.logarithms.push(if is_negative { -logarithm } else { logarithm });
            terms.ones.push(if is_negative { -one } else { one });
            terms.twos.push(if is_negative { -two } else { two });
        }
        let kind = dice.below(5);
        terms.weights = (0..length).map(|_| weight(dice, kind)).collect();
        terms
    }

    fn check(&self, expected: Fr, weighted: (G1Affine, G2Affine)) {
        let one = our_g1(ark_bn254::G1Affine::generator() * expected);
        let two = our_g2(ark_bn254::G2Affine::generator() * expected);
        assert_eq!(weighted, (one, two), "{} points, weights {:?}", self.ones.len(), self.weights);
    }

    /// As ark's own sum of many multiples has it.
    fn check_by_points(&self) {
        let weights: Vec<Fr> = self.weights.iter().map(|&weight| Fr::from(weight)).collect();
        let ones: Vec<_> = self.ones.iter().map(|&point| ark_g1(point)).collect();
        let twos: Vec<_> = self.twos.iter().map(|&point| ark_g2(point)).collect();
        let one = ark_bn254::G1Projective::msm_unchecked(&ones, &weights).into_affine();
        let two = ark_bn254::G2Projective::msm_unchecked(&twos, &weights).into_affine();
        let ours = (G1::weighted_sum(&self.ones, &self.weights).to_affine(), {
            G2::weighted_sum(&self.twos, &self.weights).to_affine()
        });
        assert_eq!(ours, (our_g1(one), our_g2(two)));
    }
}

/// Every width of digit, the short ones most often.
fn length(dice: &mut Dice) -> u64 {
    let max = match dice.below(256) {
        0 => LENGTH_MAX,
        1..8 => 160,
        8..64 => 48,
        _ => 12,
    };
    dice.below(max + 1)
}

/// Zero, small, close to 2¹²⁸, of 64 bits, or any; or of each kind some.
fn weight(dice: &mut Dice, kind: u64) -> u128 {
    let any = u128::from(dice.below(u64::MAX)) << 64 | u128::from(dice.below(u64::MAX));
    let kind = if kind == 4 { dice.below(5) } else { kind };
    match kind {
        0 => any % 3,
        1 => u128::MAX - any % 2,
        2 => any >> 64,
        _ => any,
    }
}

#[test]
fn sums_of_known_points_as_ark() {
    let mut known = None;
    let mut terms_len = 0_u64;
    cases("sums of known points", 10, |dice| {
        let known = known.get_or_insert_with(|| Known::new(dice));
        let terms = Terms::throw(dice, known);
        terms_len += terms.ones.len() as u64;
        let pairs = terms.logarithms.iter().zip(&terms.weights);
        let expected = pairs.fold(Fr::ZERO, |sum, (k, &weight)| sum + *k * Fr::from(weight));
        let one = G1::weighted_sum(&terms.ones, &terms.weights).to_affine();
        let two = G2::weighted_sum(&terms.twos, &terms.weights).to_affine();
        terms.check(expected, (one, two));
        let expected: Fr = terms.logarithms.iter().sum();
        let (one, two) = (G1::sum(&terms.ones).to_affine(), G2::sum(&terms.twos).to_affine());
        terms.check(expected, (one, two));
        if dice.below(16) == 0 {
            terms.check_by_points();
        }
    });
    eprintln!("{terms_len} points added up");
}

#[test]
fn the_ends_of_a_weighted_sum_as_ark() {
    let generator = (G1Affine::GENERATOR, G2Affine::GENERATOR);
    let r_halved = (-Fr::ONE) * Fr::from(2).inverse().unwrap();
    for length in [0, 1, 2, 3, 4, 15, 16, 47, 48, 159, 160, 511, 512, 2_000] {
        for weight in [0, 1, 2, u128::MAX, u128::MAX - 1, 1 << 127, 1 << 64] {
            let (ones, twos) = (vec![generator.0; length], vec![generator.1; length]);
            let weights = vec![weight; length];
            let expected = Fr::from(weight) * Fr::from(length as u64);
            let terms = Terms { weights, ones, twos, ..Terms::default() };
            let one = G1::weighted_sum(&terms.ones, &terms.weights).to_affine();
            let two = G2::weighted_sum(&terms.twos, &terms.weights).to_affine();
            terms.check(expected, (one, two));
        }
    }
    // As many as there are of both; and what adds up to nothing.
    let (one, two) = (our_g1(ark_bn254::G1Affine::generator() * r_halved), generator.1);
    let sum = G1::weighted_sum(&[one, generator.0, generator.0], &[2, 1]);
    assert!(sum.is_identity());
    assert!(G2::weighted_sum(&[two, -two], &[u128::MAX, u128::MAX]).is_identity());
    assert!(G2::weighted_sum(&[], &[1]).is_identity());
}
