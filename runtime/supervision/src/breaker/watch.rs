//! For who acts on a breaker's state: the state as it is, then every change of it, in order.

use synod_supervision_core::{BreakerState, Reason};
use synod_types::time::Moment;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Changes a watcher may lag behind before it misses the oldest.
pub(super) const BACKLOG_MAX: usize = 64;

/// A change of a breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerChange {
    /// Which of this breaker's changes: the first is 1, each next one more. A gap is what a
    /// watcher missed by lagging.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// Before.
    pub from: BreakerState,
    /// After.
    pub to: BreakerState,
    /// Why.
    pub reason: Reason,
}

/// Watches one breaker. Nothing between the state it begins with and the first change is lost.
#[derive(Debug)]
pub struct BreakerWatch {
    pub(super) state: BreakerState,
    pub(super) changes: broadcast::Receiver<BreakerChange>,
}

impl BreakerWatch {
    /// The state after the last change taken; at first, the state when watching began.
    ///
    /// Time alone changes none: a breaker whose open time is over stays
    /// [`BreakerState::Open`] until the next call asks for leave. Who keeps callers back while it
    /// is open must let one go at `until`, or it stays open for ever.
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Waits for the next change. May be dropped half-way: no change is lost by it. None: the
    /// breaker is gone.
    pub async fn changed(&mut self) -> Option<BreakerChange> {
        loop {
            match self.changes.recv().await {
                Ok(change) => {
                    self.state = change.to;
                    return Some(change);
                }
                Err(RecvError::Lagged(_)) => (),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
