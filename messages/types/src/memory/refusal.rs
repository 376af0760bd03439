use std::sync::Arc;

use super::MemoryId;

/// Why a memory was not stored, found or forgotten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryRefusal {
    /// The agent has no such memory: never stored, forgotten, evicted, or another agent's.
    #[error("no memory {0}")]
    NotFound(MemoryId),
    /// The key is taken by a different memory.
    #[error("the key belongs to memory {0}, which differs")]
    KeyTaken(MemoryId),
    /// Nothing to remember.
    #[error("the content is empty")]
    Empty,
    /// Too much to remember at once.
    #[error("content of {bytes} bytes is more than the {max} allowed")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The most allowed.
        max: usize,
    },
    /// Too many tags.
    #[error("{tags} tags are more than the {max} allowed")]
    TooManyTags {
        /// How many.
        tags: usize,
        /// The most allowed.
        max: usize,
    },
    /// Too many agents remember already.
    #[error("{max} agents remember already")]
    TooManyAgents {
        /// The most allowed.
        max: usize,
    },
    /// The query's text is too long.
    #[error("a query text of {bytes} bytes is longer than the {max} allowed")]
    QueryTooLong {
        /// Its length.
        bytes: usize,
        /// The longest allowed.
        max: usize,
    },
    /// Too many requests wait for the journal, or for a vector.
    #[error("{0} requests wait already")]
    Busy(usize),
    /// Only vectors were asked for, and the query's cannot be had now.
    #[error("no vector for the query: {0}")]
    NoVector(Arc<str>),
}

impl MemoryRefusal {
    /// Its name as a label.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::KeyTaken(_) => "key_taken",
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyTags { .. } => "too_many_tags",
            Self::TooManyAgents { .. } => "too_many_agents",
            Self::QueryTooLong { .. } => "query_too_long",
            Self::Busy(_) => "busy",
            Self::NoVector(_) => "no_vector",
        }
    }

    /// Whether the same request can succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy(_) | Self::NoVector(_) => true,
            Self::NotFound(_)
            | Self::KeyTaken(_)
            | Self::Empty
            | Self::TooLarge { .. }
            | Self::TooManyTags { .. }
            | Self::TooManyAgents { .. }
            | Self::QueryTooLong { .. } => false,
        }
    }
}
