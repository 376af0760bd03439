//! Trees of our own to measure.

use std::num::NonZeroU32;
use std::time::Duration;

use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Message, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::actor::ActorId;

const HOUR: Duration = Duration::from_secs(3_600);

/// How much slower than time the clock goes while instructions are counted: valgrind slows the
/// program some fifty times, and a message that seems slow is timed more often.
const SLOWNESS: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not 0");

/// A runtime as the daemon has it.
pub fn runtime() -> Runtime {
    let clock = Clock::unpaused();
    let clock = if crate::is_counted() { clock.slowed(SLOWNESS) } else { clock };
    Runtime::new(clock, RuntimeLimits::default())
}

/// A permanent child.
pub fn child_policy(name: &str) -> ChildPolicy {
    ChildPolicy { start_timeout: HOUR, stop_timeout: HOUR, ..ChildPolicy::new(id(name)) }
}

/// Restarts at once and for ever.
pub const fn one_for_one() -> SupervisorPolicy {
    let none = Duration::ZERO;
    SupervisorPolicy {
        strategy: Strategy::OneForOne,
        intensity: Intensity { restarts_max: 10_000, period: Duration::from_millis(1) },
        backoff: Backoff { first: none, max: none, jitter_percent: 0, reset_after: none },
        seed: 1,
        ..SupervisorPolicy::DEFAULT
    }
}

/// An address with a mailbox of the usual size.
pub fn address<M: Message>(runtime: &Runtime, name: &str) -> Address<M> {
    runtime.address(id(name), Capacity::default())
}

/// Starts a tree of these children and waits until all are ready.
pub async fn tree(runtime: &Runtime, children: Vec<ChildSpec>) -> Running {
    let root = SupervisorSpec { id: id("root"), policy: one_for_one(), children };
    let mut running = runtime.start(root).await.expect("no name is there twice");
    assert!(running.ready().await, "a bench's actors start");
    running
}

/// One actor below one supervisor.
pub struct One<A: Actor> {
    /// Where it is told things.
    pub address: Address<A::Msg>,
    _running: Running,
}

impl<A: Actor> One<A> {
    /// Starts it.
    pub async fn start(args: A::Args) -> Self {
        let runtime = runtime();
        let address = address(&runtime, "one");
        let child = ChildSpec::worker::<A>(child_policy("one"), &address, args);
        Self { _running: tree(&runtime, vec![child]).await, address }
    }
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).expect("benches name their actors well")
}
