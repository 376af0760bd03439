//! Where the node left our chain, and how we get there.

use synod_types::chain::{Block, BlockId, ChainEvent, ChainIdentity, Trouble};
use synod_types::time::Moment;

use super::{Aim, Effect, Follower, Halt, Plan};

/// How many blocks below the tip are compared at first; four times as many at each step.
const FIRST_DEPTH: u64 = 8;

impl Follower {
    pub(super) fn search_fork(&mut self, now: Moment) -> Vec<Effect> {
        self.aim = Aim::Compare(FIRST_DEPTH);
        self.pace.succeeded(now);
        Vec::new()
    }

    pub(super) fn comparison(&self, depth: u64) -> Plan {
        let tip = self.tip_number();
        Plan::Compare { from: self.floor().max(tip.saturating_sub(depth)), to: tip }
    }

    pub(super) fn compared(
        &mut self,
        now: Moment,
        (identity, head): (ChainIdentity, u64),
        headers: &[Block],
    ) -> Result<Vec<Effect>, Trouble> {
        let (Aim::Compare(depth), Some(tip)) = (self.aim, self.window.tip()) else {
            return Err(Trouble::Torn);
        };
        if let Err(halt) = self.check_identity(identity) {
            return Ok(self.halt(halt));
        }
        self.head = Some(head);
        let from = self.floor().max(tip.number.saturating_sub(depth));
        let begins_right = headers.first().is_none_or(|block| block.id.number == from);
        if !begins_right || (headers.is_empty() && from <= head) {
            return Err(Trouble::Torn);
        }
        match self.window.fork(headers) {
            Some(fork) if fork == tip => {
                // The node flipped back, or two nodes answer in turn: no hurry.
                self.extend_at(now + self.rules.limits.retry_min);
                Ok(Vec::new())
            }
            Some(fork) => Ok(self.fork_found(now, head, (fork, headers))),
            None if self.floor() < from => {
                self.aim = Aim::Compare(depth.saturating_mul(4));
                self.pace.succeeded(now);
                Ok(Vec::new())
            }
            // So short that it shows nothing that could contradict us.
            None if headers.is_empty() => {
                self.wait_for_node(now);
                Ok(Vec::new())
            }
            None => Ok(self.no_fork(now, tip)),
        }
    }

    fn fork_found(
        &mut self,
        now: Moment,
        head: u64,
        (fork, headers): (BlockId, &[Block]),
    ) -> Vec<Effect> {
        let is_only_short = head == fork.number
            && head < self.tip_number()
            && headers.last().is_some_and(|block| block.id == fork);
        let patience = self.rules.limits.rollback_patience;
        if is_only_short && now.since(*self.short_since.get_or_insert(now)) < patience {
            self.wait_for_node(now);
            return Vec::new();
        }
        self.retract(now, Some(fork))
    }

    /// No block that may be retracted stands on one the node has. If that is all we ever
    /// committed, we begin anew at the same height.
    fn no_fork(&mut self, now: Moment, tip: BlockId) -> Vec<Effect> {
        let limit = self.depth_max();
        let start = self.began.map(|(_, start)| start);
        let bottom = self.window.bottom().map(|bottom| bottom.number);
        let committed = tip.number.saturating_sub(start.unwrap_or(0)).saturating_add(1);
        if start == bottom && committed <= limit {
            return self.retract(now, None);
        }
        self.halt(Halt::ReorgTooDeep { tip, limit })
    }

    fn retract(&mut self, now: Moment, fork: Option<BlockId>) -> Vec<Effect> {
        let above = self.window.above(fork);
        let events = above.into_iter().map(|block| ChainEvent::Retracted { block }).collect();
        self.short_since = None;
        self.extend_at(now);
        self.tell(events)
    }

    fn wait_for_node(&mut self, now: Moment) {
        self.short_since.get_or_insert(now);
        self.extend_at(now + self.rules.limits.poll);
    }

    pub(super) const fn extend_at(&mut self, at: Moment) {
        self.aim = Aim::Extend;
        self.pace.succeeded(at);
    }

    /// The lowest block a fork is looked for at.
    fn floor(&self) -> u64 {
        let bottom = self.window.bottom().map_or(0, |bottom| bottom.number);
        bottom.max(self.tip_number().saturating_sub(self.depth_max()))
    }

    pub(super) fn depth_max(&self) -> u64 {
        u64::try_from(self.rules.limits.reorg_depth_max).unwrap_or(u64::MAX)
    }

    fn tip_number(&self) -> u64 {
        self.window.tip().map_or(0, |tip| tip.number)
    }
}
