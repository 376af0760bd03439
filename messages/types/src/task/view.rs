use alloy_primitives::{Address, B256, Bytes};
use serde::Serialize;

use super::{TaskFailure, TaskId, TaskState};
use crate::certificate::{Certificate, NonSignerWitness};
use crate::operator::{OperatorId, OperatorSetId};
use crate::signature::{Bn254G1, Bn254G2, Scheme};

/// Which tasks a list shall hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    pub certificate: Option<CertificateView>,
}

/// A certificate as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateView {
    /// Which kind.
    pub scheme: Scheme,
    /// Which operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// keccak(abi.encode(taskHash, output)).
    pub message_hash: B256,
    /// The aggregate, or all signatures one after the other.
    pub signature: Bytes,
    /// Sum of the signers' G2 keys; of BN254 alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apk_g2: Option<Bn254G2>,
    /// Who did not sign, and proof that they are in the table; of BN254 alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_signers: Vec<NonSignerView>,
}

/// A witness of a certificate as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NonSignerView {
    /// Position in the operator table.
    pub index: u32,
    /// Sibling hashes from the leaf to the root, concatenated.
    pub proof: Bytes,
    /// The operator's G1 key.
    pub key: Bn254G1,
    /// Its weight per stake type.
    pub weights: Vec<String>,
}

impl From<&Certificate> for CertificateView {
    fn from(certificate: &Certificate) -> Self {
        match certificate {
            Certificate::Bn254(one) => Self {
                scheme: Scheme::Bn254,
                reference_timestamp: one.reference_timestamp,
                message_hash: one.message_hash,
                signature: Bytes::copy_from_slice(one.signature.as_slice()),
                apk_g2: Some(one.apk_g2),
                non_signers: one.non_signers.iter().map(NonSignerView::from).collect(),
            },
            Certificate::Bls12381(one) => Self {
                scheme: Scheme::Bls12381,
                reference_timestamp: one.reference_timestamp,
                message_hash: one.message_hash,
                signature: Bytes::copy_from_slice(one.signature.as_slice()),
                apk_g2: None,
                non_signers: Vec::new(),
            },
            Certificate::Ecdsa(one) => Self {
                scheme: Scheme::Ecdsa,
                reference_timestamp: one.reference_timestamp,
                message_hash: one.message_hash,
                signature: one.signatures.clone(),
                apk_g2: None,
                non_signers: Vec::new(),
            },
        }
    }
}

impl From<&NonSignerWitness> for NonSignerView {
    fn from(witness: &NonSignerWitness) -> Self {
        Self {
            index: witness.index,
            proof: witness.proof.clone(),
            key: witness.row.key,
            weights: witness.row.weights.iter().map(ToString::to_string).collect(),
        }
    }
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
