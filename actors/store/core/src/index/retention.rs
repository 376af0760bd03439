//! Snapshots, and the segments they make superfluous.

use std::collections::BTreeSet;

use super::*;
use crate::group::too_many_streams;

/// How many snapshots of a stream are kept.
const SNAPSHOTS_KEPT: usize = 2;

impl Index {
    /// Whether a snapshot of `stream` at `at` is to be written: `false` if a later one exists.
    ///
    /// # Errors
    /// The stream is not that far yet, or would be one too many.
    pub fn wants_snapshot(&self, stream: &StreamId, at: Version) -> Result<bool, Refusal> {
        if !stream.is_valid() {
            return Err(Refusal::InvalidStream(stream.clone()));
        }
        let known = self.streams.get(stream);
        let version = known.map_or(Version(0), |known| known.version);
        if version < at {
            return Err(Refusal::Ahead { stream: stream.clone(), at, version });
        }
        if known.is_none() && self.limits.streams_max <= self.streams.len() {
            return Err(too_many_streams(self, 0));
        }
        Ok(known.and_then(|known| known.snapshots.last()).is_none_or(|&newest| newest <= at))
    }

    /// A snapshot is durable.
    pub fn snapshot_saved(&mut self, name: &SnapshotName) {
        let known = self.streams.entry(name.stream.clone()).or_default();
        if !known.snapshots.contains(&name.at) {
            known.snapshots.push(name.at);
            known.snapshots.sort_unstable();
        }
    }

    /// Snapshots that are not needed any more: all but the newest of each stream, and the one
    /// before it while the journal goes on from there.
    pub fn surplus_snapshots(&self) -> Vec<SnapshotName> {
        let surplus = self.streams.iter().flat_map(|(stream, known)| {
            let old = known.snapshots.iter().rev().skip(1).enumerate();
            let old = old.filter(|&(age, &at)| SNAPSHOTS_KEPT <= age + 1 || at < known.floor);
            old.map(|(_, &at)| SnapshotName { stream: stream.clone(), at })
        });
        surplus.collect()
    }

    /// The file of a snapshot is gone.
    pub fn snapshot_removed(&mut self, name: &SnapshotName) {
        if let Some(known) = self.streams.get_mut(&name.stream) {
            known.snapshots.retain(|&at| at != name.at);
        }
    }

    /// Snapshots of a stream, newest first, that the journal covers from there on; and whether it
    /// also covers the stream from its beginning.
    pub fn snapshots(&self, stream: &StreamId) -> (Vec<SnapshotName>, bool) {
        let Some(known) = self.streams.get(stream) else {
            return (Vec::new(), true);
        };
        let usable = known.snapshots.iter().rev().filter(|&&at| known.floor <= at);
        let names = usable.map(|&at| SnapshotName { stream: stream.clone(), at });
        (names.collect(), known.floor == Version(0))
    }

    /// The newest snapshot of each stream.
    pub fn newest_snapshots(&self) -> Vec<SnapshotName> {
        let newest = self.streams.iter().filter_map(|(stream, known)| {
            let &at = known.snapshots.last()?;
            Some(SnapshotName { stream: stream.clone(), at })
        });
        newest.collect()
    }

    /// Sealed segments whose every record lies before its stream's newest snapshot.
    pub fn droppable(&self) -> BTreeSet<SegmentId> {
        let mut droppable: BTreeSet<SegmentId> = self.sealed.keys().copied().collect();
        for known in self.streams.values() {
            let newest = known.snapshots.last().copied().unwrap_or_default();
            for part in known.parts.iter().rev().take_while(|part| newest < part.through) {
                droppable.remove(&part.segment);
            }
        }
        droppable
    }

    /// The newest snapshots that must be good if `segments` are dropped.
    pub fn stand_ins(&self, segments: &BTreeSet<SegmentId>) -> Vec<SnapshotName> {
        let loses =
            |known: &Stream| known.parts.iter().any(|part| segments.contains(&part.segment));
        let losing = self.streams.iter().filter(|(_, known)| loses(known));
        let stand_ins = losing.filter_map(|(stream, known)| {
            let &at = known.snapshots.last()?;
            Some(SnapshotName { stream: stream.clone(), at })
        });
        stand_ins.collect()
    }

    /// Forgets segments that [`droppable`](Self::droppable) named.
    pub fn forget(&mut self, segments: &BTreeSet<SegmentId>) {
        self.sealed.retain(|segment, _| !segments.contains(segment));
        for known in self.streams.values_mut() {
            let gone = known.parts.iter().filter(|part| segments.contains(&part.segment));
            let through = gone.map(|part| part.through).max().unwrap_or_default();
            known.floor = known.floor.max(through);
            known.parts.retain(|part| !segments.contains(&part.segment));
        }
    }
}
