//! Settings of the kind `quorum`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ballots: counts stake, exactly, until a threshold is met or out of reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuorumSettings {
    /// Ballots open at once; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub open_max: usize,
    /// Verdicts remembered, so that a late vote is recognised.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub decided_max: usize,
    /// Members of one ballot.
    #[schemars(range(min = 1, max = 100_000))]
    pub members_max: usize,
    /// Offences kept for reading; the oldest go first.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub evidence_max: usize,
}

impl Default for QuorumSettings {
    fn default() -> Self {
        Self { open_max: 1024, decided_max: 4096, members_max: 10_000, evidence_max: 1024 }
    }
}
