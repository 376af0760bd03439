//! Told to the embedding actor.

use std::sync::Arc;

use synod_supervision::{Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::vector::{Embedding, EmbeddingRefusal};

/// Told to the embedding actor.
#[derive(Debug)]
pub enum EmbeddingMsg {
    /// One vector a text, in the order of the texts. Answered when all are there, or none will be.
    Embed(Vec<Arc<str>>, Reply<Result<Vec<Embedding>, EmbeddingRefusal>>),
    /// The actor's own alarm: a small batch has waited long enough.
    Wake,
    /// The model is done with the batch of this number, or failed for this reason.
    Computed(u64, Result<Vec<Embedding>, Arc<str>>),
}

impl Message for EmbeddingMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Embed(..) => "embed",
            Self::Wake => "wake",
            Self::Computed(..) => "computed",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Embed(..) => Lane::Normal,
            Self::Wake | Self::Computed(..) => Lane::High,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Embed(texts, _) => Some(fingerprint(self.kind(), texts)),
            Self::Wake | Self::Computed(..) => None,
        }
    }

    /// Whoever asks can do without a vector for a while, and asks again.
    fn overflow(&self) -> Overflow {
        match self {
            Self::Embed(..) | Self::Wake | Self::Computed(..) => Overflow::Refuse,
        }
    }
}
