use serde::{Deserialize, Serialize};
use synod_types::agent::AgentId;
use synod_types::memory::{Memory, MemoryId};
use synod_types::time::Moment;

/// One change, as the journal keeps it. Variants are never removed or reordered; a new form of a
/// change is a new variant at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A memory is kept: stored by an agent, or made of a block.
    KeptV1(Memory),
    /// It is gone, for this reason.
    GoneV1(AgentId, MemoryId, Reason),
    /// It has been read by its id this often by now, last at this moment.
    ReadV1(AgentId, MemoryId, u64, Moment),
}

/// Why a memory is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The agent said so.
    Forgotten,
    /// Others needed its place.
    Evicted,
    /// Its block is no longer part of the chain.
    Retracted,
}

/// Bytes that are no record or snapshot of this memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged or of a later version: {0}")]
pub struct Damaged(#[from] postcard::Error);

impl Record {
    /// As the journal keeps it.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// From the journal.
    ///
    /// # Errors
    /// [`Damaged`] if the bytes are no record.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        Ok(postcard::from_bytes(bytes)?)
    }
}

/// All memories at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Snapshot<T> {
    V1(T),
}

#[expect(clippy::expect_used, reason = "encoding plain values into memory meets no error")]
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain values encode")
}
