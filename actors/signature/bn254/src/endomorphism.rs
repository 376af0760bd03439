//! Maps of the curves that multiply by a fixed large factor for a few field products.

use crate::fp::Fp;
use crate::fp2::Fp2;
use crate::fp12::FROBENIUS_1;
use crate::point::{G1Affine, G2, G2Affine};

/// A cube root of one.
const BETA: Fp = Fp::new([
    0xe4bd_44e5_607c_fd48,
    0xc28f_069f_bb96_6e3d,
    0x5e6d_d9e7_e0ac_ccb0,
    0x3064_4e72_e131_a029,
]);
/// ξ^((p−1)/3) and ξ^((p−1)/2).
const PSI_X: Fp2 = FROBENIUS_1[1];
const PSI_Y: Fp2 = FROBENIUS_1[2];
/// x of the curve.
const X: u64 = 4_965_661_367_192_848_881;

impl G1Affine {
    /// (βx, y) = λ·(x, y) (Gallant, Lambert, Vanstone, CRYPTO 2001).
    #[inline(always)]
    pub(crate) fn phi(&self) -> Self {
        Self { x: self.x * BETA, y: self.y }
    }
}

impl G2Affine {
    /// Untwist, power p, twist: on G2 it multiplies by p ≡ 6x² (mod r) (Galbraith, Lin, Scott,
    /// EUROCRYPT 2009).
    #[inline(always)]
    pub(crate) fn psi(&self) -> Self {
        Self { x: self.x.conjugate() * PSI_X, y: self.y.conjugate() * PSI_Y }
    }

    /// Whether a point of the twist is in the subgroup of order r, by
    /// \[x+1\]Q + ψ(\[x\]Q) + ψ²(\[x\]Q) = ψ³(\[2x\]Q).
    ///
    /// Why that suffices (Dai, Lin, Zhao, Zhou, ePrint 2022/348; El Housni, Guillevic, Piellard,
    /// ePrint 2022/352): on the whole twist ψ² − tψ + p = 0. With f(ψ) = (x+1) + xψ + xψ² − 2xψ³
    /// killing Q, the resultant of f and the characteristic polynomial kills Q too; its greatest
    /// common divisor with the order r(2p − r) of the twist is r, and r divides that order
    /// once. So rQ = 0. Conversely ψ is p on G2 and f(p) ≡ 0 (mod r). (A test computes the divisors.)
    pub(crate) fn is_in_subgroup(&self) -> bool {
        if self.is_identity() {
            return true;
        }
        let multiple = crate::multiply::by_x(self);
        let once = multiple.psi();
        let twice = once.psi();
        let left = multiple.add_affine(self) + once + twice;
        left == twice.psi().double()
    }
}

impl G2 {
    #[inline(always)]
    pub(crate) fn psi(&self) -> Self {
        Self { x: self.x.conjugate() * PSI_X, y: self.y.conjugate() * PSI_Y, z: self.z.conjugate() }
    }
}

/// x in non-adjacent form, most significant first, without its leading one.
pub(crate) const X_NAF: [i8; 62] = naf_tail(X);

const fn naf_tail(integer: u64) -> [i8; 62] {
    let (mut rest, mut digits, mut i) = (integer as i128, [0; 62], 62);
    while i > 0 {
        i -= 1;
        if rest & 1 == 1 {
            let digit = 2 - (rest & 3);
            digits[i] = digit as i8;
            rest -= digit;
        }
        rest >>= 1;
    }
    assert!(rest == 1);
    digits
}
