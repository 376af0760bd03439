//! One call through a breaker.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use synod_supervision_core::{CallOutcome, Rejection};
use synod_supervision_gate::Pass;
use synod_types::time::Moment;

use super::{Breaker, BreakerError};

impl Breaker {
    /// Makes the call unless the breaker is open; every error counts against the dependency.
    ///
    /// # Errors
    /// [`BreakerError`].
    #[inline]
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
    #[inline]
    pub async fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_failure: impl FnOnce(&E) -> bool,
    ) -> Result<T, BreakerError<E>> {
        let mut call = pin!(call);
        // A call that is over at once needs no timer, and no exact time.
        let begun = poll_fn(|task| Poll::Ready(self.begin(call.as_mut(), task))).await;
        let (under_way, error) = match begun {
            Begun::Succeeded(value) => return Ok(value),
            Begun::Refused(why) => return Err(self.refused(why)),
            Begun::Failed(under_way, error) => (under_way, error),
            Begun::Waits(mut under_way) => {
                under_way.wait();
                match tokio::time::timeout(self.call_timeout, call).await {
                    Ok(Ok(value)) => {
                        under_way.succeed();
                        return Ok(value);
                    }
                    Ok(Err(error)) => (under_way, error),
                    Err(_) => return Err(self.timed_out(under_way)),
                }
            }
        };
        if is_failure(&error) {
            self.metrics.failed();
            under_way.end(CallOutcome::Failure, CallOutcome::SlowFailure);
        } else {
            self.metrics.tolerated();
            under_way.end(CallOutcome::Success, CallOutcome::SlowSuccess);
        }
        Err(BreakerError::Inner(error))
    }

    /// Asks for leave, and for the call's first step.
    #[inline]
    fn begin<T, E>(
        &self,
        call: Pin<&mut impl Future<Output = Result<T, E>>>,
        task: &mut Context<'_>,
    ) -> Begun<'_, T, E> {
        let admitted = self.gate.admit().map_or_else(|| self.admit(), Ok);
        let pass = match admitted {
            Ok(pass) => pass,
            Err(why) => return Begun::Refused(why),
        };
        let under_way = UnderWay { breaker: self, pass: Some(pass), began: self.began() };
        match call.poll(task) {
            Poll::Ready(Ok(value)) => {
                under_way.succeed();
                Begun::Succeeded(value)
            }
            Poll::Ready(Err(error)) => Begun::Failed(under_way, error),
            Poll::Pending => Begun::Waits(under_way),
        }
    }

    #[inline]
    fn began(&self) -> Began {
        match self.slow_after {
            Some(_) => Began::AtTick(self.shared.clock.coarse()),
            None => Began::Untimed,
        }
    }

    #[cold]
    fn refused<E>(&self, why: Rejection) -> BreakerError<E> {
        BreakerError::Refused { breaker: Arc::clone(&self.name), why }
    }

    #[cold]
    fn timed_out<E>(&self, under_way: UnderWay<'_>) -> BreakerError<E> {
        self.metrics.timed_out();
        under_way.end(CallOutcome::Failure, CallOutcome::SlowFailure);
        BreakerError::Timeout(Arc::clone(&self.name))
    }
}

/// What came of a call's first step.
enum Begun<'a, T, E> {
    Succeeded(T),
    Refused(Rejection),
    Failed(UnderWay<'a>, E),
    Waits(UnderWay<'a>),
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

/// A call, and its pass, which is given back even if the call is dropped half-way.
struct UnderWay<'a> {
    breaker: &'a Breaker,
    pass: Option<Pass>,
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
        let breaker = self.breaker;
        let Some(pass) = self.pass.take() else { return };
        if self.is_slow() {
            breaker.succeed_slowly(pass);
        } else if let Err(permit) = breaker.gate.succeed(pass, || breaker.shared.clock.coarse()) {
            breaker.metrics.succeeded(1);
            breaker.report(Pass::of(permit), CallOutcome::Success);
        }
    }

    fn end(mut self, quick: CallOutcome, slow: CallOutcome) {
        let outcome = if self.is_slow() { slow } else { quick };
        if outcome.is_slow() {
            self.breaker.metrics.slow();
        }
        if let Some(pass) = self.pass.take() {
            self.breaker.report(pass, outcome);
        }
    }
}

impl Breaker {
    #[cold]
    fn succeed_slowly(&self, pass: Pass) {
        self.metrics.succeeded(1);
        self.metrics.slow();
        self.report(pass, CallOutcome::SlowSuccess);
    }

    #[cold]
    fn report(&self, pass: Pass, outcome: CallOutcome) {
        self.ask(|core, now| ((), core.report(now, pass.into_permit(), outcome)));
    }
}

impl Drop for UnderWay<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            self.breaker.metrics.cancelled();
            self.breaker.report(pass, CallOutcome::Cancelled);
        }
    }
}
