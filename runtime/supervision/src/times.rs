//! How long an actor's messages took lately: counts in a fixed number of buckets.

use std::time::Duration;

use synod_types::time::Moment;

/// Buckets of a power of two: a quantile is told at most 1/8 too long.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 3;
/// Below 2^7 ns = 128 ns nothing is told apart.
const FIRST: u32 = 7;
/// From 2^36 ns = 69 s on nothing is told apart either.
const LAST: u32 = 36;
const BUCKETS: usize = 1 + (LAST - FIRST) as usize * PARTS;
/// A window is closed after this time.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts of handling times in the present window and the one before it: what is told is of the
/// last 10 to 20 seconds in which there was anything to count. Takes room once it counts.
#[derive(Debug, Default)]
pub(crate) struct Times {
    begun: Moment,
    present: Counts,
    before: Counts,
}

#[derive(Debug, Default)]
struct Counts(Vec<u32>);

impl Times {
    /// Counts one handling that ended at `now`.
    pub(crate) fn record(&mut self, now: Moment, took: Duration) {
        let age = now.since(self.begun);
        if WINDOW <= age {
            std::mem::swap(&mut self.present, &mut self.before);
            self.present.clear();
            if WINDOW * 2 <= age {
                self.before.clear();
            }
            self.begun = now;
        }
        self.present.add(took);
    }

    /// The time that `per_mille` of 1,000 handlings did not exceed, rounded up to the end of its
    /// bucket; nothing if none was counted.
    pub(crate) fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let total = self.present.total() + self.before.total();
        if total == 0 {
            return None;
        }
        let rank = (total * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        let bucket = (0..BUCKETS).find(|bucket| {
            seen += self.present.of(*bucket) + self.before.of(*bucket);
            rank <= seen
        });
        bucket.map(end_of)
    }
}

impl Counts {
    fn add(&mut self, took: Duration) {
        if self.0.is_empty() {
            self.0.resize(BUCKETS, 0);
        }
        let count = &mut self.0[bucket_of(took)];
        *count = count.saturating_add(1);
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    fn of(&self, bucket: usize) -> u64 {
        self.0.get(bucket).copied().unwrap_or_default().into()
    }

    fn total(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }
}

/// Bucket 0 ends at 2^7 ns; each power of two after it has [`PARTS`] of equal width.
fn bucket_of(took: Duration) -> usize {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).min((1 << LAST) - 1);
    if nanos >> FIRST == 0 {
        return 0;
    }
    let power = nanos.ilog2();
    let part = (nanos >> (power - PART_BITS)) as usize % PARTS;
    1 + (power - FIRST) as usize * PARTS + part
}

/// The longest time that falls into a bucket.
const fn end_of(bucket: usize) -> Duration {
    if bucket == 0 {
        return Duration::from_nanos((1 << FIRST) - 1);
    }
    let (power, part) = ((bucket - 1) / PARTS, (bucket - 1) % PARTS);
    let width = 1_u64 << (power as u32 + FIRST - PART_BITS);
    Duration::from_nanos(width * (PARTS + part + 1) as u64 - 1)
}

#[cfg(test)]
mod tests;
