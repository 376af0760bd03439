//! From a chain's announcements to certificates.

mod answers;
mod entry;
mod intake;
mod ledger;
mod record;
mod words;

pub use entry::Fault;
pub use record::Record;
pub use words::{Effect, Input, Refusal, Settings};

use std::collections::VecDeque;
use std::sync::Arc;

use synod_types::aggregation::CertificateOrder;
use synod_types::certificate::{CertifiedResult, OperatorTable, TableMember};
use synod_types::chain::{ChainEvent, ChainId, EventNumber};
use synod_types::operator::{OperatorId, OperatorSet, Stake};
use synod_types::quorum::{BallotId, Equivocation, Question, Vote};
use synod_types::task::{Submission, TaskFailure, TaskFilter, TaskId, TaskView};
use synod_types::time::Moment;

use crate::timers::Timers;
use entry::{Asked, Entry, Standing, Work};
use ledger::Ledger;

/// All tasks of one aggregator.
#[derive(Debug)]
pub struct Aggregator {
    settings: Settings,
    ledger: Ledger,
    /// Tasks that wait for their turn, and some that no longer do.
    waiting: VecDeque<TaskId>,
    timers: Timers<Alarm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    Deadline(TaskId),
    Remind(TaskId),
    Retry(TaskId, OperatorId),
}

impl Aggregator {
    /// Knows nothing yet: [`Self::replay`] what the journal holds, then [`Self::resume`].
    pub fn new(settings: Settings) -> Self {
        let ledger = Ledger::new(settings.kept_max, settings.reorg_max);
        Self { settings, ledger, waiting: VecDeque::new(), timers: Timers::new() }
    }

    /// Remembers one record of an earlier life.
    pub fn replay(&mut self, record: &Record) {
        self.ledger.evolve(record);
    }

    /// Records that, replayed, make this state: they may replace all records so far.
    pub fn snapshot(&self) -> Vec<Record> {
        self.ledger.records()
    }

    /// Takes up what an earlier life left undone. Once, after the last [`Self::replay`].
    pub fn resume(&mut self, now: Moment) -> Vec<Effect> {
        let open: Vec<_> = self
            .ledger
            .iter()
            .filter(|entry| entry.is_open())
            .map(|entry| (entry.task.id, entry.deadline))
            .collect();
        for (id, deadline) in open {
            self.wait(id, deadline);
        }
        let mut effects = self.ring(now);
        self.settle_down(now, &mut effects);
        effects
    }

    /// Takes one input at `now`; says what follows from it.
    ///
    /// # Errors
    /// A [`Refusal`]: nothing changed.
    pub fn apply(&mut self, now: Moment, input: Input) -> Result<Vec<Effect>, Refusal> {
        let mut effects = match input {
            Input::Chain { chain, first, events } => self.listen(now, chain, first, &events),
            Input::Answered { task, operator, answer } => self.answered(task, operator, answer)?,
            Input::NotAnswered { task, operator, refusal } => {
                self.not_answered(now, task, operator, refusal)?
            }
            Input::Proven(proof) => self.proven(now, proof)?,
            Input::Distrusted { task, operator } => {
                self.fault(task, operator, Fault::WrongSignature)?
            }
            Input::Split { task, votes } => self.split(task, votes)?,
            Input::Settled(verdict) => self.settled(now, verdict)?,
            Input::Offended(offence) => self.offended(offence),
            Input::AggregationStarted => self.each_in_progress(order),
            Input::QuorumStarted => self.each_in_progress(ballot),
            Input::Alarm => self.ring(now),
        };
        self.settle_down(now, &mut effects);
        Ok(effects)
    }

    /// Takes what was before this aggregator came; says whether there was room for all of it. If
    /// not, it is to come again: a task is known by its name, so nothing is kept of how far this
    /// went.
    pub fn apply_past(
        &mut self,
        now: Moment,
        chain: ChainId,
        events: &[ChainEvent],
    ) -> (Vec<Effect>, bool) {
        let mut effects = Vec::new();
        let is_all = events.iter().all(|event| self.take(now, chain, event, &mut effects));
        self.settle_down(now, &mut effects);
        (effects, is_all)
    }

    /// The last event of the chain that is applied.
    pub fn applied(&self, chain: ChainId) -> EventNumber {
        self.ledger.applied(chain)
    }

    /// How many tasks have not ended, and how many of them are in the hands of operators.
    pub const fn open_len(&self) -> (usize, usize) {
        (self.ledger.open_len(), self.ledger.processing_len())
    }

    /// One task, with its certificate.
    pub fn view(&self, id: TaskId) -> Option<TaskView> {
        self.ledger.get(id).map(|entry| entry.view(true))
    }

    /// Tasks, newest first, older than `after`, without their certificates.
    pub fn page(&self, filter: TaskFilter, after: Option<TaskId>, limit: usize) -> Vec<TaskView> {
        self.ledger.page(filter, after, limit)
    }

    /// The latest offences, oldest first.
    pub fn offences(&self) -> impl Iterator<Item = Equivocation> {
        self.ledger.offences()
    }

    /// Makes a record true and durable.
    fn commit(&mut self, record: Record, effects: &mut Vec<Effect>) {
        self.ledger.evolve(&record);
        effects.push(Effect::Journal(record));
    }

    /// What follows from every input: whoever can begin begins, and the next alarm is set.
    fn settle_down(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        while self.ledger.processing_len() < self.settings.processing_max {
            let Some(id) = self.waiting.pop_front() else {
                break;
            };
            self.begin(now, id, effects);
        }
        effects.extend(self.timers.arm().map(Effect::WakeAt));
    }

