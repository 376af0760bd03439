//! Circuit breakers around calls to the outside.

mod call;
mod repeat;
mod view;
mod watch;

pub use view::{BreakerView, RetriesView};
pub use watch::{BreakerChange, BreakerWatch};

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use synod_supervision_core::{BreakerCore, BreakerPolicy, BreakerState, Rejection, Transition};
use synod_supervision_gate::{Gate, Pass};
use synod_types::time::Moment;
use tokio::sync::broadcast;

use crate::events::RuntimeEvent;
use crate::metrics::BreakerMetrics;
use crate::shared::Shared;
use repeat::Repeats;
use view::Shown;

/// One breaker for one dependency. While it is open no call reaches the dependency.
pub struct Breaker {
    name: Arc<str>,
    call_timeout: Duration,
    /// A call that takes longer is slow. None: nobody asks.
    slow_after: Option<Duration>,
    gate: Gate,
    changes: broadcast::Sender<BreakerChange>,
    changed: AtomicU64,
    repeats: Repeats,
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
    #[error("breaker `{breaker}` lets no call through: {why}")]
    Refused {
        /// By whom.
        breaker: Arc<str>,
        /// Why.
        why: Rejection,
    },
    /// The call took longer than the policy allows and was dropped.
    #[error("call through breaker `{0}` timed out")]
    Timeout(Arc<str>),
    /// The call was made and failed.
    #[error(transparent)]
    Inner(E),
}

impl Breaker {
    pub(crate) fn new(name: &str, policy: BreakerPolicy, shared: Arc<Shared>) -> Self {
        let metrics = BreakerMetrics::register(name);
        metrics.state(Shown::of(BreakerState::Closed).level);
        let seed = policy.seed ^ seed_of(name);
        Self {
            name: name.into(),
            call_timeout: policy.call_timeout,
            slow_after: policy.slow().map(|slow| slow.after),
            gate: Gate::new(BreakerCore::new(BreakerPolicy { seed, ..policy })),
            changes: broadcast::Sender::new(watch::BACKLOG_MAX),
            changed: AtomicU64::new(0),
            repeats: Repeats::new(policy.retry, seed),
            shared,
            metrics,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lets no call through until [`Self::reset`].
    pub fn force_open(&self) {
        self.ask(|core, _| ((), core.force_open()));
    }

    /// Lets every call through until [`Self::reset`].
    pub fn force_closed(&self) {
        self.ask(|core, _| ((), core.force_closed()));
    }

    /// Closes it and forgets what it counted.
    pub fn reset(&self) {
        self.ask(|core, _| ((), core.reset()));
    }

    /// The state now, and every change after it.
    pub fn watch(&self) -> BreakerWatch {
        self.ask(|core, _| {
            (BreakerWatch { state: core.state(), changes: self.changes.subscribe() }, None)
        })
    }

    /// The state now.
    pub(crate) fn state(&self) -> BreakerState {
        self.ask(|core, _| (core.state(), None))
    }

    /// As shown to people.
    pub fn view(&self) -> BreakerView {
        let retries = self.repeats.view(self.shared.clock.now());
        self.ask(|core, _| (BreakerView::of(&self.name, core, retries), None))
    }

    /// Brings metrics up to date.
    pub(crate) fn publish(&self) {
        let under_way = self.ask(|core, _| (core.calls(), None));
        self.metrics.under_way(under_way);
        self.metrics.budget(self.repeats.view(self.shared.clock.now()).budget_left);
    }

    /// Asks the core, and says that it changed before anyone else can change it: what is said
    /// last is so.
    fn ask<T>(&self, step: impl FnOnce(&mut BreakerCore, Moment) -> (T, Option<Transition>)) -> T {
        self.gate.ask(|core, successes| {
            self.metrics.succeeded(successes);
            let at = self.shared.clock.now();
            let (done, changed) = step(core, at);
            if let Some(transition) = changed {
                self.tell(at, transition);
            }
            done
        })
    }

    fn admit(&self) -> Result<Pass, Rejection> {
        let admitted = self.ask(|core, now| match core.admit(now) {
            Ok((permit, changed)) => (Ok(Pass::of(permit)), changed),
            Err(rejection) => (Err(rejection), None),
        });
        admitted.inspect_err(|rejection| self.metrics.refused(*rejection))
    }

    fn tell(&self, at: Moment, Transition { from, to, reason }: Transition) {
        let number = self.changed.fetch_add(1, Ordering::Relaxed) + 1;
        // Nobody watching is no error.
        drop(self.changes.send(BreakerChange { number, at, from, to, reason }));
        let shown = Shown::of(to);
        self.metrics.changed(shown.name);
        self.metrics.state(shown.level);
        tracing::warn!(
            breaker = %self.name, state = shown.name, from = Shown::of(from).name, %reason,
            "breaker changed"
        );
        let counts = reason.counts();
        self.shared.events.emit(RuntimeEvent::Breaker {
            at,
            breaker: self.name.to_string(),
            state: shown.name,
            reason: reason.name(),
            detail: reason.to_string(),
            calls: counts.calls,
            failures: counts.failures,
            slow: counts.slow,
        });
    }
}

/// FNV-1a of the name: breakers of one policy draw different lots.
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
