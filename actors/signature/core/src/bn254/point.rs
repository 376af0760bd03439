use ark_bn254::{Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField};
use synod_types::signature::{Bn254G1, Bn254G2};

/// Why bytes are no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PointError {
    /// A coordinate is not below the field's modulus.
    #[error("a coordinate is not below the field modulus")]
    NotCanonical,
    /// The coordinates do not satisfy the curve's equation.
    #[error("the point is not on the curve")]
    NotOnCurve,
    /// On the curve of G2, outside the subgroup of prime order.
    #[error("the point is not in the prime-order subgroup")]
    NotInSubgroup,
    /// A point of G2 with the real parts first, as other libraries write it.
    #[error("the words are swapped: of each coordinate the imaginary part comes first")]
    SwappedWords,
    /// The flags of a compressed point do not fit what they stand with.
    #[error("the flags are not those of a compressed point")]
    Flags,
    /// The point at infinity: valid to add, meaningless as a key or a signature.
    #[error("the point is the identity")]
    Identity,
}

/// A point of G1 other than the identity. (On BN254 the whole curve is the subgroup.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct G1(pub(crate) G1Affine);

/// A point of the prime-order subgroup G2 other than the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct G2(pub(crate) G2Affine);

impl G1 {
    /// The point that X ‖ Y stand for.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode(bytes: &Bn254G1) -> Result<Self, PointError> {
        let (x, y) = bytes.0.split_at(32);
        let (x, y) = (coordinate(x)?, coordinate(y)?);
        if x == Fq::ZERO && y == Fq::ZERO {
            return Err(PointError::Identity);
        }
        let point = G1Affine::new_unchecked(x, y);
        if point.is_on_curve() { Ok(Self(point)) } else { Err(PointError::NotOnCurve) }
    }

    /// X ‖ Y, big-endian.
    pub fn encode(&self) -> Bn254G1 {
        let mut bytes = [0; 64];
        write(&mut bytes, [self.0.x, self.0.y]);
        Bn254G1::new(bytes)
    }

    /// The generator (1, 2).
    pub fn generator() -> Self {
        Self(G1Affine::generator())
    }

    /// The sum; `None` where it is the identity.
    pub fn sum<'a>(points: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        Self::from_sum(Self::total(points))
    }

    /// This point less another; `None` where they are the same. Takes non-signers out of the
    /// sum of all keys.
    pub fn minus(&self, other: &Self) -> Option<Self> {
        Self::from_sum(self.0 - other.0)
    }

    /// The sum, identity or not.
    pub(super) fn total<'a>(points: impl IntoIterator<Item = &'a Self>) -> G1Projective {
        points.into_iter().map(|point| point.0).sum()
    }

    pub(crate) fn from_sum(sum: G1Projective) -> Option<Self> {
        let point = sum.into_affine();
        (!point.is_zero()).then_some(Self(point))
    }
}

impl G2 {
    /// The point that X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0 stand for.
    ///
    /// # Errors
    /// See [`PointError`].
    pub fn decode(bytes: &Bn254G2) -> Result<Self, PointError> {
        let Self(point) = match Self::decode_trusted(bytes) {
            Err(PointError::NotOnCurve) if Self::is_swapped(bytes) => {
                return Err(PointError::SwappedWords);
            }
            decoded => decoded?,
        };
        if !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::NotInSubgroup);
        }
        Ok(Self(point))
    }

    /// Whether these are the words of a point of the subgroup in another order.
    fn is_swapped(bytes: &Bn254G2) -> bool {
        let mut swapped = *bytes;
        swapped[..64].rotate_left(32);
        swapped[64..].rotate_left(32);
        let point = Self::decode_trusted(&swapped);
        point.is_ok_and(|point| point.0.is_in_correct_subgroup_assuming_on_curve())
    }

    /// A point that was encoded or found good before: the subgroup is not checked again.
    ///
    /// # Errors
    /// See [`PointError`].
    pub(crate) fn decode_trusted(bytes: &Bn254G2) -> Result<Self, PointError> {
        let word = |n: usize| coordinate(&bytes.0[32 * n..32 * (n + 1)]);
        let x = Fq2 { c1: word(0)?, c0: word(1)? };
        let y = Fq2 { c1: word(2)?, c0: word(3)? };
        if x == Fq2::ZERO && y == Fq2::ZERO {
            return Err(PointError::Identity);
        }
        let point = G2Affine::new_unchecked(x, y);
        if point.is_on_curve() { Ok(Self(point)) } else { Err(PointError::NotOnCurve) }
    }

    /// X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0, big-endian.
    pub fn encode(&self) -> Bn254G2 {
        let mut bytes = [0; 128];
        write(&mut bytes, [self.0.x.c1, self.0.x.c0, self.0.y.c1, self.0.y.c0]);
        Bn254G2::new(bytes)
    }

    /// The generator.
    pub fn generator() -> Self {
        Self(G2Affine::generator())
    }

    /// The sum; `None` where it is the identity.
    pub fn sum<'a>(points: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        Self::from_sum(Self::total(points))
    }

    /// This point less another; `None` where they are the same.
    pub fn minus(&self, other: &Self) -> Option<Self> {
        Self::from_sum(self.0 - other.0)
    }

    /// The sum, identity or not.
    pub(super) fn total<'a>(points: impl IntoIterator<Item = &'a Self>) -> G2Projective {
        points.into_iter().map(|point| point.0).sum()
    }

    pub(crate) fn from_sum(sum: G2Projective) -> Option<Self> {
        let point = sum.into_affine();
        (!point.is_zero()).then_some(Self(point))
    }
}

/// A field element from 32 big-endian bytes.
fn coordinate(bytes: &[u8]) -> Result<Fq, PointError> {
    Fq::from_bigint(integer(bytes)).ok_or(PointError::NotCanonical)
}

/// The integer of up to 32 big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> BigInt<4> {
    let mut limbs = [0_u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    }
    BigInt(limbs)
}

/// Writes field elements one after another, big-endian.
fn write<const N: usize>(bytes: &mut [u8], elements: [Fq; N]) {
    for (chunk, element) in bytes.chunks_exact_mut(32).zip(elements) {
        chunk.copy_from_slice(&element.into_bigint().to_bytes_be());
    }
}
