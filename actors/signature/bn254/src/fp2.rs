//! Fp2 = Fp\[u\] / (u² + 1).

use crate::fp::Fp;
use crate::wide::{Wide, Wide2};

/// c0 + c1·u.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fp2 {
    /// The real part.
    pub c0: Fp,
    /// The imaginary part.
    pub c1: Fp,
}

impl Fp2 {
    /// Zero.
    pub const ZERO: Self = Self::new(Fp::ZERO, Fp::ZERO);
    /// One.
    pub const ONE: Self = Self::new(Fp::ONE, Fp::ZERO);

    /// c0 + c1·u.
    pub const fn new(c0: Fp, c1: Fp) -> Self {
        Self { c0, c1 }
    }

    /// Constants, from words.
    pub(crate) const fn from_words(c0: [u64; 4], c1: [u64; 4]) -> Self {
        Self::new(Fp::new(c0), Fp::new(c1))
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Twice this.
    #[inline(always)]
    pub fn double(self) -> Self {
        Self::new(self.c0.double(), self.c1.double())
    }

    /// Half of this.
    #[inline(always)]
    pub(crate) fn half(self) -> Self {
        Self::new(self.c0.half(), self.c1.half())
    }

    /// (a + bu)² = (a + b)(a − b) + 2ab·u.
    #[inline(never)]
    pub fn square(self) -> Self {
        let c0 = self.c0.add_lazily(self.c1) * (self.c0 - self.c1);
        Self::new(c0, self.c0.add_lazily(self.c0) * self.c1)
    }

    /// The square, not reduced: both parts in 0…2p².
    #[inline(never)]
    pub(crate) fn square_wide(self) -> Wide2 {
        Wide2 {
            c0: Wide::product(self.c0.add_lazily(self.c1), self.c0 - self.c1),
            c1: Wide::product(self.c0.add_lazily(self.c0), self.c1),
        }
    }

    /// Karatsuba's product, not reduced. For elements below p: re in ±p², im in 0…2p². The
    /// parts may also be below 2p (sums of two).
    #[inline(never)]
    pub(crate) fn mul_wide(self, other: Self) -> Wide2 {
        let real = Wide::product(self.c0, other.c0);
        let imaginary = Wide::product(self.c1, other.c1);
        let both = Wide::product(self.c0.add_lazily(self.c1), other.c0.add_lazily(other.c1));
        Wide2 { c0: real.minus(&imaginary), c1: both.minus(&real).minus(&imaginary) }
    }

    /// The sum, each part an integer below 2p: only to be multiplied.
    #[inline(always)]
    pub(crate) fn add_lazily(self, other: Self) -> Self {
        Self::new(self.c0.add_lazily(other.c0), self.c1.add_lazily(other.c1))
    }

    /// Times an element of the base field.
    #[inline(always)]
    pub fn scale(self, factor: Fp) -> Self {
        Self::new(self.c0 * factor, self.c1 * factor)
    }

    /// Times ξ = 9 + u.
    #[inline(always)]
    pub(crate) fn times_xi(self) -> Self {
        Self::new(self.c0.nine_plus(&self.c1.complement()), self.c1.nine_plus(&self.c0.0))
    }

    /// c0 − c1·u, which is the p-th power.
    #[inline(always)]
    pub fn conjugate(self) -> Self {
        Self::new(self.c0, -self.c1)
    }

    /// The inverse, zero for zero, in variable time.
    pub fn invert(self) -> Self {
        self.invert_by(Fp::invert)
    }

    pub(crate) fn invert_by(self, invert: fn(Fp) -> Fp) -> Self {
        let norm = invert(self.c0.square() + self.c1.square());
        Self::new(self.c0 * norm, -(self.c1 * norm))
    }
}

impl core::ops::Add for Fp2 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::new(self.c0 + other.c0, self.c1 + other.c1)
    }
}

impl core::ops::Sub for Fp2 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::new(self.c0 - other.c0, self.c1 - other.c1)
    }
}

impl core::ops::Mul for Fp2 {
    type Output = Self;
    #[inline(never)]
    fn mul(self, other: Self) -> Self {
        let wide = self.mul_wide(other);
        Self::new(wide.c0.reduce_symmetric(), wide.c1.reduce_positive())
    }
}

impl core::ops::Neg for Fp2 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.c0, -self.c1)
    }
}
