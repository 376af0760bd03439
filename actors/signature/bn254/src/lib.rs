#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cyclotomic;
mod encoding;
mod endomorphism;
mod field;
mod final_exponentiation;
mod fp;
mod fp12;
mod fp2;
mod fp6;
mod limbs;
mod lines;
mod map;
mod multiply;
mod pairing;
mod partly;
mod point;
mod scalar;
mod secret;
mod sum;
mod weighted;
mod wide;

#[cfg(test)]
mod tests;

pub use encoding::PointError;
pub use field::Coordinate;
pub use fp::Fp;
pub use fp2::Fp2;
pub use lines::Prepared;
pub use pairing::{Gt, pairing, product, product_is_one};
pub use point::{Affine, G1, G1Affine, G2, G2Affine, Point};
pub use scalar::Scalar;
