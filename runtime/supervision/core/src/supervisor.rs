mod child;
mod fence;
mod intensity;
mod park;
mod restart;
mod stop;
mod wishes;

use std::collections::BTreeMap;
use std::time::Duration;

use synod_types::actor::ActorId;
use synod_types::time::Moment;

pub use child::{ChildState, ChildView};
pub use park::Parking;

use crate::event::{AlarmToken, Effect, Event, Generation, Outcome, ParkReason, StopHow};
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
    parking: Parking,
    /// The supervisor's own alarm that means something.
    alarm: Option<AlarmToken>,
    /// Of the supervisor's own alarms.
    alarms: u64,
    /// Breakers that a child needs and that are open, and until when.
    open: BTreeMap<String, Moment>,
    /// The next child's.
    serial: u64,
    /// The highest of the children that were forgotten.
    forgotten: Generation,
    /// Whether [`Effect::Ready`] has been said.
    was_ready: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Not begun.
    Idle,
    /// Children run, or will.
    Up,
    /// The end of everything has been asked for. Nobody is started until it comes.
    Exiting,
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
        policy.check(children.iter())?;
        let children: Vec<Child> = children
            .into_iter()
            .zip(1..)
            .map(|(child, serial)| Child::new(child, serial))
            .collect();
        Ok(Self {
            policy,
            serial: children.len() as u64 + 1,
            children,
            window: Window::new(policy.intensity),
            phase: Phase::Idle,
            parking: Parking::Closed,
            alarm: None,
            alarms: 0,
            open: BTreeMap::new(),
            forgotten: Generation(0),
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
                    let reason = self.reason_for(index, reason);
                    self.gone(now, index, reason, &mut effects);
                }
            }
            Event::Dying { child, generation, reason } => {
                if let Some(index) = self.live(&child, generation) {
                    self.dying(now, index, reason, &mut effects);
                }
            }
            Event::FencedLives { child, running } => {
                self.fenced_lives(now, &child, running, &mut effects);
            }
            Event::Alarm { token } => self.alarm(now, token, &mut effects),
            Event::Stop => self.end(StopHow::Drain),
            Event::Halt => self.end(StopHow::Halt),
            Event::RestartChild { child } => self.restart_child(&child),
            Event::Breaker { name, open_until } => {
                self.breaker(now, name, open_until, &mut effects);
            }
        }
        self.advance(now, &mut effects);
        effects
    }

    /// The children, in the order they start.
    pub fn children(&self) -> impl Iterator<Item = ChildView> {
        self.children.iter().map(Child::view)
    }

    /// How it treats its children.
    pub const fn policy(&self) -> &SupervisorPolicy {
        &self.policy
    }

    /// Whether its children are parked because they failed too often.
    pub const fn parking(&self) -> Parking {
        self.parking
    }

    /// Failures that count at `now`; one more than the intensity is one too many.
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
            self.await_fence(now, index, effects);
        }
    }

    fn alarm(&mut self, now: Moment, token: AlarmToken, effects: &mut Vec<Effect>) {
        if self.alarm == Some(token) {
            self.alarm = None;
            self.unpark(effects);
            return;
        }
        let awaits = |child: &Child| child.alarm == Some(token);
        let Some(index) = self.children.iter().position(awaits) else { return };
        let child = &mut self.children[index];
        child.alarm = None;
        match child.state {
            State::Backoff { .. } | State::Parked { .. } => child.state = State::Waiting,
            State::Starting => self.kill(now, index, Cause::StartTimeout, effects),
            State::Stopping { is_killed: false, cause } => {
                child.is_late = true;
                self.kill(now, index, cause, effects);
            }
            State::Stopping { is_killed: true, .. } | State::Running => {
                self.overdue(now, index, effects);
            }
            State::Waiting | State::Ended => (),
        }
    }

    /// Does what has become possible.
    fn advance(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Idle | Phase::Exiting | Phase::Finished => (),
            Phase::Ending { .. } => self.advance_end(now, effects),
            Phase::Up => {
                self.advance_halts(now, effects);
                self.advance_starts(now, effects);
                if !self.is_quiet() {
                    return;
                }
                if !self.was_ready {
                    self.was_ready = true;
                    effects.push(Effect::Ready);
                }
                self.advance_probation(now, effects);
            }
        }
    }

    /// Whether nothing is under way: no child starts, stops or backs off, and if one waits for its
    /// turn, it waits for one that is parked.
    fn is_quiet(&self) -> bool {
        let is_quiet = |child: &Child| match child.state {
            State::Running | State::Parked { .. } | State::Ended | State::Waiting => true,
            State::Starting | State::Stopping { .. } | State::Backoff { .. } => false,
        };
        let waits = |child: &Child| child.state == State::Waiting;
        let is_parked = |child: &Child| child.is_parked_for(ParkReason::Breaker);
        self.children.iter().all(is_quiet)
            && (!self.children.iter().any(waits) || self.children.iter().any(is_parked))
    }

    /// Whether those after the child need not wait for it. A group waits for one that will be
    /// back as soon as its dependency is.
    fn is_settled(&self, child: &Child) -> bool {
        match child.state {
            State::Running | State::Ended => true,
            State::Parked { why: ParkReason::Breaker, .. } => !self.is_group(),
            State::Parked { why: ParkReason::Exceeded | ParkReason::Degraded, .. } => true,
            State::Waiting | State::Starting | State::Stopping { .. } | State::Backoff { .. } => {
                false
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
        let token = AlarmToken { child: child.serial, number: child.alarms };
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
