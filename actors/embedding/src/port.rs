//! What a model must do, in our words.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use synod_types::vector::{Embedding, ModelId};

/// Vectors on their way. Nothing is computed before it is first polled: a breaker may drop it.
pub type Computing<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Embedding>, EmbedError>> + Send + 'a>>;

/// A model. Equal text gives equal vectors, whenever and beside whatever it is computed.
pub trait Embedder: Send + Sync {
    /// Its name, which changes whenever the vector of some text does.
    fn model(&self) -> &ModelId;

    /// Values of each vector.
    fn dimensions(&self) -> usize;

    /// One vector a text, in the order of the texts: finite, of unit length, never zeros. What
    /// takes long runs on a thread that may.
    fn embed(&self, texts: Vec<Arc<str>>) -> Computing<'_>;
}

/// Why a model gave no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EmbedError(pub String);
