//! Calls that may be made again.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use synod_supervision_core::{Failed, Fault, NoRetry, Rejection, Retries, RetryPolicy};
use synod_types::time::Moment;
use tokio::time::{sleep_until, timeout_at};

use super::view::RetriesView;
use super::{Breaker, BreakerError};
use crate::events::RuntimeEvent;
use crate::matter::Matter;

/// What is remembered of calls made again.
pub(super) struct Repeats {
    core: Mutex<Retries>,
    attempts_max: u32,
    made: AtomicU64,
    refused: AtomicU64,
    out_of_budget: AtomicU64,
}

impl Repeats {
    pub(super) fn new(policy: RetryPolicy, seed: u64) -> Self {
        let core = Retries::new(policy, seed);
        Self {
            attempts_max: core.policy().attempts_max,
            core: Mutex::new(core),
            made: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            out_of_budget: AtomicU64::new(0),
        }
    }

    pub(super) fn view(&self, now: Moment) -> RetriesView {
        RetriesView {
            attempts_max: self.attempts_max,
            made: self.made.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            out_of_budget: self.out_of_budget.load(Ordering::Relaxed),
            budget_left: self.core.lock().left(now),
        }
    }
}

impl Breaker {
    /// Makes a call that does no more harm made twice than once, and makes it again when it
    /// fails in passing, as the policy's `retry` says: after a wait, no more often than
    /// `attempts_max`, within the budget of all callers, never while the breaker is open, and
    /// never for an asker who waits no longer. Each attempt passes the breaker and counts in it.
    ///
    /// `judge` says what an error means. A call that took longer than `call_timeout` is not made
    /// again: it would take as long, and the dependency may still be at it.
    ///
    /// # Errors
    /// [`BreakerError`]: what came of the last attempt that was made.
    pub async fn call_repeatable<T, E, F>(
        &self,
        mut call: impl FnMut() -> F,
        judge: impl Fn(&E) -> Fault,
    ) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let is_failure = |error: &E| judge(error) != Fault::Answer;
        let deadline = Matter::present(Matter::deadline).filter(|&at| at < Moment::MAX);
        let mut answer = self.call_judged(call(), is_failure).await;
        if self.repeats.attempts_max <= 1 {
            return answer;
        }
        if !matches!(answer, Err(BreakerError::Refused { .. })) {
            self.repeats.core.lock().first(self.shared.clock.now());
        }
        for attempts in 1.. {
            match &answer {
                Err(BreakerError::Inner(error)) if judge(error) == Fault::Passing => (),
                Ok(_) | Err(_) => break,
            }
            if !self.waits(attempts, deadline).await {
                break;
            }
            let again = async {
                self.repeats.made.fetch_add(1, Ordering::Relaxed);
                self.metrics.retried();
                call().await
            };
            let again = self.call_judged(again, is_failure);
            let until = deadline.map(|deadline| self.shared.clock.instant(deadline));
            let again = match until {
                Some(until) => timeout_at(until, again).await.ok(),
                None => Some(again.await),
            };
            match again {
                Some(Err(BreakerError::Refused { why, .. })) => {
                    self.not_again(of(why));
                    break;
                }
                Some(made) => answer = made,
                None => {
                    self.not_again(NoRetry::Deadline);
                    break;
                }
            }
        }
        answer
    }

    /// Waits until the call may be made again. Whether it may.
    async fn waits(&self, attempts: u32, deadline: Option<Moment>) -> bool {
        let failed = Failed { attempts, state: self.state(), deadline };
        let granted = self.repeats.core.lock().again(self.shared.clock.now(), failed);
        let at = match granted {
            Ok(at) => at,
            Err(why) => {
                self.not_again(why);
                return false;
            }
        };
        sleep_until(self.shared.clock.instant(at)).await;
        // Others have called meanwhile.
        let is_open = self.state().is_open();
        if is_open {
            self.not_again(NoRetry::Open);
        }
        !is_open
    }

    fn not_again(&self, why: NoRetry) {
        self.metrics.not_retried(why);
        self.repeats.refused.fetch_add(1, Ordering::Relaxed);
        let NoRetry::Budget { is_news } = why else { return };
        self.repeats.out_of_budget.fetch_add(1, Ordering::Relaxed);
        if is_news {
            let retries = self.repeats.made.load(Ordering::Relaxed);
            tracing::warn!(
                breaker = %self.name, retries,
                "calls are not made again: the budget for it is spent"
            );
            let (at, breaker) = (self.shared.clock.now(), self.name.to_string());
            self.shared.events.emit(RuntimeEvent::RetriesSpent { at, breaker, retries });
        }
    }
}

const fn of(why: Rejection) -> NoRetry {
    match why {
        Rejection::Open { .. } | Rejection::ForcedOpen | Rejection::HalfOpen { .. } => {
            NoRetry::Open
        }
        Rejection::ConcurrencyLimit { .. } => NoRetry::Busy,
    }
}
