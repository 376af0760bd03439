//! Lets calls through without a lock and without a look at the clock while the core's lease
//! allows it.
//!
//! ```text
//!   head: | held 1 | admits 1 | epoch 29 | successes left 16 | calls under way 17 |
//!
//!   admit   head + one call                       while admits and calls < calls_max
//!   succeed head - one call - one success left    while epoch is the permit's and some are left
//!   else    lock, hold the head, settle with the core what went by the lease, ask it,
//!           write a new head
//! ```
//!
//! All that a quick step needs stands in one word, so one compare-and-swap is the whole step:
//! whoever holds the head has changed the word, and a quick step that began before fails.

use synod_supervision_core::{BreakerCore, OpensOn, Permit, Span};
use synod_types::time::Moment;

use synod_supervision_sync::{AtomicU64, Mutex, Ordering};

const ONE_CALL: u64 = 1;
const CALLS: u64 = (1 << 17) - 1;
const ONE_LEFT: u64 = 1 << 17;
/// A call that succeeded: it gives back its place, and a success is left less.
const ONE_SUCCESS: u64 = ONE_LEFT + ONE_CALL;
const LEFT_MAX: u32 = (1 << 16) - 1;
const EPOCH: u32 = 17 + 16;
const EPOCH_MASK: u64 = (1 << 29) - 1;
const ADMITS: u64 = 1 << 62;
const HELD: u64 = 1 << 63;

/// A core that need not be asked about every call.
#[derive(Debug)]
pub struct Gate {
    head: AtomicU64,
    /// When the lease ends, in nanoseconds. Of a lease without an end nobody reads it.
    until: AtomicU64,
    has_end: bool,
    calls_max: u64,
    asked: Mutex<Asked>,
}

/// A permit, and the head as it was when the gate gave it.
#[derive(Debug)]
#[must_use = "a pass holds a place until it is reported"]
pub struct Pass {
    head: u64,
}

impl Pass {
    /// Of a permit that the core gave.
    pub fn of(permit: Permit) -> Self {
        Self { head: HELD | (u64::from(permit.epoch()) << EPOCH) }
    }

    /// The permit, for the core.
    pub const fn into_permit(self) -> Permit {
        Permit::of_epoch(epoch(self.head))
    }
}

#[derive(Debug)]
struct Asked {
    core: BreakerCore,
    /// Successes left when the head was last written.
    granted: u32,
}

impl Gate {
    /// A gate before `core`.
    pub fn new(core: BreakerCore) -> Self {
        let has_end = match core.policy().opens_on {
            OpensOn::ConsecutiveFailures(_) => false,
            OpensOn::Window(window) => matches!(window.span, Span::Time(_)),
        };
        let calls_max = u64::from(core.policy().calls_max);
        let gate = Self {
            head: AtomicU64::new(HELD),
            until: AtomicU64::new(0),
            has_end,
            calls_max,
            asked: Mutex::new(Asked { core, granted: 0 }),
        };
        gate.ask(|_, _| ());
        gate
    }

    /// Lets a call through, if that needs no thought.
    #[inline]
    pub fn admit(&self) -> Option<Pass> {
        let head = self.head.load(Ordering::Acquire);
        if !self.lets(head) {
            return None;
        }
        match self.replace(head, head + ONE_CALL) {
            Ok(()) => Some(Pass { head: head + ONE_CALL }),
            Err(now) => self.admit_after(now),
        }
    }

    /// Others are quicker.
    #[cold]
    fn admit_after(&self, mut head: u64) -> Option<Pass> {
        while self.lets(head) {
            match self.replace(head, head + ONE_CALL) {
                Ok(()) => return Some(Pass { head: head + ONE_CALL }),
                Err(now) => head = now,
            }
        }
        None
    }

    #[inline]
    const fn lets(&self, head: u64) -> bool {
        head & (HELD | ADMITS) == ADMITS && head & CALLS < self.calls_max
    }

    /// Takes back the pass of a call that succeeded, if that needs no thought. The clock is read
    /// only for a lease that may have ended.
    ///
    /// # Errors
    /// The permit, for the core.
    #[inline]
    pub fn succeed(&self, pass: Pass, now: impl FnOnce() -> Moment) -> Result<(), Permit> {
        if self.has_end && self.is_over(now) {
            return Err(pass.into_permit());
        }
        // Nothing may have happened since the call was let through: then no look is needed.
        let head = pass.head;
        if is_counted(head) && self.replace(head, head - ONE_SUCCESS).is_ok() {
            return Ok(());
        }
        self.succeed_after(pass)
    }

    /// Something has happened since.
    #[cold]
    fn succeed_after(&self, pass: Pass) -> Result<(), Permit> {
        let own = epoch(pass.head);
        let mut head = self.head.load(Ordering::Acquire);
        while is_counted(head) && epoch(head) == own {
            match self.replace(head, head - ONE_SUCCESS) {
                Ok(()) => return Ok(()),
                Err(now) => head = now,
            }
        }
        Err(pass.into_permit())
    }

    /// Whether the lease has ended.
    #[inline(never)]
    fn is_over(&self, now: impl FnOnce() -> Moment) -> bool {
        self.until.load(Ordering::Relaxed) <= now().unix_nanos()
    }

    #[inline]
    fn replace(&self, head: u64, next: u64) -> Result<(), u64> {
        let swapped =
            self.head.compare_exchange_weak(head, next, Ordering::AcqRel, Ordering::Acquire);
        swapped.map(drop)
    }

    /// Asks the core. `step` is told how many successes went by the lease since the last time.
    pub fn ask<T>(&self, step: impl FnOnce(&mut BreakerCore, u32) -> T) -> T {
        let mut asked = self.asked.lock();
        let head = self.head.fetch_or(HELD, Ordering::AcqRel);
        let successes = asked.granted - left(head);
        asked.core.settle((head & CALLS) as u32, successes);
        let done = step(&mut asked.core, successes);
        let lease = asked.core.lease();
        asked.granted = lease.successes.min(LEFT_MAX);
        self.until.store(lease.until.unix_nanos(), Ordering::Relaxed);
        let admits = if lease.admits { ADMITS } else { 0 };
        let next = admits
            | (u64::from(lease.epoch) << EPOCH)
            | (u64::from(asked.granted) * ONE_LEFT)
            | u64::from(asked.core.calls());
        self.head.store(next, Ordering::Release);
        done
    }
}

/// Whether one more success is.
const fn is_counted(head: u64) -> bool {
    head & HELD == 0 && 0 < left(head)
}

const fn left(head: u64) -> u32 {
    (head / ONE_LEFT) as u32 & LEFT_MAX
}

const fn epoch(head: u64) -> u32 {
    ((head >> EPOCH) & EPOCH_MASK) as u32
}

#[cfg(all(test, not(loom)))]
mod tests;
