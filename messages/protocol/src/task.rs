//! Told to the task actor (the aggregator's side of a task), to executors, and told by the task
//! actor.

mod executor;

pub use executor::ExecutorMsg;

use std::time::Duration;

use synod_supervision::{CallError, Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::aggregation::{AnswerRefusal, OrderRefusal};
use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::Refusal;
use synod_types::task::{Answer, SubmitRefusal, TaskFailure, TaskFilter, TaskId, TaskView};

use crate::chain::ChainBatch;
use crate::journal::Committed;
use crate::quorum::QuorumEvent;
use crate::signature::AggregationEvent;
use crate::store::StoreRefusal;

/// What became of a question to another actor.
type Asked<T, E> = Result<Result<T, E>, CallError>;

/// Told to the task actor.
#[derive(Debug)]
pub enum TaskMsg {
    /// A chain tells events.
    Chain(ChainBatch),
    /// The aggregation has proven a result, has doubts, or has begun anew.
    Aggregation(AggregationEvent),
    /// The quorum has decided, found an offence, or has begun anew.
    Quorum(QuorumEvent),
    /// Tasks, newest first, without their certificates.
    List {
        /// Which of them.
        filter: TaskFilter,
        /// Only older ones than this.
        after: Option<TaskId>,
        /// So many at most; the actor has a limit of its own.
        limit: usize,
        /// The answer.
        reply: Reply<Vec<TaskView>>,
    },
    /// One task, with its certificate. Boxed: it is long.
    Get(TaskId, Reply<Option<Box<TaskView>>>),
    /// What became of a submission.
    Submitted(TaskId, OperatorId, Asked<Answer, SubmitRefusal>),
    /// What became of an order for a certificate.
    Ordered(TaskId, Asked<(), OrderRefusal>),
    /// What became of an answer handed to the aggregation.
    Added(TaskId, Asked<(), AnswerRefusal>),
    /// What became of a question or a vote.
    Balloted(TaskId, Asked<(), Refusal>),
    /// The actor's own alarm.
    Alarm,
    /// The journal has answered.
    Journalled(Committed),
    /// The snapshot is saved, or not.
    Saved(Result<(), StoreRefusal>),
}

impl Message for TaskMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Chain(_) => "chain",
            Self::Aggregation(_) => "aggregation",
            Self::Quorum(_) => "quorum",
            Self::List { .. } => "list",
            Self::Get(..) => "get",
            Self::Submitted(..) => "submitted",
            Self::Ordered(..) => "ordered",
            Self::Added(..) => "added",
            Self::Balloted(..) => "balloted",
            Self::Alarm => "alarm",
            Self::Journalled(_) => "journalled",
            Self::Saved(_) => "saved",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::List { .. } | Self::Get(..) => Lane::Control,
            Self::Aggregation(_)
            | Self::Quorum(_)
            | Self::Submitted(..)
            | Self::Ordered(..)
            | Self::Added(..)
            | Self::Balloted(..)
            | Self::Alarm
            | Self::Journalled(_)
            | Self::Saved(_) => Lane::High,
            Self::Chain(_) => Lane::Normal,
        }
    }

    /// What the aggregation and the quorum tell, they tell once.
    fn again(&self) -> Option<Self> {
        if let Self::Aggregation(event) = self {
            return Some(Self::Aggregation(event.clone()));
        }
        if let Self::Quorum(event) = self { Some(Self::Quorum(*event)) } else { None }
    }

    fn digest(&self) -> Option<Fingerprint> {
        let kind = self.kind();
        match self {
            Self::Chain(batch) => Some(batch.digest(kind)),
            Self::List { filter, after, limit, .. } => {
                Some(fingerprint(kind, &(filter, after, limit)))
            }
            Self::Get(task, _) => Some(fingerprint(kind, task)),
            Self::Aggregation(_)
            | Self::Quorum(_)
            | Self::Submitted(..)
            | Self::Ordered(..)
            | Self::Added(..)
            | Self::Balloted(..)
            | Self::Alarm
            | Self::Journalled(_)
            | Self::Saved(_) => None,
        }
    }

    /// Everybody who is refused tells it again.
    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}

impl From<ChainBatch> for TaskMsg {
    fn from(batch: ChainBatch) -> Self {
        Self::Chain(batch)
    }
}

impl From<AggregationEvent> for TaskMsg {
    fn from(event: AggregationEvent) -> Self {
        Self::Aggregation(event)
    }
}

impl From<QuorumEvent> for TaskMsg {
    fn from(event: QuorumEvent) -> Self {
        Self::Quorum(event)
    }
}

/// Told by the task actor to whoever listens, once it is durable. After a crash the last ones
/// may not have been told; the list of tasks is the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// A task will be seen to its end.
    Accepted(TaskId),
    /// It ended with a certificate, so long after its acceptance.
    Certified(Box<CertifiedResult>, Duration),
    /// It ended otherwise.
    Failed(TaskId, TaskFailure),
}
