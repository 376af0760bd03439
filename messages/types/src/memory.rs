//! Memories: what an agent keeps, how it asks, what it is told.

mod query;
mod refusal;

pub use query::{Cursor, InvalidCursor, MemoryHit, MemoryPage, MemoryQuery, Order, ScoredBy};
pub use refusal::MemoryRefusal;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

use crate::agent::AgentId;
use crate::chain::{BlockId, ChainId};
use crate::time::Moment;

/// Names a memory for good: derived from its agent and its idempotency key, its content, or its
/// block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryId(pub B256);

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What sort of memory it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// Of use for a while.
    ShortTerm,
    /// Worth keeping.
    LongTerm,
    /// For the work in hand.
    Working,
    /// Something that happened.
    #[default]
    Episodic,
    /// Something that is so.
    Semantic,
}

/// How much a memory matters: 0 to 1000 per mille. The least important is evicted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Importance(u16);

impl Importance {
    /// Checks and takes a number of per mille.
    ///
    /// # Errors
    /// [`InvalidImportance`] above 1000.
    pub const fn per_mille(value: u16) -> Result<Self, InvalidImportance> {
        if value <= 1_000 { Ok(Self(value)) } else { Err(InvalidImportance(value)) }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// In the middle.
impl Default for Importance {
    fn default() -> Self {
        Self(500)
    }
}

impl TryFrom<u16> for Importance {
    type Error = InvalidImportance;

    fn try_from(value: u16) -> Result<Self, InvalidImportance> {
        Self::per_mille(value)
    }
}

impl From<Importance> for u16 {
    fn from(importance: Importance) -> Self {
        importance.0
    }
}

/// Why a number is no importance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("importance {0} is not in 0..=1000 per mille")]
pub struct InvalidImportance(pub u16);

/// A short name: a tag, a source, an idempotency key. 1 to 128 bytes, no control characters, no
/// comma, no space at either end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(Arc<str>);

impl Label {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidLabel`] if it is empty, too long or holds a character that is not allowed.
    pub fn new(name: &str) -> Result<Self, InvalidLabel> {
        let is_valid = (1..=128).contains(&name.len())
            && name.trim() == name
            && name.chars().all(|char| !char.is_control() && char != ',');
        if is_valid { Ok(Self(name.into())) } else { Err(InvalidLabel(name.to_owned())) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a name is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no label: 1 to 128 bytes, no control characters, commas or outer spaces")]
pub struct InvalidLabel(pub String);

impl TryFrom<String> for Label {
    type Error = InvalidLabel;

    fn try_from(name: String) -> Result<Self, InvalidLabel> {
        Self::new(&name)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0.as_ref().to_owned()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is remembered. Only text is found by text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// `{"text": "…"}`
    Text(Arc<str>),
    /// `{"bytes": "0x…"}`
    Bytes(Bytes),
}

impl Content {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }
}

/// Where on a chain a memory comes from. It goes when the block is retracted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The chain.
    pub chain: ChainId,
    /// The block.
    pub block: BlockId,
    /// The transactions it tells of, in order, each once.
    pub transactions: Vec<B256>,
}

/// One memory of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its name.
    pub id: MemoryId,
    /// Whose it is.
    pub agent: AgentId,
    /// What sort.
    pub kind: MemoryKind,
    /// What is remembered.
    pub content: Content,
    /// What it is filed under.
    pub tags: BTreeSet<Label>,
    /// When it was stored; for a block, the time the chain gives it.
    pub created: Moment,
    /// When it was last read by its id.
    pub last_read: Option<Moment>,
    /// How much it matters.
    pub importance: Importance,
    /// How often it was read by its id.
    pub reads: u64,
    /// The block it tells of, if it comes from a chain.
    pub origin: Option<Origin>,
    /// Who handed it in.
    pub source: Label,
}

/// A memory to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMemory {
    /// Storing again under the same key is storing once. Without a key the memory itself, all of
    /// it, is the key.
    #[serde(default)]
    pub key: Option<Label>,
    /// What sort.
    #[serde(default)]
    pub kind: MemoryKind,
    /// What to remember.
    pub content: Content,
    /// What to file it under.
    #[serde(default)]
    pub tags: BTreeSet<Label>,
    /// How much it matters.
    #[serde(default)]
    pub importance: Importance,
    /// Who hands it in.
    pub source: Label,
}

/// How much an agent remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryCounts {
    /// All memories.
    pub memories: u64,
    /// Those that tell of a block.
    pub blocks: u64,
    /// Those that have a vector by now.
    pub embedded: u64,
    /// Bytes of content.
    pub content_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_checked() {
        for good in ["a", "block 7", "größe", &"a".repeat(128)] {
            assert!(Label::new(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "a,b", "a\n", &"a".repeat(129)] {
            assert_eq!(Label::new(bad), Err(InvalidLabel(bad.to_owned())));
        }
    }

    #[test]
    fn importance_ends_at_a_thousand() {
        assert_eq!(Importance::per_mille(1_000).map(Importance::get), Ok(1_000));
        assert_eq!(Importance::per_mille(1_001), Err(InvalidImportance(1_001)));
    }
}
