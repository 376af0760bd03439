//! Fp6 = Fp2\[v\] / (v³ − ξ), ξ = 9 + u. Products after Devegili, Ó hÉigeartaigh, Scott, Dahab
//! (2006), reduced once per coefficient.

use crate::fp2::Fp2;
use crate::partly::{Partly, Partly6};

/// c0 + c1·v + c2·v².
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fp6 {
    pub(crate) c0: Fp2,
    pub(crate) c1: Fp2,
    pub(crate) c2: Fp2,
}

impl Fp6 {
    pub(crate) const ZERO: Self = Self::new(Fp2::ZERO, Fp2::ZERO, Fp2::ZERO);
    pub(crate) const ONE: Self = Self::new(Fp2::ONE, Fp2::ZERO, Fp2::ZERO);

    pub(crate) const fn new(c0: Fp2, c1: Fp2, c2: Fp2) -> Self {
        Self { c0, c1, c2 }
    }

    /// Times v.
    #[inline(always)]
    pub(crate) fn times_v(self) -> Self {
        Self::new(self.c2.times_xi(), self.c0, self.c1)
    }

    /// Times an element of Fp2.
    pub(crate) fn scale(self, factor: Fp2) -> Self {
        Self::new(self.c0 * factor, self.c1 * factor, self.c2 * factor)
    }

    /// Karatsuba's product.
    #[inline(never)]
    pub(crate) fn product(&self, other: &Self) -> Partly6 {
        let v0 = self.c0.mul_wide(other.c0);
        let v1 = self.c1.mul_wide(other.c1);
        let v2 = self.c2.mul_wide(other.c2);

        // a1b2 + a2b1: re in ±2p², im in 0…4p². Nine times that would not fit, so it is reduced
        // before ξ.
        let w12 = self.c1.add_lazily(self.c2).mul_wide(other.c1.add_lazily(other.c2));
        let c0 = w12.minus(&v1).minus(&v2).reduce_xi_plus(&v0);

        let w01 = self.c0.add_lazily(self.c1).mul_wide(other.c0.add_lazily(other.c1));
        let c1 = w01.minus(&v0).minus(&v1).plus_xi(&v2);

        let w02 = self.c0.add_lazily(self.c2).mul_wide(other.c0.add_lazily(other.c2));
        let c2 = w02.minus(&v0).minus(&v2).plus(&v1);
        Partly6([c0.into(), Partly::of(&c1), Partly::of(&c2)])
    }

    /// Times b0 + b1·v: five products instead of six.
    #[inline(never)]
    pub(crate) fn mul_by_01(&self, b0: Fp2, b1: Fp2) -> Partly6 {
        let v0 = self.c0.mul_wide(b0);
        let v1 = self.c1.mul_wide(b1);
        let c0 = v0.plus_xi(&self.c2.mul_wide(b1));
        let cross = self.c0.add_lazily(self.c1).mul_wide(b0.add_lazily(b1));
        let c1 = cross.minus(&v0).minus(&v1);
        let c2 = self.c2.mul_wide(b0).plus(&v1);
        Partly6([Partly::of(&c0), Partly::of(&c1), Partly::of(&c2)])
    }

    /// The inverse, zero for zero, in variable time.
    pub(crate) fn invert(self) -> Self {
        let t0 = self.c0.square() - (self.c1 * self.c2).times_xi();
        let t1 = self.c2.square().times_xi() - self.c0 * self.c1;
        let t2 = self.c1.square() - self.c0 * self.c2;
        let cross = (self.c2 * t1 + self.c1 * t2).times_xi();
        Self::new(t0, t1, t2).scale((self.c0 * t0 + cross).invert())
    }
}

impl core::ops::Add for Fp6 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::new(self.c0 + other.c0, self.c1 + other.c1, self.c2 + other.c2)
    }
}

impl core::ops::Sub for Fp6 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::new(self.c0 - other.c0, self.c1 - other.c1, self.c2 - other.c2)
    }
}

impl core::ops::Mul for Fp6 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.product(&other).reduce()
    }
}

impl core::ops::Neg for Fp6 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.c0, -self.c1, -self.c2)
    }
}
