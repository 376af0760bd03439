//! Texts to vectors, without a clock, a mailbox or a model behind a wire.
//!
//! ```text
//!   Input ──▶ Requests::apply ──▶ Effect*     which texts to compute together, and when
//!   text  ──▶ Lexical::embed  ──▶ Embedding   the model that is always there
//! ```
//!
//! [`Lexical`] compares spelling, not meaning: words and their letter groups, hashed into a
//! vector. It needs no download and no network and gives the same bits on every machine.

mod cache;
mod lexical;
mod requests;
mod words;

pub use lexical::{Lexical, UnfitDimensions};
pub use requests::{BatchId, Effect, Input, Limits, RequestId, Requests};
