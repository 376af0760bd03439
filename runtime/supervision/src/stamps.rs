//! Which messages are timed: looking at clocks and recording times takes 0.2 µs each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use synod_types::time::Moment;

/// All messages are timed, until they come fast; then one of [`Stamps::FEW`], or of
/// [`Stamps::MANY`] if they come many at once.
pub(crate) struct Stamps {
    /// One of so many: a power of two.
    every: AtomicU64,
}

/// When the last timed message of an incarnation was handled, and which of all it was.
#[derive(Default)]
pub(crate) struct Pace {
    at: Moment,
    handled: u64,
}

impl Stamps {
    const FEW: u64 = 16;
    const MANY: u64 = 64;
    /// Fewer taken in hand at once are not many.
    const TELLING: usize = 16;
    /// What is fast: less from one message to the next.
    const FAST: Duration = Duration::from_micros(10);

    pub(crate) const fn new() -> Self {
        Self { every: AtomicU64::new(1) }
    }

    /// Whether the message after so many others is timed.
    pub(crate) fn are_due(&self, accepted: u64) -> bool {
        accepted & (self.every.load(Ordering::Relaxed) - 1) == 0
    }

    /// Notes that so many messages were taken in hand at once.
    pub(crate) fn taken(&self, taken: usize) {
        if taken < Self::TELLING && self.every.load(Ordering::Relaxed) == Self::MANY {
            self.every.store(Self::FEW, Ordering::Relaxed);
        }
    }

    /// Notes that a timed message, the `handled`th, was handled at `now`; with it `taken` had been
    /// taken in hand.
    pub(crate) fn timed(&self, pace: &mut Pace, (now, handled): (Moment, u64), taken: usize) {
        let last = std::mem::replace(pace, Pace { at: now, handled });
        let since = u32::try_from(handled - last.handled).unwrap_or(u32::MAX);
        let every = if Self::FAST * since <= now.since(last.at) {
            1
        } else if taken < Self::TELLING {
            Self::FEW
        } else {
            Self::MANY
        };
        self.every.store(every, Ordering::Relaxed);
    }
}
