use bytes::Bytes;
use synod_types::store::{Sequence, StreamId, Version};

use crate::{Extent, SegmentId};

pub(crate) const MAGIC: &[u8; 4] = b"\xF0Sy1";
const HEADER_BYTES: usize = 40;

/// Where a frame begins. Part of its checksum: a frame that is found anywhere else is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The segment.
    pub segment: SegmentId,
    /// First byte within its file.
    pub offset: u64,
}

impl Place {
    fn seed(self) -> u32 {
        let seed = crc32c::crc32c(&self.segment.0.to_le_bytes());
        crc32c::crc32c_append(seed, &self.offset.to_le_bytes())
    }
}

/// What a frame says about its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Position of its first record in the journal.
    pub sequence: Sequence,
    /// Whose records.
    pub stream: StreamId,
    /// The stream's version before them.
    pub after: Version,
    /// First byte of the write that this frame was part of. What lies before was synced before.
    pub group_at: u64,
}

/// One append: records of one stream, whole or not at all.
///
/// ```text
///   magic 4 · checksum 4 · length 4 · count 4 · sequence 8 · after 8 · group at 8
///   name length 1 · name · (record length 4 · record)*
/// ```
/// Integers are little-endian. `length` counts the bytes after the header; the checksum, CRC-32C,
/// covers the frame's place and everything after itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it says about its records.
    pub head: FrameHead,
    /// Where it stands, and how many records it holds.
    pub extent: Extent,
    records: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Its records, in order.
    pub fn records(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.records;
        std::iter::from_fn(move || take_record(&mut rest))
    }
}

/// Appends the frame at `place` to `out`; answers its extent.
///
/// Whoever calls has checked the name (≤ 128 bytes) and the sizes (sum below 4 GiB).
pub fn encode_frame(
    out: &mut Vec<u8>,
    place: Place,
    head: &FrameHead,
    records: &[Bytes],
) -> Extent {
    let start = out.len();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&(records.len() as u32).to_le_bytes());
    out.extend_from_slice(&head.sequence.0.to_le_bytes());
    out.extend_from_slice(&head.after.0.to_le_bytes());
    out.extend_from_slice(&head.group_at.to_le_bytes());
    out.push(head.stream.0.len() as u8);
    out.extend_from_slice(head.stream.0.as_bytes());
    for record in records {
        out.extend_from_slice(&(record.len() as u32).to_le_bytes());
        out.extend_from_slice(record);
    }
    let bytes = out.len() - start;
    let frame = &mut out[start..];
    frame[8..12].copy_from_slice(&((bytes - HEADER_BYTES) as u32).to_le_bytes());
    let crc = crc32c::crc32c_append(place.seed(), &frame[8..]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    Extent {
        after: head.after,
        count: records.len() as u32,
        offset: place.offset,
        bytes: bytes as u32,
    }
}

/// The frame at the beginning of `bytes`, which stand at `place`; `None` if there is none: cut
/// short, damaged, or never written there.
pub fn decode_frame(bytes: &[u8], place: Place) -> Option<Frame<'_>> {
    let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    let group_at = u64_at(header, 32);
    if !header.starts_with(MAGIC) || place.offset < group_at {
        return None;
    }
    let length = u32_at(header, 8) as usize;
    let frame = bytes.get(..HEADER_BYTES.checked_add(length)?)?;
    if crc32c::crc32c_append(place.seed(), &frame[8..]) != u32_at(header, 4) {
        return None;
    }
    let (&name_length, rest) = frame[HEADER_BYTES..].split_first()?;
    let (name, records) = rest.split_at_checked(usize::from(name_length))?;
    let (sequence, after) = (Sequence(u64_at(header, 16)), Version(u64_at(header, 24)));
    let count = u32_at(header, 12);
    let is_countable = |first: u64| first.checked_add(u64::from(count)).is_some();
    let is_whole = {
        let mut rest = records;
        (0..count).all(|_| take_record(&mut rest).is_some()) && rest.is_empty()
    };
    if !is_whole || count == 0 || !is_countable(after.0) || !is_countable(sequence.0) {
        return None;
    }
    let stream = StreamId(std::str::from_utf8(name).ok()?.into());
    let head = FrameHead { sequence, stream, after, group_at };
    let extent =
        Extent { after, count, offset: place.offset, bytes: u32::try_from(frame.len()).ok()? };
    Some(Frame { head, extent, records })
}

/// How many bytes a frame of these records takes.
pub(crate) fn frame_bytes(stream: &StreamId, records: &[Bytes]) -> u64 {
    let records: u64 = records.iter().map(|record| 4 + record.len() as u64).sum();
    HEADER_BYTES as u64 + 1 + stream.0.len() as u64 + records
}

fn take_record<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    let (record, after) = rest[4..].split_at_checked(length)?;
    *rest = after;
    Some(record)
}

fn u32_at(header: &[u8; HEADER_BYTES], at: usize) -> u32 {
    header[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(header: &[u8; HEADER_BYTES], at: usize) -> u64 {
    header[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
