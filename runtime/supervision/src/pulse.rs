//! What the watchdog knows of an actor, beside what it sees in its mailbox.

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use synod_supervision_core::{WatchPolicy, Work};

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

/// See the module.
#[derive(Default)]
pub(crate) struct Pulse {
    /// The last message of which times are known: how many had been handled before it, its kind.
    timed: Mutex<(u64, Option<&'static str>)>,
    policy: Mutex<WatchPolicy>,
    stuck: Mutex<Option<StuckView>>,
}

impl Pulse {
    /// A message whose times are noted has begun.
    pub(crate) fn timed(&self, progress: u64, kind: &'static str) {
        *self.timed.lock() = (progress, Some(kind));
    }

    pub(crate) fn set_policy(&self, policy: WatchPolicy) {
        *self.policy.lock() = policy;
    }

    pub(crate) fn policy(&self) -> WatchPolicy {
        *self.policy.lock()
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
