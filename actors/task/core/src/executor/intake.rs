use synod_types::chain::{BlockId, ChainEvent, ChainId, EventNumber, Log};
use synod_types::task::{Submission, SubmitRefusal, Task};
use synod_types::time::Moment;

use super::entry::{Entry, Stage};
use super::{Alarm, Asker, Effect, Executor, Origin, Record, Settings};
use crate::announced::{self, Skip};

impl Executor {
    /// The same submission again joins what is under way, or hears what came of it.
    pub(super) fn submit(
        &mut self,
        now: Moment,
        submission: &Submission,
        asker: Asker,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let outcome = match self.check(now, submission) {
            Err(refusal) => Err(refusal),
            Ok(()) => self.join(now, &submission.task, asker, &mut effects),
        };
        if let Err(refusal) = outcome {
            effects.push(Effect::Answer(asker, Err(refusal)));
        }
        effects
    }

    /// Format, then addressee, then set, then time.
    fn check(&self, now: Moment, submission: &Submission) -> Result<(), SubmitRefusal> {
        let Settings { operator, sets, payload_bytes_max, .. } = &self.settings;
        let task = &submission.task;
        let is_well_formed =
            task.reference_timestamp != 0 && (1..=*payload_bytes_max).contains(&task.payload.len());
        if !is_well_formed {
            return Err(SubmitRefusal::Malformed);
        }
        if submission.operator != *operator {
            return Err(SubmitRefusal::NotMine);
        }
        if !sets.contains_key(&task.set) {
            return Err(SubmitRefusal::UnknownSet);
        }
        match self.ledger.get(task.id) {
            Some(known) if !is_same(&known.task, task) => Err(SubmitRefusal::Different),
            Some(_) => Ok(()),
            None if announced::deadline(task, now, self.settings.window) <= now => {
                Err(SubmitRefusal::Expired)
            }
            None => Ok(()),
        }
    }

    fn join(
        &mut self,
        now: Moment,
        task: &Task,
        asker: Asker,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SubmitRefusal> {
        let has_room = self.queued < self.settings.queue_max;
        let Some(entry) = self.ledger.get_mut(task.id) else {
            if !has_room || !self.make_room(now) {
                return Err(SubmitRefusal::Busy);
            }
            self.accept(now, task.clone(), Origin::Submitted, effects);
            self.attend(task, asker, effects);
            return Ok(());
        };
        match &entry.stage {
            Stage::Signed(answer) => {
                effects.push(Effect::Answer(asker, Ok(answer.clone())));
                Ok(())
            }
            Stage::Refused(refusal) => Err(*refusal),
            Stage::Queued | Stage::Running | Stage::Signing { .. } => {
                self.attend(task, asker, effects);
                Ok(())
            }
            Stage::Idle if has_room => {
                self.enqueue(task.id);
                self.attend(task, asker, effects);
                Ok(())
            }
            Stage::Idle => Err(SubmitRefusal::Busy),
        }
    }

    /// When too many wait, the one that has waited longest, and may have left, is sent away.
    fn attend(&mut self, task: &Task, asker: Asker, effects: &mut Vec<Effect>) {
        let Some(entry) = self.ledger.get_mut(task.id) else {
            return;
        };
        entry.askers.push_back(asker);
        if self.settings.askers_max < entry.askers.len() {
            let sent_away = entry.askers.pop_front();
            let busy = |asker| Effect::Answer(asker, Err(SubmitRefusal::Busy));
            effects.extend(sent_away.map(busy));
        }
    }

    fn make_room(&mut self, now: Moment) -> bool {
        while self.settings.kept_max <= self.ledger.len() {
            if !self.ledger.forget(now) {
                return false;
            }
        }
        true
    }

    fn accept(&mut self, now: Moment, task: Task, origin: Origin, effects: &mut Vec<Effect>) {
        let id = task.id;
        let deadline = announced::deadline(&task, now, self.settings.window);
        let record = Record::Accepted { task: Box::new(task), origin, at: now, deadline };
        self.commit(record, effects);
        self.timers.set(deadline, Alarm::Deadline(id));
        self.enqueue(id);
    }

    /// Takes what is new of a batch, block by block, as long as there is room. What is left is
    /// left to the chain, which tells it again: [`Executor::applied`] says how far this went.
    pub(super) fn listen(
        &mut self,
        now: Moment,
        chain: ChainId,
        first: EventNumber,
        events: &[ChainEvent],
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let last = self.ledger.applied(chain);
        let mut taken = last;
        for (number, event) in (first.0..).map(EventNumber).zip(events) {
            if number <= last {
                effects.push(Effect::PassedOver(Skip::Repeated));
                continue;
            }
            if !self.take(now, chain, event, &mut effects) {
                break;
            }
            taken = number;
        }
        if taken != last {
            self.commit(Record::Applied { chain, number: taken }, &mut effects);
        }
        effects
    }

    /// Whether there was room.
    pub(super) fn take(
        &mut self,
        now: Moment,
        chain: ChainId,
        event: &ChainEvent,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match event {
            ChainEvent::Committed { block, logs } => {
                if self.settings.queue_max <= self.queued || !self.make_room(now) {
                    return false;
                }
                for log in logs {
                    match self.read(now, chain, block.id, log) {
                        Ok(task) => self.accept(now, task, Origin::Followed, effects),
                        Err(skip) => effects.push(Effect::PassedOver(skip)),
                    }
                }
            }
            ChainEvent::Retracted { block } => self.withdraw(chain, *block, effects),
        }
        true
    }

    /// A log as an announcement that nobody needs to ask this executor about.
    fn read(&self, now: Moment, chain: ChainId, block: BlockId, log: &Log) -> Result<Task, Skip> {
        let Settings { follow, sets, payload_bytes_max, window, .. } = &self.settings;
        let task = announced::read(follow, *payload_bytes_max, (chain, block), log)?;
        if !sets.contains_key(&task.set) {
            return Err(Skip::OtherAvs);
        }
        if self.ledger.get(task.id).is_some() {
            return Err(Skip::Known);
        }
        let is_over = announced::deadline(&task, now, *window) <= now;
        if is_over { Err(Skip::Unacceptable) } else { Ok(task) }
    }

    /// What nobody asked for and is not signed yet is not done.
    fn withdraw(&mut self, chain: ChainId, block: BlockId, effects: &mut Vec<Effect>) {
        let is_gone = |entry: &&Entry| {
            let is_of_block = entry.task.chain == chain && entry.task.block == block;
            is_of_block && entry.origin == Origin::Followed && !entry.is_ended()
        };
        let gone: Vec<_> = self.ledger.iter().filter(is_gone).map(|e| e.task.id).collect();
        for id in gone {
            self.retire(id);
            self.tell(id, &Err(SubmitRefusal::Busy), effects);
            self.commit(Record::Withdrawn(id), effects);
        }
    }
}

/// Whether it asks for the same answer. The block that announced it may change in a
/// reorganisation; what is signed does not depend on it.
fn is_same(known: &Task, again: &Task) -> bool {
    known.set == again.set
        && known.reference_timestamp == again.reference_timestamp
        && known.payload == again.payload
}
