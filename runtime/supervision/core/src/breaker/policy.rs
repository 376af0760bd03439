//! What a breaker is told about the dependency it stands before.

use std::fmt;
use std::time::Duration;

use crate::retry::RetryPolicy;

/// When a breaker opens and how it finds out whether to close. A limit of zero counts as one, a
/// percentage above 100 as 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// What opens it.
    pub opens_on: OpensOn,
    /// How long it then refuses every call.
    pub open_for: Duration,
    /// How long at most. The time doubles with each opening in a row; closing begins anew. No
    /// more than `open_for` means that it does not grow.
    pub open_for_max: Duration,
    /// The share of that time that chance may take off: 0 none, 100 all of it (“full jitter”).
    pub open_jitter_percent: u8,
    /// Calls let through half-open, in all; one that was cancelled is not counted.
    pub half_open_permits: u32,
    /// Successes half-open that close it; no more than there are permits.
    pub successes_to_close: u32,
    /// How long a call may take; the shell cuts it off and reports a failure.
    pub call_timeout: Duration,
    /// Calls at once, in every state.
    pub calls_max: u32,
    /// How calls that may be repeated are repeated. Each attempt is a call of its own.
    pub retry: RetryPolicy,
    /// What chance is drawn from.
    pub seed: u64,
}

/// What opens a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpensOn {
    /// So many failures in a row.
    ConsecutiveFailures(u32),
    /// A rate over the last calls.
    Window(WindowPolicy),
}

/// Rates over a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowPolicy {
    /// Which calls count.
    pub span: Span,
    /// Calls in the window before which no rate is worked out; no more than it can hold.
    pub minimum_calls: u32,
    /// It opens when this share of the calls failed, or more.
    pub failure_rate_percent: u8,
    /// Whether slow calls open it too.
    pub slow: Option<SlowCalls>,
}

/// The reach of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The last so many calls.
    Calls(u32),
    /// The calls of the last so much time, to within a tenth of it.
    Time(Duration),
}

/// When calls are too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowCalls {
    /// A call that takes longer is slow.
    pub after: Duration,
    /// It opens when this share of the calls was slow, or more.
    pub rate_percent: u8,
}

/// Opens after five failures in a row, for a minute.
impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            opens_on: OpensOn::ConsecutiveFailures(5),
            open_for: Duration::from_secs(60),
            open_for_max: Duration::from_secs(60),
            open_jitter_percent: 0,
            half_open_permits: 3,
            successes_to_close: 3,
            call_timeout: Duration::from_secs(30),
            calls_max: 10,
            retry: RetryPolicy::default(),
            seed: 0,
        }
    }
}

impl BreakerPolicy {
    /// When a call is slow, if that is asked.
    pub const fn slow(&self) -> Option<SlowCalls> {
        match self.opens_on {
            OpensOn::ConsecutiveFailures(_) => None,
            OpensOn::Window(window) => window.slow,
        }
    }

    /// With its limits as they are applied.
    pub(super) fn bounded(self) -> Self {
        let half_open_permits = self.half_open_permits.max(1);
        Self {
            opens_on: self.opens_on.bounded(),
            open_for_max: self.open_for_max.max(self.open_for),
            open_jitter_percent: self.open_jitter_percent.min(100),
            half_open_permits,
            successes_to_close: self.successes_to_close.clamp(1, half_open_permits),
            calls_max: self.calls_max.clamp(1, super::CALLS_MAX),
            ..self
        }
    }
}

impl OpensOn {
    fn bounded(self) -> Self {
        match self {
            Self::ConsecutiveFailures(failures) => Self::ConsecutiveFailures(failures.max(1)),
            Self::Window(window) => {
                let (span, most) = match window.span {
                    Span::Calls(calls) => {
                        let calls = calls.clamp(1, super::WINDOW_CALLS_MAX);
                        (Span::Calls(calls), calls)
                    }
                    Span::Time(time) => (Span::Time(time), u32::MAX),
                };
                let percent = |percent: u8| percent.clamp(1, 100);
                Self::Window(WindowPolicy {
                    span,
                    minimum_calls: window.minimum_calls.clamp(1, most),
                    failure_rate_percent: percent(window.failure_rate_percent),
                    slow: window
                        .slow
                        .map(|slow| SlowCalls { rate_percent: percent(slow.rate_percent), ..slow }),
                })
            }
        }
    }
}

impl fmt::Display for OpensOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = match self {
            Self::ConsecutiveFailures(failures) => {
                return write!(f, "{failures} failures in a row");
            }
            Self::Window(window) => window,
        };
        write!(f, "{} % failures", window.failure_rate_percent)?;
        if let Some(slow) = window.slow {
            write!(f, " or {} % slower than {:?}", slow.rate_percent, slow.after)?;
        }
        match window.span {
            Span::Calls(calls) => write!(f, " of the last {calls} calls")?,
            Span::Time(time) => write!(f, " in the last {time:?}")?,
        }
        write!(f, ", from {} calls on", window.minimum_calls)
    }
}
