//! Settings of the kind `store`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::shape::join;

/// The journal on disk, in `runtime.data_dir`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// Bytes of one record.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub record_bytes_max: u32,
    /// Bytes of all records of one append, which are written together or not at all.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub batch_bytes_max: u32,
    /// Bytes written by one sync; appends beyond wait for the next.
    #[schemars(range(min = 1024, max = 268_435_456))]
    pub group_bytes_max: u32,
    /// Requests waiting for the writer.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub queue_max: usize,
    /// Bytes waiting for the writer.
    #[schemars(range(min = 1024, max = 4_294_967_296_u64))]
    pub queue_bytes_max: u64,
    /// Bytes of one page of a read.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub read_bytes_max: u32,
    /// Size at which a segment is sealed. A restart scans one segment.
    #[schemars(range(min = 65_536, max = 4_294_967_296_u64))]
    pub segment_bytes_max: u64,
    /// Bytes of all segments together.
    #[schemars(range(min = 65_536, max = 1_099_511_627_776_u64))]
    pub journal_bytes_max: u64,
    /// Bytes of one snapshot.
    #[schemars(range(min = 1024, max = 1_073_741_824))]
    pub snapshot_bytes_max: u64,
    /// How many streams there may ever be: one for every durable actor.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub streams_max: usize,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            record_bytes_max: 1 << 20,
            batch_bytes_max: 4 << 20,
            group_bytes_max: 8 << 20,
            queue_max: 4096,
            queue_bytes_max: 64 << 20,
            read_bytes_max: 4 << 20,
            segment_bytes_max: 64 << 20,
            journal_bytes_max: 64 << 30,
            snapshot_bytes_max: 64 << 20,
            streams_max: 4096,
        }
    }
}

impl StoreSettings {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) -> Option<Self> {
        let sizes = [
            ("record_bytes_max", u64::from(self.record_bytes_max)),
            ("batch_bytes_max", u64::from(self.batch_bytes_max)),
            ("segment_bytes_max", self.segment_bytes_max),
            ("journal_bytes_max", self.journal_bytes_max),
        ];
        for [(small_name, small), (big_name, big)] in
            [[sizes[0], sizes[1]], [sizes[1], sizes[2]], [sizes[2], sizes[3]]]
        {
            if small > big {
                let hint = format!("at most {big_name}, which is {big}");
                check.found.refuse(&join(key, small_name), format!("above {big_name}"), hint);
            }
        }
        Some(self.clone())
    }
}
