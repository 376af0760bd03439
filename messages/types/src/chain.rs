//! Chains, blocks, logs, and what happens to them.

mod backfill;
mod endpoint;
mod sight;
mod status;

pub use backfill::{BackfillRefusal, BackfillStatus, Strand};
pub use endpoint::{Demotion, EndpointState, EndpointStatus, Looked, Probed, Vote};
pub use sight::{ChainIdentity, PlacedLog, Sight, Trouble};
pub use status::{ChainPhase, ChainStatus};

use std::fmt;

use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};

/// An EIP-155 chain id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(pub u64);

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One block, named so that two branches never share a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockId {
    /// Height.
    pub number: u64,
    /// Hash of the header.
    pub hash: B256,
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.hash)
    }
}

/// What is kept of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Block {
    /// Height and hash.
    pub id: BlockId,
    /// Hash of the block below.
    pub parent: B256,
    /// Seconds since the Unix epoch, as the chain says.
    pub timestamp: u64,
}

/// One log of a block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Log {
    /// The contract that emitted it.
    pub address: Address,
    /// At most four; the first is the event's signature unless the event is anonymous.
    pub topics: Vec<B256>,
    /// The arguments that are not indexed, ABI-encoded.
    pub data: Bytes,
    /// The transaction that caused it.
    pub transaction: B256,
    /// Position among all logs of its block. (Block hash, index) names a log for good.
    pub index: u64,
}

/// Which logs are wanted. Empty lists want everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    /// Emitting contracts.
    pub addresses: Vec<Address>,
    /// First topics: event signatures.
    pub events: Vec<B256>,
}

impl LogFilter {
    /// Whether `log` is wanted.
    pub fn wants(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        let event = self.events.is_empty()
            || log.topics.first().is_some_and(|topic| self.events.contains(topic));
        address && event
    }
}

/// What a chain did. Consumers get these in order, each at least once; a consumer that has
/// applied one already (same block) answers without doing it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChainEvent {
    /// A block stands on the one committed before it and has its confirmations.
    Committed {
        /// The block.
        block: Block,
        /// Those of its logs that the filter wants, in order of index.
        logs: Vec<Log>,
    },
    /// The block, the last committed one not yet retracted, is no longer part of the chain.
    /// Everything derived from it must be taken back.
    Retracted {
        /// The block.
        block: BlockId,
    },
}

impl ChainEvent {
    /// The block it is about.
    pub const fn block(&self) -> BlockId {
        match self {
            Self::Committed { block, .. } => block.id,
            Self::Retracted { block } => *block,
        }
    }
}

/// Position of an event among all that were ever told of one chain: 1 for the first, ascending
/// by one, the same at each repetition and after every restart. A consumer that keeps the number
/// of the last event it has applied knows exactly which ones are new to it. 0: none yet.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventNumber(pub u64);

impl EventNumber {
    /// The number `count` events later.
    pub const fn plus(self, count: usize) -> Self {
        Self(self.0.saturating_add(count as u64))
    }

    /// How many events after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Self) -> usize {
        self.0.saturating_sub(earlier.0) as usize
    }
}

impl fmt::Display for EventNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
