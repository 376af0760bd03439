use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use parking_lot::Mutex;
use synod_protocol::store::StoreStatus;
use synod_store::{JournalPort, Metrics, Request};
use synod_store_core::{Index, Limits, Mark, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentId};
use synod_types::store::Sequence;
use tokio::sync::Semaphore;

use crate::OpenError;
use crate::disk::{Disk, RealDisk};
use crate::error::Trying;
use crate::files::{Files, write_to};
use crate::lock::Lock;
use crate::recover::{Purpose, Recovered, is_new, recover};
use crate::shared::Shared;
use crate::writer::{Queued, Writer};

/// Threads that read pages and read, write and copy snapshots and backups.
const READERS: usize = 3;

/// An open journal. Dropped, it finishes what it has taken and lets go of the directory.
pub struct Journal {
    shared: Arc<Shared>,
    /// Until the end: its loss is what ends the writer.
    queue: Option<SyncSender<Queued>>,
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
    room_max: u32,
    threads: Vec<JoinHandle<()>>,
    _lock: Lock,
}

/// What a verification found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Records in the whole journal, dropped ones included.
    pub records: u64,
    /// Bytes of its segments.
    pub bytes: u64,
    /// Bytes of an unfinished write at the end, which the next opening cuts.
    pub torn: u64,
}

/// Reads every byte of a journal that no process has open, and changes nothing.
///
/// # Errors
/// The first damage or gap.
pub fn verify(data_dir: &Path, limits: Limits) -> Result<Verified, OpenError> {
    let _lock = Lock::take(data_dir)?;
    let files = Files::new(Arc::new(RealDisk), data_dir);
    let Recovered { index, tail } = recover(&files, limits, Purpose::Verify)?;
    Ok(Verified { records: index.next().0 - 1, bytes: index.bytes(), torn: tail.torn })
}

impl Journal {
    /// Opens the journal of a data directory, or begins one.
    ///
    /// # Errors
    /// Another process has it, it cannot be read, or it is damaged.
    pub fn open(data_dir: &Path, limits: Limits, metrics: Metrics) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), data_dir, limits, metrics)
    }

    /// The same on a disk that may fail on purpose.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(
        disk: Arc<dyn Disk>,
        data_dir: &Path,
        limits: Limits,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        create_private(data_dir).trying("create", data_dir)?;
        let lock = Lock::take(data_dir)?;
        let files = Files::new(disk, data_dir);
        files.make_directories()?;
        files.remove_temporary()?;
        if is_new(&files)? {
            begin(&files)?;
        }
        let Recovered { index, tail } = recover(&files, limits, Purpose::Open)?;
        let (segment, end) = index.end();
        let path = files.segment(segment);
        let file = write_to(&path)?;
        if 0 < tail.torn {
            tracing::warn!(
                file = %path.display(), offset = end, bytes = tail.torn,
                "cutting an unfinished write that nobody was told of"
            );
            metrics.cut(tail.torn);
        }
        // Zeros written ahead go too. Whole frames of a write whose sync never returned count from
        // here on, so they must last.
        file.set_len(end).and_then(|()| file.sync_all()).trying("cut", &path)?;
        files.write_mark(Mark { segment, offset: end })?;
        let shared = Arc::new(Shared::new(files, index, metrics));
        shared.tidy()?;
        Self::start(shared, file, lock)
    }

    fn start(shared: Arc<Shared>, file: std::fs::File, lock: Lock) -> Result<Self, OpenError> {
        let requests_max = shared.limits.queue_max.clamp(1, Semaphore::MAX_PERMITS);
        let room_max = u32::try_from(shared.limits.queue_bytes_max).unwrap_or(u32::MAX).max(1);
        let (queue, requests) = sync_channel(requests_max);
        let (readers, reads) = sync_channel(requests_max);
        let writer = Writer::new(Arc::clone(&shared), requests, readers, file)?;
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(run).map_err(OpenError::Thread)
        };
        let mut threads = vec![spawn("journal-writer", Box::new(move || writer.run()))?];
        let reads = Arc::new(Mutex::new(reads));
        for _ in 0..READERS {
            let (shared, reads) = (Arc::clone(&shared), Arc::clone(&reads));
            threads.push(spawn("journal-reader", Box::new(move || read_all(&shared, &reads)))?);
        }
        Ok(Self {
            shared,
            queue: Some(queue),
            slots: Arc::new(Semaphore::new(requests_max)),
            room: Arc::new(Semaphore::new(room_max as usize)),
            room_max,
            threads,
            _lock: lock,
        })
    }

    /// Waits for room, then queues. If the journal is closing the request is dropped, and with it
    /// its answer.
    async fn take(&self, request: Request) {
        let bytes = u32::try_from(bytes_of(&request)).unwrap_or(u32::MAX).min(self.room_max);
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let room = Arc::clone(&self.room).acquire_many_owned(bytes).await;
        if let (Ok(slot), Ok(room), Some(queue)) = (slot, room, &self.queue) {
            // Full it cannot be: it is as long as there are slots.
            drop(queue.try_send(Queued { request, room: [slot, room] }));
        }
    }
}

impl JournalPort for Journal {
    fn submit(&self, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.take(request))
    }

    fn status(&self) -> StoreStatus {
        self.shared.status()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // The threads contain their panics themselves.
            drop(thread.join());
        }
    }
}

/// Makes the files of an empty journal; the manifest last, for it makes the others count.
fn begin(files: &Files) -> Result<(), OpenError> {
    let segment = SegmentId(1);
    drop(files.begin_segment(SegmentHeader { segment, first: Sequence(1) })?);
    files.write_mark(Mark { segment, offset: SEGMENT_HEADER_BYTES })?;
    let index = Index::new(Limits::default(), segment, Vec::new());
    Ok(files.write_manifest(&index.manifest())?)
}

/// A reader thread.
fn read_all(shared: &Shared, reads: &Mutex<Receiver<Queued>>) {
    loop {
        let queued = reads.lock().recv();
        let Ok(Queued { request, room }) = queued else {
            return;
        };
        let run = std::panic::AssertUnwindSafe(|| carry_out(shared, request));
        if std::panic::catch_unwind(run).is_err() {
            // The asker is told by the dropped answer.
            tracing::error!("a reader of the journal panicked");
        }
        drop(room);
    }
}

fn carry_out(shared: &Shared, request: Request) {
    match request {
        Request::Append { .. } => (), // The writer keeps these to itself.
        Request::Read { stream, after, bytes_max, answer } => {
            answer.give(shared.read_page(&stream, after, bytes_max));
        }
        Request::SaveSnapshot { stream, at, state, answer } => {
            answer.give(shared.save_snapshot(stream, at, &state));
        }
        Request::LoadSnapshot { stream, answer } => answer.give(shared.load_snapshot(&stream)),
        Request::Backup { to, answer } => answer.give(shared.back_up(&to)),
    }
}

/// Bytes that a request keeps in memory while it waits.
fn bytes_of(request: &Request) -> usize {
    match request {
        Request::Append { records, .. } => records.iter().map(bytes::Bytes::len).sum(),
        Request::SaveSnapshot { state, .. } => state.len(),
        Request::Read { .. } | Request::LoadSnapshot { .. } | Request::Backup { .. } => 0,
    }
}

/// Makes a directory, and those above it that are missing, for its owner alone: what agents
/// remember is nobody else's. One that is there is left as it is.
pub(crate) fn create_private(directory: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
