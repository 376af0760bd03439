//! The past of a chain, told to a consumer that came late.

use serde::Serialize;

use super::ChainPhase;

/// Of what one actor tells of its chain, that which has numbers of its own: events of different
/// strands come in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strand {
    /// What happens, told to all consumers.
    Live,
    /// What was before one consumer came, told to it alone: the order's number.
    Past(u32),
}

/// How a backfill stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackfillStatus {
    /// Its number among all of this chain.
    pub number: u32,
    /// Who is told.
    pub consumer: String,
    /// The first block.
    pub from: u64,
    /// The first block that the consumer is told, or was told, as it happens.
    pub until: u64,
    /// The next block to be read.
    pub next: u64,
    /// How many events wait for the consumer's answer.
    pub undelivered: usize,
    /// Everything was told and answered. It is watched until no reorg can reach it any more.
    pub is_told: bool,
    /// What is going on.
    #[serde(flatten)]
    pub phase: ChainPhase,
}

/// Why a backfill is not begun. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackfillRefusal {
    /// No actor of that name is told what this chain does.
    #[error("{consumer} is told nothing of this chain; {known} are")]
    UnknownConsumer {
        /// As ordered.
        consumer: String,
        /// Those who are.
        known: String,
    },
    /// It has heard of everything from there on.
    #[error("{consumer} has been told everything from block {floor} on; begin below it")]
    NothingMissing {
        /// Who.
        consumer: String,
        /// The first block it was told.
        floor: u64,
    },
    /// One is under way.
    #[error("{consumer} is being told the past from block {from} on; wait for that")]
    UnderWay {
        /// Who.
        consumer: String,
        /// Where that began.
        from: u64,
    },
    /// Nothing was committed yet.
    #[error("no block of the chain was seen yet; order again when it is followed")]
    NotBegun,
    /// The actor is stopping, or has stopped following.
    #[error("the chain is not followed: {0}")]
    NotFollowed(String),
}

impl BackfillRefusal {
    /// A short name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownConsumer { .. } => "unknown_consumer",
            Self::NothingMissing { .. } => "nothing_missing",
            Self::UnderWay { .. } => "under_way",
            Self::NotBegun => "not_begun",
            Self::NotFollowed(_) => "not_followed",
        }
    }
}
