//! The one clock of a runtime.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use synod_types::time::Moment;
use tokio::time::Instant;

/// Tells [`Moment`]s: the wall clock read once, then a monotonic clock. Under a paused tokio
/// clock it stands still with it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Moment,
    anchor: Instant,
    /// The kernel's tick at the anchor, if that is what coarse time is told by.
    tick: Option<Duration>,
    /// How many times slower than time it goes, if it does.
    slowness: Option<NonZeroU32>,
}

impl Clock {
    /// Anchors the wall clock now.
    pub fn system() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::starting_at(Moment::default() + since_epoch)
    }

    /// Like [`Self::system`], for a clock that is never paused: [`Self::coarse`] is cheap.
    pub fn unpaused() -> Self {
        Self { tick: Some(tick()), ..Self::system() }
    }

    /// A clock that tells `start` now.
    pub fn starting_at(start: Moment) -> Self {
        Self { start, anchor: Instant::now(), tick: None, slowness: None }
    }

    /// The same, so many times slower than time: for a program that is slowed as a whole while its
    /// instructions are counted. Timers, deadlines and [`Self::coarse`] do not follow it.
    #[must_use]
    pub const fn slowed(self, slowness: NonZeroU32) -> Self {
        Self { slowness: Some(slowness), ..self }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        let elapsed = self.anchor.elapsed();
        self.start + self.slowness.map_or(elapsed, |slowness| elapsed / slowness.get())
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

    /// The present moment as of the kernel's last tick: a few milliseconds late, a few
    /// nanoseconds to read. Of a clock that can be paused, [`Self::now`].
    #[inline]
    pub fn coarse(&self) -> Moment {
        self.tick.map_or_else(|| self.now(), |anchor| self.start + tick().saturating_sub(anchor))
    }

    /// How long until `at`; zero if it has passed.
    pub fn until(&self, at: Moment) -> Duration {
        at.since(self.now())
    }
}

/// Since the machine was started, as of the kernel's last tick.
#[inline]
fn tick() -> Duration {
    let tick = clock_gettime(ClockId::MonotonicCoarse);
    Duration::new(tick.tv_sec.unsigned_abs(), u32::try_from(tick.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_time_goes_on_and_is_ahead_by_less_than_a_tick() {
        let tick = rustix::time::clock_getres(ClockId::MonotonicCoarse);
        let tick = Duration::new(0, u32::try_from(tick.tv_nsec).unwrap());
        let clock = Clock::unpaused();
        let first = clock.coarse();
        while clock.coarse() == first {
            std::hint::spin_loop();
        }
        for _ in 0..1_000 {
            let coarse = clock.coarse();
            assert!(coarse <= clock.now() + tick);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_can_be_paused_has_no_tick_of_its_own() {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1));
        tokio::time::sleep(Duration::from_millis(7)).await;
        assert_eq!(clock.coarse(), Moment::from_unix_millis(1_007));
        assert_eq!(clock.coarse(), clock.now());
    }
}
