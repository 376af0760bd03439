//! What is said to and by a breaker.

use std::fmt;

use synod_types::time::Moment;

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
    /// Why.
    pub reason: Reason,
}

/// Why a breaker changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// So many calls in a row failed.
    ConsecutiveFailures {
        /// How many.
        failures: u32,
    },
    /// Too large a share of the calls in the window failed.
    FailureRate(Counts),
    /// Too large a share of the calls in the window was slow.
    SlowCallRate(Counts),
    /// The open time was over, and a call asked for leave.
    OpenTimeOver,
    /// Half-open, too few of the permitted calls can still succeed.
    HalfOpenFailed(Counts),
    /// Half-open, enough calls succeeded.
    HalfOpenSucceeded(Counts),
    /// Someone said so.
    ByHand,
}

impl Reason {
    /// Its name, as events and logs have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsecutiveFailures { .. } => "consecutive_failures",
            Self::FailureRate(_) => "failure_rate",
            Self::SlowCallRate(_) => "slow_call_rate",
            Self::OpenTimeOver => "open_time_over",
            Self::HalfOpenFailed(_) => "half_open_failed",
            Self::HalfOpenSucceeded(_) => "half_open_succeeded",
            Self::ByHand => "by_hand",
        }
    }

    /// What it was concluded from; of failures in a row, these alone.
    pub const fn counts(self) -> Counts {
        match self {
            Self::ConsecutiveFailures { failures } => Counts { calls: failures, failures, slow: 0 },
            Self::FailureRate(counts)
            | Self::SlowCallRate(counts)
            | Self::HalfOpenFailed(counts)
            | Self::HalfOpenSucceeded(counts) => counts,
            Self::OpenTimeOver | Self::ByHand => Counts { calls: 0, failures: 0, slow: 0 },
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures { failures } => write!(f, "{failures} failures in a row"),
            Self::FailureRate(counts) => {
                write!(f, "{} of {} calls failed", counts.failures, counts.calls)
            }
            Self::SlowCallRate(counts) => {
                write!(f, "{} of {} calls were slow", counts.slow, counts.calls)
            }
            Self::OpenTimeOver => f.write_str("its open time is over"),
            Self::HalfOpenFailed(counts) => {
                let Counts { calls, failures, slow } = counts;
                write!(f, "of {calls} probes {failures} failed and {slow} were slow")
            }
            Self::HalfOpenSucceeded(counts) => {
                let good = counts.calls.saturating_sub(counts.failures.max(counts.slow));
                write!(f, "{good} of {} probes succeeded", counts.calls)
            }
            Self::ByHand => f.write_str("by hand"),
        }
    }
}

/// Calls that were counted. A failed call may be slow as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub calls: u32,
    /// Those that failed.
    pub failures: u32,
    /// Those that were slow.
    pub slow: u32,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: CallOutcome) {
        self.calls = self.calls.saturating_add(1);
        self.failures = self.failures.saturating_add(u32::from(outcome.is_failure()));
        self.slow = self.slow.saturating_add(u32::from(outcome.is_slow()));
    }

    pub(super) fn take(&mut self, other: Self) {
        self.calls = self.calls.saturating_sub(other.calls);
        self.failures = self.failures.saturating_sub(other.failures);
        self.slow = self.slow.saturating_sub(other.slow);
    }

    /// Whether nothing in them speaks against the dependency.
    pub(super) const fn is_clean(self) -> bool {
        self.failures == 0 && self.slow == 0
    }
}

/// Leave to make one call. To be given back with its outcome, exactly once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit holds a place until it is reported"]
pub struct Permit {
    epoch: u32,
}

impl Permit {
    /// For a call let through under a lease: [`super::Lease`].
    pub const fn of_epoch(epoch: u32) -> Self {
        Self { epoch }
    }

    /// The epoch in which it was given.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The dependency is believed down.
    #[error("open until {until}")]
    Open {
        /// When a call may go out again, to find out.
        until: Moment,
    },
    /// Someone said that no call is to go out.
    #[error("forced open")]
    ForcedOpen,
    /// Enough calls are finding out already.
    #[error("half-open: its {permits} permits are taken")]
    HalfOpen {
        /// How many there are.
        permits: u32,
    },
    /// As many calls as allowed are on their way: the bulkhead is full.
    #[error("concurrency limit: {calls_max} calls are under way")]
    ConcurrencyLimit {
        /// How many may be.
        calls_max: u32,
    },
}

impl Rejection {
    /// Its name, as metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::ForcedOpen => "forced_open",
            Self::HalfOpen { .. } => "half_open",
            Self::ConcurrencyLimit { .. } => "concurrency_limit",
        }
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The dependency did what it should.
    Success,
    /// It did, but slowly.
    SlowSuccess,
    /// It did not.
    Failure,
    /// It did not, and took its time, or all there was.
    SlowFailure,
    /// The caller lost interest: says nothing about the dependency.
    Cancelled,
}

impl CallOutcome {
    /// Whether the dependency failed.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::SlowFailure)
    }

    /// Whether it was slow.
    pub const fn is_slow(self) -> bool {
        matches!(self, Self::SlowSuccess | Self::SlowFailure)
    }
}
