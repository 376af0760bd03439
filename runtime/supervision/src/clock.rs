//! The one clock of a runtime.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use synod_types::time::Moment;
use tokio::time::Instant;

/// Tells [`Moment`]s: the wall clock read once, then a monotonic clock. Under a paused tokio
/// clock it stands still with it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Moment,
    anchor: Instant,
}

impl Clock {
    /// Anchors the wall clock now.
    pub fn system() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::starting_at(Moment::default() + since_epoch)
    }

    /// A clock that tells `start` now.
    pub fn starting_at(start: Moment) -> Self {
        Self { start, anchor: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.start + self.anchor.elapsed()
    }

    /// When `timeout` after `now` is, on both clocks; the longest time-outs end together, in
    /// thirty years.
    pub(crate) fn later(&self, now: Instant, timeout: Duration) -> (Instant, Moment) {
        const LONGEST: Duration = Duration::from_secs(86_400 * 365 * 30);
        let until = now + timeout.min(LONGEST);
        (until, self.start + until.saturating_duration_since(self.anchor))
    }

    /// When `at` is, on the clock that timers follow.
    pub(crate) fn instant(&self, at: Moment) -> Instant {
        self.anchor + at.since(self.start)
    }

    /// How long until `at`; zero if it has passed.
    pub fn until(&self, at: Moment) -> Duration {
        at.since(self.now())
    }
}
