//! What the tests of OTP's supervisor look at, looked at here: real actors on paused time. Which
//! case of theirs is which test of ours: `docs/otp-conformance.md`.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod dynamic;
mod kinds;
mod looking;
mod significant;
mod simple;
mod start;
mod stop;
mod strategies;
mod trees;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{Args, Puppet, Stage, State, id, pass, policy};
use synod_supervision::core::{ChildPolicy, Refusal, Restart, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, Capacity, ChildError, ChildSpec, Ended, Failure, Place, Running, RuntimeEvent,
    SupervisorSpec, TreeView,
};
use tokio::sync::broadcast;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const ONE: Strategy = Strategy::OneForOne;
const ALL: Strategy = Strategy::OneForAll;
const REST: Strategy = Strategy::RestForOne;

/// `a` is permanent, `a?` transient, `a!` temporary; `a?*` and `a!*` are significant.
fn child(name: &str) -> ChildPolicy {
    let plain = name.trim_end_matches('*');
    let restart = match plain.chars().last() {
        Some('?') => Restart::Transient,
        Some('!') => Restart::Temporary,
        _ => Restart::Permanent,
    };
    let is_significant = plain != name;
    ChildPolicy { restart, is_significant, ..common::child(plain.trim_end_matches(['?', '!'])) }
}

/// A tree that is being put together.
struct Plan {
    stage: Stage,
    children: Vec<ChildSpec>,
    /// Starts of each that will fail.
    failing: Vec<(String, Arc<AtomicU32>)>,
}

impl Plan {
    fn new() -> Self {
        Self { stage: Stage::new(), children: Vec::new(), failing: Vec::new() }
    }

    fn of(names: &str) -> Self {
        let mut plan = Self::new();
        names.split_whitespace().for_each(|name| plan.add(child(name), Duration::ZERO));
        plan
    }

    fn add(&mut self, policy: ChildPolicy, starts_slowly: Duration) {
        let failing = Arc::<AtomicU32>::default();
        let args = Args { starts_slowly, stillborn: Arc::clone(&failing), ..self.stage.args() };
        let capacity = Capacity { control: 8, high: 8, normal: 8 };
        let address = self.stage.runtime.address(policy.id.clone(), capacity);
        self.stage.puppets.push(address.clone());
        self.failing.push((policy.id.to_string(), failing));
        self.children.push(ChildSpec::worker::<State>(policy, &address, args));
    }

    /// Puts the children from the `first` on under a supervisor of their own.
    fn group(&mut self, policy: ChildPolicy, first: usize, strategy: Strategy, restarts_max: u32) {
        let children = self.children.split_off(first);
        let below = common::policy(strategy, restarts_max);
        let spec = SupervisorSpec { id: policy.id.clone(), policy: below, children };
        self.children.push(ChildSpec::supervisor(policy, spec));
    }

    async fn try_start(self, strategy: Strategy, restarts_max: u32) -> Result<Tree, Failure> {
        self.try_start_as(policy(strategy, restarts_max)).await
    }

    async fn try_start_as(self, policy: SupervisorPolicy) -> Result<Tree, Failure> {
        let Self { stage, children, failing } = self;
        let watch = stage.runtime.watch();
        let spec = SupervisorSpec { id: id("root"), policy, children };
        let running = stage.runtime.start(spec).await?;
        Ok(Tree { stage, running, watch, failing })
    }

    /// Starts it, and waits until all are ready.
    async fn start(self, strategy: Strategy, restarts_max: u32) -> Tree {
        self.start_as(policy(strategy, restarts_max)).await
    }

    async fn start_as(self, policy: SupervisorPolicy) -> Tree {
        let mut tree = self.try_start_as(policy).await.unwrap();
        assert!(tree.running.ready().await);
        tree.stage.diary.clear();
        tree
    }
}

/// A tree that runs.
struct Tree {
    stage: Stage,
    running: Running,
    watch: broadcast::Receiver<RuntimeEvent>,
    failing: Vec<(String, Arc<AtomicU32>)>,
}

impl Tree {
    fn address(&self, name: &str) -> &Address<Puppet> {
        self.stage.puppets.iter().find(|puppet| puppet.id().as_str() == name).unwrap()
    }

    async fn fails(&self, name: &str) {
        self.address(name).tell(Puppet::Fail).unwrap();
        pass(2 * SECOND).await;
    }

    /// A child that is to be added, and the address of it.
    fn specify(&mut self, policy: ChildPolicy, failing_starts: u32) -> ChildSpec {
        let failing = Arc::new(AtomicU32::new(failing_starts));
        let args = Args { stillborn: Arc::clone(&failing), ..self.stage.args() };
        let capacity = Capacity { control: 8, high: 8, normal: 8 };
        let address = self.stage.runtime.address(policy.id.clone(), capacity);
        self.stage.puppets.push(address.clone());
        self.failing.push((policy.id.to_string(), failing));
        ChildSpec::worker::<State>(policy, &address, args)
    }

    async fn add(&mut self, name: &str) -> Result<(), ChildError> {
        let child = self.specify(child(name), 0);
        self.stage.runtime.start_child(&id("root"), child, Place::default()).await
    }

    async fn terminate(&self, name: &str) -> Result<(), ChildError> {
        self.stage.runtime.terminate_child(&id(name)).await
    }

    async fn delete(&self, name: &str) -> Result<(), ChildError> {
        self.stage.runtime.delete_child(&id(name)).await
    }

    /// The next starts of it fail.
    fn fail_starts(&self, name: &str, times: u32) {
        let (_, failing) = self.failing.iter().find(|(failing, _)| failing == name).unwrap();
        failing.store(times, Ordering::SeqCst);
    }

    fn view(&self) -> TreeView {
        self.stage.runtime.tree(&id("root"))
    }

    /// Everyone below the root, what each is doing, and in which life: `a:running:1`.
    fn shows(&self) -> String {
        let view = self.view();
        let show = |node: &&synod_supervision::ActorView| {
            let life = node.incarnation.0;
            let life = if life == 0 { String::new() } else { format!(":{life}") };
            format!("{}:{}{life}", node.id, node.state)
        };
        view.flatten().iter().skip(1).map(show).collect::<Vec<_>>().join(" ")
    }

    /// Who ended since this was last asked, and how: `a:normal`.
    fn exits(&mut self) -> String {
        let mut exits = Vec::new();
        while let Ok(event) = self.watch.try_recv() {
            if let RuntimeEvent::Exited { actor, reason, .. } = event {
                exits.push(format!("{actor}:{reason}"));
            }
        }
        exits.join(" ")
    }

    fn diary(&self) -> String {
        self.stage.diary.lines().join(", ")
    }

    async fn stop(&mut self) -> Ended {
        self.running.stop();
        self.running.ended().await
    }

    /// Why the root gave up.
    async fn gives_up(&mut self) -> String {
        let ended = tokio::time::timeout(60 * SECOND, self.running.ended()).await;
        match ended {
            Ok(Ended::GaveUp(why)) => why,
            other => panic!("it did not give up: {other:?}"),
        }
    }

    /// The root has not ended by itself.
    async fn is_up(&mut self) -> bool {
        tokio::time::timeout(SECOND, self.running.ended()).await.is_err()
    }
}
