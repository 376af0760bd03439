use synod_types::actor::ActorId;

use crate::event::StopHow;
use crate::policy::{ChildPolicy, InvalidTree, SupervisorPolicy};

/// What an operator may ask of a running supervisor, beside [`Event::RestartChild`](crate::Event::RestartChild).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// One more child. Its first start is a trial: if it fails, the child is forgotten, and that
    /// counts for nothing. The supervisor has then to be told of the breakers the child needs.
    Add {
        /// The child.
        policy: ChildPolicy,
        /// Whom it is started before and stopped after; the last if nobody.
        before: Option<ActorId>,
        /// What becomes of it when it has ended for good.
        stay: Stay,
    },
    /// The end of a child, for good: it drains. No restart of its group brings it back, only
    /// [`Event::RestartChild`](crate::Event::RestartChild) does.
    Terminate(ActorId),
    /// Forget a child that has ended.
    Delete(ActorId),
    /// The end of a child that is to be started elsewhere, or from other values, or not at all: it
    /// drains or halts, whatever its group does, and is forgotten once it has ended.
    Release(ActorId, StopHow),
    /// One more child that ran before: its first start is like any other.
    Restore {
        /// The child.
        policy: ChildPolicy,
        /// Whom it is started before and stopped after; the last if nobody.
        before: Option<ActorId>,
    },
    /// The children in this order of start. Who runs goes on running.
    Order(Vec<ActorId>),
    /// From now on this policy. What has been counted is kept.
    Change(SupervisorPolicy),
    /// From now on this policy for the child of that name. What runs goes on running.
    ChangeChild(ChildPolicy),
}

/// What becomes of a child that was added, once it has ended for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stay {
    /// It is shown as ended and may be started again. A temporary child is forgotten all the same.
    Shown,
    /// It is forgotten.
    Forgotten,
}

/// Why a wish is not granted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has not begun, or it is ending.
    #[error("the supervisor is not running")]
    NotRunning,
    /// No child of that name.
    #[error("no child is named {0}")]
    Unknown(ActorId),
    /// Every child, once.
    #[error("an order of start names every child once")]
    Order,
    /// Only one that has ended can be forgotten.
    #[error("{0} has not ended: terminate it first")]
    NotEnded(ActorId),
    /// The policy breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidTree),
}
