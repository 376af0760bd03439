//! The store: passes what actors ask of the journal on to it, in order, and the answers back.
//!
//! ```text
//!   StoreMsg ──▶ Store ──Request──▶ JournalPort: one queue ──▶ writer ──(commit)──▶ answers
//! ```
//!
//! What dies with an incarnation: nothing but the message in hand. The journal is opened once a
//! process and shared by all incarnations of its store through [`Args`]. This keeps three promises:
//!
//! 1. Whatever an incarnation handed over is carried out and answered by the journal, also when
//!    the incarnation is killed the moment after.
//! 2. There is one queue for all incarnations, so a new one reads behind everything the old one
//!    handed over: its view is never behind an answer that someone may still get.
//! 3. There is one writer, so two incarnations cannot write at once; and a writer that does not
//!    know the present version of its stream is refused (`Conflict`), whoever it is.
//!
//! When the journal's queue is full the store waits for room, so its mailbox fills and writers wait
//! in turn. A journal that could not write refuses until the process starts anew; restarting the
//! store changes nothing about that, so it does not ask to be restarted.

mod actor;
mod metrics;
mod port;

pub use actor::{Args, Store};
pub use metrics::{Commit, Metrics, describe};
pub use port::{Answer, JournalPort, Request, refusal};
