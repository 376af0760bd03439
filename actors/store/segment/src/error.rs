use std::io;
use std::path::{Path, PathBuf};

use synod_store_core::{Inconsistent, SegmentId};

/// Why a journal does not open. Nothing was changed but what an unfinished write left behind.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{file} is held by process {pid}: one process may use a data directory")]
    Locked {
        /// The lock file.
        file: PathBuf,
        /// What the holder wrote into it.
        pid: String,
    },
    /// A file could not be used.
    #[error("cannot {what} {file}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file holds something else than was written to it.
    #[error("{file} is damaged at byte {offset}: restore a backup")]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// Where.
        offset: u64,
    },
    /// A file that should be there is not.
    #[error("{file} is missing: restore a backup")]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// A segment holds records, and the manifest does not know it: the manifest is older.
    #[error("{file} holds records, but the manifest does not list it")]
    Unlisted {
        /// The file.
        file: PathBuf,
    },
    /// The mark is beyond the journal: the journal is older than its mark.
    #[error("segment {marked} was synced, but the journal ends with segment {last}: it is older")]
    OldJournal {
        /// The segment that the mark names.
        marked: SegmentId,
        /// The last one there is.
        last: SegmentId,
    },
    /// Files that do not fit together.
    #[error("the journal has a gap")]
    Inconsistent(#[from] Inconsistent),
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// An input or output error, with what was tried on which file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {file}: {source}")]
pub(crate) struct FileError {
    pub(crate) what: &'static str,
    pub(crate) file: PathBuf,
    pub(crate) source: io::Error,
}

impl From<FileError> for OpenError {
    fn from(FileError { what, file, source }: FileError) -> Self {
        Self::Io { what, file, source }
    }
}

/// Says what was tried on which file when it fails.
pub(crate) trait Trying<T> {
    fn trying(self, what: &'static str, file: &Path) -> Result<T, FileError>;
}

impl<T> Trying<T> for io::Result<T> {
    fn trying(self, what: &'static str, file: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { what, file: file.to_owned(), source })
    }
}

impl<T> Trying<T> for Result<T, postcard::Error> {
    fn trying(self, what: &'static str, file: &Path) -> Result<T, FileError> {
        self.map_err(io::Error::other).trying(what, file)
    }
}
