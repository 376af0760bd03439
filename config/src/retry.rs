//! `[breakers.<name>.retry]`: how calls are made again, and how many of them together.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::shape::join;

/// How a call that failed in passing is made again. Each attempt passes the breaker; none is made
/// while it is open, or when nobody would wait for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySettings {
    /// Attempts at one call in all; 1: it is never made again.
    #[schemars(range(min = 1, max = 10))]
    pub attempts_max: u32,
    /// The longest wait before the second attempt; it doubles before each further one. Chance
    /// takes off up to all of it.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "0s", "x-max" = "1h"))]
    pub backoff_first: Duration,
    /// It grows no further than this.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "0s", "x-max" = "1h"))]
    pub backoff_max: Duration,
    /// The budget: how many retries a hundred calls within `window` pay for.
    #[schemars(range(min = 0, max = 100))]
    pub percent: u8,
    /// Its floor: retries a second that need no calls to pay for them. Those of a whole `window`
    /// may be made at once.
    #[schemars(range(min = 0, max = 1000))]
    pub per_second_min: u32,
    /// Retries within `window`, however many calls there were.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub retries_max: u32,
    /// How long a call counts; it moves by tenths.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "1s", "x-max" = "1h"))]
    pub window: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_secs(2),
            percent: 20,
            per_second_min: 1,
            retries_max: 100,
            window: Duration::from_secs(10),
        }
    }
}

impl RetrySettings {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) {
        check.at_most(
            key,
            ("backoff_first", self.backoff_first),
            ("backoff_max", self.backoff_max),
        );
        if self.attempts_max == 1 {
            return;
        }
        if self.percent == 0 && self.per_second_min == 0 {
            let hint = "above 0, or per_second_min, or attempts_max = 1 for no retries";
            let rule = "no budget: nothing would ever be made again";
            check.found.refuse(&join(key, "percent"), rule, hint);
        }
        let free = u128::from(self.per_second_min) * self.window.as_millis() / 1_000;
        if u128::from(self.retries_max) < free {
            let hint = format!("at least {free}, or a lower per_second_min or shorter window");
            let rule = "below what per_second_min allows in a window: it would never be reached";
            check.found.refuse(&join(key, "retries_max"), rule, hint);
        }
    }
}
