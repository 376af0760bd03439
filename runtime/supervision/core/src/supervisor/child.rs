use synod_types::actor::ActorId;
use synod_types::time::Moment;

use crate::event::{AlarmToken, ExitReason, Generation, ParkReason, Report, StopHow};
use crate::policy::{ChildPolicy, Restart};
use crate::wish::Stay;

/// One row of the table.
///
/// Invariants: an alarm is awaited only while starting, stopping, backing off or parked, and by
/// one that is to be gone by itself; only a live child must halt; a generation is live from its
/// start to its exit or fence.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) policy: ChildPolicy,
    /// No two children ever have the same: alarms name it.
    pub(crate) serial: u64,
    pub(crate) state: State,
    /// The last one started; 0 before the first start.
    pub(crate) generation: Generation,
    /// The one alarm that means something.
    pub(crate) alarm: Option<AlarmToken>,
    /// Alarms asked for so far.
    pub(crate) alarms: u64,
    /// Has to be stopped, to be started again unless it is dismissed.
    pub(crate) must_halt: bool,
    /// Ended, or is to end, for good: only an operator brings it back.
    pub(crate) is_dismissed: bool,
    /// How it ends when it is dismissed.
    pub(crate) leaves: StopHow,
    /// Was added, and was not ready yet.
    pub(crate) is_trial: bool,
    /// When it has ended for good.
    pub(crate) stay: Stay,
    /// An operator asked for it to come back whatever its policy says.
    pub(crate) is_wished: bool,
    /// Did not end in time.
    pub(crate) is_late: bool,
    pub(crate) last_breath: LastBreath,
    /// Fenced lives of it that still run.
    pub(crate) fenced: u32,
    /// Failures in a row, none after a long enough run.
    pub(crate) attempt: u32,
    /// How often in a row it was parked because restarts did not help.
    pub(crate) parks: u32,
    pub(crate) restarts: u64,
    pub(crate) last_exit: Option<(ExitReason, Moment)>,
    pub(crate) started_at: Option<Moment>,
    pub(crate) was_ready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// For its turn to start.
    Waiting,
    Starting,
    Running,
    Stopping {
        cause: Cause,
        is_killed: bool,
    },
    Backoff {
        until: Moment,
    },
    Parked {
        why: ParkReason,
        /// [`Moment::MAX`]: until it is told.
        until: Moment,
    },
    /// Not to be started again by itself.
    Ended,
}

/// How the end of the present life goes that does not come to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastBreath {
    /// The life was started to be fenced if need be.
    pub(crate) is_fenceable: bool,
    /// Why it is to end, if someone else has seen to that.
    pub(crate) told: Option<ExitReason>,
    /// When it is fenced if it is not gone; none if it is not to end, or is not fenceable.
    pub(crate) fence_at: Option<Moment>,
    /// Killed: when it counts as unresponsive.
    pub(crate) grace_at: Option<Moment>,
    /// That has been said.
    pub(crate) is_unresponsive: bool,
}

/// Why a child is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// To be started again, or to end with its supervisor.
    Order,
    /// It was not ready in time: its exit is a failure.
    StartTimeout,
}

/// What a child is doing, as a watcher sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildState {
    /// For its turn to start.
    Waiting,
    /// Started, not ready.
    Starting,
    /// Ready.
    Running,
    /// Asked to end, or killed, and not gone yet.
    Stopping,
    /// For a while after a failure.
    Backoff {
        /// The end of the wait.
        until: Moment,
    },
    /// Waits, though not for its back-off.
    Parked {
        /// What for.
        why: ParkReason,
        /// The longest it waits; nothing: until it is told.
        until: Option<Moment>,
    },
    /// Not to be started again, unless an operator or its group's restart brings it back.
    Ended,
    /// Failed too often, or was terminated: only an operator brings it back.
    Dismissed,
}

/// A child, as a watcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildView {
    /// Who.
    pub id: ActorId,
    /// What it is doing.
    pub state: ChildState,
    /// Its last start; 0 if it never was started.
    pub generation: Generation,
    /// Failures of this child that were answered by a restart. Restarts with its group or by
    /// an operator are not among them.
    pub restarts: u64,
    /// Why and when the last incarnation ended.
    pub last_exit: Option<(ExitReason, Moment)>,
    /// When the incarnation that runs became ready.
    pub started_at: Option<Moment>,
}

