mod invalid;

use std::time::Duration;

pub use invalid::InvalidTree;

use synod_types::actor::ActorId;

use crate::jitter::{exponential, jittered, splitmix64};

/// The highest [`SupervisorPolicy::children_max`].
pub const CHILDREN_MAX: usize = 1024;

/// Breakers one child may need.
pub const NEEDS_MAX: usize = 16;

/// The longest that children are parked at once, however often they were before.
pub const OPEN_MAX: Duration = Duration::from_secs(3_600);

/// The highest [`Intensity::restarts_max`]: a supervisor remembers that many moments.
pub const RESTARTS_MAX: u32 = 10_000;

/// How long a killed child may take to be gone before it counts as unresponsive.
pub const KILL_GRACE: Duration = Duration::from_secs(5);

/// The highest [`Fencing::lives_max`]: each fenced life may hold a thread for ever.
pub const FENCED_MAX: u32 = 64;

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
    /// After every end but an orderly one.
    Transient,
    /// Never: neither after its own end nor with a group it was stopped with.
    Temporary,
}

/// What is done with a child when its failure is one more than the intensity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// What its supervisor's [`OnExceeded`] says.
    Restart,
    /// The others go on without it. It is tried again after this time, and after twice as long
    /// each time it fails again before it has run long enough.
    Degrade {
        /// Longer than zero. At most [`OPEN_MAX`].
        retry_after: Duration,
    },
    /// The others go on without it, for good: only an operator brings it back.
    Isolate,
}

/// What a supervisor does when its children fail more often than its intensity allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExceeded {
    /// It stops its children and fails itself: its parent decides.
    Escalate,
    /// Everything ends in order, up to the root.
    Exit,
    /// It halts its children for a while, keeps their mailboxes, and then tries again.
    Park {
        /// How long; twice as long each time the probation is not passed, at most [`OPEN_MAX`].
        open: Duration,
        /// So many failures on probation, and the children are halted again. At least one.
        probes: u32,
    },
}

/// Whether a supervisor ends, in order, when significant children have ended by themselves.
///
/// An end that the supervisor itself brought about never counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AutoShutdown {
    /// It does not.
    Never,
    /// At the first.
    AnySignificant,
    /// At the last.
    AllSignificant,
}

/// When a child that was to end, and holds on to its thread, is fenced and started again beside
/// what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fencing {
    /// So long after it was killed, or has ended. [`Duration::ZERO`] is at once.
    pub after: Duration,
    /// Fenced lives of it that may run at once, 1 to [`FENCED_MAX`]. At the limit it is not
    /// started again before one of them, or the last life itself, is gone.
    pub lives_max: u32,
}

/// How many restarts a supervisor answers for. One more within the period is one too many: see
/// [`OnExceeded`].
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
    /// Whether its own end for good may end its supervisor: see [`AutoShutdown`]. Not for a
    /// permanent child, which has no such end.
    pub is_significant: bool,
    /// What is done when restarts do not help.
    pub recovery: Recovery,
    /// Breakers without which it cannot work, at most [`NEEDS_MAX`]. A child that fails while one
    /// of them is open is parked until it lets calls through; that counts for nothing.
    pub needs: Vec<String>,
    /// Whether it may be started again beside a life that cannot be ended; none: never. Not for
    /// one that owns something outside which two must not own. What runs is fenced only if it
    /// was started under such a policy.
    pub fencing: Option<Fencing>,
}

impl ChildPolicy {
    /// Permanent, with ten seconds to start and five to stop.
    pub const fn new(id: ActorId) -> Self {
        Self {
            id,
            restart: Restart::Permanent,
            start_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(5),
            is_significant: false,
            recovery: Recovery::Restart,
            needs: Vec::new(),
            fencing: None,
        }
    }
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
    /// What follows one failure too many.
    pub on_exceeded: OnExceeded,
    /// Whether it ends with its significant children.
    pub auto_shutdown: AutoShutdown,
    /// Children it may have, those added later included; at most [`CHILDREN_MAX`].
    pub children_max: usize,
}

impl SupervisorPolicy {
    /// One for one, ten restarts a minute, back-off from 50 ms to 10 s, escalation.
    pub const DEFAULT: Self = Self {
        strategy: Strategy::OneForOne,
        intensity: Intensity { restarts_max: 10, period: Duration::from_secs(60) },
        backoff: Backoff {
            first: Duration::from_millis(50),
            max: Duration::from_secs(10),
            jitter_percent: 10,
            reset_after: Duration::from_secs(30),
        },
        seed: 0,
        on_exceeded: OnExceeded::Escalate,
        auto_shutdown: AutoShutdown::Never,
        children_max: CHILDREN_MAX,
    };
}

impl Default for SupervisorPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests;
