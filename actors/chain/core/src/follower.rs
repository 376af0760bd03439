mod fork;
mod past;
mod standing;
mod words;

pub use past::Seam;
pub use words::{Effect, Halt, Input, Plan, Refusal};

use synod_types::chain::{
    Block, BlockId, ChainEvent, ChainIdentity, EventNumber, PlacedLog, Sight, Trouble,
};
use synod_types::time::Moment;

use crate::assemble::{Gap, check_links, commit, weight};
use crate::limits::Rules;
use crate::outbox::{Outbox, batch};
use crate::pace::Pace;
use crate::record::{Record, RecordError, Snapshot};
use crate::roll::Roll;
use crate::window::Window;
use past::Bound;

/// The following of one chain.
#[derive(Debug)]
pub struct Follower {
    rules: Rules,
    /// Which chain, and the first block to commit.
    began: Option<(ChainIdentity, u64)>,
    window: Window,
    outbox: Outbox,
    pace: Pace,
    aim: Aim,
    /// The ticket of the last look, and whether it is still out.
    ticket: u64,
    is_looking: bool,
    /// A hint came while a look was out.
    is_hinted: bool,
    head: Option<u64>,
    /// Since when the node is shorter than what is committed.
    short_since: Option<Moment>,
    halted: Option<Halt>,
    alarm: Option<Moment>,
    roll: Roll,
    /// None: it is followed for good.
    bound: Option<Bound>,
}

/// What the next look is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Identify,
    Extend,
    /// The fork lies below the tip: compare this many blocks and the tip.
    Compare(u64),
}

