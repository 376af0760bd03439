//! Settings of the kind `aggregation`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose arithmetic verifies BN254 signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// The library ark-bn254.
    Ark,
    /// Synod's own, about twice as fast.
    #[default]
    Synod,
    /// Both, each for itself; where they differ, nothing is certified and nobody named.
    CrossCheck,
}

/// Sums signatures until the threshold, verifies the sum once, and finds culprits if it is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AggregationSettings {
    /// Whose arithmetic verifies BN254 signatures: `synod` (our own), `ark` (ark-bn254), or
    /// `cross-check`: both, and where they differ nothing is certified.
    pub arithmetic: Arithmetic,
    /// Tasks collected at once; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub tasks_max: usize,
    /// Members of an operator set.
    #[schemars(range(min = 1, max = 100_000))]
    pub members_max: usize,
    /// Bytes of one answer's output.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub output_bytes_max: usize,
    /// Bytes of all different outputs of one task; an answer with one more is refused.
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub task_bytes_max: usize,
    /// Operator tables whose keys are kept checked and added up; one with 10,000 members takes
    /// about 6 MB.
    #[schemars(range(min = 1, max = 4096))]
    pub tables_max: usize,
    /// Operators remembered for a false signature: theirs are checked alone.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub suspects_max: usize,
    /// Tasks that wait for a verification and are decided together, by one check.
    #[schemars(range(min = 1, max = 4096))]
    pub tasks_per_check_max: usize,
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
            arithmetic: Arithmetic::default(),
            tasks_max: 1024,
            members_max: 10_000,
            output_bytes_max: 65_536,
            task_bytes_max: 67_108_864,
            tables_max: 16,
            suspects_max: 16_384,
            tasks_per_check_max: 64,
            keys_max: 16_384,
            jobs_max: 2,
            events_max: 65_536,
            retry_after: Duration::from_millis(20),
        }
    }
}
