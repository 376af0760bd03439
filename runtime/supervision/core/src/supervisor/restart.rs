//! Failures, back-off, and the restart of groups.

use std::ops::Range;

use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Cause, Child, Phase, State, Supervisor};
use crate::event::{Effect, ExitReason, Generation, Outcome, Report, StopHow};
use crate::policy::{Restart, Strategy};

impl Supervisor {
    /// A live child is gone. Only an end nobody asked for is judged.
    pub(super) fn exited(
        &mut self,
        now: Moment,
        index: usize,
        told: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        let cause = match child.state {
            State::Stopping { cause, .. } => Some(cause),
            State::Waiting
            | State::Starting
            | State::Running
            | State::Backoff { .. }
            | State::Ended => None,
        };
        let reason = match cause {
            Some(Cause::StartTimeout) => ExitReason::StartTimeout,
            Some(Cause::Order) if child.is_late => ExitReason::StopTimeout,
            Some(Cause::Order) | None => told,
        };
        let was_asked = child.must_halt || cause == Some(Cause::Order);
        let ran = child.started_at.map(|started_at| now.since(started_at));
        if ran.is_some_and(|ran| self.policy.backoff.reset_after <= ran) {
            child.attempt = 0;
        }
        child.is_gone(now, reason.clone());
        effects.push(Effect::Report(Report::Exited {
            child: child.policy.id.clone(),
            generation: child.generation,
            reason: reason.clone(),
        }));

        if !matches!(self.phase, Phase::Up) {
            child.state = State::Ended;
        } else if was_asked && child.returns_with_group() {
            child.state = State::Waiting;
        } else if was_asked || !child.returns_after(&reason) {
            child.state = State::Ended;
            effects.push(Effect::Report(Report::Ended { child: child.policy.id.clone() }));
        } else {
            self.failed(now, index, reason, effects);
        }
    }

    /// One failure is one restart towards the intensity, however many restart with it.
    fn failed(&mut self, now: Moment, index: usize, reason: ExitReason, effects: &mut Vec<Effect>) {
        if self.window.push(now) {
            self.give_up(now, index, reason, effects);
            return;
        }
        let child = &mut self.children[index];
        let attempt = child.attempt;
        let delay = self.policy.backoff.delay(self.policy.seed, &child.policy.id, attempt);
        let until = now + delay;
        child.attempt = attempt.saturating_add(1);
        child.restarts += 1;
        child.state = State::Backoff { until };
        let id = child.policy.id.clone();
        effects.push(Effect::Report(Report::RestartScheduled { child: id, at: until, attempt }));
        if delay.is_zero() {
            child.state = State::Waiting;
        } else {
            self.wake(index, until, effects);
        }
        self.halt_group_of(index);
    }

    fn give_up(
        &mut self,
        now: Moment,
        index: usize,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        let child = self.children[index].policy.id.clone();
        let is_first_start = !self.was_ready && !self.children[index].was_ready;
        effects
            .push(Effect::Report(Report::GaveUp { child: child.clone(), reason: reason.clone() }));
        self.children[index].state = State::Ended;
        let outcome = if is_first_start {
            Outcome::StartFailed { child, reason }
        } else {
            let restarts = self.window.used(now);
            Outcome::Exceeded { child, reason, restarts, period: self.policy.intensity.period }
        };
        self.enter_end(outcome, StopHow::Halt);
    }

    /// An operator's wish: no failure, so no count and no wait.
    pub(super) fn restart_child(&mut self, child: &ActorId) {
        let Some(index) = self.find(child) else { return };
        if !matches!(self.phase, Phase::Up) {
            return;
        }
        let child = &mut self.children[index];
        child.is_wished = true;
        match child.state {
            State::Starting | State::Running => {
                child.must_halt = true;
                self.halt_group_of(index);
            }
            // It is on its way out because it was not ready in time: let that be its restart.
            State::Stopping { cause: Cause::StartTimeout, .. } => {
                child.must_halt = true;
                self.halt_group_of(index);
            }
            State::Backoff { .. } | State::Ended => {
                child.state = State::Waiting;
                child.alarm = None;
            }
            State::Waiting | State::Stopping { cause: Cause::Order, .. } => (),
        }
    }

    /// Whoever the strategy restarts with the child must go; whoever ended before comes back
    /// with the others, unless it is temporary.
    fn halt_group_of(&mut self, index: usize) {
        for other in self.group_of(index).filter(|&other| other != index) {
            let child = &mut self.children[other];
            if child.is_live() {
                child.must_halt = true;
            } else if child.state == State::Ended && child.policy.restart != Restart::Temporary {
                child.state = State::Waiting;
            }
        }
    }

    fn group_of(&self, index: usize) -> Range<usize> {
        match self.policy.strategy {
            Strategy::OneForOne => index..index + 1,
            Strategy::OneForAll => 0..self.children.len(),
            Strategy::RestForOne => index..self.children.len(),
        }
    }

    /// Asks the next child that must go. A group goes one by one, the last first; children
    /// that are restarted one for one have nothing to do with each other.
    pub(super) fn advance_halts(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for index in (0..self.children.len()).rev() {
            if self.is_group() && self.children.iter().any(Child::is_stopping) {
                return;
            }
            let child = &self.children[index];
            if child.must_halt && !child.is_stopping() {
                self.ask_to_stop(now, index, StopHow::Halt, effects);
            }
        }
    }

    /// Starts whoever may start: in order, each after those before it are ready. Children that
    /// are restarted one for one wait for the others only until they have been ready once.
    pub(super) fn advance_starts(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let has_halts = self.children.iter().any(|child| child.must_halt || child.is_stopping());
        let in_backoff = |child: &Child| matches!(child.state, State::Backoff { .. });
        let has_backoff = self.children.iter().any(in_backoff);
        let is_held = match self.policy.strategy {
            Strategy::OneForOne => false,
            Strategy::OneForAll => has_halts || has_backoff,
            Strategy::RestForOne => has_halts,
        };
        if is_held {
            return;
        }
        let mut are_settled = true;
        for index in 0..self.children.len() {
            let child = &self.children[index];
            let is_alone = !self.is_group() && child.was_ready;
            if child.state == State::Waiting && (are_settled || is_alone) {
                self.start_child(now, index, effects);
            }
            are_settled &= self.children[index].is_settled();
        }
    }

    fn start_child(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.generation = Generation(child.generation.0 + 1);
        child.state = State::Starting;
        child.is_wished = false;
        let at = now + child.policy.start_timeout;
        let (child, generation) = (child.policy.id.clone(), child.generation);
        effects.push(Effect::StartChild { child, generation });
        self.wake(index, at, effects);
    }
}
