//! Collecting answers until they can be certified.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateRule, OperatorTable};
use crate::operator::OperatorId;
use crate::quorum::ThresholdRule;
use crate::signature::{Digest, Scheme};
use crate::task::TaskId;

/// What an aggregator is to certify: answers to a task by the members of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateOrder {
    /// The task.
    pub task: TaskId,
    /// Who may sign, with which weight.
    pub table: Arc<OperatorTable>,
    /// What is signed, by which scheme.
    pub rule: CertificateRule,
    /// How much must sign the same.
    pub threshold: ThresholdRule,
}

/// Why answers to a task are not collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum OrderRefusal {
    /// At the limit of tasks.
    #[error("{open} tasks are open already")]
    Full {
        /// How many are open.
        open: usize,
    },
    /// Open with another table, rule or threshold.
    #[error("task {0} is open with other terms")]
    OtherTerms(TaskId),
    /// More members than the limit.
    #[error("a table of {members} members is too large")]
    TooLarge {
        /// How many it has.
        members: usize,
    },
    /// No members, or no stake.
    #[error("the table has no stake")]
    NoStake,
    /// Members weigh by different numbers of stake types, or a sum exceeds 256 bits.
    #[error("the weights of the table cannot be added up")]
    Uncountable,
    /// A member's key is of another scheme than the certificate.
    #[error("the key of {0} is of another scheme than the certificate")]
    OtherScheme(OperatorId),
    /// An operator, or its key, is in the table twice.
    #[error("{0} or its key is in the table twice")]
    Twice(OperatorId),
    /// The two arithmetics disagree about the table's keys: nothing is certified with it.
    #[error("the two arithmetics disagree about the keys of the table")]
    Disputed,
}

impl OrderRefusal {
    /// Its name in logs and metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::OtherTerms(_) => "other_terms",
            Self::TooLarge { .. } => "too_large",
            Self::NoStake => "no_stake",
            Self::Uncountable => "uncountable",
            Self::OtherScheme(_) => "other_scheme",
            Self::Twice(_) => "twice",
            Self::Disputed => "disputed",
        }
    }

    /// Whether the same order may be taken later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// Why an answer is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum AnswerRefusal {
    /// Never opened, or closed.
    #[error("task {0} is not open")]
    NotOpen(TaskId),
    /// The task has its certificate.
    #[error("task {0} is decided")]
    Decided(TaskId),
    /// Not in the task's table.
    #[error("{0} is not a member of the task's table")]
    Stranger(OperatorId),
    /// The digest is not that of the output under the task's rule.
    #[error("the digest is not that of the output")]
    WrongDigest,
    /// The output is longer than the limit.
    #[error("an output of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The same answer again.
    #[error("{0} answered the same already")]
    Duplicate(OperatorId),
    /// A second, different answer.
    #[error("{operator} answered {first} already, and now {second}")]
    Conflict {
        /// Who.
        operator: OperatorId,
        /// What it said first.
        first: Digest,
        /// What it says now.
        second: Digest,
    },
    /// The task's different outputs would be longer than the limit.
    #[error("the different outputs of the task would be {bytes} bytes long")]
    Crowded {
        /// How long.
        bytes: usize,
    },
    /// The two arithmetics disagree about the task: it stands still.
    #[error("the two arithmetics disagree about task {0}")]
    Disputed(TaskId),
    /// Its signature was found false.
    #[error("the answer of {0} was rejected")]
    Rejected(OperatorId),
    /// Signed by another scheme than the certificate's, which mixes none.
    #[error("{operator} signed by {found}, and the certificate is of {wanted}")]
    OtherScheme {
        /// Who.
        operator: OperatorId,
        /// Of the signature.
        found: Scheme,
        /// Of the certificate and the member's key.
        wanted: Scheme,
    },
}

impl AnswerRefusal {
    /// Its name in logs and metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "not_open",
            Self::Decided(_) => "decided",
            Self::Stranger(_) => "stranger",
            Self::WrongDigest => "wrong_digest",
            Self::TooLong { .. } => "too_long",
            Self::Duplicate(_) => "duplicate",
            Self::Conflict { .. } => "conflict",
            Self::Crowded { .. } => "crowded",
            Self::Disputed(_) => "disputed",
            Self::Rejected(_) => "rejected",
            Self::OtherScheme { .. } => "other_scheme",
        }
    }
}

/// What was wrong with a counted answer when its signature was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The signature is no signature of the scheme.
    Malformed,
    /// The signature does not fit key and digest.
    Mismatch,
    /// The table's key is no usable key.
    UnusableKey,
}

impl Rejection {
    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::UnusableKey => "unusable_key",
        }
    }
}
