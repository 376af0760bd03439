//! Operators, their stakes and their sets.

use std::fmt;

use alloy_primitives::{Address, U256};
use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateRule, TableMember};
use crate::quorum::ThresholdRule;

/// The address under which an operator is registered. Not the address of its signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperatorId(pub Address);

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount of stake in wei (or shares in WAD, where a set weighs by shares).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Stake(pub U256);

impl Stake {
    /// No stake.
    pub const ZERO: Self = Self(U256::ZERO);

    /// The sum, unless it exceeds 256 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl From<u64> for Stake {
    fn from(wei: u64) -> Self {
        Self(U256::from(wei))
    }
}

impl fmt::Display for Stake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An operator set of an AVS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperatorSetId {
    /// The AVS.
    pub avs: Address,
    /// The set's number within the AVS.
    pub number: u32,
}

impl fmt::Display for OperatorSetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.avs, self.number)
    }
}

/// An operator set as it is configured: who is in it, what they sign, how many must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSet {
    /// What its members sign, and the shape of its certificates.
    pub certificate: CertificateRule,
    /// How much stake must agree, of every kind.
    pub threshold: ThresholdRule,
    /// In the order of the contract's operator table.
    pub members: Vec<TableMember>,
}

impl OperatorSet {
    /// The member, unless the operator is none.
    pub fn member(&self, operator: OperatorId) -> Option<&TableMember> {
        self.members.iter().find(|member| member.operator == operator)
    }
}
