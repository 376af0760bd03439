use std::collections::VecDeque;

use synod_types::time::Moment;

use crate::policy::Intensity;

/// The failures a supervisor still answers for, oldest first, and by whom.
///
/// Never longer than the intensity and one: at that length those that brought it about are
/// forgotten, or the supervisor ends.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    intensity: Intensity,
    failures: VecDeque<(Moment, u64)>,
}

impl Window {
    pub(crate) const fn new(intensity: Intensity) -> Self {
        Self { intensity, failures: VecDeque::new() }
    }

    /// Counts a failure of the child of this serial. Whether it was one too many.
    pub(crate) fn push(&mut self, now: Moment, serial: u64) -> bool {
        let period = self.intensity.period;
        self.failures.retain(|&(then, _)| now.since(then) <= period);
        self.failures.push_back((now, serial));
        self.failures.len() > self.intensity.restarts_max as usize
    }

    /// Failures that count at `now`.
    pub(crate) fn used(&self, now: Moment) -> u32 {
        let period = self.intensity.period;
        let counts = self.failures.iter().filter(|&&(then, _)| now.since(then) <= period);
        u32::try_from(counts.count()).unwrap_or(u32::MAX)
    }

    /// A child's failures count no longer.
    pub(crate) fn forget(&mut self, serial: u64) {
        self.failures.retain(|&(_, who)| who != serial);
    }

    /// Nothing counts any longer.
    pub(crate) fn clear(&mut self) {
        self.failures.clear();
    }

    /// From now on this is too many. What was counted still is, the newest first.
    pub(crate) fn change(&mut self, intensity: Intensity) {
        self.intensity = intensity;
        let excess = self.failures.len().saturating_sub(intensity.restarts_max as usize);
        self.failures.drain(..excess);
    }
}

#[cfg(test)]
mod tests;
