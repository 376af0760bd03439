//! The base field: integers modulo p, in Montgomery form (times R = 2²⁵⁶).
//!
//! p leaves two bits of the four words free (4p < 2²⁵⁶ < 6p), which allows the multiplication
//! without an outer carry (Koç, Acar, Kaliski 1996, "CIOS"; gnark's "no-carry" remark) and sums
//! that are not reduced.

use crate::limbs::{self, mac, sbb, select, subtract_once};

mod inverse;

/// p = 36x⁴ + 36x³ + 24x² + 6x + 1 with x = 4965661367192848881.
pub(crate) const P: [u64; 4] =
    [0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];
/// 4p, which is still below 2²⁵⁶.
pub(crate) const QUADRUPLE_P: [u64; 4] = {
    let (double, _) = limbs::add(&P, &P);
    limbs::add(&double, &double).0
};
/// −p⁻¹ modulo 2⁶⁴.
pub(crate) const INV: u64 = 0x87d2_0782_e486_6389;
/// R modulo p.
const R: [u64; 4] =
    [0xd35d_438d_c58f_0d9d, 0x0a78_eb28_f5c7_0b3d, 0x666e_a36f_7879_462c, 0x0e0a_77c1_9a07_df2f];
/// R² modulo p.
const R2: [u64; 4] =
    [0xf32c_fc5b_538a_fa89, 0xb5e7_1911_d445_01fb, 0x47ab_1eff_0a41_7ff6, 0x06d8_9f71_cab8_351f];
/// (p − 3) / 4.
const ROOT: [u64; 4] =
    [0x4f08_2305_b61f_3f51, 0x65e0_5aa4_5a1c_72a3, 0x6e14_116d_a060_5617, 0x0c19_139c_b84c_680a];
/// p − 2.
const MINUS_TWO: [u64; 4] = [P[0] - 2, P[1], P[2], P[3]];

/// An element of the base field, always below p.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fp(pub(crate) [u64; 4]);

impl Fp {
    /// Zero.
    pub const ZERO: Self = Self([0; 4]);
    /// One.
    pub const ONE: Self = Self(R);

    /// The element of an integer below p, given in words, least significant first.
    pub(crate) const fn new(words: [u64; 4]) -> Self {
        Self(limbs::subtract_once_const(&montgomery(&words, &R2), &P))
    }

    /// The element of a small integer.
    pub(crate) const fn small(integer: u64) -> Self {
        Self::new([integer, 0, 0, 0])
    }

    /// From 32 big-endian bytes; `None` if they are not below p.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let words = limbs::from_be_bytes(bytes);
        limbs::below(&words, &P).then(|| Self::new(words))
    }

    /// From 32 big-endian bytes, modulo p.
    pub fn from_be_bytes_reduced(bytes: &[u8; 32]) -> Self {
        // 2²⁵⁶ < 6p, and multiplication reduces whatever one factor below 2²⁵⁶ is.
        Self(multiply(&R2, &limbs::from_be_bytes(bytes)))
    }

    /// 32 big-endian bytes, below p.
    pub fn to_be_bytes(self) -> [u8; 32] {
        limbs::to_be_bytes(&self.words())
    }

    /// The integer below p, out of Montgomery form.
    pub(crate) fn words(self) -> [u64; 4] {
        multiply(&self.0, &[1, 0, 0, 0])
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Twice this.
    #[inline(always)]
    pub fn double(self) -> Self {
        self + self
    }

    /// This times itself.
    #[inline(always)]
    pub fn square(self) -> Self {
        Self(multiply(&self.0, &self.0))
    }

    /// A power by a public exponent, four bits at a time.
    pub(crate) fn pow(self, exponent: &[u64; 4]) -> Self {
        let mut powers = [Self::ONE; 16];
        for i in 1..16 {
            powers[i] = powers[i - 1] * self;
        }
        let mut power = Self::ONE;
        for word in exponent.iter().rev() {
            for shift in (0..16).rev() {
                power = power.square().square().square().square();
                let digit = word >> (4 * shift) & 15;
                power = if digit == 0 { power } else { power * powers[digit as usize] };
            }
        }
        power
    }

    /// The inverse, zero for zero, in time that depends on the element: for public data.
    pub fn invert(self) -> Self {
        Self(multiply(&inverse::invert(&self.0), &inverse::R3))
    }

    /// The inverse by Fermat, zero for zero, in time that does not depend on the element.
    pub(crate) fn invert_secret(self) -> Self {
        self.pow(&MINUS_TWO)
    }

    /// The square root x^((p+1)/4), for p ≡ 3 modulo 4; `None` if there is none.
    pub fn sqrt(self) -> Option<Self> {
        let root = self.pow(&ROOT) * self;
        (root.square() == self).then_some(root)
    }

    /// `a` where `mask` is all ones, `b` where it is zero.
    #[inline(always)]
    pub(crate) fn select(mask: u64, a: Self, b: Self) -> Self {
        Self(select(mask, &a.0, &b.0))
    }

    /// Half of this.
    #[inline(always)]
    pub(crate) fn half(self) -> Self {
        let mask = 0_u64.wrapping_sub(self.0[0] & 1);
        let (even, _) = limbs::add(&self.0, &limbs::masked(&P, mask));
        Self([
            even[0] >> 1 | even[1] << 63,
            even[1] >> 1 | even[2] << 63,
            even[2] >> 1 | even[3] << 63,
            even[3] >> 1,
        ])
    }

    /// 9 · self + other, where `other` may be p itself: ξ = 9 + u needs it.
    #[inline(always)]
    pub(crate) fn nine_plus(self, other: &[u64; 4]) -> Self {
        nine_plus(&self.0, other)
    }

    /// p − self, which is p for zero.
    #[inline(always)]
    pub(crate) fn complement(self) -> [u64; 4] {
        limbs::sub(&P, &self.0).0
    }

    /// The sum as an integer below 2p: only to be multiplied.
    #[inline(always)]
    pub(crate) fn add_lazily(self, other: Self) -> Self {
        Self(limbs::add(&self.0, &other.0).0)
    }
}

