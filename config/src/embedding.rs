//! Settings of the kind `embedding`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Texts to vectors, by the lexical model that is built in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddingSettings {
    /// Values of a vector. Vectors of different dimensions are never compared.
    #[schemars(range(min = 64, max = 4096))]
    pub dimensions: usize,
    /// Vectors kept for the next time. 0: none.
    #[schemars(range(min = 0, max = 10_000_000))]
    pub cache_max: usize,
    /// Texts computed together.
    #[schemars(range(min = 1, max = 4096))]
    pub batch_max: usize,
    /// Batches computed at once.
    #[schemars(range(min = 1, max = 1024))]
    pub batches_max: usize,
    /// How long a text waits for others to be computed with.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "crate::format::duration", extend("x-min" = "0s", "x-max" = "10s"))]
    pub wait_max: Duration,
    /// Texts waiting for their batch; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub waiting_max: usize,
    /// Texts of one request.
    #[schemars(range(min = 1, max = 4096))]
    pub texts_max: usize,
    /// Bytes of one text.
    #[schemars(range(min = 1, max = 16_777_216))]
    pub text_bytes_max: usize,
}

impl Default for EmbeddingSettings {
    fn default() -> Self {
        Self {
            dimensions: 1024,
            cache_max: 10_000,
            batch_max: 64,
            batches_max: 2,
            wait_max: Duration::from_millis(2),
            waiting_max: 4096,
            texts_max: 256,
            text_bytes_max: 65_536,
        }
    }
}
