//! The journal's words.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::Bytes;
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

/// Consecutive records of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In order, beginning with the one after the version asked for.
    pub records: Vec<Bytes>,
    /// The version after the last of them; ask for the next page from here.
    pub version_after: Version,
    /// Whether the stream goes on.
    pub more: bool,
}

/// What replaces the first `at` records of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version whose state this is.
    pub at: Version,
    /// The state, as its owner encoded it.
    pub state: Bytes,
}

/// A finished online backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// The last record it holds.
    pub sequence: Sequence,
    /// How many files were written.
    pub files: u64,
    /// How many bytes they hold.
    pub bytes: u64,
}

/// How the journal is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// The last committed record.
    pub sequence: Sequence,
    /// How many streams it holds.
    pub streams: u64,
    /// How many segment files.
    pub segments: u64,
    /// How many bytes they hold.
    pub bytes: u64,
    /// Appends accepted and not yet answered.
    pub queued: u64,
    /// Why nothing can be written until the process starts anew.
    pub failed: Option<Arc<str>>,
}

/// Why the journal did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreRefusal {
    /// Other records stand after that version, or it is not reached yet: someone else writes.
    #[error("stream {stream} is at version {version}; other records cannot follow {after}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version the records were to follow.
        after: Version,
        /// The version the stream is at.
        version: Version,
    },
    /// The stream's name is empty, too long or holds another character.
    #[error("`{0}` names no stream: 1 to 128 of a-z, A-Z, 0-9, `-`, `_`, `.`, `:`, `@`, `/`")]
    InvalidStream(StreamId),
    /// One record, or all records of one append together, or a snapshot, is too large.
    #[error("a {what} of {bytes} bytes exceeds {max}")]
    TooLarge {
        /// `record`, `batch` or `snapshot`.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// A new stream beyond the limit.
    #[error("{max} streams exist; no more are taken")]
    TooManyStreams {
        /// The limit.
        max: u64,
    },
    /// The journal holds as many bytes as it may; snapshots let old segments go.
    #[error("the journal holds {bytes} bytes of {max}")]
    Full {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Too much waits already. Nothing was written; ask again.
    #[error("the journal's queue is full")]
    Busy,
    /// A write failed. Whether the records of that moment survived is known after a restart of
    /// the process; nothing is written before.
    #[error("the journal stopped writing: {0}")]
    Failed(Arc<str>),
    /// What was read is not what was written.
    #[error("{file} is damaged at byte {offset}")]
    Corrupt {
        /// The file.
        file: Arc<str>,
        /// Where in it.
        offset: u64,
    },
    /// It could not be read.
    #[error("cannot read: {0}")]
    Unreadable(Arc<str>),
    /// The records asked for were replaced by a snapshot.
    #[error("stream {stream} begins after version {first}: load its snapshot")]
    Superseded {
        /// The stream.
        stream: StreamId,
        /// The first version that can still be read from.
        first: Version,
    },
    /// A snapshot or a read names a version that the stream has not reached.
    #[error("stream {stream} is at version {version}, not at {at}")]
    Ahead {
        /// The stream.
        stream: StreamId,
        /// The version named.
        at: Version,
        /// The version the stream is at.
        version: Version,
    },
    /// The backup was not made; what was written of it is not to be used.
    #[error("no backup: {0}")]
    Backup(Arc<str>),
}

impl StoreRefusal {
    /// Its name in metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::InvalidStream(_) => "invalid_stream",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::Full { .. } => "full",
            Self::Busy => "busy",
            Self::Failed(_) => "failed",
            Self::Corrupt { .. } => "corrupt",
            Self::Unreadable(_) => "unreadable",
            Self::Superseded { .. } => "superseded",
            Self::Ahead { .. } => "ahead",
            Self::Backup(_) => "backup",
        }
    }

    /// Whether the same request may succeed later without anyone's doing.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy)
    }
}