impl Child {
    pub(crate) const fn new(policy: ChildPolicy, serial: u64) -> Self {
        Self {
            policy,
            serial,
            state: State::Waiting,
            generation: Generation(0),
            alarm: None,
            alarms: 0,
            must_halt: false,
            is_dismissed: false,
            leaves: StopHow::Drain,
            is_trial: false,
            stay: Stay::Shown,
            is_wished: false,
            is_late: false,
            last_breath: LastBreath {
                is_fenceable: false,
                told: None,
                fence_at: None,
                grace_at: None,
                is_unresponsive: false,
            },
            fenced: 0,
            attempt: 0,
            parks: 0,
            restarts: 0,
            last_exit: None,
            started_at: None,
            was_ready: false,
        }
    }

    /// Whether an incarnation may exist.
    pub(crate) const fn is_live(&self) -> bool {
        match self.state {
            State::Starting | State::Running | State::Stopping { .. } => true,
            State::Waiting | State::Backoff { .. } | State::Parked { .. } | State::Ended => false,
        }
    }

    /// Why it is being stopped, if it is.
    pub(crate) const fn stop_cause(&self) -> Option<Cause> {
        match self.state {
            State::Stopping { cause, .. } => Some(cause),
            State::Waiting
            | State::Starting
            | State::Running
            | State::Backoff { .. }
            | State::Parked { .. }
            | State::Ended => None,
        }
    }

    pub(crate) const fn is_stopping(&self) -> bool {
        matches!(self.state, State::Stopping { .. })
    }

    /// Whether it is parked for this reason.
    pub(crate) fn is_parked_for(&self, reason: ParkReason) -> bool {
        matches!(self.state, State::Parked { why, .. } if why == reason)
    }

    /// Whether it is started again after an end it was not asked for.
    pub(crate) fn returns_after(&self, reason: &ExitReason) -> bool {
        match self.policy.restart {
            Restart::Permanent => true,
            Restart::Transient => !reason.is_orderly(),
            Restart::Temporary => false,
        }
    }

    /// Whether it is started again after it was stopped with its group.
    pub(crate) fn returns_with_group(&self) -> bool {
        !self.is_dismissed && (self.is_wished || self.policy.restart != Restart::Temporary)
    }

    /// Whether it is forgotten when it has ended for good.
    pub(crate) fn is_passing(&self) -> bool {
        self.stay == Stay::Forgotten
    }

    pub(crate) fn became_ready(&mut self, now: Moment) -> Report {
        self.state = State::Running;
        self.is_trial = false;
        self.alarm = None;
        self.started_at = Some(now);
        let (child, generation) = (self.policy.id.clone(), self.generation);
        if std::mem::replace(&mut self.was_ready, true) {
            Report::Restarted { child, generation }
        } else {
            Report::Started { child, generation }
        }
    }

    /// Forgets the incarnation. The caller decides the state that follows.
    pub(crate) fn is_gone(&mut self, now: Moment, reason: ExitReason) {
        self.alarm = None;
        self.must_halt = false;
        self.is_late = false;
        self.last_breath = LastBreath::default();
        self.started_at = None;
        self.last_exit = Some((reason, now));
    }

    pub(crate) fn view(&self) -> ChildView {
        ChildView {
            id: self.policy.id.clone(),
            state: match self.state {
                State::Waiting => ChildState::Waiting,
                State::Starting => ChildState::Starting,
                State::Running => ChildState::Running,
                State::Stopping { .. } => ChildState::Stopping,
                State::Backoff { until } => ChildState::Backoff { until },
                State::Parked { why, until } => {
                    ChildState::Parked { why, until: (until != Moment::MAX).then_some(until) }
                }
                State::Ended if self.is_dismissed => ChildState::Dismissed,
                State::Ended => ChildState::Ended,
            },
            generation: self.generation,
            restarts: self.restarts,
            last_exit: self.last_exit.clone(),
            started_at: self.started_at,
        }
    }
}
