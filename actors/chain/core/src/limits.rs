use std::time::Duration;

use synod_types::chain::{ChainId, LogFilter};

/// How many committed block ids are remembered.
pub const WINDOW: usize = 256;

/// What is followed.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The chain the node must be of.
    pub chain: ChainId,
    /// The first block to commit if the journal is empty. None: the newest confirmed one at the
    /// first look.
    pub start_block: Option<u64>,
    /// Which logs are told. Blocks are told even if none of their logs is wanted.
    pub filter: LogFilter,
    /// How many consumers there are. With none, events count as answered once journalled.
    pub consumers: usize,
    /// How much of everything.
    pub limits: Limits,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many blocks must stand above a block before it is committed. 0: commit at once.
    pub confirmations: u64,
    /// How many committed blocks may be retracted at once; no more than [`WINDOW`].
    pub reorg_depth_max: usize,
    /// How many blocks are asked for at once.
    pub fetch_blocks_max: u32,
    /// How many events may wait for answers before fetching pauses. A reorg may exceed it by its
    /// depth.
    pub undelivered_max: usize,
    /// How many bytes of events may wait for answers before fetching pauses. A look may exceed it
    /// by its size.
    pub undelivered_bytes_max: usize,
    /// How many events a batch holds.
    pub batch_events_max: usize,
    /// How many bytes a batch or a journal record holds, if it is more than one event.
    pub batch_bytes_max: usize,
    /// How many bytes one block's wanted logs may take. Above it the following halts.
    pub event_bytes_max: usize,
    /// Time between looks when nothing is missing.
    pub poll: Duration,
    /// Time to the first repetition after trouble; doubled at each further one.
    pub retry_min: Duration,
    /// The longest time between repetitions.
    pub retry_max: Duration,
    /// How long a node may be shorter than what we have committed, without contradicting it,
    /// before the missing blocks are retracted.
    pub rollback_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            confirmations: 0,
            reorg_depth_max: 64,
            fetch_blocks_max: 200,
            undelivered_max: 4_096,
            undelivered_bytes_max: 16 << 20,
            batch_events_max: 64,
            batch_bytes_max: 256 << 10,
            event_bytes_max: 1 << 20,
            poll: Duration::from_millis(500),
            retry_min: Duration::from_millis(100),
            retry_max: Duration::from_secs(10),
            rollback_patience: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// The time before repetition number `failures`, counted from 1.
    pub(crate) fn back_off(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.retry_min.saturating_mul(doubled).min(self.retry_max)
    }
}
