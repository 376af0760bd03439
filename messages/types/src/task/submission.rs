use serde::{Deserialize, Serialize};

use super::Task;
use crate::operator::OperatorId;

/// A task handed to one operator. The same one again gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Submission {
    /// The task.
    pub task: Task,
    /// Who shall answer.
    pub operator: OperatorId,
}

/// Why an operator does not answer a task.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum SubmitRefusal {
    /// A field breaks the format: no payload, too much of it, or no reference timestamp.
    #[error("the submission is malformed")]
    Malformed,
    /// Addressed to another operator.
    #[error("the submission is for another operator")]
    NotMine,
    /// The operator serves no such set.
    #[error("the operator is not in the task's operator set")]
    UnknownSet,
    /// The same task was submitted before with another content.
    #[error("the task is known with another content")]
    Different,
    /// Its deadline has passed.
    #[error("the deadline has passed")]
    Expired,
    /// As much is queued as may be. Retry.
    #[error("the executor is busy")]
    Busy,
    /// The performer cannot be reached or took too long. Retry.
    #[error("the performer is unavailable")]
    PerformerUnavailable,
    /// The performer ended without a result, for good.
    #[error("the performer failed")]
    PerformerFailed,
    /// The signer cannot be reached or cannot reach its guard. Retry.
    #[error("the signer is unavailable")]
    SignerUnavailable,
    /// The signing guard knows another answer to this task.
    #[error("signing was refused")]
    SigningRefused,
}

impl SubmitRefusal {
    /// Its name in logs, metrics and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotMine => "not_mine",
            Self::UnknownSet => "unknown_set",
            Self::Different => "different",
            Self::Expired => "expired",
            Self::Busy => "busy",
            Self::PerformerUnavailable => "performer_unavailable",
            Self::PerformerFailed => "performer_failed",
            Self::SignerUnavailable => "signer_unavailable",
            Self::SigningRefused => "signing_refused",
        }
    }

    /// Whether the same submission may fare better later.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Busy | Self::PerformerUnavailable | Self::SignerUnavailable => true,
            Self::Malformed
            | Self::NotMine
            | Self::UnknownSet
            | Self::Different
            | Self::Expired
            | Self::PerformerFailed
            | Self::SigningRefused => false,
        }
    }
}

/// Why a performer gave no result. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PerformError {
    /// It was not called: it is known to be out of order. Nothing was tried.
    #[error("not called: {0}")]
    Absent(String),
    /// It may work the next time.
    #[error("{0}")]
    Passing(String),
    /// It will fail again for this task.
    #[error("{0}")]
    Lasting(String),
}

impl PerformError {
    /// Its name in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Passing(_) => "failed",
            Self::Lasting(_) => "refused",
        }
    }
}
