use std::collections::{BTreeMap, VecDeque};

use synod_types::chain::{ChainId, EventNumber};
use synod_types::quorum::Equivocation;
use synod_types::task::{TaskFailure, TaskFilter, TaskId, TaskView};
use synod_types::time::Moment;

use super::entry::{End, Entry, Work};
use super::record::Record;

pub(super) const OFFENCES_MAX: usize = 1_024;

/// Everything that records say, and nothing else changes but what dies with an incarnation.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    tasks: BTreeMap<TaskId, Entry>,
    /// By acceptance.
    order: BTreeMap<u64, TaskId>,
    accepted: u64,
    open: usize,
    processing: usize,
    /// The last event applied, and the highest block heard of.
    applied: BTreeMap<ChainId, (EventNumber, u64)>,
    offences: VecDeque<Equivocation>,
    kept_max: usize,
    reorg_max: u64,
}

impl Ledger {
    pub(super) fn new(kept_max: usize, reorg_max: u64) -> Self {
        Self { kept_max, reorg_max, ..Self::default() }
    }

    pub(super) const fn open_len(&self) -> usize {
        self.open
    }

    pub(super) const fn processing_len(&self) -> usize {
        self.processing
    }

    pub(super) fn get(&self, id: TaskId) -> Option<&Entry> {
        self.tasks.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Entry> {
        self.tasks.get_mut(&id)
    }

    pub(super) fn applied(&self, chain: ChainId) -> EventNumber {
        self.applied.get(&chain).map(|&(number, _)| number).unwrap_or_default()
    }

    pub(super) fn height(&self, chain: ChainId) -> u64 {
        self.applied.get(&chain).map_or(0, |&(_, height)| height)
    }

    pub(super) fn offences(&self) -> impl Iterator<Item = Equivocation> {
        self.offences.iter().copied()
    }

    /// In order of acceptance.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.order.values().filter_map(|id| self.tasks.get(id))
    }

    /// Puts a waiting task to work.
    pub(super) fn begin(&mut self, id: TaskId, work: Work) -> Option<&mut Entry> {
        let entry = self.tasks.get_mut(&id).filter(|entry| entry.is_waiting())?;
        entry.work = Some(work);
        self.processing += 1;
        Some(entry)
    }

    /// Newest first, after (that is, older than) `after`.
    pub(super) fn page(
        &self,
        filter: TaskFilter,
        after: Option<TaskId>,
        limit: usize,
    ) -> Vec<TaskView> {
        let below = match after {
            None => u64::MAX,
            Some(id) => self.tasks.get(&id).map_or(0, |entry| entry.number),
        };
        self.iter()
            .rev()
            .filter(|entry| entry.number < below && filter.wants(entry.state()))
            .take(limit)
            .map(|entry| entry.view(false))
            .collect()
    }

    /// What a record says becomes so. What it says of a task that is gone is without effect.
    pub(super) fn evolve(&mut self, record: &Record) {
        match record {
            Record::Accepted { task, at, deadline } => {
                self.accepted += 1;
                let entry = Entry {
                    number: self.accepted,
                    task: task.as_ref().clone(),
                    accepted_at: *at,
                    deadline: *deadline,
                    answers: BTreeMap::new(),
                    end: None,
                    is_retracted: false,
                    standings: BTreeMap::new(),
                    work: None,
                };
                self.insert(entry);
            }
            Record::Answered(answer) => {
                if let Some(entry) = self.tasks.get_mut(&answer.task).filter(|e| e.is_open()) {
                    entry.answers.insert(answer.operator, answer.as_ref().clone());
                }
            }
            Record::Certified { result, at } => {
                self.end(result.task, End::Certified(result.clone()), *at);
            }
            Record::Failed { task, failure, at } => self.end(*task, End::Failed(*failure), *at),
            Record::Retracted { task, at } => {
                self.end(*task, End::Failed(TaskFailure::Retracted), *at);
                if let Some(entry) = self.tasks.get_mut(task) {
                    entry.is_retracted = true;
                }
            }
            Record::Returned(task) => {
                if let Some(entry) = self.tasks.get_mut(&task.id) {
                    entry.task = task.as_ref().clone();
                    entry.is_retracted = false;
                }
            }
            Record::Offended(offence) => self.offences.push_back(*offence),
            Record::Applied { chain, number, height } => {
                self.applied.insert(*chain, (*number, *height));
            }
        }
        while OFFENCES_MAX < self.offences.len() {
            self.offences.pop_front();
        }
    }

    /// Records that make this state out of nothing.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for entry in self.iter() {
            let (task, at) = (entry.task.id, entry.accepted_at);
            let accepted = Box::new(entry.task.clone());
            records.push(Record::Accepted { task: accepted, at, deadline: entry.deadline });
            let answers = entry.answers.values().cloned().map(Box::new);
            records.extend(answers.map(Record::Answered));
            match &entry.end {
                None | Some((End::Failed(TaskFailure::Retracted), _)) => (),
                Some((End::Certified(result), at)) => {
                    records.push(Record::Certified { result: result.clone(), at: *at });
                }
                Some((End::Failed(failure), at)) => {
                    records.push(Record::Failed { task, failure: *failure, at: *at });
                }
            }
            if entry.is_retracted {
                let at = entry.end.as_ref().map_or(at, |(_, at)| *at);
                records.push(Record::Retracted { task, at });
            }
        }
        records.extend(self.offences().map(Record::Offended));
        let applied = self.applied.iter();
        records.extend(applied.map(|(&chain, &(number, height))| Record::Applied {
            chain,
            number,
            height,
        }));
        records
    }

    fn insert(&mut self, entry: Entry) {
        let id = entry.task.id;
        self.order.insert(entry.number, id);
        self.open += 1;
        if let Some(earlier) = self.tasks.insert(id, entry) {
            self.order.remove(&earlier.number);
            self.open -= usize::from(earlier.is_open());
            self.processing -= usize::from(earlier.work.is_some());
        }
        self.forget();
    }

    /// Ends a task that has not ended.
    fn end(&mut self, id: TaskId, end: End, at: Moment) {
        let Some(entry) = self.tasks.get_mut(&id).filter(|entry| entry.is_open()) else {
            return;
        };
        self.processing -= usize::from(entry.work.is_some());
        self.open -= 1;
        entry.work = None;
        entry.answers.clear();
        entry.end = Some((end, at));
    }

    /// Lets the oldest ended tasks go while there are too many, but none that another block
    /// might yet announce again.
    fn forget(&mut self) {
        while self.kept_max < self.tasks.len() {
            let is_settled = |entry: &Entry| {
                let block = entry.task.block.number;
                block.saturating_add(self.reorg_max) < self.height(entry.task.chain)
            };
            let can_go = |entry: &Entry| !entry.is_open() && is_settled(entry);
            let can_go = |id: &&TaskId| self.tasks.get(id).is_some_and(can_go);
            let Some(&oldest) = self.order.values().find(can_go) else {
                return;
            };
            if let Some(entry) = self.tasks.remove(&oldest) {
                self.order.remove(&entry.number);
            }
        }
    }
}
