//! `[breakers.<name>]`: when calls to the outside stop, and when they are tried again.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::retry::RetrySettings;
use crate::shape::join;

/// A policy for circuit breakers. Every actor that names it has a breaker of its own. `default`
/// is there even if it is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerPolicy {
    /// What opens it: failures in a row, or the failure rate (and, if `slow_call_after` is given,
    /// the rate of slow calls) of the last calls, or of the calls of the last time.
    pub opens_on: OpensOn,
    /// Consecutive failures that open it. With `opens_on = "consecutive_failures"`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub failures_to_open: u32,
    /// How many calls the window holds. With `opens_on = "count_window"`.
    #[schemars(range(min = 1, max = 16_384))]
    pub window_calls: u32,
    /// How far the window reaches back; it moves by tenths. With `opens_on = "time_window"`.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub window_time: Duration,
    /// Calls in the window before which no rate is worked out.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub minimum_calls: u32,
    /// It opens when this share of the calls in the window failed, or more.
    #[schemars(range(min = 1, max = 100))]
    pub failure_rate_percent: u8,
    /// A call that takes longer is slow. Without it none is.
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub slow_call_after: Option<Duration>,
    /// It opens when this share of the calls in the window was slow, or more.
    #[schemars(range(min = 1, max = 100))]
    pub slow_call_rate_percent: u8,
    /// How long none goes out before probes may.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration")]
    pub open_for: Duration,
    /// The longest such time: it doubles each time the probes fail. Without it, it does not grow.
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::duration")]
    pub open_for_max: Option<Duration>,
    /// The share of that time that chance may take off, so that many do not probe at once; 100 is
    /// full jitter.
    #[schemars(range(min = 0, max = 100))]
    pub open_jitter_percent: u8,
    /// Probes: calls that go out half-open, in all.
    #[schemars(range(min = 1, max = 1024))]
    pub half_open_permits: u32,
    /// Probes, at most `half_open_permits`, that must succeed before all calls go out again. As
    /// soon as too few are left for that, it opens again.
    #[schemars(range(min = 1, max = 1024))]
    pub successes_to_close: u32,
    /// A call that takes longer has failed.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub call_timeout: Duration,
    /// Calls at once, the concurrency limit; more are refused.
    #[schemars(range(min = 1, max = 65_536))]
    pub calls_max: u32,
    /// How calls that do no more harm made twice than once are made again: today the questions of
    /// a chain, but for the first of each look.
    pub retry: RetrySettings,
}

/// What opens a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpensOn {
    /// So many failures in a row.
    ConsecutiveFailures,
    /// A rate over the last calls.
    CountWindow,
    /// A rate over the calls of the last time.
    TimeWindow,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            opens_on: OpensOn::ConsecutiveFailures,
            failures_to_open: 5,
            window_calls: 100,
            window_time: Duration::from_secs(60),
            minimum_calls: 20,
            failure_rate_percent: 50,
            slow_call_after: None,
            slow_call_rate_percent: 100,
            open_for: Duration::from_secs(60),
            open_for_max: None,
            open_jitter_percent: 0,
            half_open_permits: 3,
            successes_to_close: 3,
            call_timeout: Duration::from_secs(30),
            calls_max: 10,
            retry: RetrySettings::default(),
        }
    }
}

/// What no bound of one key can say.
pub(crate) fn check_all(check: &mut Check<'_, '_>) {
    let written = check.written;
    for (name, policy) in &written.breakers {
        let breaker = join("breakers", name);
        if policy.successes_to_close > policy.half_open_permits {
            let hint = format!("at most half_open_permits, which is {}", policy.half_open_permits);
            let rule = "above half_open_permits: it would never close";
            check.found.refuse(&join(&breaker, "successes_to_close"), rule, hint);
        }
        if policy.opens_on == OpensOn::CountWindow && policy.window_calls < policy.minimum_calls {
            let hint = format!("at most window_calls, which is {}", policy.window_calls);
            let rule = "above window_calls: it would never open";
            check.found.refuse(&join(&breaker, "minimum_calls"), rule, hint);
        }
        if let Some(longest) = policy.open_for_max {
            let open_for = ("open_for", policy.open_for);
            check.at_most(&breaker, open_for, ("open_for_max", longest));
        }
        if let Some(slow) = policy.slow_call_after {
            check_slow(check, &breaker, policy, slow);
        }
        policy.retry.check(check, &join(&breaker, "retry"));
    }
}

fn check_slow(check: &mut Check<'_, '_>, breaker: &str, policy: &BreakerPolicy, slow: Duration) {
    if policy.opens_on == OpensOn::ConsecutiveFailures {
        let hint = "opens_on = \"count_window\" or \"time_window\", or leave it out";
        let rule = "a rate needs a window, failures in a row have none";
        check.found.refuse(&join(breaker, "slow_call_after"), rule, hint);
    }
    check.at_most(breaker, ("slow_call_after", slow), ("call_timeout", policy.call_timeout));
}
