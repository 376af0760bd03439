//! `[breakers.<name>]`: when calls to the outside stop, and when they are tried again.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::shape::join;

/// A policy for circuit breakers. Every actor that names it has a breaker of its own. `default`
/// is there even if it is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerPolicy {
    /// Consecutive failures after which no call goes out.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub failures_to_open: u32,
    /// How long none goes out before probes may.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration")]
    pub open_for: Duration,
    /// Probes at once.
    #[schemars(range(min = 1, max = 1024))]
    pub probes_max: u32,
    /// Probes, at most `probes_max`, that must succeed before all calls go out again.
    #[schemars(range(min = 1, max = 1024))]
    pub successes_to_close: u32,
    /// A call that takes longer has failed.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub call_timeout: Duration,
    /// Calls at once; more are refused.
    #[schemars(range(min = 1, max = 65_536))]
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

/// Probes that are never made cannot succeed.
pub(crate) fn check_all(check: &mut Check<'_, '_>) {
    for (name, policy) in &check.written.breakers {
        if policy.successes_to_close > policy.probes_max {
            let key = join(&join("breakers", name), "successes_to_close");
            let hint = format!("at most probes_max, which is {}", policy.probes_max);
            check.found.refuse(&key, "above probes_max: it would never close", hint);
        }
    }
}
