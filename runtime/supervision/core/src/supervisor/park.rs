//! Children that wait until it makes sense to start them.

use std::time::Duration;

use synod_types::time::Moment;

use super::{AlarmToken, Child, State, Supervisor};
use crate::event::{Effect, ExitReason, ParkReason, Report};
use crate::jitter::exponential;
use crate::policy::{OPEN_MAX, OnExceeded};

/// Whether a supervisor's children are parked because they failed too often: a breaker around
/// all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parking {
    /// They are not.
    Closed,
    /// They are.
    Open {
        /// The end of it.
        until: Moment,
        /// How often in a row.
        times: u32,
    },
    /// They run, on probation.
    Probing {
        /// Failures they still have.
        left: u32,
        /// How often in a row they were parked.
        times: u32,
    },
}

impl Parking {
    const fn times(self) -> u32 {
        match self {
            Self::Closed => 0,
            Self::Open { times, .. } | Self::Probing { times, .. } => times,
        }
    }
}

impl Supervisor {
    /// Halts all children that run and holds back the others.
    pub(super) fn park_all(
        &mut self,
        now: Moment,
        (index, reason): (usize, ExitReason),
        open: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let times = self.parking.times();
        let until = now + exponential(open, 2, times, OPEN_MAX);
        self.parking = Parking::Open { until, times: times.saturating_add(1) };
        self.window.clear();
        let child = self.children[index].policy.id.clone();
        effects.push(Effect::Report(Report::Opened { child, reason, until }));
        self.children[index].state = State::Parked { why: ParkReason::Exceeded, until };
        for child in &mut self.children {
            match child.state {
                State::Starting | State::Running | State::Stopping { .. } => child.must_halt = true,
                State::Waiting | State::Backoff { .. } => {
                    child.state = State::Parked { why: ParkReason::Exceeded, until };
                    child.alarm = None;
                }
                State::Parked { .. } | State::Ended => (),
            }
        }
        self.wake_self(until, effects);
    }

    /// The supervisor's own alarm rang.
    pub(super) fn unpark(&mut self, effects: &mut Vec<Effect>) {
        match self.parking {
            Parking::Closed => (),
            Parking::Open { times, .. } => {
                let left = match self.policy.on_exceeded {
                    OnExceeded::Park { probes, .. } => probes,
                    OnExceeded::Escalate | OnExceeded::Exit => 1,
                };
                self.parking = Parking::Probing { left, times };
                for child in &mut self.children {
                    if child.is_parked_for(ParkReason::Exceeded) {
                        child.state = State::Waiting;
                    }
                }
                effects.push(Effect::Report(Report::Probing));
            }
            Parking::Probing { .. } => {
                self.parking = Parking::Closed;
                effects.push(Effect::Report(Report::Recovered));
            }
        }
    }

    /// On probation a failure is counted apart. Whether it was one too many; nothing if there is
    /// no probation.
    pub(super) fn fails_probation(&mut self) -> Option<bool> {
        let Parking::Probing { left, times } = self.parking else { return None };
        let left = left.saturating_sub(1);
        self.parking = Parking::Probing { left, times };
        self.alarm = None;
        Some(left == 0)
    }

    /// Nothing is under way: from now on the children must run long enough.
    pub(super) fn advance_probation(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if matches!(self.parking, Parking::Probing { .. }) && self.alarm.is_none() {
            self.wake_self(now + self.policy.backoff.reset_after, effects);
        }
    }

    /// Where a child goes that was halted and will be back.
    pub(super) const fn after_halt(&self) -> State {
        match self.parking {
            Parking::Open { until, .. } => State::Parked { why: ParkReason::Exceeded, until },
            Parking::Closed | Parking::Probing { .. } => State::Waiting,
        }
    }

    /// The others go on without this child; it is tried again later, and later each time.
    pub(super) fn degrade(
        &mut self,
        now: Moment,
        index: usize,
        retry_after: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        let until = now + exponential(retry_after, 2, child.parks, OPEN_MAX);
        child.parks = child.parks.saturating_add(1);
        self.window.forget(self.children[index].serial);
        self.park(index, ParkReason::Degraded, until, effects);
    }

    /// When the last of the breakers lets calls through that a child needs; nothing if all do.
    pub(super) fn open_for(&self, now: Moment, child: &Child) -> Option<Moment> {
        let open = child.policy.needs.iter().filter_map(|name| self.open.get(name));
        open.copied().filter(|&until| now < until).max()
    }

    pub(super) fn park(
        &mut self,
        index: usize,
        why: ParkReason,
        until: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        child.state = State::Parked { why, until };
        let id = child.policy.id.clone();
        let shown = (until != Moment::MAX).then_some(until);
        effects.push(Effect::Report(Report::Parked { child: id, why, until: shown }));
        self.wake(index, until, effects);
    }

    /// A breaker has changed. Only those that a child needs are remembered.
    pub(super) fn breaker(
        &mut self,
        now: Moment,
        name: String,
        open_until: Option<Moment>,
        effects: &mut Vec<Effect>,
    ) {
        if self.open.get(&name).copied() == open_until {
            return;
        }
        let needs = |child: &Child| child.policy.needs.contains(&name);
        let concerned: Vec<usize> =
            (0..self.children.len()).filter(|&index| needs(&self.children[index])).collect();
        self.open.remove(&name);
        if let Some(until) = open_until.filter(|_| !concerned.is_empty()) {
            self.open.insert(name, until);
        }
        for index in concerned {
            let child = &self.children[index];
            let is_parked = child.is_parked_for(ParkReason::Breaker);
            match self.open_for(now, child) {
                None if is_parked => {
                    self.children[index].state = State::Waiting;
                    self.children[index].alarm = None;
                }
                Some(until) if is_parked || matches!(child.state, State::Backoff { .. }) => {
                    self.park(index, ParkReason::Breaker, until, effects);
                }
                Some(_) | None => (),
            }
        }
    }

    fn wake_self(&mut self, at: Moment, effects: &mut Vec<Effect>) {
        self.alarms += 1;
        let token = AlarmToken { child: 0, number: self.alarms };
        self.alarm = Some(token);
        if at != Moment::MAX {
            effects.push(Effect::WakeAt { token, at });
        }
    }
}
