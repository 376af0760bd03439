use std::path::Path;

use parking_lot::Mutex;
use synod_protocol::store::{StoreRefusal, StoreStatus};
use synod_store::Metrics;
use synod_store_core::{Index, Limits};

use crate::error::FileError;
use crate::files::Files;

/// What the writer and the readers of a journal share.
///
/// Locks are taken in this order: `saving`, `housekeeping`, `index`. The index is never locked
/// while a file is read or written.
pub(crate) struct Shared {
    pub(crate) files: Files,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    /// What is synced.
    pub(crate) index: Mutex<Index>,
    /// Held while the set of files changes.
    pub(crate) housekeeping: Mutex<Housekeeping>,
    /// Held while a snapshot is written.
    pub(crate) saving: Mutex<()>,
    failed: Mutex<Option<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Housekeeping {
    /// A backup reads the files: none is removed.
    pub(crate) is_backup_running: bool,
}

impl Shared {
    pub(crate) fn new(files: Files, index: Index, metrics: Metrics) -> Self {
        let limits = index.limits().clone();
        Self {
            files,
            limits,
            metrics,
            index: Mutex::new(index),
            housekeeping: Mutex::default(),
            saving: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// How the journal is.
    pub(crate) fn status(&self) -> StoreStatus {
        let failed = self.failed.lock().clone();
        let index = self.index.lock();
        StoreStatus {
            records: index.next().0 - 1,
            bytes: index.bytes(),
            segments: index.segments().count() as u64,
            streams: index.streams() as u64,
            failed,
        }
    }

    /// Tells the metrics how the journal is.
    pub(crate) fn publish(&self) {
        self.metrics.standing(&self.status());
    }

    /// Why nothing is written any more, if so.
    pub(crate) fn check_writable(&self) -> Result<(), StoreRefusal> {
        self.failed.lock().clone().map_or(Ok(()), |reason| Err(StoreRefusal::Failed(reason)))
    }

    /// From now on nothing is written. The first reason stands.
    pub(crate) fn fail(&self, reason: &str) -> StoreRefusal {
        let mut failed = self.failed.lock();
        let first = failed.get_or_insert_with(|| {
            tracing::error!(reason, "the journal takes no records until the process starts anew");
            reason.to_owned()
        });
        let refusal = StoreRefusal::Failed(first.clone());
        drop(failed);
        self.publish();
        refusal
    }

    /// A file could not be written: see [`fail`](Self::fail).
    pub(crate) fn fail_writing(&self, error: &FileError) -> StoreRefusal {
        self.fail(&error.to_string())
    }

    /// A checksum says that a file is damaged.
    pub(crate) fn damaged(&self, file: &Path, offset: u64) -> StoreRefusal {
        self.metrics.found_corruption();
        tracing::error!(file = %file.display(), offset, "the journal is damaged");
        StoreRefusal::Damaged(format!("{} at byte {offset}", file.display()))
    }

    /// A file could not be read.
    pub(crate) fn unreadable(&self, error: &FileError) -> StoreRefusal {
        tracing::error!(%error, "the journal cannot be read");
        StoreRefusal::Damaged(error.to_string())
    }
}
