mod budget;

pub use budget::{BudgetPolicy, RETRIES_MAX, RetryBudget};

use std::time::Duration;

use synod_types::time::Moment;

use crate::breaker::BreakerState;
use crate::jitter::{exponential, shortened, splitmix64};

/// Attempts at one call that a policy may allow, the first included.
pub const ATTEMPTS_MAX: u32 = 10;

/// How a call that may be repeated is repeated. A limit of zero counts as one, a percentage above
/// 100 as 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts at one call in all, at most [`ATTEMPTS_MAX`]. One: it is never repeated.
    pub attempts_max: u32,
    /// The longest wait before the second attempt; before each further one it is twice as long.
    /// Chance takes off anything from nothing to all of it (“full jitter”).
    pub backoff_first: Duration,
    /// It grows no further than this.
    pub backoff_max: Duration,
    /// How many repeats all callers may make together.
    pub budget: BudgetPolicy,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl RetryPolicy {
    /// Three attempts, up to 100 ms and 200 ms apart.
    pub const DEFAULT: Self = Self {
        attempts_max: 3,
        backoff_first: Duration::from_millis(100),
        backoff_max: Duration::from_secs(2),
        budget: BudgetPolicy::DEFAULT,
    };

    /// With its limits as they are applied.
    fn bounded(self) -> Self {
        Self {
            attempts_max: self.attempts_max.clamp(1, ATTEMPTS_MAX),
            backoff_max: self.backoff_max.max(self.backoff_first),
            budget: self.budget.bounded(),
            ..self
        }
    }
}

/// What an error of a call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing against the dependency: it is an answer, and would be the same again.
    Answer,
    /// That the dependency fails, and would again.
    Lasting,
    /// That the dependency fails; the next attempt may find it well.
    Passing,
}

/// A call that failed in passing.
#[derive(Clone, Copy, Debug)]
pub struct Failed {
    /// Attempts made so far.
    pub attempts: u32,
    /// How its breaker stands after the last of them.
    pub state: BreakerState,
    /// When who asked stops waiting, if ever.
    pub deadline: Option<Moment>,
}

/// Why a call is not made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRetry {
    /// It was made as often as it may be.
    Attempts,
    /// Its breaker is open, or as many probes are out as may be.
    Open,
    /// As many calls as allowed are under way.
    Busy,
    /// Nobody would wait for the answer any more.
    Deadline,
    /// All callers together have repeated as much as they may.
    Budget {
        /// Whether nobody was refused for this within the window before.
        is_news: bool,
    },
}

impl NoRetry {
    /// Its name, as metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Open => "open",
            Self::Busy => "concurrency_limit",
            Self::Deadline => "deadline",
            Self::Budget { .. } => "budget",
        }
    }
}

/// Decides about the repeats of all calls to one dependency.
#[derive(Clone, Debug)]
pub struct Retries {
    policy: RetryPolicy,
    budget: RetryBudget,
    seed: u64,
    /// Waits drawn so far.
    draws: u64,
    /// When the budget was last said to be spent.
    told: Option<Moment>,
}

impl Retries {
    /// None made so far. Waits are drawn from `seed`.
    pub fn new(policy: RetryPolicy, seed: u64) -> Self {
        let policy = policy.bounded();
        let budget = RetryBudget::new(policy.budget);
        Self { policy, budget, seed, draws: 0, told: None }
    }

    /// The policy, with its limits as they are applied.
    pub const fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// A call was made for the first time.
    pub fn first(&mut self, now: Moment) {
        self.budget.deposit(now);
    }

    /// How many more repeats may be made now.
    pub fn left(&mut self, now: Moment) -> u32 {
        self.budget.left(now)
    }

    /// When the call may be made again. That is paid for, whether it is then made or not.
    ///
    /// # Errors
    /// [`NoRetry`] says why it may not be; nothing was paid.
    pub fn again(&mut self, now: Moment, failed: Failed) -> Result<Moment, NoRetry> {
        if self.policy.attempts_max <= failed.attempts {
            return Err(NoRetry::Attempts);
        }
        if failed.state.is_open() {
            return Err(NoRetry::Open);
        }
        let at = now + self.wait(failed.attempts);
        if failed.deadline.is_some_and(|deadline| deadline <= at) {
            return Err(NoRetry::Deadline);
        }
        if !self.budget.withdraw(now) {
            let window = self.policy.budget.window;
            let is_news = self.told.is_none_or(|told| window <= now.since(told));
            self.told = if is_news { Some(now) } else { self.told };
            return Err(NoRetry::Budget { is_news });
        }
        self.draws = self.draws.wrapping_add(1);
        Ok(at)
    }

    fn wait(&self, attempts: u32) -> Duration {
        let RetryPolicy { backoff_first, backoff_max, .. } = self.policy;
        let longest = exponential(backoff_first, 2, attempts.saturating_sub(1), backoff_max);
        shortened(longest, 100, splitmix64(self.seed) ^ self.draws)
    }
}

#[cfg(test)]
mod tests;
