//! Fp12 = Fp6\[w\] / (w² − v): where pairings take their values.

use crate::fp::Fp;
use crate::fp2::Fp2;
use crate::fp6::Fp6;
use crate::partly::Partly6;

/// c0 + c1·w.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fp12 {
    pub(crate) c0: Fp6,
    pub(crate) c1: Fp6,
}

/// ξ^(i(p−1)/6) for i = 1…5: w^i to the p-th power is that times w^i.
pub(crate) const FROBENIUS_1: [Fp2; 5] = [
    Fp2::from_words(
        [
            0xd60b_35da_dcc9_e470,
            0x5c52_1e08_292f_2176,
            0xe8b9_9fdd_76e6_8b60,
            0x1284_b71c_2865_a7df,
        ],
        [
            0xca5c_f05f_80f3_62ac,
            0x7479_9277_8eee_c7e5,
            0xa632_7cfe_1215_0b8e,
            0x2469_96f3_b4fa_e7e6,
        ],
    ),
    Fp2::from_words(
        [
            0x99e3_9557_176f_553d,
            0xb78c_c310_c2c3_330c,
            0x4c0b_ec3c_f559_b143,
            0x2fb3_4798_4f79_11f7,
        ],
        [
            0x1665_d51c_640f_cba2,
            0x32ae_2a1d_0b7c_9dce,
            0x4ba4_cc8b_d75a_0794,
            0x16c9_e550_61eb_ae20,
        ],
    ),
    Fp2::from_words(
        [
            0xdc54_0146_71a0_135a,
            0xdbaa_e0ed_a9c9_5998,
            0xdc5e_c698_b6e2_f9b9,
            0x063c_f305_489a_f5dc,
        ],
        [
            0x82d3_7f63_2623_b0e3,
            0x2180_7dc9_8fa2_5bd2,
            0x0704_b5a7_ec79_6f2b,
            0x07c0_3cbc_ac41_049a,
        ],
    ),
    Fp2::from_words(
        [
            0x848a_1f55_921e_a762,
            0xd333_65f7_be94_ec72,
            0x80f3_c0b7_5a18_1e84,
            0x05b5_4f5e_64ee_a801,
        ],
        [
            0xc13b_4711_cd2b_8126,
            0x3685_d2ea_1bde_c763,
            0x9f3a_80b0_3b0b_1c92,
            0x2c14_5edb_e7fd_8aee,
        ],
    ),
    Fp2::from_words(
        [
            0x2ea2_c810_eab7_692f,
            0x425c_459b_55aa_1bd3,
            0xe93a_3661_a435_3ff4,
            0x0183_c1e7_4f79_8649,
        ],
        [
            0x24c6_b8ee_6e0c_2c4b,
            0xb080_cb99_678e_2ac0,
            0xa27f_b246_c772_9f7d,
            0x12ac_f2ca_76fd_0675,
        ],
    ),
];

/// ξ^(i(p²−1)/6) for i = 1…5, all of them in Fp.
const FROBENIUS_2: [Fp; 5] = [
    Fp::new([
        0xe4bd_44e5_607c_fd49,
        0xc28f_069f_bb96_6e3d,
        0x5e6d_d9e7_e0ac_ccb0,
        0x3064_4e72_e131_a029,
    ]),
    Fp::new([
        0xe4bd_44e5_607c_fd48,
        0xc28f_069f_bb96_6e3d,
        0x5e6d_d9e7_e0ac_ccb0,
        0x3064_4e72_e131_a029,
    ]),
    Fp::new([
        0x3c20_8c16_d87c_fd46,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ]),
    Fp::new([
        0x5763_4731_77ff_fffe,
        0xd4f2_63f1_acdb_5c4f,
        0x59e2_6bce_a0d4_8bac,
        0x0000_0000_0000_0000,
    ]),
    Fp::new([
        0x5763_4731_77ff_ffff,
        0xd4f2_63f1_acdb_5c4f,
        0x59e2_6bce_a0d4_8bac,
        0x0000_0000_0000_0000,
    ]),
];

impl Fp12 {
    pub(crate) const ONE: Self = Self::new(Fp6::ONE, Fp6::ZERO);

    pub(crate) const fn new(c0: Fp6, c1: Fp6) -> Self {
        Self { c0, c1 }
    }

    /// (a + bw)² = (a + b)(a + vb) − ab − v·ab + 2ab·w: two products.
    #[inline(never)]
    pub(crate) fn square(&self) -> Self {
        let product = self.c0.product(&self.c1);
        let both = (self.c0 + self.c1).product(&(self.c0 + self.c1.times_v()));
        Self::new(both.minus_one_and_v(&product), product.double())
    }

    /// Times (1 + (c3 + c4·v)·w): a line divided by its first coefficient.
    pub(crate) fn mul_by_34(&self, c3: Fp2, c4: Fp2) -> Self {
        let c0 = self.c1.mul_by_01(c3, c4);
        let c1 = self.c0.mul_by_01(c3, c4);
        Self::new(Partly6::from(self.c0).plus_v(&c0), Partly6::from(self.c1).plus(&c1))
    }

    /// Times (c0 + (c3 + c4·v)·w): a line.
    pub(crate) fn mul_by_034(&self, c0: Fp2, c3: Fp2, c4: Fp2) -> Self {
        let first = Partly6::from(self.c0.scale(c0));
        let second = self.c1.mul_by_01(c3, c4);
        let both = (self.c0 + self.c1).mul_by_01(c0 + c3, c4);
        Self::new(first.plus_v(&second), both.minus_both(&first, &second))
    }

    /// c0 − c1·w: the power p⁶, and the inverse in the cyclotomic subgroup.
    pub(crate) fn conjugate(self) -> Self {
        Self::new(self.c0, -self.c1)
    }

    /// The inverse, zero for zero, in variable time.
    pub(crate) fn invert(self) -> Self {
        let norm = (self.c0 * self.c0 - (self.c1 * self.c1).times_v()).invert();
        Self::new(self.c0 * norm, -(self.c1 * norm))
    }

    /// The power p.
    pub(crate) fn frobenius(self) -> Self {
        let [g1, g2, g3, g4, g5] = FROBENIUS_1;
        let c0 = Fp6::new(
            self.c0.c0.conjugate(),
            self.c0.c1.conjugate() * g2,
            self.c0.c2.conjugate() * g4,
        );
        let c1 = Fp6::new(
            self.c1.c0.conjugate() * g1,
            self.c1.c1.conjugate() * g3,
            self.c1.c2.conjugate() * g5,
        );
        Self::new(c0, c1)
    }

    /// The power p².
    pub(crate) fn frobenius_square(self) -> Self {
        let [g1, g2, g3, g4, g5] = FROBENIUS_2;
        let Self { c0, c1 } = self;
        Self::new(
            Fp6::new(c0.c0, c0.c1.scale(g2), c0.c2.scale(g4)),
            Fp6::new(c1.c0.scale(g1), c1.c1.scale(g3), c1.c2.scale(g5)),
        )
    }
}

impl core::ops::Mul for Fp12 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let first = self.c0.product(&other.c0);
        let second = self.c1.product(&other.c1);
        let both = (self.c0 + self.c1).product(&(other.c0 + other.c1));
        Self::new(first.plus_v(&second), both.minus_both(&first, &second))
    }
}
