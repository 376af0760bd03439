use synod_types::chain::Trouble;
use synod_types::time::Moment;

use crate::limits::Limits;

/// How much is asked for, and when.
#[derive(Debug)]
pub(crate) struct Pace {
    blocks: u32,
    failures: u32,
    next_at: Moment,
}

impl Pace {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { blocks: limits.fetch_blocks_max, failures: 0, next_at: Moment::MAX }
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

    /// A piece of the chain fitted: the next may be larger.
    pub(crate) fn grow(&mut self, limits: &Limits) {
        self.blocks = self.blocks.saturating_mul(2).min(limits.fetch_blocks_max);
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
