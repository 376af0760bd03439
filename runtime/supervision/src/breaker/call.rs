//! One call through a breaker.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use synod_supervision_core::{CallOutcome, Rejection};
use synod_supervision_gate::Pass;
use synod_types::time::Moment;
use tokio::task::unconstrained;
use tokio::time::Sleep;

use super::{Breaker, BreakerError};

impl Breaker {
    /// Makes the call unless the breaker is open; every error counts against the dependency.
    ///
    /// # Errors
    /// [`BreakerError`].
    #[inline]
    pub fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, BreakerError<E>>> {
        self.call_judged(call, |_| true)
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
    pub fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_failure: impl FnOnce(&E) -> bool,
    ) -> impl Future<Output = Result<T, BreakerError<E>>> {
        let is_failure = Some(is_failure);
        Calling { breaker: self, call, is_failure, under_way: None, timer: None }
    }

    /// Asks for leave.
    #[inline]
    fn begin(&self) -> Result<UnderWay<'_>, Rejection> {
        let pass = self.gate.admit().map_or_else(|| self.admit(), Ok)?;
        Ok(UnderWay { breaker: self, pass: Some(pass), began: self.began() })
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

pin_project! {
    /// A call through a breaker. Not an `async fn`: a call that is over at once, as most are where
    /// a breaker's own time would be noticed, costs half as much so.
    struct Calling<'a, F, J> {
        breaker: &'a Breaker,
        #[pin]
        call: F,
        is_failure: Option<J>,
        // Since its first step, if that was not its last.
        under_way: Option<UnderWay<'a>>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<T, E, F, J> Future for Calling<'_, F, J>
where
    F: Future<Output = Result<T, E>>,
    J: FnOnce(&E) -> bool,
{
    type Output = Result<T, BreakerError<E>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if self.under_way.is_some() {
            return self.go_on(task);
        }
        let this = self.as_mut().project();
        // A call that is over at once needs no timer, and no exact time.
        let under_way = match this.breaker.begin() {
            Ok(under_way) => under_way,
            Err(why) => return Poll::Ready(Err(this.breaker.refused(why))),
        };
        match this.call.poll(task) {
            Poll::Ready(Ok(value)) => {
                under_way.succeed();
                Poll::Ready(Ok(value))
            }
            Poll::Ready(Err(error)) => {
                Poll::Ready(Err(under_way.failed(error, this.is_failure.take())))
            }
            Poll::Pending => {
                *this.under_way = Some(under_way);
                self.wait(task)
            }
        }
    }
}

impl<T, E, F, J> Calling<'_, F, J>
where
    F: Future<Output = Result<T, E>>,
    J: FnOnce(&E) -> bool,
{
    /// The call is not over at once: from now on its time is measured.
    #[inline(never)]
    fn wait(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<T, BreakerError<E>>> {
        let mut this = self.as_mut().project();
        if let Some(under_way) = this.under_way {
            under_way.wait();
        }
        this.timer.set(Some(tokio::time::sleep(this.breaker.call_timeout)));
        self.look_at_timer(task)
    }

    #[inline(never)]
    fn go_on(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<T, BreakerError<E>>> {
        let this = self.as_mut().project();
        let Poll::Ready(ended) = this.call.poll(task) else {
            return self.look_at_timer(task);
        };
        let Some(under_way) = this.under_way.take() else { return Poll::Pending };
        Poll::Ready(match ended {
            Ok(value) => {
                under_way.succeed();
                Ok(value)
            }
            Err(error) => Err(under_way.failed(error, this.is_failure.take())),
        })
    }

    /// It rings also for a call that has used up its task's turn.
    fn look_at_timer(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Result<T, BreakerError<E>>> {
        let this = self.project();
        let Some(timer) = this.timer.as_pin_mut() else { return Poll::Pending };
        ready!(pin!(unconstrained(timer)).poll(task));
        let Some(under_way) = this.under_way.take() else { return Poll::Pending };
        Poll::Ready(Err(this.breaker.timed_out(under_way)))
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
        !matches!(self.began, Began::Untimed) && self.took_long()
    }

    #[inline(never)]
    fn took_long(&self) -> bool {
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

    #[cold]
    fn failed<E>(self, error: E, is_failure: Option<impl FnOnce(&E) -> bool>) -> BreakerError<E> {
        if is_failure.is_none_or(|is_failure| is_failure(&error)) {
            self.breaker.metrics.failed();
            self.end(CallOutcome::Failure, CallOutcome::SlowFailure);
        } else {
            self.breaker.metrics.tolerated();
            self.end(CallOutcome::Success, CallOutcome::SlowSuccess);
        }
        BreakerError::Inner(error)
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
