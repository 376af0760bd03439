//! From digests to points.

use crate::field::Sealed;
use crate::fp::Fp;
use crate::point::G1Affine;

impl G1Affine {
    /// The contracts' map: from x = digest mod p upwards to the first x of the curve, with the
    /// y that the root x^((p+1)/4) gives. Variable time: for public digests.
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        let mut x = Fp::from_be_bytes_reduced(digest);
        loop {
            if let Some(y) = (x.square() * x + Fp::B).sqrt() {
                return Self { x, y };
            }
            x = x + Fp::ONE;
        }
    }
}
