//! Embeddings.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which model made a vector. Vectors of different models are never compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelId(pub Arc<str>);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A vector of unit length, and the model that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// The model.
    pub model: ModelId,
    /// Finite values; as many as the model has dimensions.
    pub values: Arc<[f32]>,
}

/// Why there is no vector. Never answered by zeros instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingRefusal {
    /// One text is longer than a model is given.
    #[error("a text of {bytes} bytes is longer than the {max} allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest allowed.
        max: usize,
    },
    /// One request holds more texts than allowed.
    #[error("{texts} texts in one request are more than the {max} allowed")]
    TooMany {
        /// How many.
        texts: usize,
        /// The most allowed.
        max: usize,
    },
    /// As many texts wait as may wait.
    #[error("{waiting} texts wait already")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The model did not answer, or not as a model must.
    #[error("the model failed: {0}")]
    Failed(Arc<str>),
}

impl EmbeddingRefusal {
    /// Whether the same request can succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::TooLong { .. } | Self::TooMany { .. } => false,
            Self::Busy { .. } | Self::Failed(_) => true,
        }
    }
}
