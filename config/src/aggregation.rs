//! Settings of the kind `aggregation`.

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
}

impl Default for AggregationSettings {
    fn default() -> Self {
        Self { tasks_max: 1024, members_max: 10_000 }
    }
}
