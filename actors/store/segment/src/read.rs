//! Pages of a stream. Every byte that is answered has passed its checksum.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use bytes::Bytes;
use synod_protocol::store::{Page, StoreRefusal};
use synod_store::refusal;
use synod_store_core::{
    Directory, Extent, Part, Place, SegmentId, Track, TrackLocation, decode_frame,
};
use synod_types::store::{StreamId, Version};

use crate::error::{FileError, Trying};
use crate::shared::Shared;

/// Bytes read at once; a larger frame is read alone.
const RUN_BYTES_MAX: u64 = 1 << 20;
/// Bytes of other streams read for nothing rather than reading twice.
const GAP_BYTES_MAX: u64 = 8 << 10;

/// A page being filled.
struct Filling<'a> {
    stream: &'a StreamId,
    bytes_max: u64,
    bytes: u64,
    page: Page,
}

impl Shared {
    /// Records of `stream` after `after`, about `bytes_max` of them.
    pub(crate) fn read_page(
        &self,
        stream: &StreamId,
        after: Version,
        bytes_max: u32,
    ) -> Result<Page, StoreRefusal> {
        let bytes_max = u64::from(bytes_max.min(self.limits.read_bytes_max));
        let page = Page { records: Vec::new(), version_after: after, more: false };
        let mut filling = Filling { stream, bytes_max, bytes: 0, page };
        while filling.has_room() {
            let Some(part) = self.part(&filling)? else {
                return Ok(filling.page);
            };
            if let Err(error) = self.fill(&mut filling, &part) {
                // Dropped since it was looked up, then the index says so; lost otherwise.
                let is_gone = error.source.kind() == ErrorKind::NotFound;
                if !is_gone || self.part(&filling)? == Some(part) {
                    return Err(self.unreadable(&error));
                }
            }
        }
        filling.page.more = self.part(&filling)?.is_some();
        Ok(filling.page)
    }

    /// Whether the stream holds exactly these records after `after`.
    pub(crate) fn holds(
        &self,
        stream: &StreamId,
        after: Version,
        records: &[Bytes],
    ) -> Result<bool, StoreRefusal> {
        let (mut at, mut rest) = (after, records);
        while !rest.is_empty() {
            let page = self.read_page(stream, at, u32::MAX)?;
            let both = page.records.len().min(rest.len());
            if both == 0 || page.records[..both] != rest[..both] {
                return Ok(false);
            }
            rest = &rest[both..];
            at = Version(at.0 + both as u64);
        }
        Ok(true)
    }

    fn part(&self, filling: &Filling<'_>) -> Result<Option<Part>, StoreRefusal> {
        let (at, room) = (filling.page.version_after, filling.room());
        self.index.lock().part(filling.stream, at, room).map_err(refusal)
    }

    fn fill(&self, filling: &mut Filling<'_>, part: &Part) -> Result<(), FileError> {
        let (segment, extents) = match part {
            Part::Active { segment, extents } => (*segment, extents.clone()),
            Part::Sealed { segment, after, track } => {
                let encoded = self.read_track(*segment, *track)?;
                let extents = Track::extents(*after, &encoded);
                (*segment, Part::take(extents, filling.page.version_after, filling.room()))
            }
        };
        let path = self.files.segment(segment);
        let file = File::open(&path).trying("open", &path)?;
        let mut rest = &extents[..];
        while !rest.is_empty() && filling.has_room() {
            let (run, others) = rest.split_at(run_length(rest));
            self.fill_run(filling, segment, &file, run)?;
            rest = others;
        }
        Ok(())
    }

    /// Reads neighbouring frames at once and takes their records.
    fn fill_run(
        &self,
        filling: &mut Filling<'_>,
        segment: SegmentId,
        file: &File,
        run: &[Extent],
    ) -> Result<(), FileError> {
        let path = self.files.segment(segment);
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Ok(());
        };
        let start = first.offset;
        let length = last.offset + u64::from(last.bytes) - start;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.files.disk.read_at(file, &mut bytes, start).trying("read", &path)?;
        for extent in run {
            // The extent lies within the run, whose length fits into memory.
            let frame = bytes.get((extent.offset - start) as usize..);
            let place = Place { segment, offset: extent.offset };
            let frame = frame.and_then(|bytes| decode_frame(bytes, place));
            let frame = frame
                .filter(|frame| frame.extent == *extent && frame.head.stream == *filling.stream);
            let Some(frame) = frame else {
                return Err(self.corrupt(&path, extent.offset));
            };
            filling.take(*extent, frame.records());
        }
        Ok(())
    }

    fn read_track(&self, segment: SegmentId, track: TrackLocation) -> Result<Vec<u8>, FileError> {
        let path = self.files.directory(segment);
        let file = File::open(&path).trying("open", &path)?;
        let mut head = [0; Directory::HEAD_BYTES];
        self.files.disk.read_at(&file, &mut head, 0).trying("read", &path)?;
        let length = Directory::length(&head).ok_or_else(|| self.corrupt(&path, 0))?;
        let at = head.len() as u64 + u64::from(length) + track.at;
        let mut encoded = vec![0; track.bytes as usize];
        self.files.disk.read_at(&file, &mut encoded, at).trying("read", &path)?;
        if track.is_of(&encoded) { Ok(encoded) } else { Err(self.corrupt(&path, at)) }
    }

    fn corrupt(&self, path: &Path, offset: u64) -> FileError {
        self.metrics.found_corruption();
        let damage = format!("damaged at byte {offset}");
        let source = std::io::Error::new(ErrorKind::InvalidData, damage);
        FileError { what: "read", file: path.to_owned(), source }
    }
}

impl Filling<'_> {
    /// A page has one record at least.
    fn has_room(&self) -> bool {
        self.page.records.is_empty() || self.bytes < self.bytes_max
    }

    fn room(&self) -> u64 {
        self.bytes_max - self.bytes.min(self.bytes_max)
    }

    fn take<'r>(&mut self, extent: Extent, records: impl Iterator<Item = &'r [u8]>) {
        let at = self.page.version_after;
        let known = at.0.saturating_sub(extent.after.0);
        for record in records.skip(usize::try_from(known).unwrap_or(usize::MAX)) {
            if !self.has_room() {
                return;
            }
            self.bytes += record.len() as u64;
            self.page.records.push(Bytes::copy_from_slice(record));
            self.page.version_after.0 += 1;
        }
    }
}

/// How many of the frames, from the first, are read at once.
fn run_length(extents: &[Extent]) -> usize {
    let Some(first) = extents.first() else {
        return 0;
    };
    let end = |extent: &Extent| extent.offset + u64::from(extent.bytes);
    let neighbours = extents.windows(2).take_while(|pair| {
        pair[1].offset - end(&pair[0]) <= GAP_BYTES_MAX
            && end(&pair[1]) - first.offset <= RUN_BYTES_MAX
    });
    1 + neighbours.count()
}
