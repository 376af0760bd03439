use std::time::Duration;

use synod_types::time::Moment;

/// When a breaker opens and how it finds out whether to close. A limit of zero counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it.
    pub failures_to_open: u32,
    /// How long it then refuses every call.
    pub open_for: Duration,
    /// Calls let through half-open, in all; one that was cancelled is not counted.
    pub probes_max: u32,
    /// Successes half-open that close it; no more than there are probes.
    pub successes_to_close: u32,
    /// How long a call may take; the shell cuts it off and reports a failure.
    pub call_timeout: Duration,
    /// Calls at once, in every state.
    pub calls_max: u32,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures_to_open: 5,
            open_for: Duration::from_secs(60),
            probes_max: 3,
            successes_to_close: 3,
            call_timeout: Duration::from_secs(30),
            calls_max: 10,
        }
    }
}

/// Whether calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// All do.
    Closed,
    /// None does. From `until` on the next call is let through as the first probe, and only
    /// then does the state read [`BreakerState::HalfOpen`].
    Open {
        /// The end of the refusal.
        until: Moment,
    },
    /// A few do, to find out.
    HalfOpen,
    /// None does until someone says otherwise.
    ForcedOpen,
    /// All do, whatever comes of them, until someone says otherwise.
    ForcedClosed,
}

impl BreakerState {
    /// Whether no call goes through: open or forced open. Half-open is not open: a probe is how
    /// it closes.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. } | Self::ForcedOpen)
    }
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Before.
    pub from: BreakerState,
    /// After.
    pub to: BreakerState,
}

/// Leave to make one call. To be given back with its outcome, exactly once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit holds a place until it is reported"]
pub struct Permit {
    epoch: u64,
    transition: Option<Transition>,
}

impl Permit {
    /// The change of state this call brought about: it is the first probe.
    pub const fn transition(&self) -> Option<Transition> {
        self.transition
    }
}

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The dependency is believed down.
    #[error("open until {until}")]
    Open {
        /// [`Moment::MAX`] if forced open.
        until: Moment,
    },
    /// Enough calls are finding out already.
    #[error("probing")]
    Probing,
    /// As many calls as allowed are on their way.
    #[error("too many calls at once")]
    Busy,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The dependency did what it should.
    Success,
    /// It did not, or not in time.
    Failure,
    /// The caller lost interest: says nothing about the dependency.
    Cancelled,
}

/// The breaker before one outside dependency.
///
/// Every change of state begins an epoch. The outcome of a call let through in an earlier epoch
/// frees its place and counts for nothing else.
#[derive(Debug)]
pub struct BreakerCore {
    policy: BreakerPolicy,
    state: BreakerState,
    epoch: u64,
    /// Calls on their way, of every epoch.
    calls: u32,
    /// Closed: failures since the last success.
    failures: u32,
    /// Half-open: calls let through and not cancelled.
    probes: u32,
    /// Half-open.
    successes: u32,
}

impl BreakerCore {
    /// Closed.
    pub fn new(policy: BreakerPolicy) -> Self {
        let probes_max = policy.probes_max.max(1);
        let policy = BreakerPolicy {
            failures_to_open: policy.failures_to_open.max(1),
            probes_max,
            successes_to_close: policy.successes_to_close.clamp(1, probes_max),
            calls_max: policy.calls_max.max(1),
            ..policy
        };
        let state = BreakerState::Closed;
        Self { policy, state, epoch: 0, calls: 0, failures: 0, probes: 0, successes: 0 }
    }

    /// The policy, with its limits as they are applied.
    pub const fn policy(&self) -> &BreakerPolicy {
        &self.policy
    }

    /// Calls on their way.
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// The state at `now`. Time alone changes none: see [`BreakerState::Open`].
    pub const fn state(&self, _now: Moment) -> BreakerState {
        self.state
    }

    /// Whether a call may be made now.
    ///
    /// # Errors
    /// [`Rejection`] says why not.
    pub fn admit(&mut self, now: Moment) -> Result<Permit, Rejection> {
        match self.state {
            BreakerState::Open { until } if now < until => return Err(Rejection::Open { until }),
            BreakerState::ForcedOpen => return Err(Rejection::Open { until: Moment::MAX }),
            BreakerState::Closed
            | BreakerState::Open { .. }
            | BreakerState::HalfOpen
            | BreakerState::ForcedClosed => (),
        }
        if self.policy.calls_max <= self.calls {
            return Err(Rejection::Busy);
        }
        let transition = match self.state {
            BreakerState::Open { .. } => self.enter(BreakerState::HalfOpen),
            BreakerState::Closed
            | BreakerState::HalfOpen
            | BreakerState::ForcedOpen
            | BreakerState::ForcedClosed => None,
        };
        if self.state == BreakerState::HalfOpen {
            if self.policy.probes_max <= self.probes {
                return Err(Rejection::Probing);
            }
            self.probes += 1;
        }
        self.calls += 1;
        Ok(Permit { epoch: self.epoch, transition })
    }

    /// Takes back a permit; says whether its outcome changed the state.
    pub fn report(
        &mut self,
        now: Moment,
        permit: Permit,
        outcome: CallOutcome,
    ) -> Option<Transition> {
        self.calls = self.calls.saturating_sub(1);
        if permit.epoch != self.epoch {
            return None;
        }
        match self.state {
            BreakerState::Closed => self.report_closed(now, outcome),
            BreakerState::HalfOpen => self.report_half_open(now, outcome),
            BreakerState::Open { .. } | BreakerState::ForcedOpen | BreakerState::ForcedClosed => {
                None
            }
        }
    }

    /// Refuses every call until told otherwise.
    pub fn force_open(&mut self, _now: Moment) -> Option<Transition> {
        self.enter(BreakerState::ForcedOpen)
    }

    /// Lets every call through until told otherwise.
    pub fn force_closed(&mut self, _now: Moment) -> Option<Transition> {
        self.enter(BreakerState::ForcedClosed)
    }

    /// Closed, with nothing held against the dependency.
    pub fn reset(&mut self, _now: Moment) -> Option<Transition> {
        self.failures = 0;
        self.enter(BreakerState::Closed)
    }

    fn report_closed(&mut self, now: Moment, outcome: CallOutcome) -> Option<Transition> {
        match outcome {
            CallOutcome::Success => self.failures = 0,
            CallOutcome::Failure => self.failures += 1,
            CallOutcome::Cancelled => (),
        }
        if self.failures < self.policy.failures_to_open { None } else { self.open(now) }
    }

    fn report_half_open(&mut self, now: Moment, outcome: CallOutcome) -> Option<Transition> {
        match outcome {
            CallOutcome::Success => self.successes += 1,
            CallOutcome::Failure => return self.open(now),
            CallOutcome::Cancelled => self.probes = self.probes.saturating_sub(1),
        }
        if self.successes < self.policy.successes_to_close {
            return None;
        }
        self.enter(BreakerState::Closed)
    }

    fn open(&mut self, now: Moment) -> Option<Transition> {
        self.enter(BreakerState::Open { until: now + self.policy.open_for })
    }

    fn enter(&mut self, to: BreakerState) -> Option<Transition> {
        let from = std::mem::replace(&mut self.state, to);
        if from == to {
            return None;
        }
        self.epoch += 1;
        self.failures = 0;
        self.probes = 0;
        self.successes = 0;
        Some(Transition { from, to })
    }
}

#[cfg(test)]
mod tests;
