//! Told to the store: the journal and the snapshots that shorten it.

use std::path::PathBuf;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use synod_supervision::{Lane, Message, Overflow, Reply};
use synod_types::store::{StreamId, Version};

/// Told to the store. Each is answered once what it asks is durable, in the order of arrival
/// within its lane.
#[derive(Debug)]
pub enum StoreMsg {
    /// Add records to a stream that holds exactly `after` records. Answered after the commit
    /// with the number it holds then. The same records after the same version again: answered
    /// the same, not written again.
    Append {
        /// Whose records.
        stream: StreamId,
        /// How many the writer knows of.
        after: Version,
        /// At least one.
        records: Vec<Bytes>,
        /// The answer.
        reply: Reply<Result<Version, StoreRefusal>>,
    },
    /// Read records from `after` on, about `bytes_max` of them, at least one. Sees every append
    /// accepted before it.
    Read {
        /// Whose records.
        stream: StreamId,
        /// How many the reader has.
        after: Version,
        /// Enough to stop at.
        bytes_max: u32,
        /// The answer.
        reply: Reply<Result<Page, StoreRefusal>>,
    },
    /// Keep `state`, derived from the first `at` records; those may then be dropped.
    SaveSnapshot {
        /// Whose state.
        stream: StreamId,
        /// From how many records.
        at: Version,
        /// The state.
        state: Bytes,
        /// The answer.
        reply: Reply<Result<(), StoreRefusal>>,
    },
    /// The latest snapshot of a stream.
    LoadSnapshot {
        /// Whose state.
        stream: StreamId,
        /// The answer; none if there never was one.
        reply: Reply<Result<Option<Snapshot>, StoreRefusal>>,
    },
    /// Copy everything committed so far into an empty or new directory.
    Backup {
        /// The directory.
        to: PathBuf,
        /// The answer.
        reply: Reply<Result<BackupReport, StoreRefusal>>,
    },
    /// How the store is.
    Status(Reply<StoreStatus>),
}

impl Message for StoreMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Append { .. } => "append",
            Self::Read { .. } => "read",
            Self::SaveSnapshot { .. } => "save_snapshot",
            Self::LoadSnapshot { .. } => "load_snapshot",
            Self::Backup { .. } => "backup",
            Self::Status(_) => "status",
        }
    }

    /// One lane for all that reads or writes: order is what they rely on.
    fn lane(&self) -> Lane {
        match self {
            Self::Append { .. }
            | Self::Read { .. }
            | Self::SaveSnapshot { .. }
            | Self::LoadSnapshot { .. } => Lane::Normal,
            Self::Backup { .. } | Self::Status(_) => Lane::Control,
        }
    }

    // No digest, and so no quarantine: a store dies of its disk, not of what it is asked, and who
    // was kept out could not go on.

    /// Writers wait: that is how a slow disk slows them down.
    fn overflow(&self) -> Overflow {
        match self {
            Self::Append { .. }
            | Self::Read { .. }
            | Self::SaveSnapshot { .. }
            | Self::LoadSnapshot { .. } => Overflow::Wait,
            Self::Backup { .. } | Self::Status(_) => Overflow::Refuse,
        }
    }
}

/// Some records of a stream, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records.
    pub records: Vec<Bytes>,
    /// How many a reader of this page has: what to ask for next.
    pub version_after: Version,
    /// Whether there are more.
    pub more: bool,
}

/// A state and the number of records it was derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// From how many records.
    pub at: Version,
    /// The state.
    pub state: Bytes,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Records in the whole journal.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Segment files.
    pub segments: u64,
    /// Streams.
    pub streams: u64,
    /// Why nothing can be written, if nothing can.
    pub failed: Option<String>,
}

/// Why the store did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreRefusal {
    /// The writer does not know the stream as it is: another has written since.
    #[error("stream {stream} holds {holds} records; the writer knew of {after}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What it holds.
        holds: Version,
        /// What the writer thought.
        after: Version,
    },
    /// The disk refused. Nothing is written any more until the daemon is started again.
    #[error("the journal cannot be written: {0}")]
    Failed(String),
    /// What is on disk is not what was written.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// A limit would be passed.
    #[error("{what}: {value} is over the limit of {limit}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// What was asked.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// The records asked for have been dropped after a snapshot.
    #[error("stream {stream} begins after record {begins}; {after} was asked for")]
    Truncated {
        /// The stream.
        stream: StreamId,
        /// How many are gone.
        begins: Version,
        /// What was asked.
        after: Version,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
}

impl StoreRefusal {
    /// Its name as a label.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::Failed(_) => "failed",
            Self::Damaged(_) => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::Truncated { .. } => "truncated",
            Self::Invalid(_) => "invalid",
        }
    }
}
