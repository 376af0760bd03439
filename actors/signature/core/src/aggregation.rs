//! Collecting signed answers per task until one certificate can be made of them.
//!
//! ```text
//!   Submit ─▶ group by digest ─▶ claimed weight at the threshold? ─▶ Verify(job) ─▶ job.run()
//!                  ▲                                                                   │
//!                  └────── wait for more ◀── culprits named, the rest kept ◀── report ─┤
//!                                                        Proven(certificate) ◀─────────┘
//! ```
//!
//! Signatures cost nothing until their claimed weight could decide; then one check of their sum
//! decides about all of them. Only if that fails are culprits looked for. At most one check per
//! task is under way; what arrives meanwhile waits for the next.
//!
//! When no answer can reach the threshold any more, all are verified, so that it can be said who
//! disagrees with whom.
//!
//! Invariant: a proven batch is atomic. A member that was verified within a sum is never taken
//! out of it again, because only the sum was verified.

mod batch;
mod bisect;
mod collection;
mod job;
mod keys;

pub use batch::{Batch, Culprit, Item, Sum, verify_batch};
pub use job::{Job, Report};
pub use keys::{CheckedKey, Key};

use std::collections::BTreeMap;

use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::Vote;
use synod_types::signature::Digest;
use synod_types::task::{Answer, TaskId};

use collection::Collection;
use keys::KeyRing;

/// How much may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tasks open at once.
    pub tasks_max: usize,
    /// Members of one table.
    pub members_max: usize,
    /// Bytes of one answer's output.
    pub output_bytes_max: usize,
    /// Public keys remembered as checked.
    pub keys_max: usize,
}

/// What the shell must now do.
#[derive(Debug)]
pub enum Effect {
    /// Run this where it blocks nobody, then tell [`Aggregation::verified`].
    Verify(Box<Job>),
    /// Tell the outcome.
    Proven(Box<CertifiedResult>),
    /// Tell that no answer can reach the threshold any more, and who has provably said what.
    Split {
        /// The task.
        task: TaskId,
        /// By digest, then by position in the table.
        votes: Vec<Vote>,
    },
    /// Tell who signed falsely.
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

/// All tasks for which answers are collected.
#[derive(Debug)]
pub struct Aggregation {
    limits: Limits,
    tasks: BTreeMap<TaskId, Collection>,
    keys: KeyRing,
    /// How often a task was opened: tells a job of a task that was closed from one of the same
    /// task opened again.
    openings: u64,
}

impl Aggregation {
    /// No tasks yet.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, tasks: BTreeMap::new(), keys: KeyRing::new(limits.keys_max), openings: 0 }
    }

    /// How many tasks are open.
    pub fn tasks_len(&self) -> usize {
        self.tasks.len()
    }

    /// Begins to collect. The same order again begins nothing, and tells again what is proven.
    ///
    /// # Errors
    /// See [`OrderRefusal`].
    pub fn open(&mut self, order: CertificateOrder) -> Result<Vec<Effect>, OrderRefusal> {
        if let Some(collection) = self.tasks.get(&order.task) {
            return collection.reopened(&order);
        }
        if self.limits.tasks_max <= self.tasks.len() {
            return Err(OrderRefusal::Full { open: self.tasks.len() });
        }
        let members = order.table.members.len();
        if self.limits.members_max < members {
            return Err(OrderRefusal::TooLarge { members });
        }
        self.openings += 1;
        self.tasks.insert(order.task, Collection::new(order, self.openings)?);
        Ok(Vec::new())
    }

    /// Counts an answer.
    ///
    /// # Errors
    /// See [`AnswerRefusal`]. A refusal changes nothing.
    pub fn submit(&mut self, answer: Answer) -> Result<Vec<Effect>, AnswerRefusal> {
        let task = answer.task;
        let bytes = answer.output.len();
        if self.limits.output_bytes_max < bytes {
            return Err(AnswerRefusal::TooLong { bytes });
        }
        let collection = self.tasks.get_mut(&task).ok_or(AnswerRefusal::NotOpen(task))?;
        collection.submit(answer)?;
        Ok(collection.next(&self.keys).into_iter().collect())
    }

    /// Takes the report of a job. A task closed meanwhile is left alone.
    pub fn verified(&mut self, report: Report) -> Vec<Effect> {
        self.keys.learn(&report.learned);
        let collection = self.tasks.get_mut(&report.task);
        let Some(collection) = collection.filter(|one| one.opening() == report.opening) else {
            return Vec::new();
        };
        let mut effects = collection.settle(report);
        effects.extend(collection.next(&self.keys));
        effects
    }

    /// Forgets a task. Says whether it was open.
    pub fn close(&mut self, task: TaskId) -> bool {
        self.tasks.remove(&task).is_some()
    }
}

#[cfg(test)]
mod tests;
