use synod_supervision::{CallError, Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::Bytes;
use synod_types::signature::{SignRefusal, Signature};
use synod_types::task::{Answer, ExecutionView, PerformError, Submission, SubmitRefusal, TaskId};

use crate::chain::ChainBatch;
use crate::journal::Committed;
use crate::store::StoreRefusal;

/// Told to an executor, which answers in the name of one operator.
#[derive(Debug)]
pub enum ExecutorMsg {
    /// Perform this and sign the result. Answered when that is done or refused: give it a
    /// deadline. The same submission again joins what is under way, or gets the same answer.
    Submit(Box<Submission>, Reply<Result<Answer, SubmitRefusal>>),
    /// A chain tells events.
    Chain(ChainBatch),
    /// Tasks, newest first.
    List {
        /// Only older ones than this.
        after: Option<TaskId>,
        /// So many at most; the actor has a limit of its own.
        limit: usize,
        /// The answer.
        reply: Reply<Vec<ExecutionView>>,
    },
    /// The performer has ended.
    Performed(TaskId, Result<Bytes, PerformError>),
    /// What became of a request for a signature.
    Signed(TaskId, Result<Result<Signature, SignRefusal>, CallError>),
    /// The actor's own alarm.
    Alarm,
    /// The journal has answered.
    Journalled(Committed),
    /// The snapshot is saved, or not.
    Saved(Result<(), StoreRefusal>),
}

impl Message for ExecutorMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Submit(..) => "submit",
            Self::Chain(_) => "chain",
            Self::List { .. } => "list",
            Self::Performed(..) => "performed",
            Self::Signed(..) => "signed",
            Self::Alarm => "alarm",
            Self::Journalled(_) => "journalled",
            Self::Saved(_) => "saved",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::List { .. } => Lane::Control,
            Self::Performed(..)
            | Self::Signed(..)
            | Self::Alarm
            | Self::Journalled(_)
            | Self::Saved(_) => Lane::High,
            Self::Submit(..) | Self::Chain(_) => Lane::Normal,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Submit(submission, _) => Some(fingerprint(self.kind(), submission)),
            Self::Chain(batch) => Some(batch.digest(self.kind())),
            Self::List { after, limit, .. } => Some(fingerprint(self.kind(), &(after, limit))),
            Self::Performed(..)
            | Self::Signed(..)
            | Self::Alarm
            | Self::Journalled(_)
            | Self::Saved(_) => None,
        }
    }

    /// One busy executor must not hold up who asks many: it is asked again.
    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}

impl From<ChainBatch> for ExecutorMsg {
    fn from(batch: ChainBatch) -> Self {
        Self::Chain(batch)
    }
}