impl Follower {
    /// Nothing known yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            began: None,
            window: Window::default(),
            outbox: Outbox::new(rules.consumers, EventNumber::default()),
            pace: Pace::new(&rules.limits),
            aim: Aim::Identify,
            ticket: 0,
            is_looking: false,
            is_hinted: false,
            head: None,
            short_since: None,
            halted: None,
            alarm: None,
            roll: Roll::default(),
            bound: None,
            rules,
        }
    }

    /// What was known when the snapshot was taken. Records after it are replayed on top.
    pub fn restore(rules: Rules, snapshot: Snapshot) -> Self {
        let mut outbox = Outbox::new(rules.consumers, snapshot.answered);
        snapshot.queue.into_iter().for_each(|event| outbox.push(event));
        outbox.replay(snapshot.answered);
        let window = snapshot.window.into_iter().collect();
        let (began, roll) = (snapshot.began, snapshot.roll);
        Self { began, window, outbox, roll, ..Self::new(rules) }
    }

    /// What all records so far amount to.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            began: self.began,
            window: self.window.ids().collect(),
            answered: self.outbox.answered(),
            queue: self.outbox.events().cloned().collect(),
            roll: self.roll.clone(),
        }
    }

    /// Takes a record from the journal, in order, before the first input.
    ///
    /// # Errors
    /// [`RecordError`] if it does not follow from those before.
    pub fn replay(&mut self, record: Record) -> Result<(), RecordError> {
        match record {
            Record::Began { identity, start } => self.began = Some((identity, start)),
            Record::Told { first, events, answered } => {
                let expected = self.outbox.last().plus(1);
                if first != expected {
                    return Err(RecordError::OutOfOrder { found: first, expected });
                }
                for event in events {
                    self.check_place(&event)?;
                    self.take(event);
                }
                self.outbox.replay(answered);
            }
            Record::Joined { consumer } => self.join(consumer),
            Record::Left { consumer } => self.roll.leave(&consumer),
            Record::Ordered { number, consumer, from } => {
                self.roll.ordered(number, consumer, from);
            }
            Record::Finished { number } => self.roll.finished(number)?,
        }
        Ok(())
    }

    /// Takes one input at `now`; says what follows from it.
    ///
    /// # Errors
    /// [`Refusal`]: the input is about something that is over. Nothing changed.
    pub fn apply(&mut self, now: Moment, input: Input) -> Result<Vec<Effect>, Refusal> {
        let mut effects = match input {
            Input::Start => self.start(now),
            Input::Tick => self.tick(now),
            Input::NewHead => self.hint(now),
            Input::Seen(ticket, seen) => self.seen(now, ticket, seen)?,
            Input::Bounded(seam) => self.bounded(now, seam),
            Input::Durable(number) => self.durable(number),
            Input::Answered(consumer, upto) => self.answered(consumer, upto)?,
            Input::Unanswered(consumer, upto) => self.unanswered(now, consumer, upto)?,
        };
        self.proceed(now, &mut effects);
        Ok(effects)
    }

    fn start(&mut self, now: Moment) -> Vec<Effect> {
        self.pace.succeeded(now);
        Vec::new()
    }

    /// Rings for everything that is due; an early or late one does no harm.
    fn tick(&mut self, now: Moment) -> Vec<Effect> {
        self.alarm = self.alarm.filter(|alarm| now < *alarm);
        Vec::new()
    }

    fn hint(&mut self, now: Moment) -> Vec<Effect> {
        self.is_hinted |= self.is_looking;
        self.pace.hint(now);
        Vec::new()
    }

    fn durable(&mut self, number: EventNumber) -> Vec<Effect> {
        self.outbox.make_durable(number);
        Vec::new()
    }

    fn answered(&mut self, consumer: usize, upto: EventNumber) -> Result<Vec<Effect>, Refusal> {
        let is_settled = self.outbox.settle(consumer, upto);
        if is_settled { Ok(Vec::new()) } else { Err(Refusal::StaleAnswer { consumer, upto }) }
    }

    fn unanswered(
        &mut self,
        now: Moment,
        consumer: usize,
        upto: EventNumber,
    ) -> Result<Vec<Effect>, Refusal> {
        let retry = |failures| now + self.rules.limits.back_off(failures);
        let is_failed = self.outbox.fail(consumer, upto, retry);
        if is_failed { Ok(Vec::new()) } else { Err(Refusal::StaleAnswer { consumer, upto }) }
    }

    fn seen(
        &mut self,
        now: Moment,
        ticket: u64,
        seen: Result<Sight, Trouble>,
    ) -> Result<Vec<Effect>, Refusal> {
        if !self.is_looking || ticket != self.ticket {
            return Err(Refusal::StaleLook(ticket));
        }
        self.is_looking = false;
        let outcome = seen.and_then(|sight| match sight {
            Sight::Identity { identity, head } => Ok(self.identified(now, identity, head)),
            Sight::Segment { head, headers, logs } => self.segment(now, head, (&headers, logs)),
            Sight::Headers { identity, head, headers } => {
                self.compared(now, (identity, head), &headers)
            }
        });
        let effects = outcome.unwrap_or_else(|trouble| {
            self.pace.failed(now, trouble, &self.rules.limits);
            Vec::new()
        });
        if std::mem::take(&mut self.is_hinted) {
            self.pace.hint(now);
        }
        Ok(effects)
    }

    fn identified(&mut self, now: Moment, identity: ChainIdentity, head: u64) -> Vec<Effect> {
        if let Err(halt) = self.check_identity(identity) {
            return self.halt(halt);
        }
        self.head = Some(head);
        self.aim = Aim::Extend;
        self.pace.succeeded(now);
        if self.began.is_some() {
            return Vec::new();
        }
        let newest = self.confirmed(head).unwrap_or(0);
        let start = self.rules.start_block.unwrap_or(newest);
        self.began = Some((identity, start));
        vec![Effect::Journal(Record::Began { identity, start })]
    }

    fn check_identity(&self, found: ChainIdentity) -> Result<(), Halt> {
        let expected = self.rules.chain;
        if found.chain != expected {
            return Err(Halt::WrongChain { expected, found: found.chain });
        }
        match self.began {
            Some((began, _)) if began != found => Err(Halt::OtherChain { began, found }),
            Some(_) | None => Ok(()),
        }
    }

    /// A piece of the chain above our tip.
    fn segment(
        &mut self,
        now: Moment,
        head: u64,
        (headers, logs): (&[Block], Vec<PlacedLog>),
    ) -> Result<Vec<Effect>, Trouble> {
        self.head = Some(head);
        let tip = self.window.tip();
        if tip.is_some_and(|tip| head < tip.number) {
            return Ok(self.search_fork(now));
        }
        let above = match check_links(tip, headers) {
            Ok(above) => above,
            Err(Gap::Fork) if !headers.is_empty() => return Ok(self.search_fork(now)),
            Err(Gap::Fork | Gap::Torn) => return Err(Trouble::Torn),
        };
        let confirmed = self.confirmed(head);
        let is_next = above.first().is_none_or(|block| block.id.number == self.next_number());
        let is_confirmed = above.last().is_none_or(|block| Some(block.id.number) <= confirmed);
        if !is_next || !is_confirmed {
            return Err(Trouble::Torn);
        }
        let (above, logs) = self.cut_at_seam(above, logs);
        let events = commit(above, logs, &self.rules.filter).map_err(|_| Trouble::Torn)?;
        if let Some(halt) = self.oversized(&events) {
            return Ok(self.halt(halt));
        }
        self.short_since = None;
        self.pace.grew(events.len(), &self.rules.limits);
        let effects = self.tell(events);
        let is_more = confirmed.is_some_and(|confirmed| self.next_number() <= confirmed);
        self.pace.succeeded(if is_more && !above.is_empty() {
            now
        } else {
            now + self.rules.limits.poll
        });
        Ok(effects)
    }

    fn oversized(&self, events: &[ChainEvent]) -> Option<Halt> {
        let max = self.rules.limits.event_bytes_max;
        events.iter().find(|event| max < weight(event)).map(|event| Halt::BlockTooLarge {
            block: event.block(),
            bytes: weight(event),
            max,
        })
    }

    /// Takes events up and says what to journal. Nobody is told before the journal has them.
    fn tell(&mut self, events: Vec<ChainEvent>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut first = self.outbox.last().plus(1);
        let answered = self.outbox.answered();
        let mut rest = events.as_slice();
        while !rest.is_empty() {
            let part = batch(rest.iter(), &self.rules.limits);
            rest = &rest[part.len()..];
            let next = first.plus(part.len());
            effects.push(Effect::Journal(Record::Told { first, events: part, answered }));
            first = next;
        }
        events.into_iter().for_each(|event| self.take(event));
        effects
    }

    fn take(&mut self, event: ChainEvent) {
        match &event {
            ChainEvent::Committed { block, .. } => self.window.push(block.id),
            ChainEvent::Retracted { block } => self.window.pop(*block),
        }
        self.roll.told(event.block().number);
        self.outbox.push(event);
    }

    fn check_place(&self, event: &ChainEvent) -> Result<(), RecordError> {
        let tip = self.window.tip();
        let fits = match event {
            ChainEvent::Committed { block, .. } => tip.is_none_or(|tip| {
                tip.number.checked_add(1) == Some(block.id.number) && tip.hash == block.parent
            }),
            ChainEvent::Retracted { block } => tip == Some(*block),
        };
        if fits { Ok(()) } else { Err(RecordError::Misplaced(event.block())) }
    }

    fn halt(&mut self, halt: Halt) -> Vec<Effect> {
        self.halted = Some(halt.clone());
        vec![Effect::Halted(halt)]
    }

    /// What is due whatever the input was.
    fn proceed(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let deliveries = self.outbox.deliveries(now, &self.rules.limits);
        effects.extend(deliveries.into_iter().map(Effect::Deliver));
        if let Some(plan) = self.next_plan().filter(|_| self.pace.next_at() <= now) {
            self.is_looking = true;
            self.ticket += 1;
            effects.push(Effect::Look(self.ticket, plan));
        }
        let look_at = self.next_plan().map(|_| self.pace.next_at());
        let wake_at = look_at.into_iter().chain(self.outbox.next_retry()).min();
        if let Some(at) = wake_at.filter(|at| self.alarm.is_none_or(|alarm| *at < alarm)) {
            self.alarm = Some(at);
            effects.push(Effect::WakeAt(at));
        }
    }

    fn next_plan(&self) -> Option<Plan> {
        if self.halted.is_some() || self.is_looking || self.is_full() {
            return None;
        }
        match self.aim {
            Aim::Identify => Some(Plan::Identify),
            Aim::Extend if self.is_joined() => None,
            Aim::Extend => Some(self.extension()),
            Aim::Compare(depth) => Some(self.comparison(depth)),
        }
    }

    fn extension(&self) -> Plan {
        let limits = &self.rules.limits;
        let room = limits.undelivered_max.saturating_sub(self.outbox.len());
        let room = self.blocks_to_seam().min(room as u64);
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        Plan::Extend {
            tip: self.window.tip(),
            from: self.next_number(),
            blocks: self.pace.blocks().min(room),
            confirmations: limits.confirmations,
        }
    }

    fn is_full(&self) -> bool {
        let limits = &self.rules.limits;
        // What is fetched is fetched in pieces worth a question.
        let piece = limits.undelivered_max.div_ceil(2).min(self.pace.blocks() as usize);
        limits.undelivered_max < self.outbox.len().saturating_add(piece)
            || limits.undelivered_bytes_max <= self.outbox.bytes()
    }

    /// The highest block that has its confirmations.
    const fn confirmed(&self, head: u64) -> Option<u64> {
        head.checked_sub(self.rules.limits.confirmations)
    }

    /// The height of the next block to commit.
    pub(crate) fn next_number(&self) -> u64 {
        let start = self.began.map_or(0, |(_, start)| start);
        self.window.tip().map_or(start, |tip: BlockId| tip.number.saturating_add(1))
    }
}

#[cfg(test)]
pub(crate) mod tests;
