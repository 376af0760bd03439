//! Settings of the kind `aggregation`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sums signatures until the threshold, verifies the sum once, and finds culprits by bisection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AggregationSettings {
    /// Tasks collected at once; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub tasks_max: usize,
    /// Members of an operator set.
    #[schemars(range(min = 1, max = 100_000))]
    pub members_max: usize,
    /// Bytes of one answer's output.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub output_bytes_max: usize,
    /// Public keys remembered as checked.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub keys_max: usize,
    /// Verifications that run at once; more wait, one per task at most.
    #[schemars(range(min = 1, max = 1024))]
    pub jobs_max: usize,
    /// Events the listener has no room for yet; at the limit the actor starts anew.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub events_max: usize,
    /// How long to wait before the listener is tried again.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "crate::format::duration", extend("x-max" = "1m"))]
    pub retry_after: Duration,
}

impl Default for AggregationSettings {
    fn default() -> Self {
        Self {
            tasks_max: 1024,
            members_max: 10_000,
            output_bytes_max: 65_536,
            keys_max: 16_384,
            jobs_max: 2,
            events_max: 65_536,
            retry_after: Duration::from_millis(20),
        }
    }
}
