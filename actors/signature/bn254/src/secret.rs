//! Multiplication by secret scalars: neither branches nor addresses depend on the scalar.
//!
//! The formulas are complete (Renes, Costello, Batina, EUROCRYPT 2016, algorithms 7 to 9, for
//! a = 0), so no case has to be told apart; tables are read whole, under masks. What the
//! compiler makes of masks is not promised by the language.

use std::sync::OnceLock;

use crate::field::Coordinate;
use crate::point::{Affine, G1Affine, G2Affine, Point};
use crate::scalar::Scalar;

/// Digits of four bits in 254 bits.
const DIGITS: usize = 64;
/// Digits of half a scalar, below 2¹²⁸.
const HALF: usize = 32;

impl G1Affine {
    /// This times a secret scalar, as in signing: GLV, 4-bit windows.
    pub fn multiply_secret(&self, scalar: &Scalar) -> Self {
        let [first, second] = scalar.split_glv();
        let tables = [multiples(&signed(self, first)), multiples(&signed(&self.phi(), second))];
        let digits = [first, second].map(|part| recode::<HALF>(part.unsigned_abs(), 0));
        let mut sum = Projective::IDENTITY;
        for position in (0..HALF).rev() {
            sum = sum.double().double().double().double();
            for (table, digits) in tables.iter().zip(&digits) {
                sum = sum.add(&choose(table, digits[position]));
            }
        }
        sum.to_affine()
    }

    /// The generator times a secret scalar, by a table of its multiples made at first use.
    pub fn generator_times_secret(scalar: &Scalar) -> Self {
        static TABLE: OnceLock<Comb<crate::fp::Fp>> = OnceLock::new();
        TABLE.get_or_init(|| Comb::of(Self::GENERATOR)).multiply(scalar)
    }
}

impl G2Affine {
    /// The generator times a secret scalar, as in making a key.
    pub fn generator_times_secret(scalar: &Scalar) -> Self {
        static TABLE: OnceLock<Comb<crate::fp2::Fp2>> = OnceLock::new();
        TABLE.get_or_init(|| Comb::of(Self::GENERATOR)).multiply(scalar)
    }
}

/// 1…8 times 16ⁱ times a point, for every i.
struct Comb<F>(Vec<[Affine<F>; 8]>);

impl<F: Coordinate> Comb<F> {
    fn of(point: Affine<F>) -> Self {
        let mut points = Vec::with_capacity(8 * DIGITS);
        let mut base = Point::from(point);
        for _ in 0..DIGITS {
            let mut multiple = base;
            for _ in 0..8 {
                points.push(multiple);
                multiple = multiple + base;
            }
            base = base.double().double().double().double();
        }
        Self(Point::to_affine_all(&points).as_chunks().0.to_vec())
    }

    fn multiply(&self, scalar: &Scalar) -> Affine<F> {
        let [a, b, c, d] = scalar.0.map(u128::from);
        let digits = recode::<DIGITS>(a | b << 64, c | d << 64);
        let mut sum = Projective::IDENTITY;
        for (multiples, &digit) in self.0.iter().zip(&digits) {
            let (magnitude, sign) = magnitude(digit);
            let mut chosen = Affine::IDENTITY;
            for (candidate, multiple) in (1..).zip(multiples) {
                let mask = equal(magnitude, candidate);
                chosen.x = F::select(mask, multiple.x, chosen.x);
                chosen.y = F::select(mask, multiple.y, chosen.y);
            }
            chosen.y = F::select(sign, -chosen.y, chosen.y);
            let next = sum.add_affine(&chosen);
            sum = Projective::select(equal(magnitude, 0), &sum, &next);
        }
        sum.to_affine()
    }
}

/// (X : Y : Z) for the point (X/Z, Y/Z).
#[derive(Clone, Copy)]
struct Projective<F> {
    x: F,
    y: F,
    z: F,
}

impl<F: Coordinate> Projective<F> {
    const IDENTITY: Self = Self { x: F::ZERO, y: F::ONE, z: F::ZERO };

    /// Algorithm 7.
    fn add(&self, other: &Self) -> Self {
        let (xx, yy, zz) = (self.x * other.x, self.y * other.y, self.z * other.z);
        let xy = (self.x + self.y) * (other.x + other.y) - (xx + yy);
        let yz = (self.y + self.z) * (other.y + other.z) - (yy + zz);
        let xz = (self.x + self.z) * (other.x + other.z) - (xx + zz);
        Self::combine([xx, yy, zz.times_3b()], [xy, yz, xz.times_3b()])
    }

