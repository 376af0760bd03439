//! From a submission to a signed answer.

mod entry;
mod intake;
mod ledger;
mod words;

pub use words::{Asker, Effect, Input, Origin, Record, Settings, Trouble};

use std::collections::{BTreeSet, VecDeque};

use synod_types::Bytes;
use synod_types::chain::{ChainEvent, ChainId, EventNumber};
use synod_types::operator::OperatorId;
use synod_types::signature::Signature;
use synod_types::task::{Answer, ExecutionView, SubmitRefusal, TaskId};
use synod_types::time::Moment;

use crate::timers::Timers;
use entry::{Entry, Stage};
use ledger::Ledger;

/// All tasks of one operator.
#[derive(Debug)]
pub struct Executor {
    settings: Settings,
    ledger: Ledger,
    /// Tasks that wait for the performer, and some that no longer do.
    queue: VecDeque<TaskId>,
    queued: usize,
    /// Runs whose end has not been told, those of tasks that ended meanwhile included.
    running: BTreeSet<TaskId>,
    timers: Timers<Alarm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    Deadline(TaskId),
    Perform(TaskId),
    Sign(TaskId),
}

impl Executor {
    /// Knows nothing yet: [`Self::replay`] what the journal holds, then [`Self::resume`].
    pub fn new(settings: Settings) -> Self {
        let ledger = Ledger::new(settings.sets.clone());
        Self {
            settings,
            ledger,
            queue: VecDeque::new(),
            queued: 0,
            running: BTreeSet::new(),
            timers: Timers::new(),
        }
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
        let open: Vec<Entry> =
            self.ledger.iter().filter(|entry| !entry.is_ended()).cloned().collect();
        let mut effects = Vec::new();
        for Entry { task, deadline, stage, origin, .. } in open {
            let id = task.id;
            if !self.settings.sets.contains_key(&task.set) {
                let refusal = SubmitRefusal::UnknownSet;
                self.commit(Record::Refused { task: id, refusal }, &mut effects);
                effects.push(Effect::Ended(Err(refusal)));
                continue;
            }
            self.timers.set(deadline, Alarm::Deadline(id));
            match (stage, origin) {
                (Stage::Queued | Stage::Running, _) | (Stage::Idle, Origin::Followed) => {
                    self.enqueue(id);
                }
                (Stage::Signing { digest, .. }, _) => {
                    effects.push(Effect::Sign { task: id, digest });
                }
                (Stage::Idle, Origin::Submitted) | (Stage::Signed(_) | Stage::Refused(_), _) => {}
            }
        }
        effects.extend(self.ring(now));
        self.settle_down(&mut effects);
        effects
    }

    /// Takes one input at `now`; says what follows from it.
    pub fn apply(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        let mut effects = match input {
            Input::Submit(submission, asker) => self.submit(now, &submission, asker),
            Input::Performed { task, outcome } => self.performed(now, task, outcome),
            Input::Signed { task, outcome } => self.signed(now, task, outcome),
            Input::Chain { chain, first, events } => self.listen(now, chain, first, &events),
            Input::Alarm => self.ring(now),
        };
        self.settle_down(&mut effects);
        effects
    }

