//! Circuit breakers around calls to the outside.

mod watch;

pub use watch::{BreakerChange, BreakerWatch};

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use parking_lot::Mutex;
use serde::Serialize;
use synod_supervision_core::{
    BreakerCore, BreakerPolicy, BreakerState, CallOutcome, Permit, Transition,
};
use synod_types::time::Moment;
use tokio::sync::broadcast;

use crate::events::RuntimeEvent;
use crate::metrics::BreakerMetrics;
use crate::shared::Shared;

/// One breaker for one dependency. While it is open no call reaches the dependency.
pub struct Breaker {
    name: String,
    policy: BreakerPolicy,
    core: Mutex<BreakerCore>,
    changes: broadcast::Sender<BreakerChange>,
    changed: AtomicU64,
    shared: Arc<Shared>,
    metrics: BreakerMetrics,
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Breaker({})", self.name)
    }
}

/// Why a call through a breaker gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakerError<E> {
    /// The call was not made.
    #[error("breaker `{0}` lets no call through")]
    Open(String),
    /// The call took longer than the policy allows and was dropped.
    #[error("call through breaker `{0}` timed out")]
    Timeout(String),
    /// The call was made and failed.
    #[error(transparent)]
    Inner(E),
}

/// A breaker as shown to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BreakerView {
    /// Its name.
    pub name: String,
    /// `closed`, `open`, `half_open`, `forced_open` or `forced_closed`.
    pub state: &'static str,
    /// If open: until when, in milliseconds since the Unix epoch.
    pub open_until_ms: Option<u64>,
    /// Consecutive failures that open it.
    pub failures_to_open: u32,
}

impl Breaker {
    pub(crate) fn new(name: &str, policy: BreakerPolicy, shared: Arc<Shared>) -> Self {
        let metrics = BreakerMetrics::register(name);
        metrics.state(0);
        let core = Mutex::new(BreakerCore::new(policy));
        let changes = broadcast::Sender::new(watch::BACKLOG_MAX);
        let changed = AtomicU64::new(0);
        Self { name: name.to_owned(), policy, core, changes, changed, shared, metrics }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

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

    /// Like [`Self::call`]; `counts` says whether an error speaks against the dependency. (“No
    /// such block” does not.)
    ///
    /// # Errors
    /// [`BreakerError`].
    pub async fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        counts: impl FnOnce(&E) -> bool,
    ) -> Result<T, BreakerError<E>> {
        let admitted = self.change(|core, now| {
            let admitted = core.admit(now);
            let changed = admitted.as_ref().ok().and_then(Permit::transition);
            (admitted, changed)
        });
        let Ok(permit) = admitted else {
            self.metrics.rejected();
            return Err(BreakerError::Open(self.name.clone()));
        };
        let mut permit = Held { breaker: self, permit: Some(permit) };
        let mut call = std::pin::pin!(call);
        // A call that is over at once needs no timer.
        let at_once = std::future::poll_fn(|task| Poll::Ready(call.as_mut().poll(task))).await;
        let outcome = match at_once {
            Poll::Ready(outcome) => Ok(outcome),
            Poll::Pending => tokio::time::timeout(self.policy.call_timeout, call).await,
        };
        match outcome {
            Ok(Ok(value)) => {
                self.metrics.succeeded();
                permit.report(CallOutcome::Success);
                Ok(value)
            }
            Ok(Err(error)) => {
                let is_failure = counts(&error);
                self.metrics.failed();
                permit.report(if is_failure { CallOutcome::Failure } else { CallOutcome::Success });
                Err(BreakerError::Inner(error))
            }
            Err(_) => {
                self.metrics.timed_out();
                permit.report(CallOutcome::Failure);
                Err(BreakerError::Timeout(self.name.clone()))
            }
        }
    }

    /// Lets no call through until [`Self::reset`].
    pub fn force_open(&self) {
        self.change(|core, now| ((), core.force_open(now)));
    }

    /// Lets every call through until [`Self::reset`].
    pub fn force_closed(&self) {
        self.change(|core, now| ((), core.force_closed(now)));
    }

    /// Closes it and forgets what it counted.
    pub fn reset(&self) {
        self.change(|core, now| ((), core.reset(now)));
    }

    /// The state now, and every change after it.
    pub fn watch(&self) -> BreakerWatch {
        let core = self.core.lock();
        let state = core.state(self.shared.clock.now());
        BreakerWatch { state, changes: self.changes.subscribe() }
    }

    /// As shown to people.
    pub fn view(&self) -> BreakerView {
        let state = self.core.lock().state(self.shared.clock.now());
        let (state, _, open_until_ms) = describe(state);
        BreakerView {
            name: self.name.clone(),
            state,
            open_until_ms,
            failures_to_open: self.policy.failures_to_open,
        }
    }

    /// Changes the core and says so before anyone else can change it: what is said last is so.
    fn change<T>(
        &self,
        step: impl FnOnce(&mut BreakerCore, Moment) -> (T, Option<Transition>),
    ) -> T {
        let mut core = self.core.lock();
        let at = self.shared.clock.now();
        let (done, changed) = step(&mut core, at);
        if let Some(Transition { from, to }) = changed {
            let number = self.changed.fetch_add(1, Ordering::Relaxed) + 1;
            // Nobody watching is no error.
            drop(self.changes.send(BreakerChange { number, at, from, to }));
            let (state, level, _) = describe(core.state(at));
            self.metrics.changed();
            self.metrics.state(level);
            tracing::warn!(breaker = %self.name, state, "breaker changed");
            let breaker = self.name.clone();
            self.shared.events.emit(RuntimeEvent::Breaker { at, breaker, state });
        }
        done
    }
}

/// Name, level for the gauge, end of the open time.
const fn describe(state: BreakerState) -> (&'static str, u8, Option<u64>) {
    match state {
        BreakerState::Closed => ("closed", 0, None),
        BreakerState::HalfOpen => ("half_open", 1, None),
        BreakerState::Open { until } => ("open", 2, Some(until.unix_millis())),
        BreakerState::ForcedOpen => ("forced_open", 3, None),
        BreakerState::ForcedClosed => ("forced_closed", 4, None),
    }
}

/// A permit that is given back even if the call is dropped half-way.
struct Held<'a> {
    breaker: &'a Breaker,
    permit: Option<Permit>,
}

impl Held<'_> {
    fn report(&mut self, outcome: CallOutcome) {
        let Some(permit) = self.permit.take() else { return };
        self.breaker.change(|core, now| ((), core.report(now, permit, outcome)));
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.report(CallOutcome::Cancelled);
    }
}
