//! Memories: what an agent keeps, how it asks, what it is told.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

use crate::agent::AgentId;
use crate::chain::{BlockId, ChainId};
use crate::time::Moment;
use crate::vector::ModelId;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// In which order hits come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The best first; equally good ones, and all of them if nothing is looked for, newest first.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
    /// Most important first, then newest.
    Importance,
}

/// What an agent asks of its memory. Every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryQuery {
    /// Any of these kinds; empty: any kind.
    pub kinds: BTreeSet<MemoryKind>,
    /// Created at this moment or later.
    pub from: Option<Moment>,
    /// Created before this moment.
    pub until: Option<Moment>,
    /// Filed under all of these.
    pub tags: BTreeSet<Label>,
    /// At least this important.
    pub importance_min: Option<Importance>,
    /// Holds at least one of these words (BM25).
    pub text: Option<String>,
    /// Its vector is near that of this text. With `text` too, either may hit and both scores count.
    pub nearest: Option<String>,
    /// The order of hits.
    pub order: Order,
    /// Hits on this page; none given: as many as a page may hold.
    pub limit: Option<u16>,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// The place of a hit in an order: where the next page begins. Good for the query that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// First sort key; the greater comes first.
    pub primary: u64,
    /// Second sort key; the greater comes first.
    pub secondary: u64,
    /// Third; the smaller comes first.
    pub id: MemoryId,
}

/// Why a text is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor of a page")]
pub struct InvalidCursor(pub String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { primary, secondary, id } = self;
        write!(f, "{primary:x}-{secondary:x}-{id}", id = id.0)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let invalid = || InvalidCursor(text.to_owned());
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or_else(invalid);
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| invalid());
        let (primary, secondary) = (number(part()?)?, number(part()?)?);
        let id = MemoryId(part()?.parse().map_err(|_| invalid())?);
        Ok(Self { primary, secondary, id })
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// One hit, with what speaks for it. Its provenance is the memory's own id, origin and source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryHit {
    /// The memory.
    pub memory: Memory,
    /// 0 to 1; 0 if nothing was looked for.
    pub score: f64,
    /// Its words' score against the best of the query's hits, 0 to 1.
    pub text: Option<f64>,
    /// The cosine of its vector and the query's.
    pub similarity: Option<f64>,
}

/// What hits were scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoredBy {
    /// Nothing was looked for.
    Nothing,
    /// Words.
    Text,
    /// Vectors.
    Vectors,
    /// Both.
    Both,
}

/// One page of hits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryPage {
    /// At most as many as asked for.
    pub hits: Vec<MemoryHit>,
    /// What they were scored by. A query with text and vectors is answered by text alone while no
    /// vector of it can be had.
    pub scored_by: ScoredBy,
    /// Whose vectors were compared.
    pub model: Option<ModelId>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_written() {
        let cursor = Cursor { primary: u64::MAX, secondary: 7, id: MemoryId(B256::repeat_byte(9)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1-2", "1-2-3", "x-2-0x00", "1-2-0xzz"] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor(bad.to_owned())));
        }
    }

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
