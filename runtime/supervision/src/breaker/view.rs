use serde::Serialize;
use synod_supervision_core::{BreakerCore, BreakerState};

/// A breaker as shown to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BreakerView {
    /// Its name.
    pub name: String,
    /// `closed`, `open`, `half_open`, `forced_open` or `forced_closed`.
    pub state: &'static str,
    /// If open: until when, in milliseconds since the Unix epoch.
    pub open_until_ms: Option<u64>,
    /// What opens it, in words.
    pub opens_on: String,
    /// Calls its present state is judged by: the window when closed, the probes when half-open.
    pub calls: u32,
    /// Those of them that failed.
    pub failures: u32,
    /// Those of them that were slow.
    pub slow: u32,
    /// Calls under way.
    pub under_way: u32,
    /// Calls that may be under way at once.
    pub under_way_max: u32,
    /// Calls made again.
    pub retries: RetriesView,
}

/// What a breaker's callers made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RetriesView {
    /// Attempts at one call, the first included; one: none is repeated.
    pub attempts_max: u32,
    /// Calls made again so far.
    pub made: u64,
    /// Failures so far after which the call would have been made again, but was not.
    pub refused: u64,
    /// Those of them for want of budget.
    pub out_of_budget: u64,
    /// How many more the budget allows now.
    pub budget_left: u32,
}

impl BreakerView {
    pub(super) fn of(name: &str, core: &BreakerCore, retries: RetriesView) -> Self {
        let shown = Shown::of(core.state());
        let counts = core.counts();
        Self {
            name: name.to_owned(),
            state: shown.name,
            open_until_ms: shown.open_until_ms,
            opens_on: core.policy().opens_on.to_string(),
            calls: counts.calls,
            failures: counts.failures,
            slow: counts.slow,
            under_way: core.calls(),
            under_way_max: core.policy().calls_max,
            retries,
        }
    }
}

/// A state in the words of events, metrics and people.
pub(super) struct Shown {
    pub(super) name: &'static str,
    /// For the gauge.
    pub(super) level: u8,
    open_until_ms: Option<u64>,
}

impl Shown {
    pub(super) const fn of(state: BreakerState) -> Self {
        let (name, level) = match state {
            BreakerState::Closed => ("closed", 0),
            BreakerState::HalfOpen => ("half_open", 1),
            BreakerState::Open { .. } => ("open", 2),
            BreakerState::ForcedOpen => ("forced_open", 3),
            BreakerState::ForcedClosed => ("forced_closed", 4),
        };
        let open_until_ms = match state {
            BreakerState::Open { until } => Some(until.unix_millis()),
            BreakerState::Closed
            | BreakerState::HalfOpen
            | BreakerState::ForcedOpen
            | BreakerState::ForcedClosed => None,
        };
        Self { name, level, open_until_ms }
    }
}
