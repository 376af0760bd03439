use std::collections::VecDeque;

use synod_types::time::Moment;

use crate::policy::Intensity;

/// The failures a supervisor still answers for, oldest first.
///
/// Never longer than the intensity and one: at that length the supervisor ends.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    intensity: Intensity,
    failures: VecDeque<Moment>,
}

impl Window {
    pub(crate) const fn new(intensity: Intensity) -> Self {
        Self { intensity, failures: VecDeque::new() }
    }

    /// Counts a failure. Whether it was one too many.
    pub(crate) fn push(&mut self, now: Moment) -> bool {
        let period = self.intensity.period;
        self.failures.retain(|&then| now.since(then) <= period);
        self.failures.push_back(now);
        self.failures.len() > self.intensity.restarts_max as usize
    }

    /// Failures that count at `now`.
    pub(crate) fn used(&self, now: Moment) -> u32 {
        let counts = self.failures.iter().filter(|&&then| now.since(then) <= self.intensity.period);
        u32::try_from(counts.count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
