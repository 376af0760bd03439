//! Products that are not reduced yet: integers modulo 2⁵¹², read as signed.
//!
//! "Lazy reduction" (Aranha, Karabina, Longa, Gebotys, López, EUROCRYPT 2011): sums of products
//! are formed first and reduced once. Here the sums are taken modulo 2⁵¹² without any correction
//! on the way; each formula states the bounds of its result in units of p², where
//! 2⁵¹¹ > 13.9p² and p · 2²⁵⁶ > 5.2p².

use crate::fp::{Fp, INV, P, nine_plus};
use crate::fp2::Fp2;
use crate::limbs::{self, adc, mac, subtract_once};

/// 11p²: what an imaginary part is shifted by to become symmetric. (Congruent to zero.)
const SHIFT: Wide = times_p2(11);
/// p².
const SHIFT_1: Wide = times_p2(1);
/// 9p².
const SHIFT_9: Wide = times_p2(9);
const DOUBLE_P: [u64; 4] = limbs::add(&P, &P).0;
const TRIPLE_P: [u64; 4] = limbs::add(&DOUBLE_P, &P).0;

/// A signed integer modulo 2⁵¹².
#[derive(Clone, Copy)]
pub(crate) struct Wide([u64; 8]);

impl Wide {
    /// The product of two integers below 2²⁵⁶.
    #[inline(always)]
    pub(crate) fn product(a: Fp, b: Fp) -> Self {
        Self(product(&a.0, &b.0))
    }

    #[inline(always)]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(limbs::add(&self.0, &other.0).0)
    }

    #[inline(always)]
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(limbs::sub(&self.0, &other.0).0)
    }

    /// Nine times this.
    #[inline(always)]
    pub(crate) fn nine(&self) -> Self {
        let (mut nine, mut carry) = ([0; 8], 0);
        for (nine, word) in nine.iter_mut().zip(self.0) {
            (*nine, carry) = mac(0, word, 9, carry);
        }
        Self(nine)
    }

    /// Modulo p, divided by 2²⁵⁶, for 0 ≤ self < p·2²⁵⁶ (5.2p²).
    #[inline(always)]
    pub(crate) fn reduce_positive(&self) -> Fp {
        Fp(subtract_once(&montgomery(self.0), &P))
    }

    /// Modulo p, divided by 2²⁵⁶, for values within ±p²: no sign is asked for.
    #[inline(always)]
    pub(crate) fn reduce_symmetric(&self) -> Fp {
        self.plus(&SHIFT_1).reduce_positive()
    }

    /// Divided by 2²⁵⁶ and brought below 4p, for any value within ±13.9p² (±2.64p·2²⁵⁶).
    #[inline(always)]
    pub(crate) fn reduce_partly(&self) -> [u64; 4] {
        self.shifted(&TRIPLE_P)
    }

    /// The reduction, after adding `offset`·2²⁵⁶ if negative.
    #[inline(always)]
    fn shifted(&self, offset: &[u64; 4]) -> [u64; 4] {
        let mask = ((self.0[7] as i64) >> 63) as u64;
        let mut t = self.0;
        let mut carry = 0;
        for i in 0..4 {
            (t[4 + i], carry) = adc(t[4 + i], offset[i] & mask, carry);
        }
        montgomery(t)
    }
}

/// Montgomery's reduction of an unsigned integer below 2⁵¹² − p·2²⁵⁶, not brought below p.
#[inline(always)]
fn montgomery(mut t: [u64; 8]) -> [u64; 4] {
    let mut over = 0;
    for i in 0..4 {
        let m = t[i].wrapping_mul(INV);
        let (_, mut carry) = mac(t[i], m, P[0], 0);
        for j in 1..4 {
            (t[i + j], carry) = mac(t[i + j], m, P[j], carry);
        }
        (t[i + 4], over) = adc(t[i + 4], carry, over);
    }
    [t[4], t[5], t[6], t[7]]
}

const fn product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let mut t = [0; 8];
    let mut i = 0;
    while i < 4 {
        let (mut carry, mut j) = (0, 0);
        while j < 4 {
            (t[i + j], carry) = mac(t[i + j], a[j], b[i], carry);
            j += 1;
        }
        t[i + 4] = carry;
        i += 1;
    }
    t
}

const fn times_p2(times: u64) -> Wide {
    let square = product(&P, &P);
    let (mut t, mut carry, mut i) = ([0; 8], 0, 0);
    while i < 8 {
        (t[i], carry) = mac(0, square[i], times, carry);
        i += 1;
    }
    Wide(t)
}

/// An element of Fp2 whose parts are not reduced.
#[derive(Clone, Copy)]
pub(crate) struct Wide2 {
    pub(crate) c0: Wide,
    pub(crate) c1: Wide,
}

impl Wide2 {
    #[inline(always)]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self { c0: self.c0.plus(&other.c0), c1: self.c1.plus(&other.c1) }
    }

    #[inline(always)]
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self { c0: self.c0.minus(&other.c0), c1: self.c1.minus(&other.c1) }
    }

    /// ξ · self + other, for parts of both within ±5.2p²: reduced first, but not below p.
    #[inline(never)]
    pub(crate) fn reduce_xi_plus(&self, other: &Self) -> Fp2 {
        let (re, im) = (self.c0.shifted(&P), self.c1.shifted(&P));
        let rest_re = limbs::add(&other.c0.shifted(&P), &limbs::sub(&DOUBLE_P, &im).0).0;
        let rest_im = limbs::add(&other.c1.shifted(&P), &re).0;
        // All four below 2p: 9 · 2p + 4p at most.
        Fp2::new(nine_plus(&re, &rest_re), nine_plus(&im, &rest_im))
    }

    /// self + ξ · other − 11p²·u: for products of elements below p (re ±1, im 0…2; sums of two
    /// products: re ±2, im 0…4) within ±13.
    #[inline(never)]
    pub(crate) fn plus_xi(&self, other: &Self) -> Self {
        let c0 = self.c0.plus(&other.c0.nine()).minus(&other.c1);
        let c1 = self.c1.plus(&other.c1.nine()).plus(&other.c0).minus(&SHIFT);
        Self { c0, c1 }
    }

    /// self + ξ · other, shifted, for squares (both parts 0…2): within ±11.
    #[inline(always)]
    pub(crate) fn square_plus_xi(&self, other: &Self) -> Self {
        let shifted = self.plus_xi(other);
        Self { c0: shifted.c0.minus(&SHIFT_9), c1: shifted.c1 }
    }
}
