//! A journal as a test sees it: ask, wait, get the answer.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use bytes::Bytes;
use synod_protocol::store::{BackupReport, Page, Snapshot, StoreRefusal, StoreStatus};
use synod_store::{Answer, JournalPort, Metrics, Request};
use synod_store_segment::{Disk, Journal, Limits, OpenError, RealDisk};
use synod_types::store::{StreamId, Version};
use tokio::runtime::{Builder, Runtime};

pub struct Desk {
    pub journal: Journal,
    runtime: Runtime,
}

pub type Asked<T> = Receiver<Result<T, StoreRefusal>>;

impl Desk {
    pub fn open(dir: &Path) -> Self {
        Self::try_open(Arc::new(RealDisk), dir, small()).unwrap()
    }

    pub fn try_open(disk: Arc<dyn Disk>, dir: &Path, limits: Limits) -> Result<Self, OpenError> {
        let journal = Journal::open_on(disk, dir, limits, Metrics::register())?;
        Ok(Self { journal, runtime: Builder::new_current_thread().build().unwrap() })
    }

    fn ask<T: Send + 'static>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Asked<T> {
        let (tell, asked) = sync_channel(1);
        let answer = Answer::new(move |result| tell.send(result).unwrap());
        self.runtime.block_on(self.journal.submit(request(answer)));
        asked
    }

    pub fn begin_append(&self, stream: &str, after: u64, records: &[Bytes]) -> Asked<Version> {
        let (stream, after, records) = (stream.into(), Version(after), records.to_vec());
        self.ask(|answer| Request::Append { stream, after, records, answer })
    }

    pub fn append(&self, stream: &str, after: u64, records: &[Bytes]) -> Result<u64, StoreRefusal> {
        self.begin_append(stream, after, records).recv().unwrap().map(|version| version.0)
    }

    pub fn begin_read(&self, stream: &str, after: u64, bytes_max: u32) -> Asked<Page> {
        let (stream, after) = (stream.into(), Version(after));
        self.ask(|answer| Request::Read { stream, after, bytes_max, answer })
    }

    pub fn read(&self, stream: &str, after: u64, bytes_max: u32) -> Result<Page, StoreRefusal> {
        self.begin_read(stream, after, bytes_max).recv().unwrap()
    }

    /// All records after `after`, page by page.
    pub fn read_all(&self, stream: &str, after: u64) -> Result<Vec<Bytes>, StoreRefusal> {
        let mut records = Vec::new();
        loop {
            let page = self.read(stream, after + records.len() as u64, 100)?;
            records.extend(page.records);
            assert_eq!(page.version_after, Version(after + records.len() as u64));
            if !page.more {
                return Ok(records);
            }
        }
    }

    pub fn save(&self, stream: &str, at: u64, state: &[u8]) -> Result<(), StoreRefusal> {
        let (stream, at, state) = (stream.into(), Version(at), Bytes::copy_from_slice(state));
        self.ask(|answer| Request::SaveSnapshot { stream, at, state, answer }).recv().unwrap()
    }

    pub fn load(&self, stream: &str) -> Result<Option<Snapshot>, StoreRefusal> {
        let stream = StreamId::from(stream);
        self.ask(|answer| Request::LoadSnapshot { stream, answer }).recv().unwrap()
    }

    pub fn begin_backup(&self, to: &Path) -> Asked<BackupReport> {
        let to = to.to_owned();
        self.ask(|answer| Request::Backup { to, answer })
    }

    pub fn status(&self) -> StoreStatus {
        self.journal.status()
    }
}

/// Segments of a few records, zeros ahead for the next one or two.
pub fn small() -> Limits {
    Limits { segment_bytes_max: 400, prepared_bytes: 800, ..Limits::default() }
}

pub fn record(n: u64) -> Bytes {
    Bytes::from(format!("record {n:05}"))
}

pub fn records(range: std::ops::Range<u64>) -> Vec<Bytes> {
    range.map(record).collect()
}

pub fn snapshot(at: u64, state: &'static [u8]) -> Snapshot {
    Snapshot { at: Version(at), state: Bytes::from_static(state) }
}

pub fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join("journal").join(name)
}

/// Flips one bit of a file.
pub fn flip(path: &Path, byte: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[byte] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Copies a directory with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
