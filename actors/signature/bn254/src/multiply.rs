//! Multiplication by public scalars: endomorphisms, interleaved signed windows. Variable time.

use crate::endomorphism::X_NAF;
use crate::field::{Coordinate, invert_all};
use crate::point::{Affine, G1, G1Affine, G2, G2Affine, Point};
use crate::scalar::Scalar;

/// Odd multiples kept for one base: P, 3P, … 15P.
const ODD: usize = 8;
/// Digits of a part within ±2¹²⁷.
const LENGTH: usize = 129;

impl G1Affine {
    /// This times a public scalar. The time tells about the scalar: never a secret.
    pub fn multiply(&self, scalar: &Scalar) -> G1 {
        let odd = odd_multiples(self);
        let tables = [odd, odd.map(|point| point.phi())];
        interleave(&tables, scalar.split_glv())
    }
}

impl G2Affine {
    /// This times a public scalar, for a point of the subgroup. The time tells about the scalar:
    /// never a secret.
    pub fn multiply(&self, scalar: &Scalar) -> G2 {
        let first = odd_multiples(self);
        let second = first.map(|point| point.psi());
        let third = second.map(|point| point.psi());
        let tables = [first, second, third, third.map(|point| point.psi())];
        interleave(&tables, scalar.split_gls())
    }
}

/// x times a point of the twist, in the subgroup or not.
pub(crate) fn by_x(point: &G2Affine) -> G2 {
    let minus = -*point;
    X_NAF.iter().fold((*point).into(), |sum: G2, &digit| {
        let sum = sum.double();
        match digit {
            1 => sum.add_affine(point),
            -1 => sum.add_affine(&minus),
            _ => sum,
        }
    })
}

fn odd_multiples<F: Coordinate>(point: &Affine<F>) -> [Affine<F>; ODD] {
    let mut points = [Point::from(*point); ODD];
    let twice = points[0].double();
    for i in 1..ODD {
        points[i] = points[i - 1] + twice;
    }
    let mut inverses = points.map(|point| point.z);
    invert_all(&mut inverses, &mut Vec::with_capacity(ODD));
    let mut affine = [*point; ODD];
    for i in 1..ODD {
        affine[i] = points[i].scaled_by(inverses[i]);
    }
    affine
}

/// Σ partᵢ · baseᵢ, the doublings shared.
fn interleave<F: Coordinate, const N: usize>(
    tables: &[[Affine<F>; ODD]; N],
    parts: [i128; N],
) -> Point<F> {
    let digits = parts.map(signed_digits);
    let length = digits.iter().map(|digits| digits.1).max().unwrap_or(0);
    let mut sum = Point::IDENTITY;
    for position in (0..length).rev() {
        sum = sum.double();
        for (table, (digits, _)) in tables.iter().zip(&digits) {
            let digit = digits[position];
            if digit != 0 {
                let point = table[usize::from(digit.unsigned_abs() >> 1)];
                sum = sum.add_affine(&if digit < 0 { -point } else { point });
            }
        }
    }
    sum
}

/// Digits that are zero or odd and below 16, at most one in any five, and how many there are.
fn signed_digits(part: i128) -> ([i8; LENGTH], usize) {
    let (mut digits, mut length, mut position) = ([0; LENGTH], 0, 0);
    let (mut rest, sign) = (part.unsigned_abs(), part.signum());
    while rest != 0 {
        let zeros = rest.trailing_zeros();
        rest >>= zeros;
        position += zeros as usize;
        let digit = ((rest & 31) as i128 ^ 16) - 16;
        digits[position] = (digit * sign) as i8;
        rest = rest.wrapping_sub(digit as u128);
        position += 1;
        length = position;
        rest >>= 1;
    }
    (digits, length)
}
