//! One call through a breaker.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use synod_supervision_core::{CallOutcome, Permit};
use synod_types::time::Moment;

use super::{Breaker, BreakerError};

impl Breaker {
    /// Makes the call unless the breaker is open; every error counts against the dependency.
    ///
    /// # Errors
    /// [`BreakerError`].
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, BreakerError<E>> {
        self.call_judged(call, |_| true).await
    }

    /// Like [`Self::call`]; `is_failure` says whether an error speaks against the dependency.
    /// (“No such block” does not: it is an answer, and counts as a success.)
    ///
    /// A call that takes longer than `call_timeout` is dropped and counts as a failure. One that
    /// is dropped by its caller gives its place back and counts as nothing.
    ///
    /// # Errors
    /// [`BreakerError`].
    pub async fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_failure: impl FnOnce(&E) -> bool,
    ) -> Result<T, BreakerError<E>> {
        let permit = match self.gate.admit() {
            Some(permit) => permit,
            None => {
                let refused = |why| BreakerError::Refused { breaker: Arc::clone(&self.name), why };
                self.admit().map_err(refused)?
            }
        };
        let mut under_way = UnderWay { breaker: self, permit: Some(permit), began: self.began() };
        let (mut call, mut limit) = (pin!(call), pin!(None));
        // A call that is over at once needs no timer, and no exact time.
        let ended = poll_fn(|task| {
            if let Poll::Ready(ended) = call.as_mut().poll(task) {
                return Poll::Ready(Some(ended));
            }
            if limit.is_none() {
                under_way.wait();
                limit.set(Some(tokio::time::sleep(self.call_timeout)));
            }
            let limit = limit.as_mut().as_pin_mut().map(|limit| limit.poll(task));
            limit.unwrap_or(Poll::Pending).map(|()| None)
        });
        match ended.await {
            Some(Ok(value)) => {
                under_way.succeed();
                Ok(value)
            }
            Some(Err(error)) => {
                if is_failure(&error) {
                    self.metrics.failed();
                    under_way.end(CallOutcome::Failure, CallOutcome::SlowFailure);
                } else {
                    self.metrics.tolerated();
                    under_way.end(CallOutcome::Success, CallOutcome::SlowSuccess);
                }
                Err(BreakerError::Inner(error))
            }
            None => {
                self.metrics.timed_out();
                under_way.end(CallOutcome::Failure, CallOutcome::SlowFailure);
                Err(BreakerError::Timeout(Arc::clone(&self.name)))
            }
        }
    }

    fn began(&self) -> Began {
        if self.slow_after.is_some() {
            Began::AtTick(self.shared.clock.coarse())
        } else {
            Began::Untimed
        }
    }
}

/// When a call began, as exactly as is worth while.
#[derive(Clone, Copy)]
enum Began {
    /// Nobody asks.
    Untimed,
    /// At this tick of the coarse clock.
    AtTick(Moment),
    /// It has had to wait, so the exact clock was read.
    At(Moment),
}

/// A call, and its permit, which is given back even if the call is dropped half-way.
struct UnderWay<'a> {
    breaker: &'a Breaker,
    permit: Option<Permit>,
    began: Began,
}

impl UnderWay<'_> {
    /// The call is not over at once.
    fn wait(&mut self) {
        if let Began::AtTick(began) = self.began {
            let clock = &self.breaker.shared.clock;
            self.began = Began::At(clock.now().before(clock.coarse().since(began)));
        }
    }

    #[inline]
    fn is_slow(&self) -> bool {
        let clock = &self.breaker.shared.clock;
        let took = match self.began {
            Began::Untimed => return false,
            Began::AtTick(began) => clock.coarse().since(began),
            Began::At(began) => clock.now().since(began),
        };
        self.breaker.slow_after.is_some_and(|slow| slow < took)
    }

    #[inline]
    fn succeed(mut self) {
        let Some(permit) = self.permit.take() else { return };
        let breaker = self.breaker;
        if self.is_slow() {
            self.permit = Some(permit);
        } else if let Err(permit) = breaker.gate.succeed(permit, || breaker.shared.clock.coarse()) {
            self.permit = Some(permit);
        } else {
            return;
        }
        breaker.metrics.succeeded(1);
        self.end(CallOutcome::Success, CallOutcome::SlowSuccess);
    }

    fn end(mut self, quick: CallOutcome, slow: CallOutcome) {
        let outcome = if self.is_slow() { slow } else { quick };
        if outcome.is_slow() {
            self.breaker.metrics.slow();
        }
        self.report(outcome);
    }

    fn report(&mut self, outcome: CallOutcome) {
        let Some(permit) = self.permit.take() else { return };
        self.breaker.ask(|core, now| ((), core.report(now, permit, outcome)));
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.permit.is_some() {
            self.breaker.metrics.cancelled();
            self.report(CallOutcome::Cancelled);
        }
    }
}
