//! Failures, back-off, and the restart of groups.

use std::ops::Range;

use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Cause, Child, Phase, State, Supervisor};
use crate::event::{Effect, ExitReason, Generation, Outcome, ParkReason, Report, StopHow};
use crate::policy::{AutoShutdown, OnExceeded, Recovery, Restart, Strategy};

impl Supervisor {
    /// Why a live child has ended: what is told of it, unless it was killed because it was late.
    pub(super) fn reason_for(&self, index: usize, told: ExitReason) -> ExitReason {
        let child = &self.children[index];
        match child.stop_cause() {
            Some(Cause::StartTimeout) => ExitReason::StartTimeout,
            Some(Cause::Order) if child.is_late => ExitReason::StopTimeout,
            Some(Cause::Order) | None => told,
        }
    }

    /// A live child is gone, or fenced. Only an end nobody asked for is judged.
    pub(super) fn gone(
        &mut self,
        now: Moment,
        index: usize,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        let cause = child.stop_cause();
        let was_asked = child.must_halt || cause == Some(Cause::Order);
        let ran = child.started_at.map(|started_at| now.since(started_at));
        if ran.is_some_and(|ran| self.policy.backoff.reset_after <= ran) {
            child.attempt = 0;
            child.parks = 0;
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
            self.children[index].state = self.after_halt();
        } else if was_asked {
            self.ended(index, false, effects);
        } else if child.is_trial {
            effects
                .push(Effect::Report(Report::Discarded { child: child.policy.id.clone(), reason }));
            self.forget(index, effects);
        } else if child.returns_after(&reason) {
            self.failed(now, index, reason, effects);
        } else {
            self.ended_by_itself(index, effects);
        }
    }

