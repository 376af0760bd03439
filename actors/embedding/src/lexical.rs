use std::sync::Arc;

use synod_embedding_core::{Lexical, UnfitDimensions};
use synod_types::vector::ModelId;

use crate::port::{Computing, EmbedError, Embedder};

/// The built-in model behind the port, on a blocking thread.
#[derive(Clone, Debug)]
pub struct LexicalEmbedder(Lexical);

impl LexicalEmbedder {
    /// The model with vectors of `dimensions` values.
    ///
    /// # Errors
    /// [`UnfitDimensions`] outside 64 to 4096.
    pub fn new(dimensions: usize) -> Result<Self, UnfitDimensions> {
        Ok(Self(Lexical::new(dimensions)?))
    }
}

impl Embedder for LexicalEmbedder {
    fn model(&self) -> &ModelId {
        self.0.model()
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn embed(&self, texts: Vec<Arc<str>>) -> Computing<'_> {
        let model = self.0.clone();
        Box::pin(async move {
            let compute = move || texts.iter().map(|text| model.embed(text)).collect();
            // As many threads at once as batches are computed at once, which has a limit.
            let computed = tokio::task::spawn_blocking(compute).await;
            computed.map_err(|error| EmbedError(error.to_string()))
        })
    }
}
