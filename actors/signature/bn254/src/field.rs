//! What the formulas of points need of a coordinate.

use core::ops::{Add, Mul, Neg, Sub};

use crate::fp::Fp;
use crate::fp2::Fp2;

/// A coordinate of a point: [`Fp`] for G1, [`Fp2`] for G2.
pub trait Coordinate:
    Copy
    + Eq
    + core::fmt::Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + Sealed
{
}

impl Coordinate for Fp {}
impl Coordinate for Fp2 {}

/// The rest of it, for this crate alone.
pub trait Sealed: Sized {
    const ZERO: Self;
    const ONE: Self;
    /// b of y² = x³ + b.
    const B: Self;
    fn square(self) -> Self;
    fn double(self) -> Self;
    fn invert(self) -> Self;
    fn invert_secret(self) -> Self;
    fn select(mask: u64, a: Self, b: Self) -> Self;
    /// Three times b times this.
    fn times_3b(self) -> Self;
}

impl Sealed for Fp {
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;
    const B: Self = Self::small(3);

    #[inline(always)]
    fn square(self) -> Self {
        self.square()
    }

    #[inline(always)]
    fn double(self) -> Self {
        self.double()
    }

    fn invert(self) -> Self {
        self.invert()
    }

    fn invert_secret(self) -> Self {
        self.invert_secret()
    }

    #[inline(always)]
    fn select(mask: u64, a: Self, b: Self) -> Self {
        Self::select(mask, a, b)
    }

    #[inline(always)]
    fn times_3b(self) -> Self {
        self.nine_plus(&[0; 4])
    }
}

/// 3/ξ: the twist is y² = x³ + 3/ξ.
pub(crate) const TWIST_B: Fp2 = Fp2::from_words(
    [0x3267_e6dc_24a1_38e5, 0xb5b4_c5e5_59db_efa3, 0x81be_1899_1be0_6ac3, 0x2b14_9d40_ceb8_aaae],
    [0xe4a2_bd06_85c3_15d2, 0xa74f_a084_e52d_1852, 0xcd2c_afad_eed8_fdf4, 0x0097_13b0_3af0_fed4],
);

impl Sealed for Fp2 {
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;
    const B: Self = TWIST_B;

    #[inline(always)]
    fn square(self) -> Self {
        self.square()
    }

    #[inline(always)]
    fn double(self) -> Self {
        self.double()
    }

    fn invert(self) -> Self {
        self.invert()
    }

    fn invert_secret(self) -> Self {
        self.invert_by(Fp::invert_secret)
    }

    #[inline(always)]
    fn select(mask: u64, a: Self, b: Self) -> Self {
        Self::new(Fp::select(mask, a.c0, b.c0), Fp::select(mask, a.c1, b.c1))
    }

    #[inline(always)]
    fn times_3b(self) -> Self {
        let product = self * TWIST_B;
        product.double() + product
    }
}

/// All inverses for the price of one and three products each (Montgomery's trick); zeros stay
/// zeros. `scratch` is cleared and reused.
pub(crate) fn invert_all<F: Coordinate>(elements: &mut [F], scratch: &mut Vec<F>) {
    scratch.clear();
    let mut product = F::ONE;
    for &element in elements.iter() {
        scratch.push(product);
        product = if element == F::ZERO { product } else { product * element };
    }
    let mut inverse = product.invert();
    for (element, &before) in elements.iter_mut().zip(scratch.iter()).rev() {
        if *element != F::ZERO {
            let own = inverse * before;
            inverse = inverse * *element;
            *element = own;
        }
    }
}
