//! Collecting signed answers per task until one certificate can be made of them.
//!
//! ```text
//!   Open ─▶ Prepare(keys of the table) ─▶ run() ─▶ prepared()
//!   Submit ─▶ group by digest ─▶ claimed weight at the threshold? ─▶ Verify(job) ─▶ run()
//!                  ▲                                                                 │
//!                  └────── wait for more ◀── culprits named, the rest kept ◀─ report ┤
//!                                                        Proven(certificate) ◀───────┘
//! ```
//!
//! Signatures cost nothing until their claimed weight could decide; then one check of their sum
//! decides about all of them. Only if that fails are culprits looked for: see `search`. At most
//! one check per task is under way; what arrives meanwhile waits for the next. Many signatures
//! are added up in advance, so that the last one needed waits for one check only. Once there is
//! a certificate, answers cost nothing.
//!
//! An operator whose signature was false is a suspect until it has proven itself: its signatures
//! are checked alone, first, and only where they are needed.
//!
//! Where several tasks of one table wait to be verified, one check can decide about all: see
//! [`run_together`].
//!
//! When no answer can reach the threshold any more, all are verified each by itself, so that it
//! can be said who disagrees with whom.
//!
//! Invariant: a batch that was verified as a whole is [`Atomic`]. A member is never taken out of
//! it again, and nobody is said to have signed because of it; [`Attributed`] members may be.

mod arithmetic;
mod atomic;
mod bisect;
mod collection;
mod group;
mod job;
mod judge;
mod key_tree;
mod keys;
mod prepare;
mod roster;
mod round;
mod search;
mod seed;
mod single;
mod stakes;
mod suspects;
mod work;

pub use arithmetic::Arithmetic;
pub use atomic::{Atomic, Attributed, Sum};
pub use job::{Culprit, Job, Report};
pub use prepare::{Preparation, Readiness};
pub use round::run_together;
pub use seed::Seed;

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::Vote;
use synod_types::signature::Digest;
use synod_types::task::{Answer, TaskId};

use collection::Collection;
use keys::KeyRing;
use roster::{Keys, Rosters};
use suspects::Suspects;

/// How much may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tasks open at once.
    pub tasks_max: usize,
    /// Members of one table.
    pub members_max: usize,
    /// Bytes of one answer's output.
    pub output_bytes_max: usize,
    /// Bytes of all different outputs of one task.
    pub task_bytes_max: usize,
    /// Public keys remembered as checked.
    pub keys_max: usize,
    /// Tables whose sums of keys are kept ready.
    pub tables_max: usize,
    /// Operators remembered for a false signature.
    pub suspects_max: usize,
}

/// What the shell must now do.
#[derive(Debug)]
pub enum Effect {
    /// Run this where it blocks nobody, then tell [`Aggregation::prepared`].
    Prepare(Box<Preparation>),
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
    /// Tell that the two arithmetics disagree about this task: nothing of it is proven, nobody is
    /// named, and it stands still.
    Disputed {
        /// The task.
        task: TaskId,
    },
}

/// All tasks for which answers are collected.
#[derive(Debug)]
pub struct Aggregation {
    limits: Limits,
    arithmetic: Arithmetic,
    tasks: BTreeMap<TaskId, Collection>,
    rosters: Rosters,
    suspects: Suspects,
    keys: Arc<KeyRing>,
    /// How often a task was opened: tells a job of a task that was closed from one of the same
    /// task opened again.
    openings: u64,
}

impl Aggregation {
    /// No tasks yet.
    pub fn new(limits: Limits, arithmetic: Arithmetic) -> Self {
        Self {
            limits,
            arithmetic,
            tasks: BTreeMap::new(),
            rosters: Rosters::new(limits.tables_max),
            suspects: Suspects::new(limits.suspects_max),
            keys: Arc::new(KeyRing::new(limits.keys_max)),
            openings: 0,
        }
    }

    /// How many tasks are open.
    pub fn tasks_len(&self) -> usize {
        self.tasks.len()
    }

    /// How many operators have to prove themselves.
    pub fn suspects_len(&self) -> usize {
        self.suspects.len()
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
        let (roster, keys, is_new) = self.rosters.take(order.rule, &order.table)?;
        if matches!(keys, Keys::Disputed) {
            return Err(OrderRefusal::Disputed);
        }
        self.openings += 1;
        let preparation = is_new.then(|| {
            Effect::Prepare(Box::new(Preparation {
                roster: Arc::clone(&roster),
                arithmetic: self.arithmetic,
                known: Arc::clone(&self.keys),
            }))
        });
        let task = order.task;
        self.tasks.insert(task, Collection::new(order, roster, keys, self.openings));
        Ok(preparation.into_iter().collect())
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
        let is_suspect = self.suspects.contains(answer.operator);
        collection.submit(answer, is_suspect, self.limits.task_bytes_max)?;
        Ok(collection.next().into_iter().collect())
    }

    /// Takes what became of the keys of a table.
    pub fn prepared(&mut self, readiness: Readiness) -> Vec<Effect> {
        let Readiness { roster, keys, known, .. } = readiness;
        self.keys = known;
        self.rosters.prepared(roster, &keys);
        let is_disputed = matches!(keys, Keys::Disputed);
        let mut effects = Vec::new();
        for (&task, collection) in &mut self.tasks {
            if collection.prepared(roster, &keys) {
                effects.extend(is_disputed.then_some(Effect::Disputed { task }));
                effects.extend(collection.next());
            }
        }
        effects
    }

    /// Takes the report of a job. A task closed meanwhile is left alone.
    pub fn verified(&mut self, report: Report) -> Vec<Effect> {
        let collection = self.tasks.get_mut(&report.task);
        let Some(collection) = collection.filter(|one| one.opening() == report.opening) else {
            return Vec::new();
        };
        let (mut effects, judged) = collection.settle(report);
        judged.proved.into_iter().for_each(|operator| self.suspects.proved(operator));
        judged.guilty.into_iter().for_each(|operator| self.suspects.guilty(operator));
        effects.extend(collection.next());
        effects
    }

    /// Forgets a task. Says whether it was open.
    pub fn close(&mut self, task: TaskId) -> bool {
        self.tasks.remove(&task).is_some()
    }
}

#[cfg(test)]
mod tests;
