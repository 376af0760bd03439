//! Told to the memory actor.

use synod_supervision::{CallError, Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::agent::AgentId;
use synod_types::memory::{
    Memory, MemoryCounts, MemoryId, MemoryPage, MemoryQuery, MemoryRefusal, NewMemory,
};
use synod_types::vector::{Embedding, EmbeddingRefusal};

use crate::chain::ChainBatch;
use crate::journal::Committed;
use crate::store::StoreRefusal;

/// What became of a question for vectors.
pub type Vectors = Result<Result<Vec<Embedding>, EmbeddingRefusal>, CallError>;

/// Told to the memory actor. Nothing is answered before everything the answer rests on is in the
/// journal.
#[derive(Debug)]
pub enum MemoryMsg {
    /// Keep a memory. Answered with its id once it is durable; the same again is answered the
    /// same.
    Store(AgentId, NewMemory, Reply<Result<MemoryId, MemoryRefusal>>),
    /// Read a memory by its id, which counts as a read.
    Get(AgentId, MemoryId, Reply<Result<Memory, MemoryRefusal>>),
    /// Find memories.
    Query(AgentId, MemoryQuery, Reply<Result<MemoryPage, MemoryRefusal>>),
    /// Forget a memory. Answered once that is durable.
    Forget(AgentId, MemoryId, Reply<Result<(), MemoryRefusal>>),
    /// How much does an agent remember? Nothing, if nobody knows it.
    Count(AgentId, Reply<Result<MemoryCounts, MemoryRefusal>>),
    /// What a chain did: the observer remembers it, or unlearns it.
    Chain(ChainBatch),
    /// The vector of a waiting query has come, or has not.
    Sought(u64, Vectors),
    /// The vectors of memories have come, or have not.
    Embedded(Vectors),
    /// The actor's own alarm: it is time to ask for vectors again.
    Wake,
    /// The journal has answered.
    Journalled(Committed),
    /// The snapshot is saved, or not.
    Saved(Result<(), StoreRefusal>),
}

impl From<ChainBatch> for MemoryMsg {
    fn from(batch: ChainBatch) -> Self {
        Self::Chain(batch)
    }
}

impl Message for MemoryMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Store(..) => "store",
            Self::Get(..) => "get",
            Self::Query(..) => "query",
            Self::Forget(..) => "forget",
            Self::Count(..) => "count",
            Self::Chain(_) => "chain",
            Self::Sought(..) => "sought",
            Self::Embedded(_) => "embedded",
            Self::Wake => "wake",
            Self::Journalled(_) => "journalled",
            Self::Saved(_) => "saved",
        }
    }

    /// Blocks before questions: a chain waits for nobody's search.
    fn lane(&self) -> Lane {
        match self {
            Self::Store(..)
            | Self::Get(..)
            | Self::Query(..)
            | Self::Forget(..)
            | Self::Count(..) => Lane::Normal,
            Self::Chain(_)
            | Self::Sought(..)
            | Self::Embedded(_)
            | Self::Wake
            | Self::Journalled(_)
            | Self::Saved(_) => Lane::High,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        let kind = self.kind();
        match self {
            Self::Store(agent, memory, _) => Some(fingerprint(kind, &(agent, memory))),
            Self::Get(agent, id, _) | Self::Forget(agent, id, _) => {
                Some(fingerprint(kind, &(agent, id)))
            }
            Self::Query(agent, query, _) => Some(fingerprint(kind, &(agent, query))),
            Self::Count(agent, _) => Some(fingerprint(kind, agent)),
            Self::Chain(batch) => Some(batch.digest(kind)),
            Self::Sought(..)
            | Self::Embedded(_)
            | Self::Wake
            | Self::Journalled(_)
            | Self::Saved(_) => None,
        }
    }

    /// Agents are refused when it is too much; a chain has one batch under way and waits.
    fn overflow(&self) -> Overflow {
        match self {
            Self::Chain(_) => Overflow::Wait,
            Self::Store(..)
            | Self::Get(..)
            | Self::Query(..)
            | Self::Forget(..)
            | Self::Count(..)
            | Self::Sought(..)
            | Self::Embedded(_)
            | Self::Wake
            | Self::Journalled(_)
            | Self::Saved(_) => Overflow::Refuse,
        }
    }
}
