//! What was before a consumer came: a following of its own that ends where the consumer's live
//! events begin.
//!
//! Invariants, whatever the chain does meanwhile:
//! - what the backfill commits at a height that the live following remembers is what that one has
//!   committed ([`Follower::agrees`]);
//! - what the live following tells the consumer at a height, the backfill takes back from there
//!   on, if it told it ([`Input::Bounded`](super::Input::Bounded));
//! - the backfill is told only when its last block is known to be the one below the consumer's
//!   first live block, and ends only when no reorg can change that unseen by the live following.

use synod_types::chain::{BackfillRefusal, Block, BlockId, ChainEvent, PlacedLog};
use synod_types::time::Moment;

use super::{Effect, Follower};
use crate::limits::Rules;
use crate::record::{Record, Snapshot};
use crate::roll::Order;

/// Where a backfill ends, and what the live following has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// The first height that the consumer is told as it happens.
    until: u64,
    /// The live following's block below it.
    below: Option<BlockId>,
    /// The live following's block at it.
    at: Option<BlockId>,
    /// The live following remembers nothing as low as that.
    is_deep: bool,
}

/// What limits a following that is a backfill.
#[derive(Debug)]
pub(super) struct Bound {
    seam: Seam,
    /// The node's block at the seam, standing on our tip.
    shown: Option<BlockId>,
}

impl Follower {
    /// The following of what was, as far as the seam.
    pub fn of_past(rules: Rules, seam: Seam) -> Self {
        Self { bound: Some(Bound { seam, shown: None }), ..Self::new(rules) }
    }

    /// The same, as it stood when the snapshot was taken.
    pub(crate) fn restore_over(&mut self, snapshot: Snapshot) {
        let bound = self.bound.take();
        *self = Self { bound, ..Self::restore(self.rules.clone(), snapshot) };
    }

    /// Makes the roll of consumers one of exactly these names, all of whom are told what comes
    /// from now on. To be called after the replay; what comes back is to be journalled.
    pub fn call_roll(&mut self, names: &[String]) -> Vec<Record> {
        let records = self.roll.differences(names);
        for record in &records {
            match record {
                Record::Left { consumer } => self.roll.leave(consumer),
                Record::Joined { consumer } => self.join(consumer.clone()),
                Record::Began { .. }
                | Record::Told { .. }
                | Record::Ordered { .. }
                | Record::Finished { .. } => (),
            }
        }
        records
    }

    /// Whoever joins is told what waits in the outbox, too.
    pub(super) fn join(&mut self, consumer: String) {
        let heights = self.outbox.events().map(|event| event.block().number);
        self.roll.join(consumer, heights.min().unwrap_or(u64::MAX));
    }

    /// Orders that `consumer` be told what was from block `from` on. What comes back is to be
    /// journalled before the order is carried out.
    ///
    /// # Errors
    /// [`BackfillRefusal`].
    pub fn order(&mut self, consumer: &str, from: u64) -> Result<(u32, Record), BackfillRefusal> {
        if let Some(halt) = &self.halted {
            return Err(BackfillRefusal::NotFollowed(halt.to_string()));
        }
        if self.began.is_none() {
            return Err(BackfillRefusal::NotBegun);
        }
        let floor = self.floor_of(consumer).unwrap_or(0);
        let record = self.roll.order(consumer, from, floor)?;
        let Record::Ordered { number, .. } = record else { return Err(BackfillRefusal::NotBegun) };
        self.roll.ordered(number, consumer.to_owned(), from);
        Ok((number, record))
    }

    /// All that was ordered under this number has been told. What comes back is to be journalled.
    pub fn finish(&mut self, number: u32) -> Option<Record> {
        self.roll.finished(number).is_ok().then_some(Record::Finished { number })
    }

    /// What is to be told of the past, by number.
    pub fn orders(&self) -> impl Iterator<Item = (u32, &Order)> {
        self.roll.orders()
    }

