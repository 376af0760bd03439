//! Told to signers and to aggregation, and told by aggregation.

use synod_supervision::{Fingerprint, Lane, Message, Overflow, Panicked, Reply, fingerprint};
use synod_types::actor::Incarnation;
use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::Vote;
use synod_types::signature::{Digest, Duty, PublicKey, SignRefusal, Signature};
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
}

impl Message for SignerMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Sign { .. } => "sign",
            Self::PublicKey(_) => "public_key",
            Self::Journalled(_) => "journalled",
            Self::Marked(_) => "marked",
            Self::Signed(_) => "signed",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Sign { .. } | Self::PublicKey(_) => Lane::Normal,
            Self::Journalled(_) | Self::Marked(_) | Self::Signed(_) => Lane::High,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Sign { duty, digest, .. } => Some(fingerprint(self.kind(), &(duty, digest))),
            Self::PublicKey(_) | Self::Journalled(_) | Self::Marked(_) | Self::Signed(_) => None,
        }
    }

    /// Executors wait: that is how a slow signer slows them down.
    fn overflow(&self) -> Overflow {
        match self {
            Self::Sign { .. } | Self::Journalled(_) | Self::Marked(_) | Self::Signed(_) => {
                Overflow::Wait
            }
            Self::PublicKey(_) => Overflow::Refuse,
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
