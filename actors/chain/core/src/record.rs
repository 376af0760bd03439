use serde::{Deserialize, Serialize};

use synod_types::chain::{BlockId, ChainEvent, ChainIdentity, EventNumber};

/// What the journal keeps of the following.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// The first look: which chain, and the first block to commit.
    Began {
        /// The chain, for good.
        identity: ChainIdentity,
        /// Height of the first block to commit.
        start: u64,
    },
    /// Events, before any consumer is told.
    Told {
        /// Number of the first of them.
        first: EventNumber,
        /// The events, in order.
        events: Vec<ChainEvent>,
        /// The last event every consumer had answered by then.
        answered: EventNumber,
    },
}

/// All that the records so far amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub(crate) began: Option<(ChainIdentity, u64)>,
    pub(crate) window: Vec<BlockId>,
    pub(crate) answered: EventNumber,
    pub(crate) queue: Vec<ChainEvent>,
}

/// The forms records have had. A new form is a new variant at the end.
#[derive(Serialize, Deserialize)]
enum Stored<T> {
    V1(T),
}

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They are not in any form we know.
    #[error("unreadable chain record")]
    Unreadable(#[source] postcard::Error),
    /// It does not follow from the records before it.
    #[error("chain record out of order: it begins with event {found}, not {expected}")]
    OutOfOrder {
        /// What it begins with.
        found: EventNumber,
        /// What should come.
        expected: EventNumber,
    },
    /// It commits or retracts a block that is not next to the tip.
    #[error("chain record is about block {0}, which is not next to the tip")]
    Misplaced(BlockId),
}

impl Record {
    /// Number of the last event in it; 0 if there is none.
    pub const fn last(&self) -> EventNumber {
        match self {
            Self::Began { .. } => EventNumber(0),
            Self::Told { first, events, .. } => {
                EventNumber(first.0.saturating_add(events.len() as u64).saturating_sub(1))
            }
        }
    }

    /// As the journal keeps it.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// From the journal.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode(bytes)
    }
}

impl Snapshot {
    /// As the store keeps it.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// From the store.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode(bytes)
    }
}

#[expect(clippy::expect_used, reason = "every field has a length known before it is written")]
fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(&Stored::V1(value)).expect("no unsized sequence, memory aside")
}

fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, RecordError> {
    let Stored::V1(value) = postcard::from_bytes(bytes).map_err(RecordError::Unreadable)?;
    Ok(value)
}

#[cfg(test)]
mod tests;
