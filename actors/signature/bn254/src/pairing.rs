//! The optimal ate pairing (Vercauteren, 2010) and products of it.

use crate::field::invert_all;
use crate::final_exponentiation::final_exponentiation;
use crate::fp::Fp;
use crate::fp2::Fp2;
use crate::fp6::Fp6;
use crate::fp12::Fp12;
use crate::lines::{LOOP, Prepared, Runner};
use crate::point::{G1Affine, G2Affine};

/// A value of the pairing: an element of order r (or one) of Fp12, after the exponent
/// (p¹² − 1)/r · 2x(6x² + 3x + 1), as ark-bn254 and gnark have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gt(pub(crate) Fp12);

impl Gt {
    /// One: what a product of pairings must be for EIP-197's check to hold.
    pub const ONE: Self = Self(Fp12::ONE);

    /// The inverse, which costs nothing.
    #[must_use]
    pub fn invert(self) -> Self {
        Self(self.0.conjugate())
    }

    /// The twelve coefficients, Fp12 over Fp6 over Fp2 over Fp, lowest first.
    pub fn coefficients(&self) -> [Fp; 12] {
        let six = |a: &Fp6| [a.c0.c0, a.c0.c1, a.c1.c0, a.c1.c1, a.c2.c0, a.c2.c1];
        let (low, high) = (six(&self.0.c0), six(&self.0.c1));
        core::array::from_fn(|i| if i < 6 { low[i] } else { high[i - 6] })
    }
}

impl core::ops::Mul for Gt {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

/// e(p, q).
pub fn pairing(p: &G1Affine, q: &G2Affine) -> Gt {
    product(&[], &[(*p, *q)])
}

/// Π e(p, q) over pairs with prepared and with fresh points of G2; the squarings and the final
/// exponentiation are shared. A pair with an identity counts as one. Variable time.
pub fn product(prepared: &[(G1Affine, &Prepared)], fresh: &[(G1Affine, G2Affine)]) -> Gt {
    // A Miller value is zero only where a line vanishes at a point it does not contain.
    final_exponentiation(miller(prepared, fresh)).map_or(Gt::ONE, Gt)
}

/// Whether Π e(p, q) is one: the check of EIP-197.
pub fn product_is_one(prepared: &[(G1Affine, &Prepared)], fresh: &[(G1Affine, G2Affine)]) -> bool {
    product(prepared, fresh) == Gt::ONE
}

/// A pair whose lines are known: −x/y and 1/y of its point of G1, and what is left of the lines.
struct Known<'a> {
    x_over_y: Fp,
    one_over_y: Fp,
    lines: core::slice::Iter<'a, (Fp2, Fp2)>,
}

impl Known<'_> {
    fn multiply(&mut self, value: Fp12) -> Fp12 {
        self.lines.next().map_or(value, |(c1, c2)| {
            value.mul_by_34(c1.scale(self.x_over_y), c2.scale(self.one_over_y))
        })
    }
}

fn miller(prepared: &[(G1Affine, &Prepared)], fresh: &[(G1Affine, G2Affine)]) -> Fp12 {
    let mut known = known(prepared);
    let mut fresh: Vec<(G1Affine, Runner)> = fresh
        .iter()
        .filter(|(p, q)| !p.is_identity() && !q.is_identity())
        .map(|(p, q)| (*p, Runner::new(q)))
        .collect();
    let mut value = Fp12::ONE;
    for (round, digit) in LOOP.into_iter().enumerate() {
        value = if round == 0 { value } else { value.square() };
        value = known.iter_mut().fold(value, |value, pair| pair.multiply(value));
        for (p, runner) in &mut fresh {
            let (c0, c3, c4) = runner.double().at(p.x, p.y);
            value = value.mul_by_034(c0, c3, c4);
        }
        if digit != 0 {
            value = known.iter_mut().fold(value, |value, pair| pair.multiply(value));
            for (p, runner) in &mut fresh {
                let (c0, c3, c4) = runner.step(digit).at(p.x, p.y);
                value = value.mul_by_034(c0, c3, c4);
            }
        }
    }
    for pair in &mut known {
        value = pair.multiply(value);
        value = pair.multiply(value);
    }
    for (p, runner) in &mut fresh {
        for line in runner.end() {
            let (c0, c3, c4) = line.at(p.x, p.y);
            value = value.mul_by_034(c0, c3, c4);
        }
    }
    value
}

/// The pairs that count, with their points of G1 divided by y (no point of G1 has y = 0).
fn known<'a>(prepared: &[(G1Affine, &'a Prepared)]) -> Vec<Known<'a>> {
    let pairs: Vec<_> = prepared
        .iter()
        .filter(|(p, _)| !p.is_identity())
        .filter_map(|(p, lines)| Some((p, lines.0.as_deref()?)))
        .collect();
    let mut inverses: Vec<Fp> = pairs.iter().map(|(p, _)| p.y).collect();
    invert_all(&mut inverses, &mut Vec::with_capacity(pairs.len()));
    let known = pairs.iter().zip(inverses);
    known
        .map(|((p, lines), one_over_y)| Known {
            x_over_y: p.x * one_over_y,
            one_over_y,
            lines: lines.iter(),
        })
        .collect()
}
