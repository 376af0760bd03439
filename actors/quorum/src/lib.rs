//! The actor that holds ballots.
//!
//! ```text
//!   task ──Open, Cast──▶ quorum ──Settled, Equivocated──▶ task
//! ```
//!
//! Everything it knows dies with an incarnation: ballots, votes, verdicts, offences. A new one
//! says so by [`QuorumEvent::Started`](synod_protocol::quorum::QuorumEvent::Started), and whoever
//! puts questions puts again what is undecided, with the votes it has. Nothing is read back from
//! the store: what a verdict leads to is journalled by whoever asked.

mod actor;
mod metrics;

pub use actor::{Args, Quorum};
pub use metrics::describe;
pub use synod_quorum_core::Limits;
