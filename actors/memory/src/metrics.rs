//! Every metric of the memory actor.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_memory_core::{Reason, Record};
use synod_types::memory::{MemoryCounts, MemoryRefusal, ScoredBy};

const STORED: &str = "memory_stored_total";
const OBSERVED: &str = "memory_observed_blocks_total";
const GONE: &str = "memory_gone_total";
const QUERIES: &str = "memory_queries_total";
const QUERY_SECONDS: &str = "memory_query_seconds";
const REFUSED: &str = "memory_refusals_total";
const VECTORS_LOST: &str = "memory_lost_vectors_total";
const SNAPSHOTS: &str = "memory_snapshots_total";
const MEMORIES: &str = "memory_memories";
const EMBEDDED: &str = "memory_embedded_memories";
const CONTENT: &str = "memory_content_bytes";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_counter!(STORED, Unit::Count, "Memories stored by agents");
    describe_counter!(OBSERVED, Unit::Count, "Memories made of blocks");
    describe_counter!(GONE, Unit::Count, "Memories gone, by reason");
    describe_counter!(QUERIES, Unit::Count, "Queries answered, by what hits were scored by");
    describe_histogram!(QUERY_SECONDS, Unit::Seconds, "From a query's arrival to its hits");
    describe_counter!(REFUSED, Unit::Count, "Requests refused, by reason");
    describe_counter!(VECTORS_LOST, Unit::Count, "Questions for vectors that came to nothing");
    describe_counter!(SNAPSHOTS, Unit::Count, "Snapshots, by outcome");
    describe_gauge!(MEMORIES, Unit::Count, "Memories of all agents");
    describe_gauge!(EMBEDDED, Unit::Count, "Memories that have a vector");
    describe_gauge!(CONTENT, Unit::Bytes, "Content of all memories");
}

pub(crate) struct Metrics {
    stored: Counter,
    observed: Counter,
    forgotten: Counter,
    evicted: Counter,
    retracted: Counter,
    listed: Counter,
    by_text: Counter,
    by_vectors: Counter,
    by_both: Counter,
    query_seconds: Histogram,
    vectors_lost: Counter,
    saved: Counter,
    unsaved: Counter,
    memories: Gauge,
    embedded: Gauge,
    content: Gauge,
}

impl Metrics {
    pub(crate) fn register() -> Self {
        let gone = |reason: &'static str| counter!(GONE, "reason" => reason);
        let queries = |scored_by: &'static str| counter!(QUERIES, "scored_by" => scored_by);
        Self {
            stored: counter!(STORED),
            observed: counter!(OBSERVED),
            forgotten: gone("forgotten"),
            evicted: gone("evicted"),
            retracted: gone("retracted"),
            listed: queries("nothing"),
            by_text: queries("text"),
            by_vectors: queries("vectors"),
            by_both: queries("both"),
            query_seconds: histogram!(QUERY_SECONDS),
            vectors_lost: counter!(VECTORS_LOST),
            saved: counter!(SNAPSHOTS, "outcome" => "saved"),
            unsaved: counter!(SNAPSHOTS, "outcome" => "failed"),
            memories: gauge!(MEMORIES),
            embedded: gauge!(EMBEDDED),
            content: gauge!(CONTENT),
        }
    }

    pub(crate) fn changed(&self, records: &[Record]) {
        for record in records {
            match record {
                Record::KeptV1(memory) if memory.origin.is_some() => self.observed.increment(1),
                Record::KeptV1(_) => self.stored.increment(1),
                Record::GoneV1(_, _, Reason::Forgotten) => self.forgotten.increment(1),
                Record::GoneV1(_, _, Reason::Evicted) => self.evicted.increment(1),
                Record::GoneV1(_, _, Reason::Retracted) => self.retracted.increment(1),
                Record::ReadV1(..) => (),
            }
        }
    }

    pub(crate) fn found(&self, scored_by: ScoredBy, took: Duration) {
        self.query_seconds.record(took.as_secs_f64());
        match scored_by {
            ScoredBy::Nothing => self.listed.increment(1),
            ScoredBy::Text => self.by_text.increment(1),
            ScoredBy::Vectors => self.by_vectors.increment(1),
            ScoredBy::Both => self.by_both.increment(1),
        }
    }

    /// Rare enough to be looked up each time.
    pub(crate) fn refused(refusal: &MemoryRefusal) {
        counter!(REFUSED, "reason" => refusal.reason()).increment(1);
    }

    pub(crate) fn vectors_lost(&self) {
        self.vectors_lost.increment(1);
    }

    pub(crate) fn saved(&self, is_ok: bool) {
        if is_ok { &self.saved } else { &self.unsaved }.increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point")]
    pub(crate) fn stands(&self, counts: MemoryCounts) {
        self.memories.set(counts.memories as f64);
        self.embedded.set(counts.embedded as f64);
        self.content.set(counts.content_bytes as f64);
    }
}
