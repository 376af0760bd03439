//! What happens in a runtime, for those who watch. Watching never slows the watched: a watcher
//! that lags is told how much it missed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceId;
use tokio::sync::broadcast;

use crate::pulse::StuckView;

/// Something that happened to an actor or breaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RuntimeEvent {
    /// An actor is ready for the first time.
    Started {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// Which life.
        incarnation: Incarnation,
    },
    /// An actor or supervisor ended.
    Exited {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// `normal`, `error`, `panic`, `killed`, …
        reason: &'static str,
        /// What is known of it.
        detail: String,
    },
    /// An actor is ready again.
    Restarted {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// Which life.
        incarnation: Incarnation,
    },
    /// An actor was killed on request.
    Killed {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
    },
    /// An actor was killed, or has ended, and is still not gone: a handler or piped work blocks
    /// its thread.
    Unresponsive {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
    },
    /// An actor is busy with one message, or does not take its mail, for longer than it may.
    Stuck {
        /// When this was found.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// In which life.
        incarnation: Incarnation,
        /// How.
        #[serde(flatten)]
        stuck: StuckView,
    },
    /// An actor that was stuck gets on again, or its next incarnation does.
    Unstuck {
        /// When this was found.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// In which life it is now.
        incarnation: Incarnation,
    },
    /// An actor held on to its thread though it was to end, and was fenced: it may still run, but
    /// nothing it does counts, and its next incarnation begins beside it.
    Fenced {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// Which life.
        incarnation: Incarnation,
        /// How many fenced lives of it run now.
        running: u32,
    },
    /// A fenced life has let go of its thread: nothing of it is left.
    FenceOver {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// Which life.
        incarnation: Incarnation,
        /// How many fenced lives of it still run.
        running: u32,
    },
    /// An actor, or all below a supervisor, wait until it makes sense to start them.
    Parked {
        /// When.
        at: Moment,
        /// The actor or supervisor.
        actor: ActorId,
        /// `exceeded`, `breaker` or `degraded`.
        why: &'static str,
        /// The longest it waits, in milliseconds since the Unix epoch; none: until it is told.
        until_ms: Option<u64>,
    },
    /// A supervisor's children, parked because they failed too often, are tried again.
    Unparked {
        /// When.
        at: Moment,
        /// The supervisor.
        actor: ActorId,
        /// Whether they have run long enough since.
        is_over: bool,
    },
    /// An actor failed too often, and the others go on without it.
    Isolated {
        /// When.
        at: Moment,
        /// Who.
        actor: ActorId,
        /// What is known of its end.
        detail: String,
    },
    /// A message was put into quarantine: its actor died of it too often.
    Quarantined {
        /// When.
        at: Moment,
        /// Whose it was.
        actor: ActorId,
        /// Its kind.
        kind: &'static str,
        /// How many lives ended with it in hand.
        deaths: usize,
        /// Its dead letter.
        id: u64,
    },
    /// A supervisor gave up: too many restarts.
    GaveUp {
        /// When.
        at: Moment,
        /// The supervisor.
        supervisor: ActorId,
        /// Why.
        detail: String,
    },
    /// The tree has become another one while it ran.
    #[serde(rename = "reloaded")]
    Reformed {
        /// When.
        at: Moment,
        /// Those that were not there before.
        added: Vec<ActorId>,
        /// Those that are there no more.
        removed: Vec<ActorId>,
        /// Those that live on in another incarnation.
        restarted: Vec<ActorId>,
    },
    /// The tree should have become another one.
    #[serde(rename = "reload_failed")]
    ReformFailed {
        /// When.
        at: Moment,
        /// Why it did not, and whether it is as before.
        detail: String,
    },
    /// A breaker changed its state.
    Breaker {
        /// When.
        at: Moment,
        /// Which.
        breaker: String,
        /// `closed`, `open`, `half_open`, `forced_open`, `forced_closed`.
        state: &'static str,
        /// `consecutive_failures`, `failure_rate`, `slow_call_rate`, `open_time_over`,
        /// `half_open_failed`, `half_open_succeeded`, `by_hand`.
        reason: &'static str,
        /// The reason in words.
        detail: String,
        /// Calls it was concluded from.
        calls: u32,
        /// Those of them that failed.
        failures: u32,
        /// Those of them that were slow.
        slow: u32,
    },
    /// Calls through a breaker are not made again any more: its callers have used up their
    /// budget. Told once in a window of the budget.
    RetriesSpent {
        /// When.
        at: Moment,
        /// Which.
        breaker: String,
        /// Calls made again so far.
        retries: u64,
    },
}

