use std::collections::{BTreeMap, VecDeque};

use synod_types::certificate::CertificateRule;
use synod_types::chain::{ChainId, EventNumber};
use synod_types::operator::OperatorSetId;
use synod_types::task::{ExecutionView, TaskId};
use synod_types::time::Moment;

use super::Record;
use super::entry::{Entry, Stage};

/// Everything that records say. Nothing else changes it but the order of work within a stage.
#[derive(Debug)]
pub(super) struct Ledger {
    tasks: BTreeMap<TaskId, Entry>,
    /// By acceptance.
    order: BTreeMap<u64, TaskId>,
    accepted: u64,
    applied: BTreeMap<ChainId, EventNumber>,
    sets: BTreeMap<OperatorSetId, CertificateRule>,
}

impl Ledger {
    pub(super) const fn new(sets: BTreeMap<OperatorSetId, CertificateRule>) -> Self {
        Self {
            tasks: BTreeMap::new(),
            order: BTreeMap::new(),
            accepted: 0,
            applied: BTreeMap::new(),
            sets,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn get(&self, id: TaskId) -> Option<&Entry> {
        self.tasks.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Entry> {
        self.tasks.get_mut(&id)
    }

    pub(super) fn applied(&self, chain: ChainId) -> EventNumber {
        self.applied.get(&chain).copied().unwrap_or_default()
    }

    /// In order of acceptance.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.order.values().filter_map(|id| self.tasks.get(id))
    }

    /// Newest first, older than `after`.
    pub(super) fn page(&self, after: Option<TaskId>, limit: usize) -> Vec<ExecutionView> {
        let below = match after {
            None => u64::MAX,
            Some(id) => self.tasks.get(&id).map_or(0, |entry| entry.number),
        };
        let older = self.iter().rev().filter(|entry| entry.number < below);
        older.take(limit).map(Entry::view).collect()
    }

    /// Lets the oldest ended task go whose deadline has passed. Whether there was one.
    ///
    /// Should the same task come again, it is performed again, and the signing guard sees to it
    /// that no other answer is signed.
    pub(super) fn forget(&mut self, now: Moment) -> bool {
        let can_go = |entry: &&Entry| entry.is_ended() && entry.deadline <= now;
        let oldest = self.iter().find(can_go).map(|entry| entry.task.id);
        oldest.is_some_and(|id| self.remove(id))
    }

    /// What a record says becomes so. What it says of a task that is gone is without effect.
    pub(super) fn evolve(&mut self, record: &Record) {
        match record {
            Record::Accepted { task, origin, at, deadline } => {
                self.remove(task.id);
                self.accepted += 1;
                let (number, id) = (self.accepted, task.id);
                let entry = Entry {
                    number,
                    task: task.as_ref().clone(),
                    origin: *origin,
                    accepted_at: *at,
                    deadline: *deadline,
                    stage: Stage::Queued,
                    failures: 0,
                    askers: VecDeque::new(),
                };
                self.order.insert(number, id);
                self.tasks.insert(id, entry);
            }
            Record::Failed(id) => {
                if let Some(entry) = self.tasks.get_mut(id) {
                    entry.failures = entry.failures.saturating_add(1);
                    entry.stage = Stage::Idle;
                }
            }
            Record::Performed { task, output } => {
                let Some(entry) = self.tasks.get_mut(task) else {
                    return;
                };
                // A set that is no longer served: what was performed for it stays unsigned.
                if let Some(rule) = self.sets.get(&entry.task.set) {
                    let digest = rule.digest(entry.task.reference_timestamp, *task, output);
                    entry.stage = Stage::Signing { output: output.clone(), digest, attempts: 0 };
                }
            }
            Record::Signed(answer) => self.stage(answer.task, Stage::Signed(answer.clone())),
            Record::Refused { task, refusal } => self.stage(*task, Stage::Refused(*refusal)),
            Record::Withdrawn(id) => drop(self.remove(*id)),
            Record::Applied { chain, number } => {
                self.applied.insert(*chain, *number);
            }
        }
    }

    /// Records that make this state out of nothing.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for entry in self.iter() {
            let id = entry.task.id;
            records.push(Record::Accepted {
                task: Box::new(entry.task.clone()),
                origin: entry.origin,
                at: entry.accepted_at,
                deadline: entry.deadline,
            });
            records.extend((0..entry.failures).map(|_| Record::Failed(id)));
            match &entry.stage {
                Stage::Queued | Stage::Running | Stage::Idle => (),
                Stage::Signing { output, .. } => {
                    records.push(Record::Performed { task: id, output: output.clone() });
                }
                Stage::Signed(answer) => records.push(Record::Signed(answer.clone())),
                Stage::Refused(refusal) => {
                    records.push(Record::Refused { task: id, refusal: *refusal });
                }
            }
        }
        let applied = self.applied.iter();
        records.extend(applied.map(|(&chain, &number)| Record::Applied { chain, number }));
        records
    }

    fn stage(&mut self, id: TaskId, stage: Stage) {
        if let Some(entry) = self.tasks.get_mut(&id) {
            entry.stage = stage;
        }
    }

    fn remove(&mut self, id: TaskId) -> bool {
        let removed = self.tasks.remove(&id);
        removed.is_some_and(|entry| self.order.remove(&entry.number).is_some())
    }
}