    /// The lowest height at which a consumer is told, or will be told, what happens.
    pub fn floor_of(&self, consumer: &str) -> Option<u64> {
        self.roll.floor(consumer).map(|floor| floor.min(self.next_number()))
    }

    /// Where a backfill for `consumer` ends.
    pub fn seam(&self, consumer: &str) -> Seam {
        let until = self.floor_of(consumer).unwrap_or(0);
        let bottom = self.window.bottom().map(|bottom| bottom.number);
        Seam {
            until,
            below: until.checked_sub(1).and_then(|below| self.window.at(below)),
            at: self.window.at(until),
            is_deep: bottom.is_some_and(|bottom| until < bottom),
        }
    }

    /// Whether none of these is another block than one that is remembered here.
    pub fn agrees(&self, headers: &[Block]) -> bool {
        let same = |block: &Block| self.window.at(block.id.number).is_none_or(|id| id == block.id);
        headers.iter().all(same)
    }

    /// Whether no reorg can reach below the first block committed here any more: whatever may
    /// still be taken back is remembered here, or following halts.
    pub(crate) fn is_settled(&self) -> bool {
        let start = self.began.map_or(u64::MAX, |(_, start)| start);
        let tip = self.window.tip().map(|tip| tip.number);
        let committed = tip.and_then(|tip| tip.checked_sub(start));
        committed.is_some_and(|above| self.depth_max() <= above)
    }

    /// Whether all of the past is told and answered.
    pub fn is_past_told(&self) -> bool {
        self.is_joined() && self.outbox.len() == 0
    }

    /// The live following has gone on: what it has taken over is not ours to tell.
    pub(super) fn bounded(&mut self, now: Moment, seam: Seam) -> Vec<Effect> {
        let Some(bound) = &mut self.bound else { return Vec::new() };
        bound.seam = seam;
        let above = self.window.ids().rev().take_while(|id| seam.until <= id.number);
        let events: Vec<_> = above.map(|block| ChainEvent::Retracted { block }).collect();
        if !events.is_empty() {
            self.extend_at(now);
        }
        self.tell(events)
    }

    /// Whether a backfill has reached the seam, and its tip is the block below it.
    pub(super) fn is_joined(&self) -> bool {
        let Some(Bound { seam, shown }) = &self.bound else { return false };
        if self.began.is_none() || self.next_number() < seam.until {
            return false;
        }
        let Some(tip) = self.window.tip() else { return true };
        seam.is_deep || seam.below == Some(tip) || seam.at.is_some_and(|at| *shown == Some(at))
    }

    /// How many of the next blocks to ask for at most: up to the seam, and the block at it.
    pub(super) fn blocks_to_seam(&self) -> u64 {
        let left = |bound: &Bound| bound.seam.until.saturating_sub(self.next_number());
        self.bound.as_ref().map_or(u64::MAX, |bound| left(bound).saturating_add(1))
    }

    /// Leaves out what is at the seam or above it.
    pub(super) fn cut_at_seam<'a>(
        &mut self,
        above: &'a [Block],
        mut logs: Vec<PlacedLog>,
    ) -> (&'a [Block], Vec<PlacedLog>) {
        let Some(Bound { seam, shown }) = &mut self.bound else { return (above, logs) };
        let end = above.partition_point(|block| block.id.number < seam.until);
        let at = above.get(end).filter(|block| block.id.number == seam.until);
        *shown = at.map(|block| block.id);
        logs.retain(|log| log.block.number < seam.until);
        (&above[..end], logs)
    }

    /// The first height of the seam, for whoever asks.
    pub fn until(&self) -> Option<u64> {
        self.bound.as_ref().map(|bound| bound.seam.until)
    }

    /// Whether retractions wait for an answer.
    pub(crate) fn is_taking_back(&self) -> bool {
        self.outbox.is_taking_back()
    }

    /// Who is to be told nothing for a while. Whether somebody is told again.
    pub(crate) fn hold(&mut self, held: &[bool]) -> bool {
        self.outbox.hold(held)
    }
}
