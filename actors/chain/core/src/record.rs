use serde::{Deserialize, Serialize};

use synod_types::chain::{BlockId, ChainEvent, ChainIdentity, EventNumber};

use crate::roll::Roll;

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
    /// A consumer that was not there is there: it is told what comes from now on.
    Joined {
        /// Its name.
        consumer: String,
    },
    /// A consumer is there no longer. If it returns, it comes as a new one.
    Left {
        /// Its name.
        consumer: String,
    },
    /// A consumer is to be told what was before it came.
    Ordered {
        /// The number of the order, and of its strand.
        number: u32,
        /// Who.
        consumer: String,
        /// The first block.
        from: u64,
    },
    /// All that was ordered under this number has been told and answered.
    Finished {
        /// The number of the order.
        number: u32,
    },
}

/// All that the records so far amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub(crate) began: Option<(ChainIdentity, u64)>,
    pub(crate) window: Vec<BlockId>,
    pub(crate) answered: EventNumber,
    pub(crate) queue: Vec<ChainEvent>,
    pub(crate) roll: Roll,
}

/// The forms records have had. A new form is a new variant at the end.
#[derive(Serialize, Deserialize)]
enum StoredRecord<T> {
    V1(T),
}

/// The forms snapshots have had. A new form is a new variant at the end.
#[derive(Serialize, Deserialize)]
enum StoredSnapshot<T> {
    V1(SnapshotV1),
    V2(T),
}

/// Before consumers were called by name.
#[derive(Serialize, Deserialize)]
struct SnapshotV1 {
    began: Option<(ChainIdentity, u64)>,
    window: Vec<BlockId>,
    answered: EventNumber,
    queue: Vec<ChainEvent>,
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
    /// It is about an order that was never given, or is fulfilled.
    #[error("chain record about backfill {0}, which is not under way")]
    NotOrdered(u32),
}

impl Record {
    /// Number of the last event in it; 0 if there is none.
    pub const fn last(&self) -> EventNumber {
        match self {
            Self::Began { .. }
            | Self::Joined { .. }
            | Self::Left { .. }
            | Self::Ordered { .. }
            | Self::Finished { .. } => EventNumber(0),
            Self::Told { first, events, .. } => {
                EventNumber(first.0.saturating_add(events.len() as u64).saturating_sub(1))
            }
        }
    }

    /// As the journal keeps it.
    pub fn encode(&self) -> Vec<u8> {
        encode(&StoredRecord::V1(self))
    }

    /// From the journal.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let StoredRecord::V1(record) =
            postcard::from_bytes(bytes).map_err(RecordError::Unreadable)?;
        Ok(record)
    }
}

impl Snapshot {
    /// As the store keeps it.
    pub fn encode(&self) -> Vec<u8> {
        encode(&StoredSnapshot::V2(self))
    }

    /// From the store.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        match postcard::from_bytes(bytes).map_err(RecordError::Unreadable)? {
            StoredSnapshot::V1(SnapshotV1 { began, window, answered, queue }) => {
                Ok(Self { began, window, answered, queue, roll: Roll::default() })
            }
            StoredSnapshot::V2(snapshot) => Ok(snapshot),
        }
    }
}

#[expect(clippy::expect_used, reason = "every field has a length known before it is written")]
fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("no unsized sequence, memory aside")
}

#[cfg(test)]
mod tests;
