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

/// A vector of unit length (or all zeros for a text without words), and the model that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// The model.
    pub model: ModelId,
    /// Finite values; as many as the model has dimensions.
    pub values: Arc<[f32]>,
}
