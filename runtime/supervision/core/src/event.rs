use std::fmt;
use std::time::Duration;

use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

/// Which start of a child: one more at each start, whether it succeeded or not.
///
/// The first is 1, and it is the number of the incarnation that start makes. A child that is
/// added later begins above every generation of those that were forgotten before, so that news
/// of them is never mistaken for news of one that took their name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

impl From<Generation> for Incarnation {
    fn from(generation: Generation) -> Self {
        Self(generation.0)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why an incarnation ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ExitReason {
    /// It was done, or it was asked to halt, its mailbox kept, and did.
    #[error("ended normally")]
    Normal,
    /// It was asked to end for good, and handled what was queued first.
    #[error("was drained")]
    Drained,
    /// It asked to be restarted.
    #[error("failed: {0}")]
    Error(String),
    /// It panicked.
    #[error("panicked: {0}")]
    Panic(String),
    /// It was killed by someone other than its supervisor's timeouts.
    #[error("killed")]
    Killed,
    /// It did not get on with its mail and was killed.
    #[error("was stuck and was killed")]
    Stuck,
    /// Its task was taken from it.
    #[error("cancelled")]
    Cancelled,
    /// It refused to start.
    #[error("did not start: {0}")]
    StartFailed(String),
    /// It was not ready in time and was killed.
    #[error("was not ready in time")]
    StartTimeout,
    /// It did not end in time and was killed.
    #[error("did not end in time")]
    StopTimeout,
    /// It was to end for this reason, held on to its thread, and was fenced: it may still run,
    /// and nothing it does counts any more.
    #[error("{0}; it held on to its thread and was fenced")]
    Fenced(Box<Self>),
}

impl ExitReason {
    /// The reason as a label of few values.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Drained => "drained",
            Self::Error(_) => "error",
            Self::Panic(_) => "panic",
            Self::Killed => "killed",
            Self::Stuck => "stuck",
            Self::Cancelled => "cancelled",
            Self::StartFailed(_) => "start_failed",
            Self::StartTimeout => "start_timeout",
            Self::StopTimeout => "stop_timeout",
            Self::Fenced(_) => "fenced",
        }
    }

    /// Why it had to end: of one that was fenced, what came before that.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Fenced(cause) => cause.cause(),
            cause => cause,
        }
    }

    /// Whether it ended as it should: by itself, or because it was asked to.
    pub fn is_orderly(&self) -> bool {
        matches!(self.cause(), Self::Normal | Self::Drained)
    }
}

/// What happened. Of an unknown child, an older generation or an older alarm: nothing follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Begin. Only the first counts.
    Start,
    /// A child's start succeeded.
    Ready {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// A child is gone, or its start failed. Nothing of this generation runs any more.
    Exited {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
        /// Why.
        reason: ExitReason,
    },
    /// A child was killed by someone other than this supervisor, or has ended, and something of
    /// it may still run. [`Event::Exited`] follows once nothing does.
    Dying {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
        /// Why.
        reason: ExitReason,
    },
    /// So many fenced lives of a child still run: one of them is gone, or they are left from an
    /// earlier life of this supervisor.
    FencedLives {
        /// Whose.
        child: ActorId,
        /// How many, all told.
        running: u32,
    },
    /// The alarm of [`Effect::WakeAt`] rang.
    Alarm {
        /// As it was given.
        token: AlarmToken,
    },
    /// End for good: children drain, the last started first.
    Stop,
    /// End, but expect to be started again: children halt and their mailboxes are kept, the
    /// last started first. What a parent that restarts its group says to a child supervisor.
    /// A later [`Event::Stop`] drains those that are not yet stopping.
    Halt,
    /// An operator wishes a fresh start of this child, and of those the strategy restarts with
    /// it. Does not count as a failure; ends a wait for back-off; brings back an ended child.
    RestartChild {
        /// Who.
        child: ActorId,
    },
    /// A breaker lets calls through again, or no longer does.
    Breaker {
        /// Which, as [`ChildPolicy::needs`](crate::ChildPolicy::needs) names it.
        name: String,
        /// Until when it refuses every call; nothing if it lets some through.
        open_until: Option<Moment>,
    },
}

/// Which alarm. Alarms are never cancelled: an outdated one is ignored when it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmToken {
    /// Its serial; 0 for the supervisor itself.
    pub(crate) child: u64,
    pub(crate) number: u64,
}

/// How a child is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopHow {
    /// For good: handle what is queued, then end.
    Drain,
    /// To be started again: end after the message in hand; the mailbox is kept.
    Halt,
}

