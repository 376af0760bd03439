use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Importance, Label, Memory, MemoryId, MemoryKind};
use crate::time::Moment;
use crate::vector::ModelId;

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::*;

    #[test]
    fn a_cursor_survives_being_written() {
        let cursor = Cursor { primary: u64::MAX, secondary: 7, id: MemoryId(B256::repeat_byte(9)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1-2", "1-2-3", "x-2-0x00", "1-2-0xzz"] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor(bad.to_owned())));
        }
    }
}
