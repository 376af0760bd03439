use std::collections::BTreeMap;

use bytes::Bytes;
use synod_types::store::{Sequence, StreamId, Version};

use crate::frame::frame_bytes;
use crate::{Extent, FrameHead, Index, Limits, Place, Refusal, SegmentId, encode_frame};

/// What becomes of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is part of the group: once that is synced, the stream is at this version.
    Written(Version),
    /// So many records stand after that version already. If they are the same ones, this is a
    /// repeat and the stream was at this version after it; otherwise it is a conflict.
    Repeat(Version),
    /// It can only be judged or written once this group is committed.
    Later,
}

/// Appends that are written at once and synced at once.
#[derive(Debug)]
pub struct Group {
    segment: SegmentId,
    start: u64,
    next: Sequence,
    bytes: Vec<u8>,
    frames: Vec<(StreamId, Extent)>,
    heads: BTreeMap<StreamId, Version>,
    streams_new: usize,
}

impl Group {
    /// An empty group that will follow what `index` holds. `bytes` is an old buffer to be reused.
    pub fn new(index: &Index, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        let (segment, start) = index.end();
        Self {
            segment,
            start,
            next: index.next(),
            bytes,
            frames: Vec::new(),
            heads: BTreeMap::new(),
            streams_new: 0,
        }
    }

    /// What is to be written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many appends it holds.
    pub fn appends(&self) -> usize {
        self.frames.len()
    }

    /// Position after its last record.
    pub(crate) const fn next(&self) -> Sequence {
        self.next
    }

    /// Where it goes: segment and first byte.
    pub(crate) const fn start(&self) -> (SegmentId, u64) {
        (self.segment, self.start)
    }

    /// The frames, and the buffer.
    pub(crate) fn into_parts(self) -> (Vec<(StreamId, Extent)>, Vec<u8>) {
        (self.frames, self.bytes)
    }

    /// Takes an append, or says why not.
    ///
    /// # Errors
    /// A refusal: nothing was taken.
    pub fn admit(
        &mut self,
        index: &Index,
        stream: &StreamId,
        after: Version,
        records: &[Bytes],
    ) -> Result<Admission, Refusal> {
        let limits = index.limits();
        check_sizes(limits, stream, records)?;
        let pending = self.heads.get(stream).copied();
        let committed = index.version(stream);
        let version = pending.or(committed).unwrap_or_default();
        let conflict = || Refusal::Conflict { stream: stream.clone(), holds: version, after };
        let through =
            after.0.checked_add(records.len() as u64).map(Version).ok_or_else(conflict)?;
        if through <= version {
            let is_settled = through <= committed.unwrap_or_default();
            return Ok(if is_settled { Admission::Repeat(through) } else { Admission::Later });
        }
        if after != version {
            return Err(conflict());
        }
        self.check_room(index, stream, frame_bytes(stream, records)).map(|has_room| {
            if !has_room {
                return Admission::Later;
            }
            self.write(stream, after, records);
            self.streams_new += usize::from(pending.or(committed).is_none());
            self.heads.insert(stream.clone(), through);
            Admission::Written(through)
        })
    }

    /// Whether so many bytes more fit into this group; refused if they fit nowhere.
    fn check_room(&self, index: &Index, stream: &StreamId, bytes: u64) -> Result<bool, Refusal> {
        let limits = index.limits();
        let is_new = index.version(stream).is_none() && !self.heads.contains_key(stream);
        if is_new && limits.streams_max <= index.streams() + self.streams_new {
            return Err(too_many_streams(index, self.streams_new));
        }
        let grouped = self.bytes.len() as u64;
        let total = index.bytes() + grouped;
        if limits.journal_bytes_max < total + bytes {
            return Err(over("bytes of the journal", total + bytes, limits.journal_bytes_max));
        }
        Ok(grouped == 0 || grouped + bytes <= u64::from(limits.group_bytes_max))
    }

    fn write(&mut self, stream: &StreamId, after: Version, records: &[Bytes]) {
        let head =
            FrameHead { sequence: self.next, stream: stream.clone(), after, group_at: self.start };
        let offset = self.start + self.bytes.len() as u64;
        let place = Place { segment: self.segment, offset };
        let extent = encode_frame(&mut self.bytes, place, &head, records);
        self.frames.push((stream.clone(), extent));
        self.next = Sequence(self.next.0 + records.len() as u64);
    }
}

/// Whether an append is of a size that the journal takes at all.
fn check_sizes(limits: &Limits, stream: &StreamId, records: &[Bytes]) -> Result<(), Refusal> {
    if !stream.is_valid() {
        return Err(Refusal::InvalidStream(stream.clone()));
    }
    let largest = records.iter().map(|record| record.len() as u64).max().unwrap_or_default();
    if u64::from(limits.record_bytes_max) < largest {
        let max = u64::from(limits.record_bytes_max);
        return Err(over("bytes of a record", largest, max));
    }
    let bytes = frame_bytes(stream, records);
    let max = u64::from(limits.batch_bytes_max);
    if max < bytes {
        return Err(over("bytes of an append", bytes, max));
    }
    Ok(())
}

pub(crate) fn too_many_streams(index: &Index, pending: usize) -> Refusal {
    over("streams", (index.streams() + pending) as u64 + 1, index.limits().streams_max as u64)
}

const fn over(what: &'static str, value: u64, limit: u64) -> Refusal {
    Refusal::TooLarge { what, value, limit }
}
