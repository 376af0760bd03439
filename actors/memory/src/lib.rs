//! The actor that remembers for agents, and finds again.
//!
//! ```text
//!   callers ──Store, Get, Query, Forget──▶ memory ──▶ store: every change before its answer
//!   chain ──ChainBatch──────────────────▶   │
//!                                           └──Embed──▶ embedding
//! ```
//!
//! An answer waits until everything it rests on is in the journal: whoever is told of block n is
//! told after all that block n brought is durable. Vectors come later: until then a memory is
//! found by its words. While no vector can be had, a query for both is answered by words alone,
//! and says so.
//!
//! What dies with an incarnation: questions in hand, vectors, and at most 64 counts of reads.
//! What is read back from the store: every memory. Vectors are computed again after the start.

mod actor;
pub mod metrics;
mod vectors;

pub use actor::{Args, MemoryActor};
pub use synod_memory_core::Rules;
pub use vectors::Work;
