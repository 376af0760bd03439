//! The actor that turns texts into vectors.
//!
//! ```text
//!   callers ──Embed──▶ embedding ──Embedder (through a breaker)──▶ a model
//! ```
//!
//! Texts of several callers are computed together, the same text once for all, and vectors of
//! late are kept. What dies with an incarnation: all of it. Nothing is read back: a caller whose
//! question was dropped asks again, and gets the same vectors.

mod actor;
mod lexical;
pub mod metrics;
mod port;

pub use actor::{Args, EmbeddingActor};
pub use lexical::LexicalEmbedder;
pub use port::{Computing, EmbedError, Embedder};
pub use synod_embedding_core::{Lexical, Limits, UnfitDimensions};
