//! Points, in affine and Jacobian coordinates. Variable time: for public data.

use crate::field::{Coordinate, invert_all};
use crate::fp::Fp;
use crate::fp2::Fp2;

/// A point by its coordinates; (0, 0), which is on neither curve, stands for the identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Affine<F> {
    pub(crate) x: F,
    pub(crate) y: F,
}

/// A point as (X/Z², Y/Z³): for sums. Z = 0 is the identity.
#[derive(Clone, Copy, Debug)]
pub struct Point<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) z: F,
}

/// A point of the curve over Fp. The whole curve is the group.
pub type G1Affine = Affine<Fp>;
/// The same, for sums.
pub type G1 = Point<Fp>;
/// A point of the twist over Fp2. Decoding checks that it is in the group.
pub type G2Affine = Affine<Fp2>;
/// The same, for sums.
pub type G2 = Point<Fp2>;

impl G1Affine {
    /// (1, 2).
    pub const GENERATOR: Self = Self { x: Fp::ONE, y: Fp::small(2) };
}

impl G2Affine {
    /// The generator of EIP-197.
    pub const GENERATOR: Self = Self {
        x: Fp2::from_words(
            [
                0x46de_bd5c_d992_f6ed,
                0x6743_22d4_f75e_dadd,
                0x426a_0066_5e5c_4479,
                0x1800_deef_121f_1e76,
            ],
            [
                0x97e4_85b7_aef3_12c2,
                0xf1aa_4933_35a9_e712,
                0x7260_bfb7_31fb_5d25,
                0x198e_9393_920d_483a,
            ],
        ),
        y: Fp2::from_words(
            [
                0x4ce6_cc01_66fa_7daa,
                0xe3d1_e769_0c43_d37b,
                0x4aab_7180_8dcb_408f,
                0x12c8_5ea5_db8c_6deb,
            ],
            [
                0x55ac_dadc_d122_975b,
                0xbc4b_3133_70b3_8ef3,
                0xec9e_99ad_690c_3395,
                0x0906_89d0_585f_f075,
            ],
        ),
    };
}

impl<F: Coordinate> Affine<F> {
    /// The identity.
    pub const IDENTITY: Self = Self { x: F::ZERO, y: F::ZERO };

    /// Whether this is the identity.
    #[inline(always)]
    pub fn is_identity(&self) -> bool {
        self.y == F::ZERO && self.x == F::ZERO
    }

    /// y² = x³ + b, or the identity.
    pub(crate) fn is_on_curve(&self) -> bool {
        self.is_identity() || self.y.square() == self.x.square() * self.x + F::B
    }
}

impl<F: Coordinate> Point<F> {
    /// The identity.
    pub const IDENTITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO };

    /// Whether this is the identity.
    #[inline(always)]
    pub fn is_identity(&self) -> bool {
        self.z == F::ZERO
    }

    /// Twice this (dbl-2009-l of the Explicit-Formulas Database).
    pub fn double(&self) -> Self {
        let a = self.x.square();
        let b = self.y.square();
        let c = b.square();
        let d = ((self.x + b).square() - a - c).double();
        let e = a.double() + a;
        let x = e.square() - d.double();
        let y = e * (d - x) - c.double().double().double();
        Self { x, y, z: (self.y * self.z).double() }
    }

    /// The sum with an affine point (madd-2007-bl), every case complete.
    pub fn add_affine(&self, other: &Affine<F>) -> Self {
        if other.is_identity() {
            return *self;
        }
        if self.is_identity() {
            return (*other).into();
        }
        let zz = self.z.square();
        let h = other.x * zz - self.x;
        let r = (other.y * self.z * zz - self.y).double();
        if h == F::ZERO {
            return if r == F::ZERO { self.double() } else { Self::IDENTITY };
        }
        let hh = h.square();
        let i = hh.double().double();
        let j = h * i;
        let v = self.x * i;
        let x = r.square() - j - v.double();
        let y = r * (v - x) - (self.y * j).double();
        Self { x, y, z: (self.z + h).square() - zz - hh }
    }

    /// The point over Z = 1, for public data.
    pub fn to_affine(&self) -> Affine<F> {
        if self.z == F::ONE {
            // Alone in a sum: no division.
            return Affine { x: self.x, y: self.y };
        }
        self.scaled_by(self.z.invert())
    }

    /// (X/Z², Y/Z³), given 1/Z (0 for 0).
    pub(crate) fn scaled_by(&self, inverse: F) -> Affine<F> {
        let square = inverse.square();
        Affine { x: self.x * square, y: self.y * square * inverse }
    }

    /// All of them over Z = 1, with one inversion.
    pub fn to_affine_all(points: &[Self]) -> Vec<Affine<F>> {
        let mut inverses: Vec<F> = points.iter().map(|point| point.z).collect();
        invert_all(&mut inverses, &mut Vec::with_capacity(points.len()));
        points.iter().zip(inverses).map(|(point, inverse)| point.scaled_by(inverse)).collect()
    }
}

impl<F: Coordinate> core::ops::Add for Point<F> {
    type Output = Self;

    /// add-2007-bl, every case complete.
    fn add(self, other: Self) -> Self {
        if self.is_identity() {
            return other;
        }
        if other.is_identity() {
            return self;
        }
        let (zz1, zz2) = (self.z.square(), other.z.square());
        let u1 = self.x * zz2;
        let s1 = self.y * other.z * zz2;
        let h = other.x * zz1 - u1;
        let r = (other.y * self.z * zz1 - s1).double();
        if h == F::ZERO {
            return if r == F::ZERO { self.double() } else { Self::IDENTITY };
        }
        let i = h.double().square();
        let j = h * i;
        let v = u1 * i;
        let x = r.square() - j - v.double();
        let y = r * (v - x) - (s1 * j).double();
        Self { x, y, z: ((self.z + other.z).square() - zz1 - zz2) * h }
    }
}

impl<F: Coordinate> core::ops::Sub for Point<F> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl<F: Coordinate> core::ops::Neg for Point<F> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { y: -self.y, ..self }
    }
}

impl<F: Coordinate> core::ops::Neg for Affine<F> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { y: -self.y, ..self }
    }
}

impl<F: Coordinate> From<Affine<F>> for Point<F> {
    fn from(point: Affine<F>) -> Self {
        if point.is_identity() {
            Self::IDENTITY
        } else {
            Self { x: point.x, y: point.y, z: F::ONE }
        }
    }
}

/// The same point, whatever its Z.
impl<F: Coordinate> PartialEq for Point<F> {
    fn eq(&self, other: &Self) -> bool {
        if self.is_identity() || other.is_identity() {
            return self.is_identity() && other.is_identity();
        }
        let (zz1, zz2) = (self.z.square(), other.z.square());
        self.x * zz2 == other.x * zz1 && self.y * zz2 * other.z == other.y * zz1 * self.z
    }
}

impl<F: Coordinate> Eq for Point<F> {}
