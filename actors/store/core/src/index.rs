use std::collections::BTreeMap;

use synod_types::store::{Sequence, StreamId, Version};

use crate::{
    Directory, Extent, Frame, Group, Limits, Manifest, Refusal, SEGMENT_HEADER_BYTES, SegmentId,
    SnapshotName, Track, TrackLocation,
};

mod recovery;
mod retention;

pub use recovery::Inconsistent;

/// What the journal holds and where: streams, their versions, and the parts of segments in which
/// their records stand. Of sealed segments it keeps one entry a stream; where each frame stands is
/// read from the segment's directory when someone asks.
#[derive(Clone, Debug)]
pub struct Index {
    limits: Limits,
    streams: BTreeMap<StreamId, Stream>,
    sealed: BTreeMap<SegmentId, SealedSegment>,
    active: Active,
    next: Sequence,
}

/// A segment that is not written to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    /// Size of its file.
    pub length: u64,
}

/// Invariant: `parts` ascend; each begins at the version at which the one before ends, or at or
/// below `floor`. `floor` and every snapshot are at most `version`.
#[derive(Clone, Debug, Default)]
struct Stream {
    version: Version,
    /// Records up to here may be gone; a snapshot stands for them.
    floor: Version,
    /// Ascending.
    snapshots: Vec<Version>,
    parts: Vec<SealedPart>,
}

#[derive(Clone, Copy, Debug)]
struct SealedPart {
    segment: SegmentId,
    after: Version,
    through: Version,
    track: TrackLocation,
}

#[derive(Clone, Debug)]
struct Active {
    segment: SegmentId,
    first: Sequence,
    length: u64,
    tracks: BTreeMap<StreamId, Track>,
}

/// Where the next records of a stream stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// In a sealed segment; its directory has the track.
    Sealed {
        /// The segment.
        segment: SegmentId,
        /// The stream's version before the segment.
        after: Version,
        /// Where the track stands.
        track: TrackLocation,
    },
    /// In the segment that is written to.
    Active {
        /// The segment.
        segment: SegmentId,
        /// The frames, as many as were asked for.
        extents: Vec<Extent>,
    },
}

impl Index {
    /// The limits it holds to.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Segments, the active one included.
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, u64)> {
        let sealed = self.sealed.iter().map(|(&segment, sealed)| (segment, sealed.length));
        sealed.chain([(self.active.segment, self.active.length)])
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments().map(|(_, length)| length).sum()
    }

    /// Position of the record that comes next.
    pub const fn next(&self) -> Sequence {
        self.next
    }

    /// The active segment, and where it ends.
    pub const fn end(&self) -> (SegmentId, u64) {
        (self.active.segment, self.active.length)
    }

    /// How many records a stream holds; `None` if there is no such stream.
    pub fn version(&self, stream: &StreamId) -> Option<Version> {
        self.streams.get(stream).map(|stream| stream.version)
    }

    /// Where the records after `at` stand, or the first of them: of the active segment, frames of
    /// `bytes_max` bytes and one at least. `None` if there are none yet.
    ///
    /// # Errors
    /// The stream is not that far yet, or has dropped these records.
    pub fn part(
        &self,
        stream: &StreamId,
        at: Version,
        bytes_max: u64,
    ) -> Result<Option<Part>, Refusal> {
        let empty = Stream::default();
        let known = self.streams.get(stream).unwrap_or(&empty);
        let (stream, version, begins) = (stream.clone(), known.version, known.floor);
        if version < at {
            return Err(Refusal::Ahead { stream, at, version });
        }
        if at < begins {
            return Err(Refusal::Truncated { stream, begins, after: at });
        }
        if at == version {
            return Ok(None);
        }
        let next = known.parts.partition_point(|part| part.through <= at);
        if let Some(&SealedPart { segment, after, track, .. }) = known.parts.get(next) {
            return Ok(Some(Part::Sealed { segment, after, track }));
        }
        let track = self.active.tracks.get(&stream);
        let extents = track.map(|track| {
            let extents = Track::extents(track.after(), track.encoded());
            Part::take(extents, at, bytes_max)
        });
        Ok(extents.map(|extents| Part::Active { segment: self.active.segment, extents }))
    }

    /// Takes in what was synced.
    ///
    /// # Panics
    /// If the group was not made for the end of this index.
    pub fn commit(&mut self, group: Group) -> Vec<u8> {
        assert!(group.start() == self.end(), "a group follows what was committed before it");
        self.next = group.next();
        let (frames, bytes) = group.into_parts();
        self.active.length += bytes.len() as u64;
        for (stream, extent) in frames {
            self.push(stream, extent);
        }
        bytes
    }

    /// Takes in a frame of the active segment.
    fn push(&mut self, stream: StreamId, extent: Extent) {
        let known = self.streams.entry(stream.clone()).or_default();
        known.version = extent.through();
        let track = self.active.tracks.entry(stream).or_insert_with(|| Track::new(extent.after));
        track.push(extent);
    }

    /// Whether the active segment is so large that the next group goes to a new one.
    pub const fn is_segment_full(&self) -> bool {
        self.limits.segment_bytes_max <= self.active.length
            && SEGMENT_HEADER_BYTES < self.active.length
    }

    /// What the active segment holds: its directory, and its encoded tracks.
    pub fn directory(&self) -> (Directory, Vec<u8>) {
        let Active { segment, first, length, ref tracks } = self.active;
        let (entries, tracks) = Directory::lay_out(tracks);
        (Directory { segment, first, next: self.next, length, entries }, tracks)
    }

    /// Seals the active segment with its directory and begins the next.
    pub fn roll(&mut self, directory: &Directory) -> SegmentId {
        self.seal(directory);
        let segment = directory.segment.next();
        self.begin(segment);
        segment
    }

    fn seal(&mut self, directory: &Directory) {
        let segment = directory.segment;
        for entry in &directory.entries {
            let known = self.streams.entry(entry.stream.clone()).or_default();
            let (after, through, track) = (entry.after, entry.through, entry.track);
            known.parts.push(SealedPart { segment, after, through, track });
        }
        self.sealed.insert(segment, SealedSegment { length: directory.length });
    }

    fn begin(&mut self, segment: SegmentId) {
        let (first, length) = (self.next, SEGMENT_HEADER_BYTES);
        self.active = Active { segment, first, length, tracks: BTreeMap::new() };
    }

    /// The manifest that describes this index.
    pub fn manifest(&self) -> Manifest {
        let floors = self.streams.iter().filter(|(_, known)| Version(0) < known.floor);
        Manifest {
            segments: self.segments().map(|(segment, _)| segment).collect(),
            floors: floors.map(|(stream, known)| (stream.clone(), known.floor)).collect(),
        }
    }
}

impl Part {
    /// Of a stream's frames those with records after `at`, until they hold `bytes_max` bytes.
    pub fn take(extents: impl Iterator<Item = Extent>, at: Version, bytes_max: u64) -> Vec<Extent> {
        let mut bytes = 0;
        let wanted = extents.skip_while(|extent| extent.through() <= at);
        wanted
            .take_while(|extent| {
                let is_room = bytes < bytes_max.max(1);
                bytes += u64::from(extent.bytes);
                is_room
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
