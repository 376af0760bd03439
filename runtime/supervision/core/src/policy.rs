use std::collections::BTreeSet;
use std::time::Duration;

use synod_types::actor::ActorId;

use crate::jitter::{exponential, jittered, splitmix64};

/// Children one supervisor may have.
pub const CHILDREN_MAX: usize = 1024;

/// The highest [`Intensity::restarts_max`]: a supervisor remembers that many moments.
pub const RESTARTS_MAX: u32 = 10_000;

/// How long a killed child may take to be gone before it counts as unresponsive.
pub const KILL_GRACE: Duration = Duration::from_secs(5);

/// Who is restarted along with a child that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// Only the child itself.
    OneForOne,
    /// All children.
    OneForAll,
    /// The child and those that start after it.
    RestForOne,
}

/// After which ends a child is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restart {
    /// After every end.
    Permanent,
    /// After every end but [`ExitReason::Normal`](crate::ExitReason::Normal).
    Transient,
    /// Never: neither after its own end nor with a group it was stopped with.
    Temporary,
}

/// How many restarts a supervisor answers for. One more within the period, and it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// At most [`RESTARTS_MAX`]. Zero: the first failure is the last.
    pub restarts_max: u32,
    /// Longer than zero. A restart exactly this old still counts.
    pub period: Duration,
}

/// How long a child that failed waits before it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure; twice as long after each further one.
    pub first: Duration,
    /// The delay grows no further than this. Jitter is added to it, so the longest wait is
    /// `max` and `jitter_percent` of it.
    pub max: Duration,
    /// The delay is longer or shorter by up to this share, at most 100.
    pub jitter_percent: u8,
    /// A child that ran this long has recovered: its next failure is its first.
    pub reset_after: Duration,
}

impl Backoff {
    /// The wait after failure `attempt` (the first is 0) of `child`. The same every time.
    pub fn delay(&self, seed: u64, child: &ActorId, attempt: u32) -> Duration {
        let delay = exponential(self.first, 2, attempt, self.max);
        let seed = splitmix64(seed ^ fnv1a(child.as_str())) ^ u64::from(attempt);
        jittered(delay, self.jitter_percent, seed)
    }
}

/// FNV-1a: spreads names over seeds. Not a secret.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// What a supervisor knows about a child before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildPolicy {
    /// Unique among the children.
    pub id: ActorId,
    /// After which ends it is started again.
    pub restart: Restart,
    /// How long a start may take, more than zero; [`Duration::MAX`] is for ever.
    pub start_timeout: Duration,
    /// How long an orderly end may take. Zero: it is killed at once; [`Duration::MAX`]: never.
    pub stop_timeout: Duration,
}

/// How a supervisor treats its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupervisorPolicy {
    /// Who is restarted with whom.
    pub strategy: Strategy,
    /// When to give up.
    pub intensity: Intensity,
    /// How long to wait before a restart.
    pub backoff: Backoff,
    /// Decides the jitter.
    pub seed: u64,
}

/// Why a supervisor cannot be made of these policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTree {
    /// Nothing to supervise.
    #[error("a supervisor needs at least one child")]
    NoChildren,
    /// More than [`CHILDREN_MAX`].
    #[error("{0} children are more than {CHILDREN_MAX}")]
    TooManyChildren(usize),
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
}

impl SupervisorPolicy {
    /// Whether a supervisor can be made of this and `children`.
    pub(crate) fn check(&self, children: &[ChildPolicy]) -> Result<(), InvalidTree> {
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
        if children.is_empty() {
            return Err(InvalidTree::NoChildren);
        }
        if children.len() > CHILDREN_MAX {
            return Err(InvalidTree::TooManyChildren(children.len()));
        }
        let mut names = BTreeSet::new();
        for child in children {
            if !names.insert(&child.id) {
                return Err(InvalidTree::Duplicate(child.id.clone()));
            }
            if child.start_timeout.is_zero() {
                return Err(InvalidTree::StartTimeout(child.id.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
