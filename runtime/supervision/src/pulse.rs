//! What the watchdog can see of an actor without asking it: written by the actor's own mailbox
//! and incarnation in passing, read from another thread at any time.

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use synod_supervision_core::{Stamp, WatchPolicy, Work};
use synod_types::actor::Incarnation;

/// How an actor is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StuckView {
    /// `busy` with one message, or `waiting`: its thread does not come to take its mail.
    pub how: &'static str,
    /// The message it is busy with; not known of one among many that came fast.
    pub kind: Option<&'static str>,
    /// For at least so many milliseconds.
    pub for_ms: u64,
}

impl fmt::Display for StuckView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.for_ms as f64 / 1_000.0;
        match (self.how, self.kind) {
            ("busy", Some(kind)) => write!(f, "busy with `{kind}` for {seconds:.1} s"),
            ("busy", None) => write!(f, "busy with one message for {seconds:.1} s"),
            _ => write!(f, "has taken no mail for {seconds:.1} s"),
        }
    }
}

/// See the module. The stores are relaxed: a look that comes a little late is no worse than one
/// that comes a little earlier.
pub(crate) struct Pulse {
    /// Written when the actor takes messages out of its lanes or finds none, never in between.
    work: AtomicU8,
    incarnation: AtomicU64,
    /// The last message of which times are known: how many had been handled before it, its kind.
    timed: Mutex<(u64, Option<&'static str>)>,
    policy: Mutex<WatchPolicy>,
    stuck: Mutex<Option<StuckView>>,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self {
            work: AtomicU8::new(Work::Idle as u8),
            incarnation: AtomicU64::new(0),
            timed: Mutex::default(),
            policy: Mutex::default(),
            stuck: Mutex::default(),
        }
    }

    /// What the actor does from now on.
    pub(crate) fn set(&self, work: Work) {
        self.work.store(work as u8, Ordering::Relaxed);
    }

    /// Which life it is in from now on.
    pub(crate) fn begin(&self, incarnation: Incarnation) {
        self.incarnation.store(incarnation.0, Ordering::Relaxed);
    }

    /// A message whose times are noted has begun.
    pub(crate) fn timed(&self, progress: u64, kind: &'static str) {
        *self.timed.lock() = (progress, Some(kind));
    }

    pub(crate) fn set_policy(&self, policy: WatchPolicy) {
        *self.policy.lock() = policy;
    }

    pub(crate) fn stamp(&self, progress: u64) -> Stamp {
        let work = match self.work.load(Ordering::Relaxed) {
            work if work == Work::Busy as u8 => Work::Busy,
            work if work == Work::Waiting as u8 => Work::Waiting,
            _ => Work::Idle,
        };
        let incarnation = Incarnation(self.incarnation.load(Ordering::Relaxed));
        Stamp { incarnation, progress, work, policy: *self.policy.lock() }
    }

    /// The kind of the message that followed the first `progress` ones, if it is known.
    pub(crate) fn kind(&self, progress: u64) -> Option<&'static str> {
        let (at, kind) = *self.timed.lock();
        kind.filter(|_| at == progress)
    }

    pub(crate) fn stuck(&self) -> Option<StuckView> {
        *self.stuck.lock()
    }

    /// It is stuck.
    pub(crate) fn stick(&self, work: Work, progress: u64, lasted: Duration) -> StuckView {
        let for_ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
        let kind = self.kind(progress).filter(|_| work == Work::Busy);
        let view = StuckView { how: work.name(), kind, for_ms };
        *self.stuck.lock() = Some(view);
        view
    }

    /// It is not, or no longer.
    pub(crate) fn free(&self) {
        *self.stuck.lock() = None;
    }
}
