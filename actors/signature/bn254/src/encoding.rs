//! Points as bytes: EIP-196 and EIP-197. Big-endian words of 32 bytes; of an element of Fp2 the
//! imaginary part comes first; zeros are the identity.

use crate::fp::Fp;
use crate::fp2::Fp2;
use crate::point::{Affine, G1Affine, G2Affine};

/// Why bytes are no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointError {
    /// A coordinate is not below the field's modulus.
    NotCanonical,
    /// The coordinates do not satisfy the curve's equation.
    NotOnCurve,
    /// On the curve of G2, outside the subgroup of prime order.
    NotInSubgroup,
    /// A point of G2 with the real parts first, as other libraries write it.
    SwappedWords,
    /// The point at infinity, where one was asked for that is not.
    Identity,
}

impl core::fmt::Display for PointError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotCanonical => "a coordinate is not below the field modulus",
            Self::NotOnCurve => "the point is not on the curve",
            Self::NotInSubgroup => "the point is not in the prime-order subgroup",
            Self::SwappedWords => {
                "the words are swapped: of each coordinate the imaginary part comes first"
            }
            Self::Identity => "the point is the identity",
        })
    }
}

impl core::error::Error for PointError {}

impl G1Affine {
    /// The point that X ‖ Y stand for, as EIP-196 reads them: the identity is a point.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode(bytes: &[u8; 64]) -> Result<Self, PointError> {
        let [x, y] = words(bytes)?;
        let point = Self { x, y };
        if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
    }

    /// The same for a key or a signature, which the identity is not.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode_finite(bytes: &[u8; 64]) -> Result<Self, PointError> {
        Self::decode(bytes)?.finite()
    }

    /// X ‖ Y.
    pub fn encode(&self) -> [u8; 64] {
        join([self.x, self.y])
    }
}

impl G2Affine {
    /// The point that X.c1 ‖ X.c0 ‖ Y.c1 ‖ Y.c0 stand for, as EIP-197 reads them: in the
    /// subgroup, the identity included.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode(bytes: &[u8; 128]) -> Result<Self, PointError> {
        let [x1, x0, y1, y0] = words(bytes)?;
        let point = Self { x: Fp2::new(x0, x1), y: Fp2::new(y0, y1) };
        if !point.is_on_curve() {
            return Err(Self::stray([x1, x0, y1, y0]));
        }
        if point.is_in_subgroup() { Ok(point) } else { Err(PointError::NotInSubgroup) }
    }

    /// What is wrong with words that are no point: they may be those of one in another order.
    fn stray([x0, x1, y0, y1]: [Fp; 4]) -> PointError {
        let point = Self { x: Fp2::new(x0, x1), y: Fp2::new(y0, y1) };
        let is_swapped = point.is_on_curve() && point.is_in_subgroup();
        if is_swapped { PointError::SwappedWords } else { PointError::NotOnCurve }
    }

    /// The same for a key, which the identity is not.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode_finite(bytes: &[u8; 128]) -> Result<Self, PointError> {
        Self::decode(bytes)?.finite()
    }

    /// A point that [`Self::encode`] wrote earlier, kept where nobody else writes: on the curve,
    /// and taken to be in the subgroup, which is not checked again.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode_trusted(bytes: &[u8; 128]) -> Result<Self, PointError> {
        let [x1, x0, y1, y0] = words(bytes)?;
        let point = Self { x: Fp2::new(x0, x1), y: Fp2::new(y0, y1) };
        if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
    }

    /// X.c1 ‖ X.c0 ‖ Y.c1 ‖ Y.c0.
    pub fn encode(&self) -> [u8; 128] {
        join([self.x.c1, self.x.c0, self.y.c1, self.y.c0])
    }
}

impl<F: crate::field::Coordinate> Affine<F> {
    fn finite(self) -> Result<Self, PointError> {
        if self.is_identity() { Err(PointError::Identity) } else { Ok(self) }
    }
}

fn words<const BYTES: usize, const N: usize>(bytes: &[u8; BYTES]) -> Result<[Fp; N], PointError> {
    let mut words = [Fp::ZERO; N];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = Fp::from_be_bytes(chunk).ok_or(PointError::NotCanonical)?;
    }
    Ok(words)
}

fn join<const BYTES: usize, const N: usize>(words: [Fp; N]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (chunk, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *chunk = word.to_be_bytes();
    }
    bytes
}
