//! Ballots and thresholds.

use std::fmt;

use alloy_primitives::{B256, U512};
use serde::{Deserialize, Serialize};

use crate::operator::{OperatorId, Stake};
use crate::signature::Digest;
use crate::time::Moment;

/// A question put to operators; for a task it is the task's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BallotId(pub B256);

impl fmt::Display for BallotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A question as it is put: who may answer, how much of them must agree, until when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// Its name.
    pub ballot: BallotId,
    /// Who may answer, each with its stake of every kind. All name the same kinds in the same
    /// order, and nobody is named twice.
    pub members: Vec<(OperatorId, Vec<Stake>)>,
    /// How much must agree, of every kind.
    pub rule: ThresholdRule,
    /// From then on no answer counts.
    pub closes_at: Moment,
}

/// One operator's answer to a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vote {
    /// The question.
    pub ballot: BallotId,
    /// Whose answer.
    pub operator: OperatorId,
    /// The answer.
    pub digest: Digest,
}

/// How much stake must agree. Two rules exist in the field and round differently: each is used
/// by its own contracts, and they are never mixed within a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum ThresholdRule {
    /// The certificate verifier's: met ⇔ signed ≥ ⌊total · bips / 10000⌋.
    Certificate {
        /// 1 to 10,000.
        bips: u16,
    },
    /// The older middleware's: met ⇔ signed · 100 ≥ total · percent.
    Middleware {
        /// 1 to 100.
        percent: u8,
    },
}

/// Why a threshold is no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidThreshold {
    /// Nothing would have to agree, or more than everything.
    #[error("{0} bips is outside 1..=10000")]
    Bips(u16),
    /// Nothing would have to agree, or more than everything.
    #[error("{0} percent is outside 1..=100")]
    Percent(u8),
}

impl ThresholdRule {
    /// The certificate verifier's rule.
    ///
    /// # Errors
    /// Outside 1 to 10,000.
    pub const fn bips(bips: u16) -> Result<Self, InvalidThreshold> {
        match bips {
            1..=10_000 => Ok(Self::Certificate { bips }),
            _ => Err(InvalidThreshold::Bips(bips)),
        }
    }

    /// The older middleware's rule.
    ///
    /// # Errors
    /// Outside 1 to 100.
    pub const fn percent(percent: u8) -> Result<Self, InvalidThreshold> {
        match percent {
            1..=100 => Ok(Self::Middleware { percent }),
            _ => Err(InvalidThreshold::Percent(percent)),
        }
    }

    /// Whether `signed` of `total` is enough. Exact: no intermediate value overflows or rounds
    /// but where the rule itself rounds.
    pub fn is_met(self, signed: Stake, total: Stake) -> bool {
        let (signed, total) = (U512::from(signed.0), U512::from(total.0));
        match self {
            Self::Certificate { bips } => {
                signed >= total * U512::from(bips) / U512::from(10_000_u16)
            }
            Self::Middleware { percent } => {
                signed * U512::from(100_u8) >= total * U512::from(percent)
            }
        }
    }

    /// Whether every kind of stake is enough. `signed` and `total` name the same kinds in the
    /// same order; where they differ in number, or there is none, nothing is met.
    pub fn is_met_by_all(self, signed: &[Stake], total: &[Stake]) -> bool {
        !total.is_empty()
            && signed.len() == total.len()
            && signed.iter().zip(total).all(|(&signed, &total)| self.is_met(signed, total))
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { bips } => write!(f, "certificate rule, {bips} bips"),
            Self::Middleware { percent } => write!(f, "middleware rule, {percent} %"),
        }
    }
}

/// How a ballot ended. Final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Enough stake gave this answer.
    Agreed(BallotId, Digest),
    /// No answer can reach the threshold any more.
    Rejected(BallotId),
    /// The window closed first.
    Expired(BallotId),
}

impl Verdict {
    /// The ballot that ended.
    pub const fn ballot(self) -> BallotId {
        match self {
            Self::Agreed(ballot, _) | Self::Rejected(ballot) | Self::Expired(ballot) => ballot,
        }
    }

    /// Its name in logs, metrics and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreed(..) => "agreed",
            Self::Rejected(_) => "rejected",
            Self::Expired(_) => "expired",
        }
    }
}

/// Why a question was not put, or an answer not counted. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// As many ballots are open as may be.
    #[error("{open} ballots are open; no more are allowed")]
    Full {
        /// How many.
        open: usize,
    },
    /// More members than may be.
    #[error("ballot {ballot} names {members} members; no more than {max} are allowed")]
    Crowded {
        /// The question.
        ballot: BallotId,
        /// How many it names.
        members: usize,
        /// How many it may name.
        max: usize,
    },
    /// The ballot is known with other members, another rule or another end.
    #[error("ballot {0} is known with another content")]
    Different(BallotId),
    /// No member, no stake, unequal kinds of stake, a member named twice, or a sum over 256 bits.
    #[error("the stakes of ballot {0} cannot be counted")]
    Uncountable(BallotId),
    /// Never opened, or decided and forgotten.
    #[error("ballot {0} is not open")]
    NotOpen(BallotId),
    /// Not a member of this ballot.
    #[error("operator {operator} has no vote in ballot {ballot}")]
    Stranger {
        /// The question.
        ballot: BallotId,
        /// Who answered.
        operator: OperatorId,
    },
}

impl Refusal {
    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::Crowded { .. } => "crowded",
            Self::Different(_) => "different",
            Self::Uncountable(_) => "uncountable",
            Self::NotOpen(_) => "not_open",
            Self::Stranger { .. } => "stranger",
        }
    }
}

/// Proof that an operator answered one ballot in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Equivocation {
    /// The question.
    pub ballot: BallotId,
    /// Who.
    pub operator: OperatorId,
    /// What it said first.
    pub first: Digest,
    /// What it said then.
    pub second: Digest,
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    fn check(rule: ThresholdRule, signed: u64, total: u64, expected: bool) {
        assert_eq!(rule.is_met(Stake::from(signed), Stake::from(total)), expected, "{rule}");
    }

    #[test]
    fn the_rules_round_differently() {
        check(ThresholdRule::bips(6_667).unwrap(), 6, 10, true);
        check(ThresholdRule::percent(67).unwrap(), 6, 10, false);
        check(ThresholdRule::percent(67).unwrap(), 2, 3, false);
    }

    #[test]
    fn the_largest_stakes_do_not_overflow() {
        let rule = ThresholdRule::bips(10_000).unwrap();
        assert!(rule.is_met(Stake(U256::MAX), Stake(U256::MAX)));
        assert!(!rule.is_met(Stake(U256::MAX - U256::from(1)), Stake(U256::MAX)));
    }

    #[test]
    fn no_stake_kinds_is_no_agreement() {
        assert!(!ThresholdRule::bips(1).unwrap().is_met_by_all(&[], &[]));
    }

    #[test]
    fn thresholds_have_bounds() {
        assert_eq!(ThresholdRule::bips(0), Err(InvalidThreshold::Bips(0)));
        assert_eq!(ThresholdRule::bips(10_001), Err(InvalidThreshold::Bips(10_001)));
        assert_eq!(ThresholdRule::percent(0), Err(InvalidThreshold::Percent(0)));
        assert_eq!(ThresholdRule::percent(101), Err(InvalidThreshold::Percent(101)));
    }
}
