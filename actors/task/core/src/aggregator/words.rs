use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use synod_types::Address;
use synod_types::aggregation::CertificateOrder;
use synod_types::certificate::CertifiedResult;
use synod_types::chain::{ChainEvent, ChainId, EventNumber};
use synod_types::operator::{OperatorId, OperatorSet, OperatorSetId};
use synod_types::quorum::{Equivocation, Question, Verdict, Vote};
use synod_types::task::{Answer, Submission, SubmitRefusal, TaskFailure, TaskId};
use synod_types::time::Moment;

use super::{Fault, Record};
use crate::announced::Skip;
use crate::backoff::Backoff;

/// What an aggregator serves, and how much of it at once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The contracts whose announcements count, each on its chain.
    pub mailboxes: BTreeSet<(ChainId, Address)>,
    /// The operator sets it knows.
    pub sets: BTreeMap<OperatorSetId, Arc<OperatorSet>>,
    /// Tasks not ended, beyond which no further block is taken from a chain.
    pub open_max: usize,
    /// Tasks in the hands of operators at once; at least 1. The others wait.
    pub processing_max: usize,
    /// Tasks remembered, ended ones included; at least `open_max`. Exceeded while the blocks of
    /// the oldest could still leave their chain.
    pub kept_max: usize,
    /// No reorganisation is deeper: a block with so many above it is there to stay.
    pub reorg_max: u64,
    /// A longer payload is passed over.
    pub payload_bytes_max: usize,
    /// A longer output is no answer.
    pub output_bytes_max: usize,
    /// How long a task may take at most, whatever its announcement says.
    pub window: Duration,
    /// Between attempts to reach an operator.
    pub retry: Backoff,
    /// How often the ballot and the aggregation of a task in progress are put again, in case
    /// they or their outcome were lost.
    pub remind_every: Duration,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A chain tells events, numbered from `first`.
    Chain {
        /// The chain.
        chain: ChainId,
        /// Number of the first event.
        first: EventNumber,
        /// In order.
        events: Vec<ChainEvent>,
    },
    /// An operator answered a submission.
    Answered {
        /// The task it was asked about.
        task: TaskId,
        /// Who was asked.
        operator: OperatorId,
        /// What it said.
        answer: Answer,
    },
    /// An operator was asked in vain.
    NotAnswered {
        /// The task it was asked about.
        task: TaskId,
        /// Who was asked.
        operator: OperatorId,
        /// What it said; `None` if it said nothing.
        refusal: Option<SubmitRefusal>,
    },
    /// The aggregation has proven a digest.
    Proven(Box<CertifiedResult>),
    /// The aggregation has found a member's signature wrong.
    Distrusted {
        /// The task.
        task: TaskId,
        /// Whose signature.
        operator: OperatorId,
    },
    /// The aggregation has proven that no answer can win any more.
    Split {
        /// The task.
        task: TaskId,
        /// Who signed what.
        votes: Vec<Vote>,
    },
    /// The quorum has decided a ballot.
    Settled(Verdict),
    /// The quorum has found an offence.
    Offended(Equivocation),
    /// The aggregation began a new life and has forgotten everything.
    AggregationStarted,
    /// The quorum began a new life and has forgotten everything.
    QuorumStarted,
    /// The alarm set by [`Effect::WakeAt`] rang.
    Alarm,
}

/// What the shell must now do. Everything after a [`Effect::Journal`] waits for the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make this durable.
    Journal(Record),
    /// Ask an operator; tell the core what came of it, once per time asked.
    Submit(Box<Submission>),
    /// Begin to sum answers. The same again is no news, but tells a proof again.
    OpenAggregation(CertificateOrder),
    /// Sum this one too.
    AddAnswer(Box<Answer>),
    /// The task has ended: sum no more.
    CloseAggregation(TaskId),
    /// Put the question. The same again is no news, but tells a verdict again.
    OpenBallot(Question),
    /// A proven answer.
    Cast(Vote),
    /// Come back with [`Input::Alarm`] at this time. Earlier alarms stay set.
    WakeAt(Moment),
    /// Tell who listens: a task was accepted.
    Accepted(TaskId),
    /// Tell who listens: a task was certified, so long after its acceptance.
    Certified(Box<CertifiedResult>, Duration),
    /// Tell who listens: a task ended otherwise.
    Failed(TaskId, TaskFailure),
    /// Count: nothing more is expected of this member in this task.
    Faulty(TaskId, OperatorId, Fault),
    /// Count: a submission will be repeated.
    Retrying(TaskId, OperatorId),
    /// Count: part of a batch was passed over.
    PassedOver(Skip),
}

/// Why an input changed nothing. An answer, never a failure of the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Never accepted, or ended and forgotten.
    #[error("task {0} is not known")]
    Unknown(TaskId),
    /// The task has ended.
    #[error("task {0} has ended")]
    Ended(TaskId),
    /// The task has not begun in this life.
    #[error("task {0} is not in progress")]
    Idle(TaskId),
    /// Not a member of the task's set.
    #[error("operator {1} is not a member of task {0}")]
    Stranger(TaskId, OperatorId),
    /// It answered before, differently. The first answer stands.
    #[error("operator {1} answered task {0} before, differently")]
    Contradiction(TaskId, OperatorId),
    /// A proof whose signers have not given its digest as their answer.
    #[error("the proof for task {0} does not fit the answers")]
    Unfounded(TaskId),
}

impl Refusal {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown",
            Self::Ended(_) => "ended",
            Self::Idle(_) => "idle",
            Self::Stranger(..) => "stranger",
            Self::Contradiction(..) => "contradiction",
            Self::Unfounded(_) => "unfounded",
        }
    }
}
