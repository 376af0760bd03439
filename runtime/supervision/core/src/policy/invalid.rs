use std::collections::BTreeSet;
use std::time::Duration;

use synod_types::actor::ActorId;

use super::{
    CHILDREN_MAX, ChildPolicy, FENCED_MAX, Fencing, NEEDS_MAX, OPEN_MAX, OnExceeded, RESTARTS_MAX,
    Recovery, Restart, SupervisorPolicy,
};

/// Why a supervisor cannot be made of these policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTree {
    /// More than the policy allows.
    #[error("{count} children are more than {max}")]
    TooManyChildren {
        /// As many as there would be.
        count: usize,
        /// As many as there may be.
        max: usize,
    },
    /// More than [`CHILDREN_MAX`].
    #[error("a limit of {0} children is above {CHILDREN_MAX}")]
    ChildrenMax(usize),
    /// Two children of one name.
    #[error("two children are named {0}")]
    Duplicate(ActorId),
    /// No start succeeds in no time.
    #[error("the start timeout of {0} must be longer than zero")]
    StartTimeout(ActorId),
    /// More than [`RESTARTS_MAX`].
    #[error("{0} restarts are more than {RESTARTS_MAX}")]
    TooManyRestarts(u32),
    /// Nothing happens within no time.
    #[error("the intensity's period must be longer than zero")]
    Period,
    /// A delay would be negative.
    #[error("a jitter of {0} % is more than 100 %")]
    Jitter(u8),
    /// The back-off begins above its own limit.
    #[error("a first back-off of {first:?} is longer than the longest, {max:?}")]
    Backoff {
        /// The first delay.
        first: Duration,
        /// The longest.
        max: Duration,
    },
    /// Children would not be parked at all, or for too long.
    #[error("children may be parked for more than nothing and at most {OPEN_MAX:?}, not {0:?}")]
    Open(Duration),
    /// Nothing could be found out.
    #[error("a probation needs at least one probe")]
    Probes,
    /// It never ends by itself.
    #[error("{0} is permanent, so it cannot be significant")]
    Significant(ActorId),
    /// More than [`NEEDS_MAX`].
    #[error("{0} needs more than {NEEDS_MAX} breakers")]
    Needs(ActorId),
    /// None, or more than [`FENCED_MAX`].
    #[error("{0} may have 1 to {FENCED_MAX} fenced lives")]
    Fenced(ActorId),
}

impl SupervisorPolicy {
    /// Whether a supervisor can be made of this and `children`.
    pub(crate) fn check<'c>(
        &self,
        children: impl ExactSizeIterator<Item = &'c ChildPolicy>,
    ) -> Result<(), InvalidTree> {
        self.check_own()?;
        if self.children_max < children.len() {
            let (count, max) = (children.len(), self.children_max);
            return Err(InvalidTree::TooManyChildren { count, max });
        }
        let mut names = BTreeSet::new();
        for child in children {
            if !names.insert(&child.id) {
                return Err(InvalidTree::Duplicate(child.id.clone()));
            }
            child.check()?;
        }
        Ok(())
    }

    fn check_own(&self) -> Result<(), InvalidTree> {
        let Self { intensity, backoff, .. } = self;
        if intensity.restarts_max > RESTARTS_MAX {
            return Err(InvalidTree::TooManyRestarts(intensity.restarts_max));
        }
        if intensity.period.is_zero() {
            return Err(InvalidTree::Period);
        }
        if backoff.jitter_percent > 100 {
            return Err(InvalidTree::Jitter(backoff.jitter_percent));
        }
        if backoff.first > backoff.max {
            return Err(InvalidTree::Backoff { first: backoff.first, max: backoff.max });
        }
        if self.children_max > CHILDREN_MAX {
            return Err(InvalidTree::ChildrenMax(self.children_max));
        }
        match self.on_exceeded {
            OnExceeded::Escalate | OnExceeded::Exit => Ok(()),
            OnExceeded::Park { probes: 0, .. } => Err(InvalidTree::Probes),
            OnExceeded::Park { open, .. } => check_open(open),
        }
    }
}

impl ChildPolicy {
    fn check(&self) -> Result<(), InvalidTree> {
        if self.start_timeout.is_zero() {
            return Err(InvalidTree::StartTimeout(self.id.clone()));
        }
        if self.is_significant && self.restart == Restart::Permanent {
            return Err(InvalidTree::Significant(self.id.clone()));
        }
        if self.needs.len() > NEEDS_MAX {
            return Err(InvalidTree::Needs(self.id.clone()));
        }
        let is_within = |fencing: Fencing| (1..=FENCED_MAX).contains(&fencing.lives_max);
        if !self.fencing.is_none_or(is_within) {
            return Err(InvalidTree::Fenced(self.id.clone()));
        }
        match self.recovery {
            Recovery::Restart | Recovery::Isolate => Ok(()),
            Recovery::Degrade { retry_after } => check_open(retry_after),
        }
    }
}

fn check_open(open: Duration) -> Result<(), InvalidTree> {
    if open.is_zero() || open > OPEN_MAX { Err(InvalidTree::Open(open)) } else { Ok(()) }
}
