//! The life of a task on both sides, without a clock, a mailbox or a socket.
//!
//! ```text
//!   chain event ──▶ Aggregator ──▶ ask operators, open ballot and aggregation ──▶ certificate
//!   submission  ──▶ Executor   ──▶ perform once, sign once ──▶ answer, the same for ever
//! ```
//!
//! Both are told what happened and say what must be done. What must survive a crash is an
//! effect of its own, [`aggregator::Effect::Journal`] and [`executor::Effect::Journal`]: the
//! shell carries out the effects after it only when the journal holds the record. A new core is
//! made from those records by `replay`, and `resume` says what the crash left undone.
//!
//! Promises, whatever is lost, repeated or reordered:
//!
//! - An accepted task ends exactly once, with a certificate or a reason.
//! - A task has at most one certificate, for ever. Ended tasks are forgotten when there are more
//!   than `kept_max`; a forgotten one does not come back, because events of a chain are numbered
//!   and none is applied twice.
//! - A certificate stays when the block that asked for it leaves the chain; the task is marked.
//!   A task that was not certified fails as retracted, and begins anew if another block of the
//!   chain announces it again: the one ending that is not final.
//! - An executor signs one answer per task. It performs a task again only if it crashed before
//!   the first result was journalled, or after a failure that may pass.

pub mod aggregator;
mod announced;
mod backoff;
#[cfg(test)]
mod crashes;
pub mod executor;

mod record;
mod timers;

pub use announced::Skip;
pub use backoff::Backoff;
pub use record::{Damaged, decode, encode};
