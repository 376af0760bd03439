//! Whose arithmetic verifies: ark-bn254's or this house's own.

mod ark;
mod synod;
#[cfg(test)]
mod watched;

use std::fmt::Debug;

use synod_types::signature::{Bn254G1, Bn254G2, Digest};

#[cfg(not(test))]
pub(crate) use ark::Ark;
#[cfg(not(test))]
pub(crate) use synod::Synod;
#[cfg(test)]
pub(crate) use watched::as_an_actor;

#[cfg(test)]
pub(crate) type Ark = watched::Watched<ark::Ark>;
#[cfg(test)]
pub(crate) type Synod = watched::Watched<synod::Synod>;

/// What verifying needs of BN254. Points are affine, and the identity is one of them; nothing
/// here is meant for secrets.
pub(crate) trait Curve: Copy + Debug + Send + Sync + 'static {
    /// A point of G1.
    type G1: Copy + Debug + PartialEq + Send + Sync;
    /// A point of G2.
    type G2: Copy + Debug + PartialEq + Send + Sync;
    /// A value of the pairing.
    type Gt: Copy + Debug + PartialEq + Send;

    /// A signature or half a key: a point that is not the identity.
    fn g1(bytes: &Bn254G1) -> Option<Self::G1>;
    /// Half a key: a point of the subgroup that is not the identity.
    fn g2(bytes: &Bn254G2) -> Option<Self::G2>;
    /// A point that [`Self::bytes1`] wrote.
    fn own1(bytes: &Bn254G1) -> Self::G1;
    /// A point that [`Self::bytes2`] wrote, or one that [`Self::g2`] found good before.
    fn own2(bytes: &Bn254G2) -> Self::G2;
    /// X ‖ Y, zeros for the identity.
    fn bytes1(point: &Self::G1) -> Bn254G1;
    /// X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0, zeros for the identity.
    fn bytes2(point: &Self::G2) -> Bn254G2;
    /// The contracts' map.
    fn hash(digest: Digest) -> Self::G1;
    /// The generator of G1.
    fn generator() -> Self::G1;
    /// The identity of G2.
    fn identity() -> Self::G2;

    /// The sum.
    fn sum1(points: &[Self::G1]) -> Self::G1;
    /// The sum.
    fn sum2(points: &[Self::G2]) -> Self::G2;
    /// The inverse.
    fn minus1(point: &Self::G1) -> Self::G1;
    /// The inverse.
    fn minus2(point: &Self::G2) -> Self::G2;
    /// Σ weightᵢ · pointᵢ.
    fn weighted1(points: &[Self::G1], weights: &[u128]) -> Self::G1;
    /// Σ weightᵢ · pointᵢ.
    fn weighted2(points: &[Self::G2], weights: &[u128]) -> Self::G2;
    /// Pairs of sums, one of each list.
    fn add_each(left: &[Self::G2], right: &[Self::G2]) -> Vec<Self::G2>;
    /// Each times 2^times.
    fn double_each(points: &[Self::G2], times: u32) -> Vec<Self::G2>;

    /// e(fixed, −G2) · Π e(p, q): one check.
    fn product(fixed: &Self::G1, pairs: &[(Self::G1, Self::G2)]) -> Self::Gt;
    /// One.
    fn one() -> Self::Gt;
    /// The product.
    fn times(a: &Self::Gt, b: &Self::Gt) -> Self::Gt;
    /// The inverse.
    fn inverse(value: &Self::Gt) -> Self::Gt;
    /// Part of the value, to find it by: equal values have equal marks.
    fn mark(value: &Self::Gt) -> [u8; 32];
}

#[cfg(test)]
mod tests;
