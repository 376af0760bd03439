//! The writer thread: the only one that appends.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;

use bytes::Bytes;
use synod_protocol::store::StoreRefusal;
use synod_store::{Answer, Commit, Request, refusal};
use synod_store_core::{Admission, Group, Mark, SEGMENT_HEADER_BYTES, SegmentHeader};
use synod_types::store::{StreamId, Version};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::{FileError, Trying};
use crate::files::write_to;
use crate::shared::Shared;

/// A request and the room it takes until it is answered.
pub(crate) struct Queued {
    pub(crate) request: Request,
    pub(crate) room: [OwnedSemaphorePermit; 2],
}

/// An append.
struct Append {
    stream: StreamId,
    after: Version,
    records: Vec<Bytes>,
    answer: Answer<Version>,
    room: [OwnedSemaphorePermit; 2],
}

/// Appends that are answered once their group is synced.
type Waiting = Vec<(Answer<Version>, Version, [OwnedSemaphorePermit; 2])>;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    queue: Receiver<Queued>,
    readers: SyncSender<Queued>,
    segment: File,
    segment_path: PathBuf,
    /// Size of the segment's file: zeros may stand behind what was written.
    prepared: u64,
    mark: File,
    turn: u64,
    buffer: Vec<u8>,
    /// What could not be part of the last group.
    carried: Option<Append>,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        queue: Receiver<Queued>,
        readers: SyncSender<Queued>,
        segment: File,
    ) -> Result<Self, FileError> {
        let mark = write_to(&shared.files.mark())?;
        let (active, prepared) = shared.index.lock().end();
        let segment_path = shared.files.segment(active);
        Ok(Self {
            shared,
            queue,
            readers,
            segment,
            segment_path,
            prepared,
            mark,
            turn: 0,
            buffer: Vec::new(),
            carried: None,
        })
    }

    /// Until nobody can submit any more and everything taken is answered.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            // Askers whose requests went down with it are told by their dropped answers.
            self.shared.fail("the writer panicked");
        }
    }

    fn work(&mut self) {
        loop {
            if let Some(append) = self.carried.take() {
                self.group(Some(append));
            } else if let Ok(queued) = self.queue.recv() {
                if let Some(append) = self.sort(queued) {
                    self.group(Some(append));
                }
            } else {
                return;
            }
        }
    }

    /// Passes on what is not an append. The readers' queue has room: it is as long as there are
    /// requests.
    fn sort(&self, Queued { request, room }: Queued) -> Option<Append> {
        if let Request::Append { stream, after, records, answer } = request {
            return Some(Append { stream, after, records, answer, room });
        }
        // If there are no readers any more the asker is told by the dropped answer.
        drop(self.readers.send(Queued { request, room }));
        None
    }

    /// Writes one group: what waits now, and no waiting for more.
    fn group(&mut self, first: Option<Append>) {
        if let Err(error) = self.roll_if_full() {
            self.shared.fail_writing(&error);
        }
        let buffer = std::mem::take(&mut self.buffer);
        let mut group = Group::new(&self.shared.index.lock(), buffer);
        let mut waiting = Waiting::new();
        let mut others = Vec::new();
        let mut next = first;
        for _ in 0..self.shared.limits.queue_max {
            if let Some(append) = next.take() {
                self.admit(&mut group, append, &mut waiting);
            }
            if self.carried.is_some() {
                break;
            }
            match self.queue.try_recv() {
                Ok(queued @ Queued { request: Request::Append { .. }, .. }) => {
                    next = self.sort(queued);
                }
                Ok(other) => others.push(other),
                Err(_) => break,
            }
        }
        self.carried = self.carried.take().or(next);
        self.commit(group, waiting);
        for other in others {
            self.sort(other);
        }
    }

    fn admit(&mut self, group: &mut Group, append: Append, waiting: &mut Waiting) {
        let Append { stream, after, records, answer, room } = append;
        if let Err(failed) = self.shared.check_writable() {
            return answer.give(Err(failed));
        }
        let admission = group.admit(&self.shared.index.lock(), &stream, after, &records);
        match admission {
            Ok(Admission::Written(version)) => waiting.push((answer, version, room)),
            Ok(Admission::Repeat(version)) => {
                answer.give(self.check_repeat(&stream, after, &records).map(|()| version));
            }
            Ok(Admission::Later) => {
                self.carried = Some(Append { stream, after, records, answer, room });
            }
            Err(reason) => answer.give(Err(refusal(reason))),
        }
    }

    /// A repeat is answered like the first time; anything else in its place is a conflict.
    fn check_repeat(
        &self,
        stream: &StreamId,
        after: Version,
        records: &[Bytes],
    ) -> Result<(), StoreRefusal> {
        match self.shared.holds(stream, after, records) {
            Ok(true) => Ok(()),
            Ok(false) | Err(StoreRefusal::Truncated { .. }) => {
                let holds = self.shared.index.lock().version(stream).unwrap_or_default();
                Err(StoreRefusal::Conflict { stream: stream.clone(), holds, after })
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn commit(&mut self, group: Group, waiting: Waiting) {
        if group.appends() == 0 {
            return;
        }
        let start = Instant::now();
        if let Err(error) = self.write(&group) {
            let failed = self.shared.fail_writing(&error);
            for (answer, _, _room) in waiting {
                answer.give(Err(failed.clone()));
            }
            return;
        }
        let (appends, bytes) = (group.appends(), group.bytes().len() as u64);
        let mut index = self.shared.index.lock();
        let before = index.next().0;
        self.buffer = index.commit(group);
        let (records, streams) = (index.next().0 - before, index.streams());
        drop(index);
        let took = start.elapsed();
        self.shared.metrics.committed(Commit { appends, records, bytes, streams, took });
        for (answer, version, _room) in waiting {
            answer.give(Ok(version));
        }
    }

    /// Written, synced, marked. Nothing is tried twice: an error is the end of writing.
    fn write(&mut self, group: &Group) -> Result<(), FileError> {
        let (files, path) = (&self.shared.files, &self.segment_path);
        let (segment, start) = self.shared.index.lock().end();
        let end = start + group.bytes().len() as u64;
        files.write(&self.segment, path, group.bytes(), start)?;
        if self.prepared < end {
            let ahead = self.zeros_ahead(group.bytes().len() as u64, end);
            files.write(&self.segment, path, &vec![0; ahead as usize], end)?;
            self.prepared = end + ahead;
        }
        files.disk.sync(&self.segment).trying("sync", path)?;
        let (bytes, at) = Mark { segment, offset: end }.encode(self.turn);
        self.turn += 1;
        files.write(&self.mark, &files.mark(), &bytes, at)
    }

    /// How many zeros to write behind a group that makes the file longer. A large one gains nothing
    /// from them, and none are written where the segment is full.
    fn zeros_ahead(&self, group: u64, end: u64) -> u64 {
        let limits = &self.shared.limits;
        let ahead = u64::from(limits.prepared_bytes);
        if ahead / 8 < group { 0 } else { ahead.min(limits.segment_bytes_max.saturating_sub(end)) }
    }

    /// Seals a full segment and begins the next. The manifest decides which of them counts, so a
    /// crash in between leaves the old one to be written to.
    fn roll_if_full(&mut self) -> Result<(), FileError> {
        let shared = &self.shared;
        if shared.check_writable().is_err() || !shared.index.lock().is_segment_full() {
            return Ok(());
        }
        let housekeeping = shared.housekeeping.lock();
        let (directory, tracks) = shared.index.lock().directory();
        let cut = self.segment.set_len(directory.length).and_then(|()| self.segment.sync_all());
        cut.trying("cut", &self.segment_path)?;
        let path = shared.files.directory(directory.segment);
        let bytes = directory.encode(&tracks).trying("encode", &path)?;
        shared.files.replace(&path, &bytes)?;
        let header = SegmentHeader { segment: directory.segment.next(), first: directory.next };
        let segment = shared.files.begin_segment(header)?;
        let mut manifest = shared.index.lock().manifest();
        manifest.segments.push(header.segment);
        shared.files.write_manifest(&manifest)?;
        shared.index.lock().roll(&directory);
        drop(housekeeping);
        self.segment = segment;
        self.prepared = SEGMENT_HEADER_BYTES;
        self.segment_path = self.shared.files.segment(header.segment);
        self.shared.publish();
        Ok(())
    }
}
