//! The journal as the store sees it.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use bytes::Bytes;
use synod_protocol::store::{BackupReport, Page, Snapshot, StoreRefusal, StoreStatus};
use synod_store_core::Refusal;
use synod_types::store::{StreamId, Version};

/// An opened journal. It outlives the incarnations of the store.
pub trait JournalPort: Send + Sync + 'static {
    /// Takes a request, as soon as there is room for it. Requests are carried out in the order in
    /// which they were taken: a read sees every append taken before it.
    fn submit(&self, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// How the journal is, at once.
    fn status(&self) -> StoreStatus;
}

/// Something the journal is to do. Its answer comes from a thread of the journal's own.
#[derive(Debug)]
pub enum Request {
    /// Add records. Answered after they are synced.
    Append {
        /// Whose records.
        stream: StreamId,
        /// The version they follow.
        after: Version,
        /// The records.
        records: Vec<Bytes>,
        /// The version then.
        answer: Answer<Version>,
    },
    /// Read records.
    Read {
        /// Whose records.
        stream: StreamId,
        /// The version they follow.
        after: Version,
        /// Enough to stop at.
        bytes_max: u32,
        /// The records.
        answer: Answer<Page>,
    },
    /// Keep a state. Answered after it is synced.
    SaveSnapshot {
        /// Whose state.
        stream: StreamId,
        /// At which version.
        at: Version,
        /// The state.
        state: Bytes,
        /// Done.
        answer: Answer<()>,
    },
    /// Find the latest state.
    LoadSnapshot {
        /// Whose state.
        stream: StreamId,
        /// The state, if one was ever saved.
        answer: Answer<Option<Snapshot>>,
    },
    /// Copy everything into an empty directory.
    Backup {
        /// The directory.
        to: PathBuf,
        /// What was copied.
        answer: Answer<BackupReport>,
    },
}

/// What is done with a result. Dropped without one, it tells the asker that there will be none.
pub struct Answer<T>(Box<dyn FnOnce(Result<T, StoreRefusal>) + Send>);

impl<T> Answer<T> {
    /// Calls `tell` with the result.
    pub fn new(tell: impl FnOnce(Result<T, StoreRefusal>) + Send + 'static) -> Self {
        Self(Box::new(tell))
    }

    /// Answers.
    pub fn give(self, result: Result<T, StoreRefusal>) {
        (self.0)(result);
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// A core's refusal in the words of the protocol.
pub fn refusal(refusal: Refusal) -> StoreRefusal {
    match refusal {
        Refusal::Conflict { stream, holds, after } => {
            StoreRefusal::Conflict { stream, holds, after }
        }
        Refusal::TooLarge { what, value, limit } => StoreRefusal::TooLarge { what, value, limit },
        Refusal::Truncated { stream, begins, after } => {
            StoreRefusal::Truncated { stream, begins, after }
        }
        Refusal::InvalidStream(_) | Refusal::Ahead { .. } => {
            StoreRefusal::Invalid(refusal.to_string())
        }
    }
}
