//! The actor that follows one chain and tells its consumers what the chain did.
//!
//! ```text
//!   nodes ─Source──▶ chain ──ChainBatch──▶ task, executor, memory, …
//!                      │
//!                      └──▶ store: events before they are told
//! ```
//!
//! What dies with an incarnation: looks at the nodes, batches under way, and what is held against
//! endpoints. What is read back from
//! the store: the window of committed blocks, which consumers are told the past, how far, and every
//! event some consumer had not answered; those are told again, with the numbers they had.

mod actor;
mod ahead;
mod backfill;
mod endpoints;
mod journal;
mod look;
mod metrics;
mod source;

pub use actor::{Args, Chain};
pub use endpoints::Endpoint;
pub use metrics::describe;
pub use source::{Asked, Heard, Source, SourceError};
pub use synod_chain_core::{Budget, EndpointRules, Limits, Rules, Terms, WINDOW};
