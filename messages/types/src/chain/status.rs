//! How the following of a chain stands.

use serde::Serialize;

use super::{BackfillStatus, BlockId, ChainId, EndpointStatus, EventNumber};

/// What the following of a chain is busy with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "phase", content = "reason")]
pub enum ChainPhase {
    /// The node has not said yet which chain it follows.
    Starting,
    /// Blocks are missing and being fetched.
    CatchingUp,
    /// Every confirmed block is committed.
    Following,
    /// The node is shorter than what we have committed, without contradicting it.
    NodeBehind,
    /// Consumers are slow: nothing is fetched until they have answered.
    Blocked,
    /// Nothing is done until an operator has mended the cause and restarted the actor.
    Halted(String),
}

impl ChainPhase {
    /// Its name in metrics and short listings.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::CatchingUp => "catching_up",
            Self::Following => "following",
            Self::NodeBehind => "node_behind",
            Self::Blocked => "blocked",
            Self::Halted(_) => "halted",
        }
    }
}

/// How the following of a chain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainStatus {
    /// The chain.
    pub chain: ChainId,
    /// What is going on.
    #[serde(flatten)]
    pub phase: ChainPhase,
    /// The node's highest block at the last look.
    pub head: Option<u64>,
    /// The last block committed and not retracted.
    pub committed: Option<BlockId>,
    /// Number of the last event told.
    pub last_event: EventNumber,
    /// Number of the last event every consumer has answered.
    pub answered: EventNumber,
    /// How many events wait for an answer of some consumer.
    pub undelivered: usize,
    /// The endpoints it is followed through, in the order of their names.
    pub endpoints: Vec<EndpointStatus>,
    /// What consumers that came late are being told of the past.
    pub backfills: Vec<BackfillStatus>,
}

impl ChainStatus {
    /// How many blocks the node has that are not committed; zero while it is unknown.
    pub fn lag(&self) -> u64 {
        let committed = self.committed.map_or(0, |block| block.number);
        self.head.map_or(0, |head| head.saturating_sub(committed))
    }
}
