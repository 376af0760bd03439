//! Tasks: what is asked, who answers, how it ends.

mod created;
mod submission;
mod view;

pub use created::{Malformed, TASK_CREATED, TaskCreated};
pub use submission::{PerformError, Submission, SubmitRefusal};
pub use view::{CertificateView, ExecutionView, MemberView, NonSignerView, TaskFilter, TaskView};

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

use crate::chain::{BlockId, ChainId};
use crate::operator::{OperatorId, OperatorSetId};
use crate::signature::{Digest, Signature};

/// A task's hash, as the mailbox contract computed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub B256);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A task as a chain announced it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// Its hash.
    pub id: TaskId,
    /// The chain whose mailbox announced it.
    pub chain: ChainId,
    /// The block that holds the announcement.
    pub block: BlockId,
    /// Who asked.
    pub creator: Address,
    /// Who must answer.
    pub set: OperatorSetId,
    /// Which version of the operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// Who gets the fee back if nobody answers.
    pub refund_collector: Address,
    /// What the answer is worth.
    pub fee: U256,
    /// Until when an answer counts: seconds since the Unix epoch, as the log says.
    pub deadline: U256,
    /// What is asked.
    pub payload: Bytes,
}

/// One operator's signed answer to a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The task.
    pub task: TaskId,
    /// Whose answer.
    pub operator: OperatorId,
    /// What the performer returned.
    pub output: Bytes,
    /// What was signed: the certificate digest of (task, output).
    pub digest: Digest,
    /// By the operator's key, over `digest`.
    pub signature: Signature,
}

/// Where a task stands. The last two are final, but for one case: a task that failed because
/// its block left the chain begins anew when another block announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Accepted, waiting for its turn.
    Pending,
    /// Handed to operators.
    Processing,
    /// Certified.
    Completed,
    /// Ended without a certificate.
    Failed(TaskFailure),
}

impl TaskState {
    /// Its name in logs, metrics and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether it has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed(_))
    }
}

/// Why a task ended without a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskFailure {
    /// The deadline passed before enough stake agreed.
    Expired,
    /// The block that announced it left the chain.
    Retracted,
    /// So much stake disagrees that agreement is out of reach.
    Disagreement,
    /// It asks for an operator set that is not configured.
    UnknownSet,
    /// The set has no member with stake and key.
    NoOperators,
}

impl TaskFailure {
    /// Its name in logs, metrics and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Retracted => "retracted",
            Self::Disagreement => "disagreement",
            Self::UnknownSet => "unknown_set",
            Self::NoOperators => "no_operators",
        }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
