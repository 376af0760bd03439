//! Points as bytes, taken up by ark.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ff::PrimeField;

/// X ‖ Y, on the curve.
pub(crate) fn ark_g1(bytes: &[u8]) -> G1Affine {
    let point = G1Affine::new_unchecked(field(&bytes[..32]), field(&bytes[32..]));
    assert!(point.is_on_curve(), "a point");
    point
}

/// X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0 of a point that was found good before.
pub(crate) fn ark_g2(bytes: &[u8]) -> G2Affine {
    let word = |n: usize| field(&bytes[32 * n..32 * (n + 1)]);
    G2Affine::new_unchecked(Fq2::new(word(1), word(0)), Fq2::new(word(3), word(2)))
}

fn field(bytes: &[u8]) -> Fq {
    Fq::from_be_bytes_mod_order(bytes)
}
