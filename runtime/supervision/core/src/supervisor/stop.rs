//! Orderly ends, and the force behind them.

use synod_types::time::Moment;

use super::{Cause, Child, Parking, Phase, State, Supervisor};
use crate::event::{Effect, ExitReason, Outcome, Report, StopHow};
use crate::policy::KILL_GRACE;

impl Supervisor {
    /// Someone asked for the end. A wish to drain outweighs an earlier one to halt, but not the
    /// supervisor's own giving up: what its children queue is for those who come after.
    pub(super) fn end(&mut self, wish: StopHow) {
        match &mut self.phase {
            Phase::Idle | Phase::Up | Phase::Exiting => self.enter_end(Outcome::Stopped, wish),
            Phase::Ending { outcome: Outcome::Stopped, how } => {
                if wish == StopHow::Drain {
                    *how = wish;
                }
            }
            Phase::Ending { .. } | Phase::Finished => (),
        }
    }

    pub(super) fn enter_end(&mut self, outcome: Outcome, how: StopHow) {
        self.phase = Phase::Ending { outcome, how };
        self.parking = Parking::Closed;
        self.alarm = None;
        for child in &mut self.children {
            // Killed, and its grace is over: nobody waits for it any more.
            if child.last_breath.is_unresponsive || !child.is_live() {
                child.state = State::Ended;
                child.alarm = None;
            }
        }
    }

    /// Stops the last child that runs; strictly one after another.
    pub(super) fn advance_end(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Phase::Ending { how, .. } = self.phase else { return };
        if self.children.iter().any(Child::is_stopping) {
            return;
        }
        if let Some(index) = self.children.iter().rposition(Child::is_live) {
            self.ask_to_stop(now, index, how, effects);
            return;
        }
        if let Phase::Ending { outcome, .. } = std::mem::replace(&mut self.phase, Phase::Finished) {
            effects.push(Effect::Finished(outcome));
        }
    }

    pub(super) fn ask_to_stop(
        &mut self,
        now: Moment,
        index: usize,
        how: StopHow,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        if child.policy.stop_timeout.is_zero() {
            self.kill(now, index, Cause::Order, effects);
            return;
        }
        child.state = State::Stopping { cause: Cause::Order, is_killed: false };
        let at = now + child.policy.stop_timeout;
        let (child, generation) = (child.policy.id.clone(), child.generation);
        effects.push(Effect::StopChild { child, generation, how });
        self.wake(index, at, effects);
    }

    pub(super) fn kill(
        &mut self,
        now: Moment,
        index: usize,
        cause: Cause,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        child.state = State::Stopping { cause, is_killed: true };
        let grace_at = now + KILL_GRACE;
        child.last_breath.grace_at = Some(grace_at);
        let id = child.policy.id.clone();
        effects.push(Effect::KillChild { child: id, generation: child.generation });
        child.must_be_gone(now);
        let at = child.last_breath.fence_at.map_or(grace_at, |at| at.clamp(now, grace_at));
        self.wake(index, at, effects);
    }

    /// Force did not help. Two generations must never run at once, so a child to be started
    /// again is waited for, unless it may be fenced; an ending supervisor leaves it behind, so
    /// that the end is bounded.
    pub(super) fn unresponsive(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.last_breath.is_unresponsive = true;
        effects.push(Effect::Report(Report::Unresponsive {
            child: child.policy.id.clone(),
            generation: child.generation,
        }));
        if matches!(self.phase, Phase::Ending { .. }) {
            child.is_gone(now, ExitReason::StopTimeout);
            child.state = State::Ended;
        }
    }
}
