//! Building an index from what is found on disk.

use super::*;

/// Files that are each undamaged and yet do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// Records are missing between two segments.
    #[error("segment {segment} begins with record {first}, but record {expected} comes next")]
    Sequence {
        /// The later segment.
        segment: SegmentId,
        /// Its first record.
        first: Sequence,
        /// The record that should be.
        expected: Sequence,
    },
    /// Records are missing within a stream.
    #[error("stream {stream} goes on after version {after}, but {version} is its version so far")]
    Version {
        /// The stream.
        stream: StreamId,
        /// The version its next records follow.
        after: Version,
        /// Its version before them.
        version: Version,
    },
    /// Records were dropped for a snapshot that is not there.
    #[error(
        "stream {stream} begins after version {floor}, and no snapshot stands for what was before"
    )]
    NoSnapshot {
        /// The stream.
        stream: StreamId,
        /// What its snapshot must cover.
        floor: Version,
    },
    /// A snapshot knows more than the journal.
    #[error(
        "stream {stream} is at version {version}, but has a snapshot at {at}: the journal is older"
    )]
    OldJournal {
        /// The stream.
        stream: StreamId,
        /// The snapshot's version.
        at: Version,
        /// The stream's version.
        version: Version,
    },
}

impl Index {
    /// Of an empty journal, or of one whose segments are yet to be added, in order.
    pub fn new(limits: Limits, first: SegmentId, floors: Vec<(StreamId, Version)>) -> Self {
        let streams = floors
            .into_iter()
            .map(|(stream, floor)| (stream, Stream { floor, ..Stream::default() }));
        let active = Active {
            segment: first,
            first: Sequence(1),
            length: SEGMENT_HEADER_BYTES,
            tracks: BTreeMap::new(),
        };
        Self {
            limits,
            streams: streams.collect(),
            sealed: BTreeMap::new(),
            active,
            next: Sequence(1),
        }
    }

    /// Adds a sealed segment.
    ///
    /// # Errors
    /// It does not fit to what was added before.
    pub fn add_sealed(&mut self, directory: &Directory) -> Result<(), Inconsistent> {
        self.check_first(directory.segment, directory.first)?;
        for entry in &directory.entries {
            self.check_after(&entry.stream, entry.after)?;
            self.streams.entry(entry.stream.clone()).or_default().version = entry.through;
        }
        self.next = directory.next;
        self.seal(directory);
        Ok(())
    }

    /// Begins the segment that is written to; its frames follow by [`add_frame`](Self::add_frame).
    ///
    /// # Errors
    /// It does not fit to what was added before.
    pub fn begin_active(
        &mut self,
        segment: SegmentId,
        first: Sequence,
    ) -> Result<(), Inconsistent> {
        self.check_first(segment, first)?;
        self.next = first;
        self.begin(segment);
        Ok(())
    }

    /// Adds a frame of the active segment.
    ///
    /// # Errors
    /// It does not fit to what was added before.
    pub fn add_frame(&mut self, frame: &Frame<'_>) -> Result<(), Inconsistent> {
        let stream = &frame.head.stream;
        self.check_after(stream, frame.head.after)?;
        self.push(stream.clone(), frame.extent);
        self.next = Sequence(self.next.0 + u64::from(frame.extent.count));
        self.active.length = frame.extent.offset + u64::from(frame.extent.bytes);
        Ok(())
    }

    /// Ends recovery, with the snapshots that were found.
    ///
    /// # Errors
    /// Snapshots and records do not cover the streams without a gap.
    pub fn add_snapshots(&mut self, found: Vec<SnapshotName>) -> Result<(), Inconsistent> {
        for SnapshotName { stream, at } in found {
            let known = self.streams.entry(stream).or_default();
            known.snapshots.push(at);
            known.snapshots.sort_unstable();
        }
        for (stream, known) in &mut self.streams {
            known.version = known.version.max(known.floor);
            let (stream, version, floor) = (stream.clone(), known.version, known.floor);
            let newest = known.snapshots.last().copied().unwrap_or_default();
            if newest < floor {
                return Err(Inconsistent::NoSnapshot { stream, floor });
            }
            if version < newest {
                return Err(Inconsistent::OldJournal { stream, at: newest, version });
            }
        }
        Ok(())
    }

    /// A gap is where segments were dropped, and nowhere else.
    fn check_first(&self, segment: SegmentId, first: Sequence) -> Result<(), Inconsistent> {
        let last = self.sealed.last_key_value().map_or(SegmentId(0), |(&last, _)| last);
        let is_next = segment == last.next();
        let fits = if is_next { first == self.next } else { self.next <= first };
        let expected = self.next;
        fits.then_some(()).ok_or(Inconsistent::Sequence { segment, first, expected })
    }

    /// A stream's gap reaches no further than its floor.
    fn check_after(&self, stream: &StreamId, after: Version) -> Result<(), Inconsistent> {
        let (version, floor) =
            self.streams.get(stream).map_or_else(Default::default, |s| (s.version, s.floor));
        let fits = after == version || (version < after && after <= floor);
        let stream = stream.clone();
        fits.then_some(()).ok_or(Inconsistent::Version { stream, after, version })
    }
}
