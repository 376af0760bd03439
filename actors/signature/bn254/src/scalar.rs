//! Scalars: integers below r, and how they are split for the endomorphisms. Nothing in this file
//! branches on a scalar.

use crate::limbs::{self, mac};

/// r, the order of the groups: 36x⁴ + 36x³ + 18x² + 6x + 1.
pub(crate) const ORDER: [u64; 4] =
    [0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];

/// An integer below the group order. May be a secret: its Debug does not show it. It is `Copy`
/// and does not erase itself: who holds a secret sees to it that it leaves memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scalar(pub(crate) [u64; 4]);

impl Scalar {
    /// From 32 big-endian bytes; `None` if they are not below the order.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let words = limbs::from_be_bytes(bytes);
        limbs::below(&words, &ORDER).then_some(Self(words))
    }

    /// From 32 big-endian bytes, modulo the order.
    pub fn from_be_bytes_reduced(bytes: &[u8; 32]) -> Self {
        // 2²⁵⁶ < 6r.
        let words = (0..5)
            .fold(limbs::from_be_bytes(bytes), |words, _| limbs::subtract_once(&words, &ORDER));
        Self(words)
    }

    /// 32 big-endian bytes, below the order.
    pub fn to_be_bytes(&self) -> [u8; 32] {
        limbs::to_be_bytes(&self.0)
    }

    /// Whether this is zero.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 4]
    }

    /// k = k₁ + k₂λ (mod r), both within ±2¹²⁷, by the reduced basis
    /// (6x² + 2x, −(2x + 1)), (2x + 1, 6x² + 4x + 1) of the lattice of (a, b) with a + bλ ≡ 0.
    ///
    /// Rounding down makes the remainder f₁·v₁ + f₂·v₂ with 0 ≤ fᵢ < 1 + 2⁻²: that bounds it.
    pub(crate) fn split_glv(&self) -> [i128; 2] {
        let c1 = high_part(
            &self.0,
            &[
                0x5398_fd03_00ff_6565,
                0x4cce_f014_a773_d2d2,
                0x0000_0000_0000_0002,
                0x0000_0000_0000_0000,
            ],
        );
        let c2 = high_part(
            &self.0,
            &[
                0xd91d_232e_c7e0_b3d7,
                0x0000_0000_0000_0002,
                0x0000_0000_0000_0000,
                0x0000_0000_0000_0000,
            ],
        );
        let small = 0x89d3_2568_94d2_13e3_i128;
        let first = low(&self.0)
            .wrapping_sub(c1.wrapping_mul(0x6f4d_8248_eeb8_59fc_8211_bbeb_7d4f_1128))
            .wrapping_sub(c2.wrapping_mul(small));
        let second = c1
            .wrapping_mul(small)
            .wrapping_sub(c2.wrapping_mul(0x6f4d_8248_eeb8_59fd_0be4_e154_1221_250b));
        [first, second]
    }

    /// k = Σ kᵢ(6x²)ⁱ (mod r), each within ±2⁶⁶, by the basis of Galbraith and Scott
    /// ("Exponentiation in pairing-friendly groups using homomorphisms", Pairing 2008).
    pub(crate) fn split_gls(&self) -> [i128; 4] {
        const X: i128 = 4_965_661_367_192_848_881;
        const BASIS: [[i128; 4]; 4] = [
            [X + 1, X, X, -2 * X],
            [2 * X + 1, -X, -(X + 1), -X],
            [2 * X, 2 * X + 1, 2 * X + 1, 2 * X + 1],
            [X - 1, 4 * X + 2, -2 * X + 1, X - 1],
        ];
        const RECIPROCALS: [[u64; 4]; 4] = [
            [
                0xd0cb_46fd_5190_6254,
                0xc444_fab1_8d26_9b9d,
                0x0000_0000_0000_0000,
                0x0000_0000_0000_0000,
            ],
            [
                0x0013_78f5_ee78_976e,
                0x22df_9f94_2d7d_77c7,
                0x3d00_6315_61b2_5729,
                0x0000_0000_0000_0001,
            ],
            [
                0x3651_0546_a934_78ab,
                0x916f_cfca_16be_bbe4,
                0x9e80_318a_b0d9_2b94,
                0x0000_0000_0000_0000,
            ],
            [
                0xf7ae_23ce_89af_ae7d,
                0xc444_fab1_8d26_9b9a,
                0x0000_0000_0000_0000,
                0x0000_0000_0000_0000,
            ],
        ];
        // The last reciprocal is negative.
        let [c0, c1, c2, c3] = RECIPROCALS.map(|reciprocal| high_part(&self.0, &reciprocal));
        let quotients = [c0, c1, c2, c3.wrapping_neg()];
        let mut parts = [low(&self.0), 0, 0, 0];
        for (quotient, vector) in quotients.into_iter().zip(BASIS) {
            for (part, entry) in parts.iter_mut().zip(vector) {
                *part = part.wrapping_sub(quotient.wrapping_mul(entry));
            }
        }
        parts
    }
}

impl core::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Scalar(..)")
    }
}

/// ⌊a · b / 2²⁵⁶⌋, which the callers know to be below 2¹²⁷.
fn high_part(a: &[u64; 4], b: &[u64; 4]) -> i128 {
    let mut t = [0; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (t[i + j], carry) = mac(t[i + j], a[j], b[i], carry);
        }
        t[i + 4] = carry;
    }
    (u128::from(t[4]) | u128::from(t[5]) << 64) as i128
}

fn low(words: &[u64; 4]) -> i128 {
    (u128::from(words[0]) | u128::from(words[1]) << 64) as i128
}
