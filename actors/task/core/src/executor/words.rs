use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use synod_types::certificate::CertificateRule;
use synod_types::chain::{ChainEvent, ChainId, EventNumber};
use synod_types::operator::{OperatorId, OperatorSetId};
use synod_types::signature::{Digest, Signature};
use synod_types::task::{Answer, Submission, SubmitRefusal, Task, TaskId};
use synod_types::time::Moment;
use synod_types::{Address, Bytes};

use crate::announced::Skip;
use crate::backoff::Backoff;

/// What an executor serves, and how much of it at once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In whose name it answers.
    pub operator: OperatorId,
    /// The sets the operator is in, and what their members sign.
    pub sets: BTreeMap<OperatorSetId, CertificateRule>,
    /// The contracts whose announcements it performs without being asked. Empty: none.
    pub follow: BTreeSet<(ChainId, Address)>,
    /// Tasks waiting for the performer; more are refused.
    pub queue_max: usize,
    /// Runs of the performer at once; at least 1.
    pub running_max: usize,
    /// Tasks remembered, ended ones included; at least `queue_max` + `running_max`.
    pub kept_max: usize,
    /// Askers waiting for one task; one more sends away who has waited longest.
    pub askers_max: usize,
    /// A longer payload is refused.
    pub payload_bytes_max: usize,
    /// A longer output is a failure of the performer.
    pub output_bytes_max: usize,
    /// How often the performer is tried, when its failure may pass.
    pub attempts_max: u32,
    /// How long a task may take at most, whatever its announcement says.
    pub window: Duration,
    /// Between attempts to get a result signed, or performed if nobody asks for it.
    pub retry: Backoff,
}

/// Names an asker; the shell keeps where the answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asker(pub u64);

/// Why something outside did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It was not even tried; that does not count as an attempt.
    Absent,
    /// It may work the next time.
    Passing,
    /// It will not.
    Lasting,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Somebody asks.
    Submit(Box<Submission>, Asker),
    /// The performer has ended.
    Performed {
        /// The task.
        task: TaskId,
        /// Its output.
        outcome: Result<Bytes, Trouble>,
    },
    /// The signer has answered, or has not.
    Signed {
        /// The task.
        task: TaskId,
        /// The signature over the digest it was given.
        outcome: Result<Signature, Trouble>,
    },
    /// A chain tells events, numbered from `first`.
    Chain {
        /// The chain.
        chain: ChainId,
        /// Number of the first event.
        first: EventNumber,
        /// In order.
        events: Vec<ChainEvent>,
    },
    /// The alarm set by [`Effect::WakeAt`] rang.
    Alarm,
}

/// What the shell must now do. Everything after a [`Effect::Journal`] waits for the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make this durable.
    Journal(Record),
    /// Run the performer; tell the core how it ended.
    Perform {
        /// The task.
        task: TaskId,
        /// What is asked.
        payload: Bytes,
    },
    /// Get this signed; tell the core what came of it.
    Sign {
        /// The task.
        task: TaskId,
        /// What.
        digest: Digest,
    },
    /// Tell an asker.
    Answer(Asker, Result<Box<Answer>, SubmitRefusal>),
    /// Come back with [`Input::Alarm`] at this time. Earlier alarms stay set.
    WakeAt(Moment),
    /// Count: a task ended so.
    Ended(Result<(), SubmitRefusal>),
    /// Count: part of a batch was passed over.
    PassedOver(Skip),
}

/// How a task came to an executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Somebody asked.
    Submitted,
    /// It was seen on a chain.
    Followed,
}

/// What an executor remembers across crashes. Replayed in order, records make the same state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A task will be performed.
    Accepted {
        /// The task.
        task: Box<Task>,
        /// Why.
        origin: Origin,
        /// When.
        at: Moment,
        /// When it is given up.
        deadline: Moment,
    },
    /// The performer failed in a way that may pass.
    Failed(TaskId),
    /// The performer's result: from now on the only one.
    Performed {
        /// The task.
        task: TaskId,
        /// The result.
        output: Bytes,
    },
    /// The end: signed.
    Signed(Box<Answer>),
    /// The end: refused.
    Refused {
        /// The task.
        task: TaskId,
        /// Why.
        refusal: SubmitRefusal,
    },
    /// The block that announced a task nobody asked for left the chain.
    Withdrawn(TaskId),
    /// All events of the chain up to this one are in the records before.
    Applied {
        /// The chain.
        chain: ChainId,
        /// The event.
        number: EventNumber,
    },
}
