//! The endpoints a chain is followed through, and what was seen of each.

use std::time::Duration;

use serde::Serialize;

use super::{BlockId, ChainIdentity, Sight, Trouble};

/// One look, and through which endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The endpoint, counted from 0.
    pub endpoint: usize,
    /// What it showed. [`Trouble::NoQuorum`] if too few of the others agree.
    pub outcome: Result<Sight, Trouble>,
    /// How long it took over its first answer, if it gave one.
    pub latency: Option<Duration>,
    /// How many calls it was asked.
    pub calls: u64,
    /// Which block the others were asked about, as this endpoint has it.
    pub asked_about: Option<BlockId>,
    /// What the others have at that height.
    pub votes: Vec<Vote>,
}

/// What one endpoint has where another has a certain block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The endpoint, counted from 0.
    pub endpoint: usize,
    /// Its block at that height; none if it is not as high.
    pub block: Result<Option<BlockId>, Trouble>,
    /// How many calls it was asked.
    pub calls: u64,
}

/// How an endpoint that is not in use is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The endpoint, counted from 0.
    pub endpoint: usize,
    /// Who it is and its highest block.
    pub answer: Result<(ChainIdentity, u64), Trouble>,
    /// How long it took over its first answer, if it gave one.
    pub latency: Option<Duration>,
    /// How many calls it was asked.
    pub calls: u64,
}

/// Why an endpoint is not to be used for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Demotion {
    /// It gave no usable answer, several times in a row.
    Unavailable,
    /// It did not answer in time, several times in a row.
    Timeout,
    /// It says that we ask too often.
    RateLimited,
    /// It will not answer what must be asked.
    Refused,
    /// Its highest block has fallen behind what others have or what is committed.
    Stale,
    /// It is of another chain.
    WrongChain,
    /// It said what is provably false.
    False,
    /// What it showed did not fit together, several times in a row.
    Incoherent,
    /// It has another block than a quorum of endpoints, several times in a row.
    Outvoted,
}

impl Demotion {
    /// Every reason there is.
    pub const ALL: [Self; 9] = [
        Self::Unavailable,
        Self::Timeout,
        Self::RateLimited,
        Self::Refused,
        Self::Stale,
        Self::WrongChain,
        Self::False,
        Self::Incoherent,
        Self::Outvoted,
    ];

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::WrongChain => "wrong_chain",
            Self::False => "false",
            Self::Incoherent => "incoherent",
            Self::Outvoted => "outvoted",
        }
    }
}

/// Whether an endpoint is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum EndpointState {
    /// The chain is followed through it.
    Serving,
    /// It could be used.
    Standby,
    /// It is not used unless all are demoted.
    Demoted(Demotion),
}

/// How an endpoint stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointStatus {
    /// Its name in the topology.
    pub name: String,
    /// Whether it is used.
    #[serde(flatten)]
    pub state: EndpointState,
    /// Its health, 0 to 1000.
    pub score: u32,
    /// Its highest block when it was last asked.
    pub head: Option<u64>,
}
