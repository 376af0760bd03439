use synod_types::chain::{BlockId, ChainEvent, ChainId, EventNumber, Log};
use synod_types::task::{Task, TaskFailure, TaskState};
use synod_types::time::Moment;

use super::{Aggregator, Effect, Record, Settings};
use crate::announced::{self, Skip};

impl Aggregator {
    /// Takes what is new of a batch, block by block, as long as there is room. What is left is
    /// left to the chain, which tells it again: [`Aggregator::applied`] says how far this went.
    pub(super) fn listen(
        &mut self,
        now: Moment,
        chain: ChainId,
        first: EventNumber,
        events: &[ChainEvent],
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let last = self.ledger.applied(chain);
        let (mut taken, mut height) = (last, self.ledger.height(chain));
        for (number, event) in (first.0..).map(EventNumber).zip(events) {
            if number <= last {
                effects.push(Effect::PassedOver(Skip::Repeated));
                continue;
            }
            if !self.take(now, chain, event, &mut effects) {
                break;
            }
            if matches!(event, ChainEvent::Committed { .. }) {
                height = height.max(event.block().number);
            }
            if taken.plus(1) < number && taken != EventNumber::default() {
                effects.push(Effect::PassedOver(Skip::Gap));
            }
            taken = number;
        }
        if taken != last {
            self.commit(Record::Applied { chain, number: taken, height }, &mut effects);
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
                if self.settings.open_max <= self.ledger.open_len() {
                    return false;
                }
                for log in logs {
                    match self.read(chain, block.id, log) {
                        Ok(task) => self.accept(now, task, effects),
                        Err(skip) => effects.push(Effect::PassedOver(skip)),
                    }
                }
            }
            ChainEvent::Retracted { block } => {
                let is_of = |task: &Task| task.chain == chain && task.block == *block;
                self.retracted(now, is_of, effects);
            }
        }
        true
    }

    /// A log as an announcement that this aggregator serves.
    fn read(&self, chain: ChainId, block: BlockId, log: &Log) -> Result<Task, Skip> {
        let Settings { mailboxes, sets, payload_bytes_max, .. } = &self.settings;
        let task = announced::read(mailboxes, *payload_bytes_max, (chain, block), log)?;
        let is_ours = sets.keys().any(|set| set.avs == task.set.avs);
        if is_ours { Ok(task) } else { Err(Skip::OtherAvs) }
    }

    fn accept(&mut self, now: Moment, task: Task, effects: &mut Vec<Effect>) {
        let id = task.id;
        if let Some(known) = self.ledger.get(id)
            && known.state() != TaskState::Failed(TaskFailure::Retracted)
        {
            if known.is_retracted && asks_the_same(&known.task, &task) {
                self.commit(Record::Returned(Box::new(task)), effects);
            } else {
                effects.push(Effect::PassedOver(Skip::Known));
            }
            return;
        }
        let deadline = announced::deadline(&task, now, self.settings.window);
        let is_served = self.settings.sets.contains_key(&task.set);
        self.commit(Record::Accepted { task: Box::new(task), at: now, deadline }, effects);
        effects.push(Effect::Accepted(id));
        if !is_served {
            self.fail(now, id, TaskFailure::UnknownSet, effects);
        } else if deadline <= now {
            self.fail(now, id, TaskFailure::Expired, effects);
        } else {
            self.wait(id, deadline);
        }
    }

    /// Ends what the block had announced; what is certified already is only marked.
    fn retracted(&mut self, now: Moment, is_of: impl Fn(&Task) -> bool, effects: &mut Vec<Effect>) {
        let gone: Vec<_> = self
            .ledger
            .iter()
            .filter(|entry| is_of(&entry.task) && !entry.is_retracted)
            .map(|entry| (entry.task.id, entry.state()))
            .collect();
        for (task, state) in gone {
            self.retire(task, effects);
            self.commit(Record::Retracted { task, at: now }, effects);
            if !state.is_terminal() {
                effects.push(Effect::Failed(task, TaskFailure::Retracted));
            }
        }
    }
}

/// Whether what was signed for one announcement is good for the other.
fn asks_the_same(known: &Task, again: &Task) -> bool {
    known.chain == again.chain
        && known.set == again.set
        && known.reference_timestamp == again.reference_timestamp
        && known.payload == again.payload
}
