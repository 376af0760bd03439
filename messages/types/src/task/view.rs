use alloy_primitives::{Address, B256, Bytes};
use serde::Serialize;

use super::{TaskFailure, TaskId, TaskState};
use crate::certificate::Certificate;
use crate::operator::{OperatorId, OperatorSetId};

/// Which tasks a list shall hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskFilter {
    /// All.
    #[default]
    All,
    /// Waiting for their turn.
    Pending,
    /// Handed to operators.
    Processing,
    /// Certified.
    Completed,
    /// Ended without a certificate.
    Failed,
}

impl TaskFilter {
    /// From the name of a state, or `all`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "all" => Some(Self::All),
            "pending" => Some(Self::Pending),
            "processing" => Some(Self::Processing),
            "completed" => Some(Self::Completed),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }

    /// Whether a task in this state is wanted.
    pub const fn wants(self, state: TaskState) -> bool {
        match self {
            Self::All => true,
            Self::Pending => matches!(state, TaskState::Pending),
            Self::Processing => matches!(state, TaskState::Processing),
            Self::Completed => matches!(state, TaskState::Completed),
            Self::Failed => matches!(state, TaskState::Failed(_)),
        }
    }
}

/// A task as people read it. Amounts are decimal strings, bytes are `0x…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// Its hash.
    pub id: TaskId,
    /// Where it stands.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<TaskFailure>,
    /// Whether the block that announced it has left the chain.
    pub is_retracted: bool,
    /// The chain that announced it.
    pub chain: u64,
    /// Height of the block that announced it.
    pub block_number: u64,
    /// Hash of that block.
    pub block_hash: B256,
    /// Who asked.
    pub creator: Address,
    /// Who must answer.
    pub set: OperatorSetId,
    /// Which version of the operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// What the answer is worth.
    pub fee: String,
    /// When the aggregator gives up: milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// When it was accepted: milliseconds since the Unix epoch.
    pub accepted_ms: u64,
    /// When it ended: milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
    /// What is asked.
    pub payload: Bytes,
    /// Who was asked and what came of it.
    pub members: Vec<MemberView>,
    /// The certified output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Bytes>,
    /// What the signers signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<B256>,
    /// Who signed.
    pub signers: Vec<OperatorId>,
    /// The certificate; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// One operator's part in a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberView {
    /// Who.
    pub operator: OperatorId,
    /// `waiting`, `answered` or `refused`.
    pub state: &'static str,
    /// Why it refused, or was not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// How often it was asked in vain in this life of the aggregator.
    pub attempts: u32,
}

/// A task in an executor, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionView {
    /// Its hash.
    pub id: TaskId,
    /// `queued`, `running`, `waiting`, `signing`, `signed` or `refused`.
    pub state: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<&'static str>,
    /// How often the performer failed in a way that may pass.
    pub attempts: u32,
    /// When it was accepted: milliseconds since the Unix epoch.
    pub accepted_ms: u64,
    /// What the performer returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Bytes>,
    /// What was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<B256>,
    /// The signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Bytes>,
}