    /// A child that will not return may take its supervisor along.
    fn ended_by_itself(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let child = &self.children[index];
        let (id, is_significant) = (child.policy.id.clone(), child.policy.is_significant);
        self.ended(index, false, effects);
        let still_runs = |child: &Child| child.policy.is_significant && child.state != State::Ended;
        let is_over = match self.policy.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => !self.children.iter().any(still_runs),
        };
        if is_significant && is_over {
            effects.push(Effect::Report(Report::ShuttingDown { child: id.clone() }));
            self.enter_end(Outcome::AutoShutdown { child: id }, StopHow::Drain);
        }
    }

    /// One failure is one restart towards the intensity, however many restart with it. One that
    /// is a dependency's fault is none.
    fn failed(&mut self, now: Moment, index: usize, reason: ExitReason, effects: &mut Vec<Effect>) {
        if let Some(until) = self.open_for(now, &self.children[index]) {
            self.park(index, ParkReason::Breaker, until, effects);
            self.halt_group_of(index);
            return;
        }
        let child = &self.children[index];
        let (serial, was_parked) = (child.serial, child.parks > 0);
        let is_one_too_many = match self.fails_probation() {
            Some(is_one_too_many) => is_one_too_many,
            None => self.window.push(now, serial),
        };
        if is_one_too_many || was_parked {
            self.exceeded(now, index, reason, effects);
        } else {
            self.back_off(now, index, effects);
        }
    }

    fn back_off(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
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

    /// Restarts do not help.
    fn exceeded(
        &mut self,
        now: Moment,
        index: usize,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        match self.children[index].policy.recovery {
            Recovery::Degrade { retry_after } => self.degrade(now, index, retry_after, effects),
            Recovery::Isolate => {
                let child = &mut self.children[index];
                child.is_dismissed = true;
                let (serial, child) = (child.serial, child.policy.id.clone());
                self.window.forget(serial);
                effects.push(Effect::Report(Report::Isolated { child, reason }));
                self.ended(index, false, effects);
            }
            Recovery::Restart => match self.policy.on_exceeded {
                OnExceeded::Park { open, .. } => {
                    self.park_all(now, (index, reason), open, effects);
                }
                OnExceeded::Exit => {
                    let outcome = self.give_up(now, index, reason, effects);
                    self.phase = Phase::Exiting;
                    effects.push(Effect::Exit(outcome));
                }
                OnExceeded::Escalate => {
                    let outcome = self.give_up(now, index, reason, effects);
                    self.enter_end(outcome, StopHow::Halt);
                }
            },
        }
    }

    fn give_up(
        &mut self,
        now: Moment,
        index: usize,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let child = self.children[index].policy.id.clone();
        let is_first_start = !self.was_ready && !self.children[index].was_ready;
        effects
            .push(Effect::Report(Report::GaveUp { child: child.clone(), reason: reason.clone() }));
        self.children[index].state = State::Ended;
        if is_first_start {
            return Outcome::StartFailed { child, reason };
        }
        let restarts = self.window.used(now);
        Outcome::Exceeded { child, reason, restarts, period: self.policy.intensity.period }
    }

    /// An operator's wish: no failure, so no count and no wait.
    pub(super) fn restart_child(&mut self, child: &ActorId) {
        let Some(index) = self.find(child) else { return };
        if !matches!(self.phase, Phase::Up) {
            return;
        }
        let child = &mut self.children[index];
        child.is_wished = true;
        child.is_dismissed = false;
        match child.state {
            // One that is on its way out because it was not ready in time: let that be its restart.
            State::Starting
            | State::Running
            | State::Stopping { cause: Cause::StartTimeout, .. } => {
                child.must_halt = true;
                self.halt_group_of(index);
            }
            State::Stopping { cause: Cause::Order, .. } => self.halt_group_of(index),
            State::Backoff { .. } | State::Parked { .. } | State::Ended => {
                child.state = State::Waiting;
                child.alarm = None;
            }
            State::Waiting => (),
        }
    }

    /// Whoever the strategy restarts with the child must go; whoever ended before comes back
    /// with the others, unless it is temporary or dismissed.
    fn halt_group_of(&mut self, index: usize) {
        let later = self.after_halt();
        for other in self.group_of(index).filter(|&other| other != index) {
            let child = &mut self.children[other];
            if child.is_live() {
                child.must_halt = true;
            } else if child.state == State::Ended
                && !child.is_dismissed
                && child.policy.restart != Restart::Temporary
            {
                child.state = later;
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
                let how = if child.is_dismissed { child.leaves } else { StopHow::Halt };
                self.ask_to_stop(now, index, how, effects);
            }
        }
    }

    /// Starts whoever may start: in order, each after those before it are ready. Children that
    /// are restarted one for one wait for the others only until they have been ready once, and
    /// those that were added not even so long.
    pub(super) fn advance_starts(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let has_halts = self.children.iter().any(|child| child.must_halt || child.is_stopping());
        let is_awaited = |child: &Child| {
            matches!(child.state, State::Backoff { .. }) || child.is_parked_for(ParkReason::Breaker)
        };
        let has_awaited = self.children.iter().any(is_awaited);
        let is_held = match self.policy.strategy {
            Strategy::OneForOne => false,
            Strategy::OneForAll => has_halts || has_awaited,
            Strategy::RestForOne => has_halts,
        };
        if is_held {
            return;
        }
        let mut are_settled = true;
        for index in 0..self.children.len() {
            let child = &self.children[index];
            let is_alone = !self.is_group() && (child.was_ready || child.is_trial);
            if child.state == State::Waiting && (are_settled || is_alone) {
                self.start_child(now, index, effects);
            }
            are_settled &= self.is_settled(&self.children[index]);
        }
    }

    fn start_child(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.generation = Generation(child.generation.0 + 1);
        child.state = State::Starting;
        child.last_breath.is_fenceable = child.policy.fencing.is_some();
        child.is_wished = false;
        let at = now + child.policy.start_timeout;
        let (child, generation) = (child.policy.id.clone(), child.generation);
        effects.push(Effect::StartChild { child, generation });
        self.wake(index, at, effects);
    }
}
