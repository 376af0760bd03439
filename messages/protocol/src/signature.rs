//! Told to signers and to aggregation, and told by aggregation.

use std::sync::Arc;

use synod_supervision::{Fingerprint, Lane, Message, Overflow, Panicked, Reply, fingerprint};
use synod_types::Bytes;
use synod_types::actor::Incarnation;
use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::Vote;
use synod_types::signature::{
    Digest, Duty, PublicKey, RemoteRefusal, SignRefusal, Signature, SignerStatus,
};
use synod_types::task::{Answer, TaskId};

use crate::journal::Committed;

/// Told to a signer, which holds one key.
#[derive(Debug)]
pub enum SignerMsg {
    /// Sign `digest` for `duty`. Answered with the signature once the guard's record is durable;
    /// asked again for the same digest, with the same bytes. The asker keeps waiting while the
    /// journal is slow: give it a deadline.
    Sign {
        /// What for. For one duty only one digest is ever signed.
        duty: Duty,
        /// What.
        digest: Digest,
        /// The bytes whose keccak the digest is, where they are known: a remote signer may hash by
        /// itself.
        preimage: Option<Bytes>,
        /// The answer.
        reply: Reply<Result<Signature, SignRefusal>>,
    },
    /// Whose signatures these are.
    PublicKey(Reply<PublicKey>),
    /// The actor's own: the journal has answered.
    Journalled(Committed),
    /// The actor's own: the key's mark is raised; or it is not, and why.
    Marked(Result<Result<(), String>, Panicked>),
    /// The actor's own: signatures are made.
    Signed(Result<Vec<(Duty, Signature)>, Panicked>),
    /// How it is.
    Status(Reply<SignerStatus>),
    /// The actor's own: the remote signer answered, and what it sent was verified.
    Fetched(Duty, Result<Signature, RemoteError>),
    /// The actor's own: whether the remote signer is there and has the key.
    Checked(Result<(), RemoteError>),
    /// The actor's own alarm: the remote signer is looked at again.
    Check,
}

/// Why a remote signer was of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct RemoteError {
    /// In one word.
    pub kind: RemoteRefusal,
    /// Where and what, in a sentence without secrets.
    pub why: Arc<str>,
}

impl Message for SignerMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Sign { .. } => "sign",
            Self::PublicKey(_) => "public_key",
            Self::Journalled(_) => "journalled",
            Self::Marked(_) => "marked",
            Self::Signed(_) => "signed",
            Self::Status(_) => "status",
            Self::Fetched(..) => "fetched",
            Self::Checked(_) => "checked",
            Self::Check => "check",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Sign { .. } | Self::PublicKey(_) => Lane::Normal,
            Self::Status(_)
            | Self::Journalled(_)
            | Self::Marked(_)
            | Self::Signed(_)
            | Self::Fetched(..)
            | Self::Checked(_)
            | Self::Check => Lane::High,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Sign { duty, digest, .. } => Some(fingerprint(self.kind(), &(duty, digest))),
            Self::PublicKey(_)
            | Self::Status(_)
            | Self::Journalled(_)
            | Self::Marked(_)
            | Self::Signed(_)
            | Self::Fetched(..)
            | Self::Checked(_)
            | Self::Check => None,
        }
    }

    /// Executors wait: that is how a slow signer slows them down.
    fn overflow(&self) -> Overflow {
        match self {
            Self::Sign { .. }
            | Self::Journalled(_)
            | Self::Marked(_)
            | Self::Signed(_)
            | Self::Fetched(..)
            | Self::Checked(_)
            | Self::Check => Overflow::Wait,
            Self::PublicKey(_) | Self::Status(_) => Overflow::Refuse,
        }
    }
}

/// Told to aggregation.
#[derive(Debug)]
pub enum AggregationMsg {
    /// Collect answers to a task. The same order again: answered the same, and a proven result
    /// is told again.
    Open(CertificateOrder, Reply<Result<(), OrderRefusal>>),
    /// Count an answer. Answered at once; whether its signature is good is told later, by
    /// [`AggregationEvent::Proven`] or [`AggregationEvent::Rejected`].
    Submit(Answer, Reply<Result<(), AnswerRefusal>>),
    /// Forget a task. Unanswered.
    Close(TaskId),
}

impl Message for AggregationMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Open(..) => "open",
            Self::Submit(..) => "submit",
            Self::Close(_) => "close",
        }
    }

    fn again(&self) -> Option<Self> {
        match self {
            Self::Close(task) => Some(Self::Close(*task)),
            Self::Open(..) | Self::Submit(..) => None,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Open(order, _) => Some(fingerprint(self.kind(), order)),
            Self::Submit(answer, _) => Some(fingerprint(self.kind(), answer)),
            Self::Close(task) => Some(fingerprint(self.kind(), task)),
        }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::Open(..) | Self::Submit(..) | Self::Close(_) => Overflow::Wait,
        }
    }
}

/// Told by aggregation to whoever ordered certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AggregationEvent {
    /// A new life began and knows of no task: what is unfinished must be opened with it again.
    Started(Incarnation),
    /// Enough stake signed the same answer; here is its certificate. Told again if the task is
    /// opened again.
    Proven(Box<CertifiedResult>),
    /// No answer can reach the threshold any more; these votes are proven. Told again if the
    /// task is opened again or another answer comes.
    Split {
        /// The task.
        task: TaskId,
        /// Who said what.
        votes: Vec<Vote>,
    },
    /// An operator's signature is false. Its stake does not count; the others' does.
    Rejected {
        /// The task.
        task: TaskId,
        /// Whose answer.
        operator: OperatorId,
        /// What was claimed to be signed.
        digest: Digest,
        /// Why.
        reason: Rejection,
    },
}
