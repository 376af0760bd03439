//! What the benches share: contenders measured in turns, in CPU time, against the first of them.
//!
//! A bench prints one table. All contenders run in every round, one after another, so that other
//! work on the machine hits them alike; a ratio is the median of the ratios of the rounds.
//! `--rounds N` says how many. `--only NAME --count N` runs one contender once, for a profiler;
//! with `--bare` nothing observes: no metrics, no log.
#![expect(clippy::expect_used, reason = "a bench that cannot be set up can only end")]

mod actors;
mod instructions;
mod measure;
mod window;

pub use actors::{One, address, child_policy, one_for_one, runtime, tree};
pub use instructions::instructions;
pub use measure::{Contender, Options, Table, observe};
pub use window::{Tick, Window};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Allocations so far, and bytes held now.
pub fn allocated() -> (usize, usize) {
    let stats = ALLOCATOR.stats();
    (stats.allocations, stats.bytes_allocated.saturating_sub(stats.bytes_deallocated))
}

/// On which threads a contender runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Sender and actor share one.
    One,
    /// The sender has one, the actor another.
    Two,
}

impl Threads {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "one thread",
            Self::Two => "two threads",
        }
    }

    /// A runtime of tokio's; `block_on` runs the sender.
    pub fn tokio(self) -> tokio::runtime::Runtime {
        let mut builder = match self {
            Self::One => tokio::runtime::Builder::new_current_thread(),
            Self::Two => tokio::runtime::Builder::new_multi_thread(),
        };
        builder.worker_threads(1).enable_time().build().expect("threads can be had")
    }
}
