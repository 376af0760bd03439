//! A tree to put the actors of a test in: one supervisor, children that are always started again.
#![expect(clippy::unwrap_used, reason = "a stage that does not stand fails the test")]

use std::time::Duration;

use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Message, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::time::Moment;

/// One second.
pub const SECOND: Duration = Duration::from_secs(1);

/// Longer than any start or stop takes that ends by itself: a journal that does not answer is
/// asked again for minutes.
const PATIENCE: Duration = Duration::from_secs(400);

/// A runtime and who will be in it.
pub struct Stage {
    /// Where to kill and restart them.
    pub runtime: Runtime,
    children: Vec<ChildSpec>,
    backoff: Backoff,
}

impl Stage {
    /// An empty stage.
    pub fn new(clock: Clock) -> Self {
        let backoff = Backoff {
            first: Duration::from_millis(10),
            max: Duration::from_millis(100),
            jitter_percent: 0,
            reset_after: SECOND,
        };
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        Self { runtime, children: Vec::new(), backoff }
    }

    /// Children are started again after this time.
    pub fn restart_after(&mut self, pause: Duration) {
        (self.backoff.first, self.backoff.max) = (pause, pause);
    }

    /// An address of whoever will be added for it.
    pub fn address<M: Message>(&self, name: &str, capacity: Capacity) -> Address<M> {
        self.runtime.address(id(name), capacity)
    }

    /// Adds an actor; they start in this order.
    pub fn add<A: Actor>(&mut self, address: &Address<A::Msg>, args: A::Args) {
        let policy = ChildPolicy {
            start_timeout: PATIENCE,
            stop_timeout: PATIENCE,
            ..ChildPolicy::new(address.id().clone())
        };
        self.children.push(ChildSpec::worker::<A>(policy, address, args));
    }

    /// Starts everyone who was added.
    pub async fn start(&mut self) -> Running {
        let policy = SupervisorPolicy {
            strategy: Strategy::OneForOne,
            intensity: Intensity { restarts_max: 10_000, period: SECOND },
            backoff: self.backoff,
            seed: 1,
            ..SupervisorPolicy::DEFAULT
        };
        let children = std::mem::take(&mut self.children);
        let root = SupervisorSpec { id: id("root"), policy, children };
        self.runtime.start(root).await.unwrap()
    }

    /// Starts everyone who was added and waits until all are ready.
    pub async fn start_ready(&mut self) -> Running {
        let mut running = self.start().await;
        assert!(running.ready().await);
        running
    }
}

/// A clock that stands so many seconds after 1970 now.
pub fn clock_at(unix_seconds: u64) -> Clock {
    Clock::starting_at(Moment::from_unix_seconds(unix_seconds))
}

/// A mailbox with the same room in every lane.
pub const fn room(messages: usize) -> Capacity {
    Capacity { control: messages, high: messages, normal: messages }
}

/// An actor's name.
pub fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

/// Lets time pass.
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Ends everything as by `kill -9`: nobody is asked, nothing is finished.
pub async fn die(running: Running) {
    running.abandon();
    pass(SECOND).await;
}
