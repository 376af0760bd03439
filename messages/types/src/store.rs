//! The journal's words.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One actor's own sequence of records in the journal, named after the actor.
///
/// The journal takes 1 to 128 characters: letters, digits, `-`, `_`, `.`, `:`, `@`, `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub Arc<str>);

impl StreamId {
    /// The longest name.
    pub const BYTES_MAX: usize = 128;

    /// Whether the journal takes it.
    pub fn is_valid(&self) -> bool {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@/".contains(&byte);
        (1..=Self::BYTES_MAX).contains(&self.0.len()) && self.0.bytes().all(is_word)
    }
}

impl From<&str> for StreamId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position of a record in the whole journal: 1 for the first, ascending, never reused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The position after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many records a stream holds: its optimistic lock.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
