use synod_types::signature::{Bn254G1, Bn254G2};

use crate::bls12381;
use crate::ecdsa::Recovered;

/// What verified signatures add up to.
#[derive(Clone, Debug, PartialEq)]
pub enum Sum {
    /// Signatures in G1, keys in G2; zeros for the identity.
    Bn254 {
        /// Of the signatures.
        signature: Bn254G1,
        /// Of the signers' keys.
        key: Bn254G2,
    },
    /// Signatures.
    Bls12381(bls12381::Signature),
    /// A list, as ECDSA signatures do not add up.
    Ecdsa(Vec<Recovered>),
}

/// Signatures that are right as a whole. Of no part of it, and of no member, is anything known:
/// signatures that are wrong singly can cancel. So a batch can be joined to another and shown to
/// a contract, which checks the same sum; a member cannot be taken out of it, and it says of
/// nobody that he signed.
///
/// ```compile_fail
/// fn part(batch: synod_signature_core::aggregation::Atomic) {
///     let (members, sum) = batch.into_parts();
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Atomic {
    /// Ascending.
    members: Vec<usize>,
    sum: Sum,
}

impl Atomic {
    /// For those who have just verified the sum.
    pub(super) fn verified(mut members: Vec<usize>, sum: Sum) -> Self {
        members.sort_unstable();
        Self { members, sum }
    }

    /// Positions in the operator table, ascending.
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// The whole sum.
    pub const fn sum(&self) -> &Sum {
        &self.sum
    }

    /// Both batches as one, with the sum of their sums.
    pub(super) fn joined(self, other: Self, sum: Sum) -> Self {
        let mut members = self.members;
        members.extend(other.members);
        Self::verified(members, sum)
    }
}

/// Members whose signatures are right each by itself, as random weights or single checks have
/// shown: only they may be said to have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    /// Ascending.
    members: Vec<usize>,
}

impl Attributed {
    /// For those who have just verified each.
    pub(super) fn verified(mut members: Vec<usize>) -> Self {
        members.sort_unstable();
        Self { members }
    }

    /// Positions in the operator table, ascending.
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// All of both.
    pub(super) fn extend(&mut self, other: Self) {
        self.members.extend(other.members);
        self.members.sort_unstable();
    }
}