/// 3a + 2b modulo p, for a below 4p and b not above p: cyclotomic squaring needs it.
#[inline(always)]
pub(crate) fn triple_plus_double(a: &[u64; 4], b: &[u64; 4]) -> Fp {
    let (double, _) = limbs::add(b, b);
    let (mut t, mut top) = ([0; 4], 0);
    for i in 0..4 {
        (t[i], top) = mac(double[i], a[i], 3, top);
    }
    reduce_multiple(t, top)
}

/// 9a + b modulo p, for a and b below 4p.
#[inline(always)]
pub(crate) fn nine_plus(a: &[u64; 4], b: &[u64; 4]) -> Fp {
    nine_plus_sum(a, [b])
}

/// Nine times one and the sum of some, modulo p: all below 4p, at most three to add.
#[inline(always)]
pub(crate) fn nine_plus_sum<const N: usize>(a: &[u64; 4], addends: [&[u64; 4]; N]) -> Fp {
    let (mut t, mut top) = add_all(addends);
    let mut carry = 0;
    for i in 0..4 {
        (t[i], carry) = mac(t[i], a[i], 9, carry);
    }
    top = top.wrapping_add(carry);
    reduce_multiple(t, top)
}

/// The sum modulo p of at most three integers below 4p.
#[inline(always)]
pub(crate) fn sum<const N: usize>(addends: [&[u64; 4]; N]) -> Fp {
    let (t, top) = add_all(addends);
    reduce_multiple(t, top)
}

#[inline(always)]
fn add_all<const N: usize>(addends: [&[u64; 4]; N]) -> ([u64; 4], u64) {
    let (mut t, mut top) = (*addends[0], 0_u64);
    for addend in &addends[1..] {
        let carry;
        (t, carry) = limbs::add(&t, addend);
        top = top.wrapping_add(carry);
    }
    (t, top)
}

/// An integer of five words, below 50p, modulo p.
#[inline(always)]
fn reduce_multiple(mut t: [u64; 4], top: u64) -> Fp {
    // p / 2²⁵⁰ is 12.098 and 256 / 21 is 12.19: the quotient is never too large, and what is
    // left is below 1.5p.
    let quotient = (top << 6 | t[3] >> 58).wrapping_mul(21) >> 8;
    let (mut carry, mut borrow) = (0, 0);
    for i in 0..4 {
        let low;
        (low, carry) = mac(0, quotient, P[i], carry);
        (t[i], borrow) = sbb(t[i], low, borrow);
    }
    Fp(subtract_once(&t, &P))
}

/// `a · b / R`, below p, if `a · b < p · R` and both are below 2²⁵⁶.
#[inline(always)]
pub(crate) fn multiply(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    subtract_once(&montgomery(a, b), &P)
}

/// The same, below 2p.
#[inline(always)]
const fn montgomery(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut t = [0_u64; 4];
    let mut i = 0;
    while i < 4 {
        let (low, mut high) = mac(t[0], a[0], b[i], 0);
        let m = low.wrapping_mul(INV);
        let (_, mut carry) = mac(low, m, P[0], 0);
        let mut j = 1;
        while j < 4 {
            let low;
            (low, high) = mac(t[j], a[j], b[i], high);
            (t[j - 1], carry) = mac(low, m, P[j], carry);
            j += 1;
        }
        t[3] = high.wrapping_add(carry);
        i += 1;
    }
    t
}

impl core::ops::Add for Fp {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(subtract_once(&limbs::add(&self.0, &other.0).0, &P))
    }
}

impl core::ops::Sub for Fp {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (difference, borrow) = limbs::sub(&self.0, &other.0);
        Self(limbs::add(&difference, &limbs::masked(&P, 0_u64.wrapping_sub(borrow))).0)
    }
}

impl core::ops::Mul for Fp {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(multiply(&self.0, &other.0))
    }
}

impl core::ops::Neg for Fp {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl core::fmt::Debug for Fp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("0x")?;
        self.to_be_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
