use ark_ff::{CyclotomicMultSubgroup, Field};

use super::{Dice, ark_fp2, cases, our_fp2};
use crate::Fp2;
use crate::fp6::Fp6;
use crate::fp12::Fp12;

fn ark6(a: Fp6) -> ark_bn254::Fq6 {
    ark_bn254::Fq6::new(ark_fp2(a.c0), ark_fp2(a.c1), ark_fp2(a.c2))
}

fn our6(a: ark_bn254::Fq6) -> Fp6 {
    Fp6::new(our_fp2(a.c0), our_fp2(a.c1), our_fp2(a.c2))
}

fn ark12(a: Fp12) -> ark_bn254::Fq12 {
    ark_bn254::Fq12::new(ark6(a.c0), ark6(a.c1))
}

pub(super) fn our12(a: ark_bn254::Fq12) -> Fp12 {
    Fp12::new(our6(a.c0), our6(a.c1))
}

impl Dice {
    fn fp6(&mut self) -> Fp6 {
        Fp6::new(self.fp2(), self.fp2(), self.fp2())
    }

    fn fp12(&mut self) -> Fp12 {
        Fp12::new(self.fp6(), self.fp6())
    }
}

#[test]
fn sextic_field_as_ark() {
    cases("sextic field", 2, |dice| {
        let (a, b) = (dice.fp6(), dice.fp6());
        let (x, y) = (ark6(a), ark6(b));
        assert_eq!(a * b, our6(x * y));
        let sparse = Fp6::new(b.c0, b.c1, Fp2::ZERO);
        assert_eq!(a.mul_by_01(b.c0, b.c1).reduce(), our6(x * ark6(sparse)));
        let v = Fp6::new(Fp2::ZERO, Fp2::ONE, Fp2::ZERO);
        assert_eq!(a.times_v(), our6(x * ark6(v)));
        assert_eq!(a.invert(), x.inverse().map_or(Fp6::ZERO, our6));
    });
}

#[test]
fn twelfth_field_as_ark() {
    cases("twelfth field", 4, |dice| {
        let (a, b) = (dice.fp12(), dice.fp12());
        let (x, y) = (ark12(a), ark12(b));
        assert_eq!(a * b, our12(x * y));
        assert_eq!(a.square(), our12(x.square()));
        assert_eq!(a.frobenius(), our12(x.frobenius_map(1)));
        assert_eq!(a.frobenius_square(), our12(x.frobenius_map(2)));
        assert_eq!(a.invert(), x.inverse().map_or(a, our12));
        let (c0, c3, c4) = (dice.fp2(), dice.fp2(), dice.fp2());
        let line = Fp12::new(Fp6::new(c0, Fp2::ZERO, Fp2::ZERO), Fp6::new(c3, c4, Fp2::ZERO));
        assert_eq!(a.mul_by_034(c0, c3, c4), our12(x * ark12(line)));
        let line = Fp12 { c0: Fp6::ONE, ..line };
        assert_eq!(a.mul_by_34(c3, c4), our12(x * ark12(line)));
    });
}

#[test]
fn cyclotomic_subgroup_as_ark() {
    cases("cyclotomic subgroup", 20, |dice| {
        let a = dice.fp12();
        let a = a.conjugate() * a.invert();
        let a = a.frobenius().frobenius() * a;
        let x = ark12(a);
        assert_eq!(a.square_cyclotomic(), our12(x.square()));
        let power = x.cyclotomic_exp([4_965_661_367_192_848_881]);
        assert_eq!(a.pow_x(), our12(power));
        assert_eq!(a * a.conjugate(), Fp12::ONE);
    });
}

/// The largest parts there are, where lazy sums come closest to their bounds.
#[test]
fn extremes_do_not_overflow() {
    let most = -crate::Fp::ONE;
    let edges = [crate::Fp::ZERO, crate::Fp::ONE, most, crate::Fp::LARGEST];
    for mask in 0..1_u32 << 12 {
        let pick =
            |i: u32| edges[if mask >> i & 1 == 1 { 3 } else { ((mask >> (i % 5)) & 2) as usize }];
        let two = |i| Fp2::new(pick(i), pick(i + 1));
        let (a, b) = (Fp6::new(two(0), two(2), two(4)), Fp6::new(two(6), two(8), two(10)));
        assert_eq!(a * b, our6(ark6(a) * ark6(b)));
        assert_eq!(
            a.mul_by_01(b.c0, b.c1).reduce(),
            our6(ark6(a) * ark6(Fp6 { c2: Fp2::ZERO, ..b }))
        );
        let x = Fp12::new(a, b);
        assert_eq!(x.square(), our12(ark12(x).square()));
    }
}

impl crate::Fp {
    /// Its Montgomery words are p − 1, the largest there are.
    const LARGEST: Self =
        Self([crate::fp::P[0] - 1, crate::fp::P[1], crate::fp::P[2], crate::fp::P[3]]);
}
