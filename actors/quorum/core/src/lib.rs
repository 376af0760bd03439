//! Tallying, without a clock, a mailbox or a socket.
//!
//! ```text
//!   Input ──▶ Ballots::apply ──▶ Effect*      (or a Refusal: nothing changed)
//! ```
//!
//! A ballot ends once: agreed on the vote that carries one digest over the threshold in every
//! kind of stake, rejected on the vote after which no digest can get there, expired when its
//! window closes. What it ended with is remembered for as long as `decided_max` later ballots
//! end, so a question put again hears the same verdict.

mod ballot;
mod ballots;

pub use ballots::{Ballots, Effect, Input, Limits};
