//! Every metric of the embedding actor.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_types::vector::EmbeddingRefusal;

const TEXTS: &str = "embedding_texts_total";
const BATCHES: &str = "embedding_batches_total";
const BATCH_TEXTS: &str = "embedding_batch_texts";
const BATCH_SECONDS: &str = "embedding_batch_seconds";
const REFUSED: &str = "embedding_refusals_total";
const WAITING: &str = "embedding_waiting_texts";
const CACHED: &str = "embedding_cached_vectors";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_counter!(TEXTS, Unit::Count, "Texts asked for, by whether the cache knew them");
    describe_counter!(BATCHES, Unit::Count, "Batches computed, by outcome");
    describe_histogram!(BATCH_TEXTS, Unit::Count, "Texts of a batch");
    describe_histogram!(BATCH_SECONDS, Unit::Seconds, "How long a batch was computed");
    describe_counter!(REFUSED, Unit::Count, "Requests refused, by reason");
    describe_gauge!(WAITING, Unit::Count, "Texts waiting for their batch");
    describe_gauge!(CACHED, Unit::Count, "Vectors kept for the next time");
}

pub(crate) struct Metrics {
    hits: Counter,
    misses: Counter,
    computed: Counter,
    failed: Counter,
    batch_texts: Histogram,
    batch_seconds: Histogram,
    too_long: Counter,
    too_many: Counter,
    busy: Counter,
    model_failed: Counter,
    waiting: Gauge,
    cached: Gauge,
    /// What this actor's part of the gauges is: a pool has several.
    stood: (usize, usize),
}

impl Metrics {
    pub(crate) fn register() -> Self {
        let refused = |reason: &'static str| counter!(REFUSED, "reason" => reason);
        Self {
            hits: counter!(TEXTS, "cache" => "hit"),
            misses: counter!(TEXTS, "cache" => "miss"),
            computed: counter!(BATCHES, "outcome" => "computed"),
            failed: counter!(BATCHES, "outcome" => "failed"),
            batch_texts: histogram!(BATCH_TEXTS),
            batch_seconds: histogram!(BATCH_SECONDS),
            too_long: refused("too_long"),
            too_many: refused("too_many"),
            busy: refused("busy"),
            model_failed: refused("model_failed"),
            waiting: gauge!(WAITING),
            cached: gauge!(CACHED),
            stood: (0, 0),
        }
    }

    pub(crate) fn asked(&self, hits: u64, misses: u64) {
        self.hits.increment(hits);
        self.misses.increment(misses);
    }

    #[expect(clippy::cast_precision_loss, reason = "batches are small")]
    pub(crate) fn batch(&self, texts: usize) {
        self.batch_texts.record(texts as f64);
    }

    pub(crate) fn computed(&self, took: Duration, is_ok: bool) {
        self.batch_seconds.record(took.as_secs_f64());
        if is_ok { &self.computed } else { &self.failed }.increment(1);
    }

    pub(crate) fn refused(&self, refusal: &EmbeddingRefusal) {
        let counter = match refusal {
            EmbeddingRefusal::TooLong { .. } => &self.too_long,
            EmbeddingRefusal::TooMany { .. } => &self.too_many,
            EmbeddingRefusal::Busy { .. } => &self.busy,
            EmbeddingRefusal::Failed(_) => &self.model_failed,
        };
        counter.increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point")]
    pub(crate) fn stands(&mut self, waiting: usize, cached: usize) {
        let before = std::mem::replace(&mut self.stood, (waiting, cached));
        self.waiting.increment(waiting as f64 - before.0 as f64);
        self.cached.increment(cached as f64 - before.1 as f64);
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.stands(0, 0);
    }
}
