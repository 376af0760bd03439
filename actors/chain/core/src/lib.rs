//! Decides how one chain is followed: which blocks to ask for, which to commit, which to take
//! back, who is to be told what, and when to stop believing the node.
//!
//! A [`Follower`] is told what happened and when; it returns what must be done. Three things make
//! it up:
//!
//! - the **window**: ids of the last 256 committed blocks. At each look the node's block at the
//!   height of our tip is compared with it. If they differ, the fork is searched for, and what
//!   stands above it is retracted, newest first. A fork deeper than the limit, or another chain
//!   altogether, halts the following: nothing is retracted, nothing is lost, an operator decides.
//! - the **outbox**: every event has a number. It is journalled whole before any consumer sees
//!   it, and stays queued until every consumer has answered. One batch per consumer is out at a
//!   time; unanswered ones are sent again.
//! - the **look**: at most one at a time, sized by what the node manages, paused while the
//!   consumers are slow, repeated with back-off while the node is in trouble.
//!
//! Which of a chain's endpoints a look goes through is decided by [`Endpoints`]: by health, budget
//! and what the others have seen. It knows nothing of the following, nor the following of it.
//!
//! Everything but the look is rebuilt from the journal. All consumers share one cursor: the last
//! event answered by all. A consumer that joins a chain followed for long is told what comes
//! after that cursor, not what was before; an empty journal begins at the configured block.

mod assemble;
mod endpoints;
pub(crate) mod follower;
mod limits;
mod outbox;
mod pace;
mod record;
mod roll;
mod strands;
mod window;

pub use assemble::{Gap, check_links};
pub use endpoints::{Budget, Change, Choice, EndpointRules, Endpoints, Terms, Turn};
pub use follower::{Effect, Follower, Halt, Input, Plan, Refusal, Seam};
pub use limits::{Limits, Rules, WINDOW};
pub use outbox::Delivery;
pub use record::{Record, RecordError, Snapshot};
pub use roll::Order;
pub use strands::{Strands, Unread};
