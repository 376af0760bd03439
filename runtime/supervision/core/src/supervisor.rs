mod child;
mod intensity;
mod restart;
mod stop;

use std::time::Duration;

use synod_types::actor::ActorId;
use synod_types::time::Moment;

pub use child::{ChildState, ChildView};

use crate::event::{AlarmToken, Effect, Event, Generation, Outcome, StopHow};
use crate::policy::{ChildPolicy, InvalidTree, KILL_GRACE, Strategy, SupervisorPolicy};
use child::{Cause, Child, State};
use intensity::Window;

/// A supervisor as a value: told what happened, it says what must be done.
///
/// Each step first takes the event into the table of children, then does what has become
/// possible: stop the next child that must go, start the next that may come, report the end.
/// So events may arrive in any order and at any time, in the middle of a group's restart too.
#[derive(Clone, Debug)]
pub struct Supervisor {
    policy: SupervisorPolicy,
    children: Vec<Child>,
    window: Window,
    phase: Phase,
    /// Whether [`Effect::Ready`] has been said.
    was_ready: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Not begun.
    Idle,
    /// Children run, or will.
    Up,
    /// All children are being stopped, the last first.
    Ending { outcome: Outcome, how: StopHow },
    /// Nothing runs.
    Finished,
}

impl Supervisor {
    /// A supervisor that has not begun, of children in the order they start.
    ///
    /// # Errors
    /// [`InvalidTree`] names the rule the policies break.
    pub fn new(policy: SupervisorPolicy, children: Vec<ChildPolicy>) -> Result<Self, InvalidTree> {
        policy.check(&children)?;
        Ok(Self {
            policy,
            children: children.into_iter().map(Child::new).collect(),
            window: Window::new(policy.intensity),
            phase: Phase::Idle,
            was_ready: false,
        })
    }

    /// Takes one event at `now`; says what must be done, in order.
    pub fn step(&mut self, now: Moment, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Start => self.start(),
            Event::Ready { child, generation } => self.ready(now, &child, generation, &mut effects),
            Event::Exited { child, generation, reason } => {
                if let Some(index) = self.live(&child, generation) {
                    self.exited(now, index, reason, &mut effects);
                }
            }
            Event::Alarm { token } => self.alarm(now, token, &mut effects),
            Event::Stop => self.end(StopHow::Drain),
            Event::Halt => self.end(StopHow::Halt),
            Event::RestartChild { child } => self.restart_child(&child),
        }
        self.advance(now, &mut effects);
        effects
    }

    /// The children, in the order they start.
    pub fn children(&self) -> impl Iterator<Item = ChildView> {
        self.children.iter().map(Child::view)
    }

    /// Failures that count at `now`; the supervisor gives up at one more than its intensity.
    pub fn intensity_used(&self, now: Moment) -> u32 {
        self.window.used(now)
    }

    /// Whether [`Effect::Finished`] has been said.
    pub const fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished)
    }

    /// The longest an orderly end can take if alarms ring in time: what a parent should allow.
    pub fn stop_time_max(&self) -> Duration {
        self.children.iter().fold(Duration::ZERO, |sum, child| {
            sum.saturating_add(child.policy.stop_timeout).saturating_add(KILL_GRACE)
        })
    }

    fn start(&mut self) {
        if matches!(self.phase, Phase::Idle) {
            self.phase = Phase::Up;
        }
    }

    fn ready(
        &mut self,
        now: Moment,
        child: &ActorId,
        generation: Generation,
        effects: &mut Vec<Effect>,
    ) {
        let Some(index) = self.live(child, generation) else { return };
        let child = &mut self.children[index];
        if child.state == State::Starting {
            effects.push(Effect::Report(child.became_ready(now)));
        }
    }

    fn alarm(&mut self, now: Moment, token: AlarmToken, effects: &mut Vec<Effect>) {
        let Some(child) = self.children.get_mut(token.child) else { return };
        if child.alarm != Some(token) {
            return;
        }
        child.alarm = None;
        match child.state {
            State::Backoff { .. } => child.state = State::Waiting,
            State::Starting => self.kill(now, token.child, Cause::StartTimeout, effects),
            State::Stopping { is_killed: false, cause } => {
                self.children[token.child].is_late = true;
                self.kill(now, token.child, cause, effects);
            }
            State::Stopping { is_killed: true, .. } => self.unresponsive(now, token.child, effects),
            State::Waiting | State::Running | State::Ended => (),
        }
    }

    /// Does what has become possible.
    fn advance(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Idle | Phase::Finished => (),
            Phase::Ending { .. } => self.advance_end(now, effects),
            Phase::Up => {
                self.advance_halts(now, effects);
                self.advance_starts(now, effects);
                if !self.was_ready && self.children.iter().all(Child::is_settled) {
                    self.was_ready = true;
                    effects.push(Effect::Ready);
                }
            }
        }
    }

    /// The child of that name, if that generation of it has not exited yet.
    fn live(&self, child: &ActorId, generation: Generation) -> Option<usize> {
        let index = self.find(child)?;
        let child = &self.children[index];
        (child.is_live() && child.generation == generation).then_some(index)
    }

    fn find(&self, child: &ActorId) -> Option<usize> {
        self.children.iter().position(|known| known.policy.id == *child)
    }

    /// An alarm for the child, in place of the one it may have.
    fn wake(&mut self, index: usize, at: Moment, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.alarms += 1;
        let token = AlarmToken { child: index, number: child.alarms };
        child.alarm = Some(token);
        if at != Moment::MAX {
            effects.push(Effect::WakeAt { token, at });
        }
    }

    const fn is_group(&self) -> bool {
        match self.policy.strategy {
            Strategy::OneForOne => false,
            Strategy::OneForAll | Strategy::RestForOne => true,
        }
    }
}

#[cfg(test)]
mod tests;
