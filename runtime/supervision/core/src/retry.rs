use std::time::Duration;

use crate::jitter::{exponential, jittered, splitmix64};

/// How often a call is tried and how long to wait in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first wait.
    pub first: Duration,
    /// Each wait is this many times the one before.
    pub factor: u32,
    /// Waits grow no further than this. Jitter is added to it.
    pub max: Duration,
    /// A wait is longer or shorter by up to this share, at most 100.
    pub jitter_percent: u8,
    /// Tries in all, the first included.
    pub attempts: u32,
}

/// Three attempts, 100 ms and 200 ms apart, ± 10 %.
impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            factor: 2,
            max: Duration::from_secs(10),
            jitter_percent: 10,
            attempts: 3,
        }
    }
}

impl Retry {
    /// The waits between the attempts: one less than there are attempts. The same every time.
    pub fn delays(self, seed: u64) -> impl Iterator<Item = Duration> {
        (0..self.attempts.saturating_sub(1)).map(move |attempt| {
            let delay = exponential(self.first, self.factor, attempt, self.max);
            jittered(delay, self.jitter_percent, splitmix64(seed) ^ u64::from(attempt))
        })
    }
}

#[cfg(test)]
mod tests;