/// What the shell must now do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start a new incarnation; answer with [`Event::Ready`] or [`Event::Exited`].
    StartChild {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// Ask it to end; answer with [`Event::Exited`]. It may not have reported ready yet: then
    /// its start is to be abandoned.
    StopChild {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
        /// For good or not.
        how: StopHow,
    },
    /// End it by force; answer with [`Event::Exited`] once nothing of it runs any more.
    KillChild {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// End its epoch, though part of it still runs: from now on nothing it does counts, and the
    /// next life may be started beside it. Only for a child with a
    /// [`Fencing`](crate::Fencing). Answer with [`Event::FencedLives`] once nothing of it runs.
    FenceChild {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// Come back with [`Event::Alarm`] at this moment.
    WakeAt {
        /// To be given back.
        token: AlarmToken,
        /// Not before.
        at: Moment,
    },
    /// Tell whoever watches.
    Report(Report),
    /// A child is no more: nothing of it runs, and its name is free.
    Forget {
        /// Who.
        child: ActorId,
    },
    /// Every child has been ready, has ended by its own right, or is parked. Once.
    Ready,
    /// The policy wants the end of everything, in order, this supervisor included: the root is
    /// to be told to stop, and will say that this was why. Nobody is started meanwhile.
    Exit(Outcome),
    /// Nothing runs any more and nothing will follow. The last effect.
    Finished(Outcome),
}

/// What a watcher of supervision learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A child is ready for the first time.
    Started {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// A child is ready again.
    Restarted {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// A child is gone.
    Exited {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
        /// Why.
        reason: ExitReason,
    },
    /// A child failed and will be started again.
    RestartScheduled {
        /// Who.
        child: ActorId,
        /// Not before.
        at: Moment,
        /// How many failures in a row came before, none of them after a long enough run.
        attempt: u32,
    },
    /// A child ended and will not be started again by itself.
    Ended {
        /// Who.
        child: ActorId,
    },
    /// A child that was added did not get through its first start.
    Discarded {
        /// Who.
        child: ActorId,
        /// Why it ended.
        reason: ExitReason,
    },
    /// A child waits, though not for its back-off.
    Parked {
        /// Who.
        child: ActorId,
        /// What for.
        why: ParkReason,
        /// The longest it waits; nothing: until it is told.
        until: Option<Moment>,
    },
    /// A child failed too often, and its policy is to go on without it.
    Isolated {
        /// Who.
        child: ActorId,
        /// Why it ended.
        reason: ExitReason,
    },
    /// Too many failures, and the policy is to halt all children for a while.
    Opened {
        /// Who failed last.
        child: ActorId,
        /// Why it ended.
        reason: ExitReason,
        /// The end of the wait.
        until: Moment,
    },
    /// The wait is over: the children are started, on probation.
    Probing,
    /// The children have run long enough: the probation is over.
    Recovered,
    /// The supervisor ends because this significant child did.
    ShuttingDown {
        /// Who.
        child: ActorId,
    },
    /// A child was killed and is still not gone. While this supervisor runs, the child is not
    /// started again before it is gone or fenced; an ending supervisor leaves it behind.
    Unresponsive {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// A child was to end and did not, and was fenced. Its exit is told next.
    Fenced {
        /// Who.
        child: ActorId,
        /// Which life of it.
        generation: Generation,
    },
    /// The supervisor stops everything because of this child's end.
    GaveUp {
        /// Who.
        child: ActorId,
        /// Why it ended.
        reason: ExitReason,
    },
}

/// What a parked child waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParkReason {
    /// Its supervisor's children failed too often, and all of them wait.
    Exceeded,
    /// It failed while a breaker it needs is open.
    Breaker,
    /// It failed too often, and the others go on without it.
    Degraded,
}

impl ParkReason {
    /// The reason as a label of few values.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Exceeded => "exceeded",
            Self::Breaker => "breaker",
            Self::Degraded => "degraded",
        }
    }
}

/// How a supervisor ended: its own exit, as its parent sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked to.
    Stopped,
    /// A significant child ended by itself, and its policy is to end then: in order, no failure.
    AutoShutdown {
        /// Who.
        child: ActorId,
    },
    /// Its children failed more often than its policy answers for.
    Exceeded {
        /// Who failed last.
        child: ActorId,
        /// Why it ended.
        reason: ExitReason,
        /// Failures within the period, this one included.
        restarts: u32,
        /// The period.
        period: Duration,
    },
    /// As [`Outcome::Exceeded`], before all children were ready, by one that never was.
    StartFailed {
        /// Who failed last.
        child: ActorId,
        /// Why it did not start.
        reason: ExitReason,
    },
}