    fn wait(&mut self, id: TaskId, deadline: Moment) {
        self.waiting.push_back(id);
        self.timers.set(deadline, Alarm::Deadline(id));
    }

    /// Asks every member that has not answered, and puts the ballot and the aggregation.
    fn begin(&mut self, now: Moment, id: TaskId, effects: &mut Vec<Effect>) {
        let Some(entry) = self.ledger.get(id).filter(|entry| entry.is_waiting()) else {
            return;
        };
        let reference_timestamp = entry.task.reference_timestamp;
        let Some(set) = self.settings.sets.get(&entry.task.set).map(Arc::clone) else {
            return self.fail(now, id, TaskFailure::UnknownSet, effects);
        };
        if !has_stake(&set) {
            return self.fail(now, id, TaskFailure::NoOperators, effects);
        }
        let table = OperatorTable { reference_timestamp, members: set.members.clone() };
        let work =
            Work { set: Arc::clone(&set), table: Arc::new(table), proof: None, agreed: None };
        let Some(entry) = self.ledger.begin(id, work) else {
            return;
        };
        for member in &set.members {
            let has_answered = entry.answers.contains_key(&member.operator);
            let state = if has_answered { Asked::Answered } else { Asked::Waiting };
            entry.standings.insert(member.operator, Standing { state, attempts: 0 });
            if !has_answered {
                effects.push(submit(entry, member.operator));
            }
        }
        effects.extend(ballot(entry));
        effects.extend(order(entry));
        self.timers.set(now + self.settings.remind_every, Alarm::Remind(id));
    }

    fn fail(&mut self, now: Moment, id: TaskId, failure: TaskFailure, effects: &mut Vec<Effect>) {
        self.retire(id, effects);
        self.commit(Record::Failed { task: id, failure, at: now }, effects);
        effects.push(Effect::Failed(id, failure));
    }

    /// A task is about to end: nobody needs to work on it any more.
    fn retire(&mut self, id: TaskId, effects: &mut Vec<Effect>) {
        let Some(entry) = self.ledger.get(id).filter(|entry| entry.is_open()) else {
            return;
        };
        self.timers.unset(entry.deadline, Alarm::Deadline(id));
        if entry.work.is_some() {
            effects.push(Effect::CloseAggregation(id));
        }
    }

    fn offended(&mut self, offence: Equivocation) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.ledger.offences().all(|known| known != offence) {
            self.commit(Record::Offended(offence), &mut effects);
        }
        effects
    }

    fn ring(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        for alarm in self.timers.ring(now) {
            match alarm {
                Alarm::Deadline(id) => {
                    if self.ledger.get(id).is_some_and(|e| e.is_open() && e.deadline <= now) {
                        self.fail(now, id, TaskFailure::Expired, &mut effects);
                    }
                }
                Alarm::Remind(id) => {
                    let in_work = self.ledger.get(id).filter(|entry| entry.work.is_some());
                    if let Some(entry) = in_work {
                        effects.extend(ballot(entry));
                        effects.extend(order(entry));
                        self.timers.set(now + self.settings.remind_every, Alarm::Remind(id));
                    }
                }
                Alarm::Retry(id, operator) => {
                    let in_work = self.ledger.get(id).filter(|entry| entry.work.is_some());
                    let waits = |entry: &&Entry| {
                        let standing = entry.standings.get(&operator);
                        standing.is_some_and(|standing| standing.state == Asked::Waiting)
                    };
                    effects.extend(in_work.filter(waits).map(|entry| submit(entry, operator)));
                }
            }
        }
        effects
    }

    fn each_in_progress(&self, effects: impl Fn(&Entry) -> Vec<Effect>) -> Vec<Effect> {
        self.ledger.iter().filter(|entry| entry.work.is_some()).flat_map(effects).collect()
    }
}

fn submit(entry: &Entry, operator: OperatorId) -> Effect {
    Effect::Submit(Box::new(Submission { task: entry.task.clone(), operator }))
}

/// The ballot of a task in progress, with the votes it has.
fn ballot(entry: &Entry) -> Vec<Effect> {
    let Some(work) = &entry.work else {
        return Vec::new();
    };
    let member = |member: &TableMember| (member.operator, member.weights.clone());
    let question = Question {
        ballot: BallotId(entry.task.id.0),
        members: work.set.members.iter().map(member).collect(),
        rule: work.set.threshold,
        closes_at: entry.deadline,
    };
    let cast = work.proof.iter().flat_map(|proof| votes(proof)).map(Effect::Cast);
    std::iter::once(Effect::OpenBallot(question)).chain(cast).collect()
}

/// The certificate of a task in progress, ordered, with the answers it has.
fn order(entry: &Entry) -> Vec<Effect> {
    let Some(work) = &entry.work else {
        return Vec::new();
    };
    let order = CertificateOrder {
        task: entry.task.id,
        table: Arc::clone(&work.table),
        rule: work.set.certificate,
        threshold: work.set.threshold,
    };
    let answers = entry.answers.values().cloned().map(Box::new).map(Effect::AddAnswer);
    std::iter::once(Effect::OpenAggregation(order)).chain(answers).collect()
}

fn votes(proof: &CertifiedResult) -> impl Iterator<Item = Vote> {
    let (ballot, digest) = (BallotId(proof.task.0), proof.digest);
    proof.signers.iter().map(move |&operator| Vote { ballot, operator, digest })
}

/// Whether anybody in the set weighs anything.
fn has_stake(set: &OperatorSet) -> bool {
    set.members.iter().flat_map(|member| &member.weights).any(|&stake| stake != Stake::ZERO)
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
pub(crate) mod tests;
