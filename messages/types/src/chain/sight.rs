//! What a node showed us when we looked.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::{Block, BlockId, ChainId, Log};

/// What tells one chain from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainIdentity {
    /// Its EIP-155 id.
    pub chain: ChainId,
    /// Hash of block 0: two test chains with one id still differ here.
    pub genesis: B256,
}

/// A log and the block the node says it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedLog {
    /// The block.
    pub block: BlockId,
    /// The log.
    pub log: Log,
}

/// The outcome of one look at a node. Nothing in it is believed before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Who the node is, and how high its chain.
    Identity {
        /// Who it is.
        identity: ChainIdentity,
        /// The highest block it has.
        head: u64,
    },
    /// A piece of the chain, beginning with the block we stand on if we stand on one.
    Segment {
        /// The highest block the node had before the piece was read.
        head: u64,
        /// The headers, ascending. Empty if the node has nothing for us.
        headers: Vec<Block>,
        /// The logs of those blocks, in any order, perhaps repeated.
        logs: Vec<PlacedLog>,
    },
    /// Headers to compare with those we have committed.
    Headers {
        /// Who the node is: a wiped chain looks like an endless reorg.
        identity: ChainIdentity,
        /// The highest block the node had before the headers were read.
        head: u64,
        /// The headers, ascending.
        headers: Vec<Block>,
    },
}

/// Why a look at a node showed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Trouble {
    /// It did not answer, or not now: worth asking again.
    #[error("the node is unavailable")]
    Unavailable,
    /// It did not answer in time.
    #[error("the node did not answer in time")]
    Timeout,
    /// The answer would be larger than the node or we allow: ask for less.
    #[error("the answer is too large")]
    TooLarge,
    /// What it showed does not fit together: the chain moved while we looked.
    #[error("the chain moved during the look")]
    Torn,
    /// It will not answer this question, however often we ask.
    #[error("the node refuses to answer")]
    Refused,
    /// The circuit breaker is open: it was not asked.
    #[error("the circuit breaker is open")]
    BreakerOpen,
    /// It says that we ask too often.
    #[error("the node's rate limit is exceeded")]
    RateLimited,
    /// What it showed contradicts itself: a hash that is not the header's, a log that is not in
    /// the block's bloom filter, receipts that are not those of the receipts root.
    #[error("the node's answer is provably false")]
    False,
    /// It is a node of another chain.
    #[error("the node is of another chain")]
    WrongChain,
    /// Too few of the other endpoints have the same block.
    #[error("too few endpoints agree on a block")]
    NoQuorum,
}

impl Trouble {
    /// Every trouble there is.
    pub const ALL: [Self; 10] = [
        Self::Unavailable,
        Self::Timeout,
        Self::TooLarge,
        Self::Torn,
        Self::Refused,
        Self::BreakerOpen,
        Self::RateLimited,
        Self::False,
        Self::WrongChain,
        Self::NoQuorum,
    ];

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Torn => "torn",
            Self::Refused => "refused",
            Self::BreakerOpen => "breaker_open",
            Self::RateLimited => "rate_limited",
            Self::False => "false",
            Self::WrongChain => "wrong_chain",
            Self::NoQuorum => "no_quorum",
        }
    }
}
