//! What the benches share: contenders measured in turns, in CPU time, against the first of them.
//!
//! A bench prints one table. All contenders run in every round, one after another, so that other
//! work on the machine hits them alike; a ratio is the median of the ratios of the rounds.
//! `--rounds N` says how many. `--only NAME --count N` runs one contender once, for a profiler;
//! with `--bare` nothing observes: no metrics, no log.
#![expect(clippy::expect_used, reason = "a bench that cannot be set up can only end")]

mod actix_system;
mod actors;
pub mod certificate;
pub mod crypto;
mod instructions;
mod measure;
mod notes;
mod points;
mod window;

pub use actix_system::ActixSystem;
pub use actors::{One, address, child_policy, one_for_one, runtime, tree};
pub use instructions::instructions;
use instructions::is_counted;
pub use measure::{Contender, Options, Table, counted, cpu_time, line, median, observe};
pub use notes::{Note, Noted, driven};
pub use window::{Tick, Window};

use rustix::thread::{CpuSet, sched_setaffinity};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Allocations so far, and bytes held now.
pub fn allocated() -> (usize, usize) {
    let stats = ALLOCATOR.stats();
    (stats.allocations, stats.bytes_allocated.saturating_sub(stats.bytes_deallocated))
}

/// On which threads a contender runs, and these on which processors. Left to the kernel, two
/// threads that hand over to one another share a processor or do not, as it happens, and what is
/// measured then is that: to wake an idle processor costs thirty times as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Sender and actor share one.
    One,
    /// The sender has one, the actor another, on one processor.
    Two,
    /// The same, on two processors.
    TwoProcessors,
}

impl Threads {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "one thread",
            Self::Two => "two threads",
            Self::TwoProcessors => "two processors",
        }
    }

    /// A runtime of tokio's; `block_on` runs the sender.
    pub fn tokio(self) -> tokio::runtime::Runtime {
        let (mut builder, worker) = match self {
            Self::One => (tokio::runtime::Builder::new_current_thread(), 0),
            Self::Two => (tokio::runtime::Builder::new_multi_thread(), 0),
            Self::TwoProcessors => (tokio::runtime::Builder::new_multi_thread(), 1),
        };
        pin(0);
        builder.on_thread_start(move || pin(worker));
        builder.worker_threads(1).enable_time().build().expect("threads can be had")
    }
}

/// Holds this thread on one processor, or says that it cannot.
fn pin(processor: usize) {
    let mut processors = CpuSet::new();
    processors.set(processor);
    if let Err(error) = sched_setaffinity(None, &processors) {
        eprintln!("a thread is not held on processor {processor}: {error}");
    }
}
