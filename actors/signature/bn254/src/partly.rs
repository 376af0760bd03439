//! Elements that are reduced only in part: their words are below 4p. Sums of them are brought
//! below p once, by an estimated quotient instead of one subtraction after another.

use crate::fp::{QUADRUPLE_P, nine_plus_sum, sum};
use crate::fp2::Fp2;
use crate::fp6::Fp6;
use crate::limbs;
use crate::wide::Wide2;

/// An element of Fp2 whose parts are below 4p.
#[derive(Clone, Copy)]
pub(crate) struct Partly(pub(crate) [u64; 4], pub(crate) [u64; 4]);

impl Partly {
    /// Of any value within ±13.9p².
    #[inline(always)]
    pub(crate) fn of(wide: &Wide2) -> Self {
        Self(wide.c0.reduce_partly(), wide.c1.reduce_partly())
    }

    #[inline(always)]
    pub(crate) fn neg(&self) -> Self {
        Self(negative(&self.0), negative(&self.1))
    }

    #[inline(always)]
    pub(crate) fn plus(&self, other: &Self) -> Fp2 {
        Fp2::new(sum([&self.0, &other.0]), sum([&self.1, &other.1]))
    }

    /// self − a − b.
    #[inline(always)]
    pub(crate) fn minus_both(&self, a: &Self, b: &Self) -> Fp2 {
        let c0 = sum([&self.0, &negative(&a.0), &negative(&b.0)]);
        Fp2::new(c0, sum([&self.1, &negative(&a.1), &negative(&b.1)]))
    }

    /// self + ξ · other.
    #[inline(always)]
    pub(crate) fn plus_xi(&self, other: &Self) -> Fp2 {
        let c0 = nine_plus_sum(&other.0, [&self.0, &negative(&other.1)]);
        Fp2::new(c0, nine_plus_sum(&other.1, [&self.1, &other.0]))
    }

    /// self − a + ξ · b.
    #[inline(always)]
    pub(crate) fn minus_plus_xi(&self, a: &Self, b: &Self) -> Fp2 {
        let c0 = nine_plus_sum(&b.0, [&self.0, &negative(&a.0), &negative(&b.1)]);
        Fp2::new(c0, nine_plus_sum(&b.1, [&self.1, &negative(&a.1), &b.0]))
    }
}

impl From<Fp2> for Partly {
    #[inline(always)]
    fn from(element: Fp2) -> Self {
        Self(element.c0.0, element.c1.0)
    }
}

/// 4p − a.
#[inline(always)]
fn negative(a: &[u64; 4]) -> [u64; 4] {
    limbs::sub(&QUADRUPLE_P, a).0
}

/// An element of Fp6 of such parts.
#[derive(Clone, Copy)]
pub(crate) struct Partly6(pub(crate) [Partly; 3]);

impl Partly6 {
    pub(crate) fn reduce(&self) -> Fp6 {
        let [c0, c1, c2] = self.0.map(|part| Fp2::new(sum([&part.0]), sum([&part.1])));
        Fp6::new(c0, c1, c2)
    }

    /// Twice this.
    pub(crate) fn double(&self) -> Fp6 {
        let [c0, c1, c2] = &self.0;
        Fp6::new(c0.plus(c0), c1.plus(c1), c2.plus(c2))
    }

    pub(crate) fn plus(&self, other: &Self) -> Fp6 {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.0, &other.0);
        Fp6::new(a0.plus(b0), a1.plus(b1), a2.plus(b2))
    }

    /// self + v · other.
    pub(crate) fn plus_v(&self, other: &Self) -> Fp6 {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.0, &other.0);
        Fp6::new(a0.plus_xi(b2), a1.plus(b0), a2.plus(b1))
    }

    /// self − a − b.
    pub(crate) fn minus_both(&self, a: &Self, b: &Self) -> Fp6 {
        let [c0, c1, c2] = &self.0;
        let ([a0, a1, a2], [b0, b1, b2]) = (&a.0, &b.0);
        Fp6::new(c0.minus_both(a0, b0), c1.minus_both(a1, b1), c2.minus_both(a2, b2))
    }

    /// self − (1 + v) · a.
    pub(crate) fn minus_one_and_v(&self, a: &Self) -> Fp6 {
        let ([c0, c1, c2], [a0, a1, a2]) = (&self.0, &a.0);
        let c0 = c0.minus_plus_xi(a0, &a2.neg());
        Fp6::new(c0, c1.minus_both(a1, a0), c2.minus_both(a2, a1))
    }
}

impl From<Fp6> for Partly6 {
    #[inline(always)]
    fn from(element: Fp6) -> Self {
        Self([element.c0.into(), element.c1.into(), element.c2.into()])
    }
}