/// One handled message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tapped {
    /// When its handling began.
    pub at: Moment,
    /// By whom it was handled.
    pub actor: ActorId,
    /// By which life.
    pub incarnation: Incarnation,
    /// The message's kind.
    pub kind: &'static str,
    /// The lane it came through.
    pub lane: &'static str,
    /// How long it had waited.
    pub waited: Duration,
    /// How long its handling took.
    pub handled_in: Duration,
    /// Whether its handling failed the actor.
    pub is_failed: bool,
    /// The trace it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

/// One message that an actor sent, as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// When it was accepted.
    pub at: Moment,
    /// By whom it was sent.
    pub from: ActorId,
    /// To whom.
    pub to: ActorId,
    /// The message's kind.
    pub kind: &'static str,
    /// The lane it waits in.
    pub lane: &'static str,
}

/// The last of what happens, for those who watch. Takes room once someone does.
#[derive(Debug)]
struct Ring<T> {
    backlog: usize,
    sender: OnceLock<broadcast::Sender<T>>,
}

impl<T: Clone> Ring<T> {
    const fn new(backlog: usize) -> Self {
        Self { backlog, sender: OnceLock::new() }
    }

    /// Whether anyone was told.
    fn tell(&self, happened: T) -> bool {
        self.sender.get().is_some_and(|sender| sender.send(happened).is_ok())
    }

    fn is_watched(&self) -> bool {
        self.sender.get().is_some_and(|sender| sender.receiver_count() > 0)
    }

    fn watch(&self) -> broadcast::Receiver<T> {
        self.sender.get_or_init(|| broadcast::Sender::new(self.backlog)).subscribe()
    }
}

/// A ring of the last messages, and whether anyone watches: cheaper to ask than the ring.
#[derive(Debug)]
struct Taps<T> {
    ring: Ring<T>,
    is_watched: AtomicBool,
}

impl<T: Clone> Taps<T> {
    const fn new(backlog: usize) -> Self {
        Self { ring: Ring::new(backlog), is_watched: AtomicBool::new(false) }
    }

    fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Acquire)
    }

    fn tell(&self, message: T) {
        if self.ring.tell(message) {
            return;
        }
        // Whoever watched has gone. One who comes now either is counted here, or says so later.
        self.is_watched.store(false, Ordering::Release);
        if self.ring.is_watched() {
            self.is_watched.store(true, Ordering::Release);
        }
    }

    fn watch(&self) -> broadcast::Receiver<T> {
        let receiver = self.ring.watch();
        self.is_watched.store(true, Ordering::Release);
        receiver
    }
}

#[derive(Debug)]
pub(crate) struct Events {
    happened: Ring<RuntimeEvent>,
    tapped: Taps<Tapped>,
    sent: Taps<Sent>,
}

impl Events {
    pub(crate) const fn new(backlog: usize) -> Self {
        Self { happened: Ring::new(backlog), tapped: Taps::new(backlog), sent: Taps::new(backlog) }
    }

    pub(crate) fn emit(&self, event: RuntimeEvent) {
        // Nobody watching is no error.
        self.happened.tell(event);
    }

    pub(crate) fn is_tapped(&self) -> bool {
        self.tapped.is_watched()
    }

    pub(crate) fn is_sent_tapped(&self) -> bool {
        self.sent.is_watched()
    }

    pub(crate) fn tap(&self, tapped: Tapped) {
        self.tapped.tell(tapped);
    }

    pub(crate) fn tap_sent(&self, sent: Sent) {
        self.sent.tell(sent);
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<RuntimeEvent> {
        self.happened.watch()
    }

    pub(crate) fn watch_taps(&self) -> broadcast::Receiver<Tapped> {
        self.tapped.watch()
    }

    pub(crate) fn watch_sent(&self) -> broadcast::Receiver<Sent> {
        self.sent.watch()
    }
}
