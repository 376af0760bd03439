use serde::{Deserialize, Serialize};
use synod_types::certificate::CertifiedResult;
use synod_types::chain::{ChainId, EventNumber};
use synod_types::quorum::Equivocation;
use synod_types::task::{Answer, Task, TaskFailure, TaskId};
use synod_types::time::Moment;

/// What an aggregator remembers across crashes. Replayed in order, records make the same state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A task was announced and will be seen to its end.
    Accepted {
        /// The task.
        task: Box<Task>,
        /// When.
        at: Moment,
        /// When it is given up.
        deadline: Moment,
    },
    /// A member's answer, well-formed; its signature is not checked yet.
    Answered(Box<Answer>),
    /// The end: certified.
    Certified {
        /// The certificate and what it certifies.
        result: Box<CertifiedResult>,
        /// When.
        at: Moment,
    },
    /// The end: not certified.
    Failed {
        /// The task.
        task: TaskId,
        /// Why.
        failure: TaskFailure,
        /// When.
        at: Moment,
    },
    /// The block that announced the task left the chain.
    Retracted {
        /// The task.
        task: TaskId,
        /// When.
        at: Moment,
    },
    /// An operator answered in two ways.
    Offended(Equivocation),
    /// All events of the chain up to this one are in the records before.
    Applied {
        /// The chain.
        chain: ChainId,
        /// The event.
        number: EventNumber,
        /// Height of the highest block they told of.
        height: u64,
    },
    /// An ended task whose block had left the chain is announced by another one, and asks for
    /// the same: what came of it holds.
    Returned(Box<Task>),
}
