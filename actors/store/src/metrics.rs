//! Names of everything the store and its journal count.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_protocol::store::{StoreRefusal, StoreStatus};

const COMMITS: &str = "store_commits_total";
const COMMIT_TIME: &str = "store_commit_seconds";
const COMMIT_APPENDS: &str = "store_commit_appends";
const RECORDS: &str = "store_records_total";
const WRITTEN: &str = "store_written_bytes_total";
const REFUSED: &str = "store_refused_total";
const SNAPSHOTS: &str = "store_snapshots_saved_total";
const CORRUPTIONS: &str = "store_corruptions_total";
const TORN: &str = "store_torn_bytes_total";
const DROPPED: &str = "store_segments_dropped_total";
const SEGMENTS: &str = "store_segments";
const BYTES: &str = "store_journal_bytes";
const STREAMS: &str = "store_streams";
const FAILED: &str = "store_failed";

/// Describes every metric of this crate.
pub fn describe() {
    describe_counter!(COMMITS, Unit::Count, "Groups of appends written and synced");
    describe_histogram!(COMMIT_TIME, Unit::Seconds, "Time to write and sync a group");
    describe_histogram!(COMMIT_APPENDS, Unit::Count, "Appends that shared a sync");
    describe_counter!(RECORDS, Unit::Count, "Records made durable");
    describe_counter!(WRITTEN, Unit::Bytes, "Bytes written to segments");
    describe_counter!(REFUSED, Unit::Count, "Requests refused, by reason");
    describe_counter!(SNAPSHOTS, Unit::Count, "Snapshots saved");
    describe_counter!(CORRUPTIONS, Unit::Count, "Damage found by a checksum");
    describe_counter!(TORN, Unit::Bytes, "Bytes of unfinished writes cut at a start");
    describe_counter!(DROPPED, Unit::Count, "Segments dropped because snapshots stand for them");
    describe_gauge!(SEGMENTS, Unit::Count, "Segment files");
    describe_gauge!(BYTES, Unit::Bytes, "Bytes of all segments");
    describe_gauge!(STREAMS, Unit::Count, "Streams");
    describe_gauge!(FAILED, Unit::Count, "1 once a write has failed: nothing is taken any more");
}

/// A group that was made durable.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// How many appends shared it.
    pub appends: usize,
    /// How many records they had.
    pub records: u64,
    /// How many bytes were written.
    pub bytes: u64,
    /// How many streams there are then.
    pub streams: usize,
    /// From the first write to the end of the sync.
    pub took: Duration,
}

/// Handles, resolved once. Clones count to the same numbers.
#[derive(Clone)]
pub struct Metrics {
    commits: Counter,
    commit_time: Histogram,
    commit_appends: Histogram,
    records: Counter,
    written: Counter,
    snapshots: Counter,
    corruptions: Counter,
    torn: Counter,
    dropped: Counter,
    segments: Gauge,
    bytes: Gauge,
    streams: Gauge,
    failed: Gauge,
}

impl Metrics {
    /// Call after the recorder is installed: a handle made earlier is mute.
    pub fn register() -> Self {
        Self {
            commits: counter!(COMMITS),
            commit_time: histogram!(COMMIT_TIME),
            commit_appends: histogram!(COMMIT_APPENDS),
            records: counter!(RECORDS),
            written: counter!(WRITTEN),
            snapshots: counter!(SNAPSHOTS),
            corruptions: counter!(CORRUPTIONS),
            torn: counter!(TORN),
            dropped: counter!(DROPPED),
            segments: gauge!(SEGMENTS),
            bytes: gauge!(BYTES),
            streams: gauge!(STREAMS),
            failed: gauge!(FAILED),
        }
    }

    /// A group was made durable.
    pub fn committed(&self, commit: Commit) {
        self.commits.increment(1);
        self.commit_time.record(commit.took);
        self.commit_appends.record(commit.appends as f64);
        self.records.increment(commit.records);
        self.written.increment(commit.bytes);
        self.bytes.increment(commit.bytes as f64);
        self.streams.set(commit.streams as f64);
    }

    /// A snapshot was made durable.
    pub fn snapshot_saved(&self) {
        self.snapshots.increment(1);
    }

    /// A checksum found damage.
    pub fn found_corruption(&self) {
        self.corruptions.increment(1);
    }

    /// An unfinished write was cut at the start.
    pub fn cut(&self, bytes: u64) {
        self.torn.increment(bytes);
    }

    /// Segments were dropped.
    pub fn dropped(&self, segments: usize) {
        self.dropped.increment(segments as u64);
    }

    /// How the journal is now.
    pub fn standing(&self, status: &StoreStatus) {
        self.segments.set(status.segments as f64);
        self.bytes.set(status.bytes as f64);
        self.streams.set(status.streams as f64);
        self.failed.set(if status.failed.is_some() { 1.0 } else { 0.0 });
    }

    pub(crate) fn refused(&self, refusal: &StoreRefusal) {
        counter!(REFUSED, "reason" => refusal.reason()).increment(1);
    }
}
