//! The lines of Miller's loop through multiples of a point of G2.

use crate::field::{TWIST_B, invert_all};
use crate::fp::Fp;
use crate::fp2::Fp2;
use crate::point::G2Affine;

/// 6x + 2 in signed digits, most significant first, without its leading one. (Its non-adjacent
/// form starts 1, 0, −1; written 1, 1 it is one doubling shorter.)
pub(crate) const LOOP: [i8; 64] = loop_digits();
/// How many lines the loop has, with the two at its end.
const LINES: usize = lines();

/// y − λx − c, up to a factor: c0·y_P + c1·x_P·w + c2·w³.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) c0: Fp2,
    pub(crate) c1: Fp2,
    pub(crate) c2: Fp2,
}

/// The lines of a point that is paired more than once, divided by their first coefficient.
#[derive(Clone, Debug)]
pub struct Prepared(pub(crate) Option<Box<[(Fp2, Fp2); LINES]>>);

impl Prepared {
    /// All lines of a point of G2.
    pub fn new(point: &G2Affine) -> Self {
        if point.is_identity() {
            return Self(None);
        }
        let mut runner = Runner::new(point);
        let mut lines = Vec::with_capacity(LINES);
        for digit in LOOP {
            lines.push(runner.double());
            if digit != 0 {
                lines.push(runner.step(digit));
            }
        }
        lines.extend(runner.end());
        let mut inverses: Vec<Fp2> = lines.iter().map(|line| line.c0).collect();
        invert_all(&mut inverses, &mut Vec::with_capacity(LINES));
        let mut prepared = Box::new([(Fp2::ZERO, Fp2::ZERO); LINES]);
        for ((prepared, line), inverse) in prepared.iter_mut().zip(&lines).zip(inverses) {
            *prepared = (line.c1 * inverse, line.c2 * inverse);
        }
        Self(Some(prepared))
    }
}

/// A multiple of a point on its way through the loop, in homogeneous coordinates (Costello,
/// Lange, Naehrig, PKC 2010; Aranha and others, 2011).
pub(crate) struct Runner {
    x: Fp2,
    y: Fp2,
    z: Fp2,
    base: G2Affine,
}

impl Runner {
    pub(crate) fn new(base: &G2Affine) -> Self {
        Self { x: base.x, y: base.y, z: Fp2::ONE, base: *base }
    }

    /// The tangent; the point doubles.
    pub(crate) fn double(&mut self) -> Line {
        let a = (self.x * self.y).half();
        let b = self.y.square();
        let c = self.z.square();
        let e = (c.double() + c) * TWIST_B;
        let f = e.double() + e;
        let g = (b + f).half();
        let h = (self.y + self.z).square() - (b + c);
        let j = self.x.square();
        let ee = e.square();
        self.x = a * (b - f);
        self.y = g.square() - (ee.double() + ee);
        self.z = b * h;
        Line { c0: -h, c1: j.double() + j, c2: e - b }
    }

    /// The line through the base or its negative, which is added.
    pub(crate) fn step(&mut self, digit: i8) -> Line {
        let base = if digit < 0 { -self.base } else { self.base };
        self.add(&base)
    }

    /// The lines through ψ(Q) and −ψ²(Q).
    pub(crate) fn end(&mut self) -> [Line; 2] {
        let first = self.base.psi();
        let second = -first.psi();
        [self.add(&first), self.add(&second)]
    }

    fn add(&mut self, other: &G2Affine) -> Line {
        let theta = self.y - other.y * self.z;
        let lambda = self.x - other.x * self.z;
        let c = theta.square();
        let d = lambda.square();
        let e = lambda * d;
        let f = self.z * c;
        let g = self.x * d;
        let h = e + f - g.double();
        self.x = lambda * h;
        self.y = theta * (g - h) - e * self.y;
        self.z = self.z * e;
        Line { c0: lambda, c1: -theta, c2: theta * other.x - lambda * other.y }
    }
}

impl Line {
    /// The three coefficients at a point of G1.
    #[inline(always)]
    pub(crate) fn at(&self, x: Fp, y: Fp) -> (Fp2, Fp2, Fp2) {
        (self.c0.scale(y), self.c1.scale(x), self.c2)
    }
}

const fn loop_digits() -> [i8; 64] {
    let mut rest = 6 * 4_965_661_367_192_848_881_i128 + 2;
    let (mut digits, mut i) = ([0; 64], 64);
    while i > 0 {
        i -= 1;
        // The last pair of digits stays binary: 3 = 2 + 1.
        if rest & 1 == 1 {
            let digit = if rest == 3 { 1 } else { 2 - (rest & 3) };
            digits[i] = digit as i8;
            rest -= digit;
        }
        rest >>= 1;
    }
    assert!(rest == 1);
    digits
}

const fn lines() -> usize {
    let (mut count, mut i) = (LOOP.len() + 2, 0);
    while i < LOOP.len() {
        count += (LOOP[i] != 0) as usize;
        i += 1;
    }
    count
}