    /// Algorithm 8: wrong for the identity on the right, which the caller discards.
    fn add_affine(&self, other: &Affine<F>) -> Self {
        let (xx, yy) = (self.x * other.x, self.y * other.y);
        let xy = (self.x + self.y) * (other.x + other.y) - (xx + yy);
        let yz = other.y * self.z + self.y;
        let xz = other.x * self.z + self.x;
        Self::combine([xx, yy, self.z.times_3b()], [xy, yz, xz.times_3b()])
    }

    /// The end that both have in common; 3b is in the last of each.
    #[inline(always)]
    fn combine([xx, yy, zz]: [F; 3], [xy, yz, xz]: [F; 3]) -> Self {
        let (more, less) = (yy + zz, yy - zz);
        let xx = xx.double() + xx;
        Self { x: xy * less - yz * xz, y: more * less + xx * xz, z: yz * more + xx * xy }
    }

    /// Algorithm 9.
    fn double(&self) -> Self {
        let yy = self.y.square();
        let yz = self.y * self.z;
        let zz = self.z.square().times_3b();
        let eight = yy.double().double().double();
        let less = yy - (zz.double() + zz);
        let y = less * (yy + zz) + zz * eight;
        Self { x: (less * (self.x * self.y)).double(), y, z: yz * eight }
    }

    #[inline(always)]
    fn select(mask: u64, a: &Self, b: &Self) -> Self {
        let x = F::select(mask, a.x, b.x);
        Self { x, y: F::select(mask, a.y, b.y), z: F::select(mask, a.z, b.z) }
    }

    /// The identity, whose Z is zero, becomes (0, 0) by itself.
    fn to_affine(self) -> Affine<F> {
        let inverse = self.z.invert_secret();
        Affine { x: self.x * inverse, y: self.y * inverse }
    }
}

/// The point or its negative, by the sign of the factor.
fn signed<F: Coordinate>(point: &Affine<F>, factor: i128) -> Projective<F> {
    let sign = core::hint::black_box((factor >> 127) as u64);
    let y = F::select(sign, -point.y, point.y);
    // The identity (0, 0) becomes (0 : 1 : 0).
    let identity = if point.is_identity() { u64::MAX } else { 0 };
    let finite = Projective { x: point.x, y, z: F::ONE };
    Projective::select(identity, &Projective::IDENTITY, &finite)
}

/// 0…8 times a point.
fn multiples<F: Coordinate>(point: &Projective<F>) -> [Projective<F>; 9] {
    let mut table = [Projective::IDENTITY; 9];
    for i in 1..9 {
        table[i] = table[i - 1].add(point);
    }
    table
}

/// A digit's multiple; every entry is read.
fn choose<F: Coordinate>(table: &[Projective<F>; 9], digit: i8) -> Projective<F> {
    let (magnitude, sign) = magnitude(digit);
    let mut chosen = table[0];
    for (candidate, multiple) in (0..).zip(table) {
        chosen = Projective::select(equal(magnitude, candidate), multiple, &chosen);
    }
    chosen.y = F::select(sign, -chosen.y, chosen.y);
    chosen
}

/// Digits from −7 to 8, least significant first, of an integer whose highest digit is below 8.
fn recode<const N: usize>(low: u128, high: u128) -> [i8; N] {
    let (mut digits, mut carry) = ([0; N], 0);
    for (i, digit) in digits.iter_mut().enumerate() {
        let half = if i < HALF { low } else { high };
        let nibble = (half >> (4 * (i % HALF)) & 15) as i8 + carry;
        carry = (nibble + 7) >> 4;
        *digit = nibble - (carry << 4);
    }
    digits
}

/// The absolute value, and all ones if the digit is negative.
fn magnitude(digit: i8) -> (u64, u64) {
    let sign = digit >> 7;
    let mask = core::hint::black_box(i64::from(sign) as u64);
    ((digit ^ sign).wrapping_sub(sign) as u64, mask)
}

/// All ones if two small integers are equal, else zero.
fn equal(a: u64, b: u64) -> u64 {
    0_u64.wrapping_sub(core::hint::black_box((a ^ b).wrapping_sub(1) >> 63))
}
