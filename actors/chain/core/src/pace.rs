use synod_types::chain::Trouble;
use synod_types::time::Moment;

use crate::limits::Limits;

/// So many full pieces fit before more is asked for than was once too much.
const STREAK: u32 = 8;

/// How much is asked for, and when.
#[derive(Debug)]
pub(crate) struct Pace {
    blocks: u32,
    /// No more than this has fitted since an answer was too large.
    ceiling: u32,
    /// Full pieces at the ceiling.
    streak: u32,
    failures: u32,
    next_at: Moment,
}

impl Pace {
    pub(crate) const fn new(limits: &Limits) -> Self {
        let most = limits.fetch_blocks_max;
        Self { blocks: most, ceiling: most, streak: 0, failures: 0, next_at: Moment::MAX }
    }

    /// How many blocks to ask for.
    pub(crate) const fn blocks(&self) -> u32 {
        self.blocks
    }

    /// When to ask next.
    pub(crate) const fn next_at(&self) -> Moment {
        self.next_at
    }

    /// A look showed something; the next is due at `at`.
    pub(crate) const fn succeeded(&mut self, at: Moment) {
        self.failures = 0;
        self.next_at = at;
    }

    /// A piece of so many blocks fitted. If that was all that was asked for, the next may be
    /// larger: twice as large up to what has fitted before, beyond that by little and seldom.
    pub(crate) fn grew(&mut self, taken: usize, limits: &Limits) {
        if taken < self.blocks as usize {
            return;
        }
        if self.blocks < self.ceiling {
            self.blocks = self.blocks.saturating_mul(2).min(self.ceiling);
            return;
        }
        self.streak += 1;
        if STREAK <= self.streak {
            self.streak = 0;
            let more = self.ceiling.saturating_add((self.ceiling / 8).max(1));
            self.ceiling = more.min(limits.fetch_blocks_max);
            self.blocks = self.ceiling;
        }
    }

    /// A hint that a look is worth while. Trouble is waited out all the same.
    pub(crate) fn hint(&mut self, now: Moment) {
        if self.failures == 0 {
            self.next_at = self.next_at.min(now);
        }
    }

    /// A look showed nothing.
    pub(crate) fn failed(&mut self, now: Moment, trouble: Trouble, limits: &Limits) {
        self.failures = self.failures.saturating_add(1);
        let shrinks = matches!(trouble, Trouble::TooLarge | Trouble::Torn | Trouble::Timeout);
        if shrinks && 1 < self.blocks {
            self.blocks /= 2;
        }
        if trouble == Trouble::TooLarge {
            (self.ceiling, self.streak) = (self.blocks, 0);
        }
        self.next_at = match trouble {
            Trouble::TooLarge if 1 < self.blocks => now + limits.retry_min,
            Trouble::Refused => now + limits.retry_max,
            Trouble::Unavailable
            | Trouble::Timeout
            | Trouble::TooLarge
            | Trouble::Torn
            | Trouble::BreakerOpen
            | Trouble::RateLimited
            | Trouble::False
            | Trouble::WrongChain
            | Trouble::NoQuorum => now + limits.back_off(self.failures),
        };
    }
}

#[cfg(test)]
mod tests;
