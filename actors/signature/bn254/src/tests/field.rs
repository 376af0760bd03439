use ark_ff::{AdditiveGroup, Field, PrimeField};

use super::{ark_fp, ark_fp2, cases, our_fp, our_fp2};
use crate::Fp;

#[test]
fn base_field_as_ark() {
    cases("base field", 1, |dice| {
        let (a, b) = (dice.fp(), dice.fp());
        let (x, y) = (ark_fp(a), ark_fp(b));
        assert_eq!(a + b, our_fp(x + y));
        assert_eq!(a - b, our_fp(x - y));
        assert_eq!(a * b, our_fp(x * y));
        assert_eq!(-a, our_fp(-x));
        assert_eq!(a.square(), our_fp(x.square()));
        assert_eq!(a.double(), our_fp(x.double()));
        assert_eq!(a.half().double(), a);
        assert_eq!(a.nine_plus(&b.0), our_fp(x * ark_bn254::Fq::from(9) + y));
        assert_eq!(a.nine_plus(&b.complement()), our_fp(x * ark_bn254::Fq::from(9) - y));
    });
}

#[test]
fn inverses_and_roots_as_ark() {
    cases("inverses and roots", 10, |dice| {
        let a = dice.fp();
        let inverse = ark_fp(a).inverse().map_or(Fp::ZERO, our_fp);
        assert_eq!(a.invert(), inverse);
        assert_eq!(a.invert_secret(), inverse);
        let root = a.sqrt();
        assert_eq!(root.is_some(), ark_fp(a).sqrt().is_some());
        assert!(root.is_none_or(|root| root.square() == a));
        // The very root of the contracts, not its negative.
        let square = a.square();
        let expected = ark_fp(square).pow(ROOT);
        assert_eq!(square.sqrt(), Some(our_fp(expected)));
    });
}

/// (p + 1) / 4.
pub(super) const ROOT: [u64; 4] =
    [0x4f08_2305_b61f_3f52, 0x65e0_5aa4_5a1c_72a3, 0x6e14_116d_a060_5617, 0x0c19_139c_b84c_680a];

#[test]
fn bytes_as_ark() {
    cases("bytes", 1, |dice| {
        let bytes = dice.integer();
        let reduced = ark_bn254::Fq::from_be_bytes_mod_order(&bytes);
        assert_eq!(Fp::from_be_bytes_reduced(&bytes), our_fp(reduced));
        let canonical = crate::limbs::below(&crate::limbs::from_be_bytes(&bytes), &crate::fp::P);
        assert_eq!(Fp::from_be_bytes(&bytes).is_some(), canonical);
        assert!(Fp::from_be_bytes(&bytes).is_none_or(|element| element.to_be_bytes() == bytes));
        let scalar = crate::Scalar::from_be_bytes_reduced(&bytes);
        let expected = ark_bn254::Fr::from_be_bytes_mod_order(&bytes).into_bigint().0;
        assert_eq!(scalar.0, expected);
    });
}

#[test]
fn quadratic_field_as_ark() {
    cases("quadratic field", 1, |dice| {
        let (a, b) = (dice.fp2(), dice.fp2());
        let (x, y) = (ark_fp2(a), ark_fp2(b));
        assert_eq!(a * b, our_fp2(x * y));
        assert_eq!(a + b, our_fp2(x + y));
        assert_eq!(a - b, our_fp2(x - y));
        assert_eq!(a.square(), our_fp2(x.square()));
        assert_eq!(a.scale(b.c0), our_fp2(x * ark_bn254::Fq2::new(y.c0, 0.into())));
        assert_eq!(a.times_xi(), our_fp2(x * ark_bn254::Fq2::new(9.into(), 1.into())));
        assert_eq!(a.conjugate(), our_fp2(x.pow(crate::fp::P)));
        assert_eq!(a.half().double(), a);
        let inverse = x.inverse().map_or(crate::Fp2::ZERO, our_fp2);
        assert_eq!(a.invert(), inverse);
    });
}