    /// Takes what was before this executor came; says whether there was room for all of it. If
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
        self.settle_down(&mut effects);
        (effects, is_all)
    }

    /// In whose name it answers.
    pub const fn operator(&self) -> OperatorId {
        self.settings.operator
    }

    /// The last event of the chain that is applied.
    pub fn applied(&self, chain: ChainId) -> EventNumber {
        self.ledger.applied(chain)
    }

    /// How many tasks wait for the performer, and how many runs are under way.
    pub fn load(&self) -> (usize, usize) {
        (self.queued, self.running.len())
    }

    /// Tasks, newest first, older than `after`.
    pub fn page(&self, after: Option<TaskId>, limit: usize) -> Vec<ExecutionView> {
        self.ledger.page(after, limit)
    }

    fn commit(&mut self, record: Record, effects: &mut Vec<Effect>) {
        self.ledger.evolve(&record);
        effects.push(Effect::Journal(record));
    }

    /// What follows from every input: whoever can begin begins, and the next alarm is set.
    fn settle_down(&mut self, effects: &mut Vec<Effect>) {
        while self.running.len() < self.settings.running_max {
            let Some(id) = self.queue.pop_front() else {
                break;
            };
            let is_queued = |entry: &&mut Entry| entry.stage == Stage::Queued;
            let Some(entry) = self.ledger.get_mut(id).filter(is_queued) else {
                continue;
            };
            entry.stage = Stage::Running;
            self.queued -= 1;
            // A run of an earlier announcement of this task may still be under way: its result
            // will do.
            if self.running.insert(id) {
                effects.push(Effect::Perform { task: id, payload: entry.task.payload.clone() });
            }
        }
        effects.extend(self.timers.arm().map(Effect::WakeAt));
    }

    fn enqueue(&mut self, id: TaskId) {
        if let Some(entry) = self.ledger.get_mut(id) {
            entry.stage = Stage::Queued;
            self.queue.push_back(id);
            self.queued += 1;
        }
    }

    fn performed(
        &mut self,
        now: Moment,
        id: TaskId,
        outcome: Result<Bytes, Trouble>,
    ) -> Vec<Effect> {
        self.running.remove(&id);
        let mut effects = Vec::new();
        let Some(entry) = self.ledger.get(id).filter(|entry| entry.stage == Stage::Running) else {
            return effects;
        };
        let failures = entry.failures + 1;
        match outcome {
            Ok(output) if output.len() <= self.settings.output_bytes_max => {
                self.commit(Record::Performed { task: id, output }, &mut effects);
                effects.extend(self.ask_signer(id));
            }
            Err(Trouble::Absent) => self.put_off(now, id, &mut effects),
            Err(Trouble::Passing) if failures < self.settings.attempts_max => {
                self.commit(Record::Failed(id), &mut effects);
                self.put_off(now, id, &mut effects);
            }
            Ok(_) | Err(Trouble::Passing | Trouble::Lasting) => {
                self.refuse(id, SubmitRefusal::PerformerFailed, &mut effects);
            }
        }
        effects
    }

    /// Not now: whoever asked may ask again, and what nobody asked for is tried again.
    fn put_off(&mut self, now: Moment, id: TaskId, effects: &mut Vec<Effect>) {
        let Some(entry) = self.ledger.get_mut(id) else {
            return;
        };
        entry.stage = Stage::Idle;
        if entry.origin == Origin::Followed {
            let wait = self.settings.retry.spread(entry.failures.max(1), self.settings.operator);
            self.timers.set(now + wait, Alarm::Perform(id));
        }
        self.tell(id, &Err(SubmitRefusal::PerformerUnavailable), effects);
    }

    fn signed(
        &mut self,
        now: Moment,
        id: TaskId,
        outcome: Result<Signature, Trouble>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let retry = self.settings.retry;
        let operator = self.settings.operator;
        let Some(entry) = self.ledger.get_mut(id) else {
            return effects;
        };
        let rule = self.settings.sets.get(&entry.task.set);
        let Stage::Signing { output, digest, attempts } = &mut entry.stage else {
            return effects;
        };
        match outcome {
            Ok(signature) if rule.is_some_and(|rule| rule.scheme() == signature.scheme) => {
                let (output, digest) = (output.clone(), *digest);
                let answer = Answer { task: id, operator, output, digest, signature };
                let answer = Box::new(answer);
                self.retire(id);
                self.commit(Record::Signed(answer.clone()), &mut effects);
                self.tell(id, &Ok(answer), &mut effects);
                effects.push(Effect::Ended(Ok(())));
            }
            Err(Trouble::Absent | Trouble::Passing) => {
                *attempts = attempts.saturating_add(1);
                self.timers.set(now + retry.spread(*attempts, operator), Alarm::Sign(id));
            }
            Ok(_) | Err(Trouble::Lasting) => {
                self.refuse(id, SubmitRefusal::SigningRefused, &mut effects);
            }
        }
        effects
    }

    fn ring(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        for alarm in self.timers.ring(now) {
            match alarm {
                Alarm::Deadline(id) => {
                    let is_over = |e: &&Entry| !e.is_ended() && e.deadline <= now;
                    if self.ledger.get(id).filter(is_over).is_some() {
                        self.refuse(id, SubmitRefusal::Expired, &mut effects);
                    }
                }
                Alarm::Perform(id) => {
                    if self.ledger.get(id).is_some_and(|entry| entry.stage == Stage::Idle) {
                        self.enqueue(id);
                    }
                }
                Alarm::Sign(id) => effects.extend(self.ask_signer(id)),
            }
        }
        effects
    }

    /// What the digest of a performed task that waits for its signature is the hash of.
    pub fn preimage(&self, id: TaskId) -> Option<Bytes> {
        let entry = self.ledger.get(id)?;
        let Stage::Signing { output, .. } = &entry.stage else { return None };
        let rule = self.settings.sets.get(&entry.task.set)?;
        Some(rule.preimage(entry.task.reference_timestamp, id, output))
    }

    fn ask_signer(&self, id: TaskId) -> Option<Effect> {
        match self.ledger.get(id)?.stage {
            Stage::Signing { digest, .. } => Some(Effect::Sign { task: id, digest }),
            Stage::Queued | Stage::Running | Stage::Idle | Stage::Signed(_) | Stage::Refused(_) => {
                None
            }
        }
    }

    fn refuse(&mut self, id: TaskId, refusal: SubmitRefusal, effects: &mut Vec<Effect>) {
        self.retire(id);
        self.commit(Record::Refused { task: id, refusal }, effects);
        self.tell(id, &Err(refusal), effects);
        effects.push(Effect::Ended(Err(refusal)));
    }

    /// A task is about to leave its stage for good.
    fn retire(&mut self, id: TaskId) {
        if let Some(entry) = self.ledger.get(id) {
            self.timers.unset(entry.deadline, Alarm::Deadline(id));
            self.queued -= usize::from(entry.stage == Stage::Queued);
        }
    }

    /// Answers everybody who waits for the task.
    fn tell(
        &mut self,
        id: TaskId,
        answer: &Result<Box<Answer>, SubmitRefusal>,
        effects: &mut Vec<Effect>,
    ) {
        let askers = self.ledger.get_mut(id).map(|entry| std::mem::take(&mut entry.askers));
        let told = askers.into_iter().flatten();
        effects.extend(told.map(|asker| Effect::Answer(asker, answer.clone())));
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
