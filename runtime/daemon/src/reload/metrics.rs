//! What reloads count.

use metrics::{Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use synod_types::time::Moment;

const RELOADS: &str = "topology_reloads_total";
const LAST: &str = "topology_last_reload_timestamp_seconds";

/// Describes them.
pub fn describe() {
    describe_counter!(
        RELOADS,
        Unit::Count,
        "Reloads of the topology, by outcome: applied, unchanged, planned, invalid, restart_needed, \
         failed, torn, not_begun"
    );
    describe_gauge!(LAST, Unit::Seconds, "When a reload was last applied (Unix time)");
}

pub(super) struct Metrics {
    last: Gauge,
}

impl Metrics {
    pub(super) fn register() -> Self {
        Self { last: gauge!(LAST) }
    }

    pub(super) fn counted(&self, outcome: &'static str, at: Moment) {
        counter!(RELOADS, "outcome" => outcome).increment(1);
        if outcome == "applied" {
            self.last.set(at.unix_millis() as f64 / 1_000.0);
        }
    }
}
