//! Supervised actors: addresses that outlive their actors, supervisors that restart them,
//! breakers around what lies outside.
//!
//! ```text
//!   Address ──push──▶ Mailbox (bounded lanes) ──wake──▶ incarnation 1, 2, 3 … of an Actor
//!                                                          ▲ start, halt, drain, kill
//!   Runtime ──▶ supervisor (pure core + shell) ────────────┘
//! ```
//!
//! An [`Address`] and its mailbox are made once; incarnations of the actor come and go behind
//! them. A restart loses nothing of which there is a copy, and else the message in hand, and says
//! so (a dead letter; an asker gets [`CallError::Dropped`]). A message that its actor dies of again
//! and again is quarantined. What dies with an incarnation: its state, its alarms, its
//! piped futures, and what these have queued. What does not: messages of others, counters, the
//! incarnation number.
//!
//! A [`Watchdog`] finds actors that do not get on with their mail.
//!
//! ractor runs the incarnations: it spawns, links, reports failures and kills. No ractor type
//! leaves this crate.

mod actor;
mod address;
mod breaker;
mod call;
mod capacity;
mod carried;
mod child;
mod children;
mod clock;
mod context;
mod dead_letters;
mod deadline;
mod events;
mod failures;
#[cfg(test)]
mod faults;
mod fence;
mod hand;
mod incarnation;
mod mailbox;
mod matter;
mod message;
pub mod metrics;
mod outlet;
mod pool;
mod pulse;
mod quarantine;
mod reform;
mod roster;
mod runtime;
mod shards;
mod shared;
mod stamps;
mod supervisor;
mod thread;
mod times;
pub mod trace;
mod view;
mod waits;
mod watchdog;

pub use actor::{Actor, Failure};
pub use address::{Address, RejectReason, Rejected};
pub use breaker::{Breaker, BreakerChange, BreakerError, BreakerView, BreakerWatch, RetriesView};
pub use call::{CallError, Pending, Reply};
pub use capacity::Capacity;
pub use child::{ChildSpec, SupervisorSpec};
pub use children::{ChildCounts, ChildError, Place, Template};
pub use clock::Clock;
pub use context::{Busy, Context, Panicked};
pub use dead_letters::{DeadFilter, DeadLetter, DeadReason, ReplayError};
pub use events::{RuntimeEvent, Sent, Tapped};
pub use failures::{Aftermath, FailureRecord};
pub use message::{Lane, Message, Overflow, fingerprint};
pub use outlet::Outlet;
pub use pool::{InvalidPool, Pool, PoolSpec, Routing};
pub use pulse::StuckView;
pub use reform::{ReformError, Reformed, TreeDigest};
pub use runtime::{Ended, NoSuchActor, Running, Runtime, RuntimeLimits};
pub use shards::{Entity, InvalidShards, Keep, ShardMsg, Shards, ShardsSpec, Step};
pub use thread::Class;
pub use view::{ActorView, Role, TreeView};
pub use waits::{Cycle, WaitView};
pub use watchdog::Watchdog;

pub use synod_supervision_core as core;
pub use synod_supervision_core::Fingerprint;

/// The examples in the guides are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guides/pools.md")]
#[doc = include_str!("../../../docs/guides/shards.md")]
struct Guides;
