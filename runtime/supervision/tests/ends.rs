//! What is left of an incarnation when it ends: nothing, before the next one begins.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use common::{Puppet, Stage, child, id, pass, policy};
use parking_lot::Mutex;
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Context, DeadReason, Failure, Message, Running,
    Runtime, RuntimeLimits, SupervisorSpec,
};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// What is under way now, and the most there ever was.
#[derive(Clone, Default)]
struct Gauge(Arc<[AtomicUsize; 2]>);

struct Inside(Gauge);

impl Gauge {
    fn enter(&self) -> Inside {
        let now = self.0[0].fetch_add(1, Ordering::SeqCst) + 1;
        self.0[1].fetch_max(now, Ordering::SeqCst);
        Inside(self.clone())
    }

    fn now(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    fn max(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0[0].fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug)]
enum Odd {
    /// Occupy a thread of the pool.
    Block(Duration),
    /// Occupy a thread of the runtime, beside the handler, until this is true.
    Spin(Arc<AtomicBool>),
    /// Panic when the state is dropped.
    Rot,
    Done,
    /// Begin piped work when this incarnation is long gone.
    Outlive,
}

impl Message for Odd {
    fn kind(&self) -> &'static str {
        "odd"
    }
}

#[derive(Clone, Default)]
struct Traces {
    blocking: Gauge,
    piped: Gauge,
    /// At each start: work of the one before that was still under way.
    left: Arc<Mutex<Vec<usize>>>,
    done: Arc<AtomicUsize>,
    kept: Arc<Mutex<Option<Context<Odd>>>>,
}

struct Oddity {
    traces: Traces,
    is_rotten: bool,
}

impl Drop for Oddity {
    fn drop(&mut self) {
        assert!(!self.is_rotten, "rotten");
    }
}

impl Actor for Oddity {
    type Msg = Odd;
    type Args = Traces;

    async fn start(_: &Context<Odd>, traces: Traces) -> Result<Self, Failure> {
        traces.left.lock().push(traces.piped.now());
        Ok(Self { traces, is_rotten: false })
    }

    async fn handle(&mut self, ctx: &Context<Odd>, msg: Odd) -> Result<(), Failure> {
        match msg {
            Odd::Block(time) => {
                let gauge = self.traces.blocking.clone();
                let work = move || {
                    let _inside = gauge.enter();
                    std::thread::sleep(time);
                };
                ctx.blocking(work, |_| Odd::Done)?;
            }
            Odd::Spin(may_end) => {
                let gauge = self.traces.piped.clone();
                let work = async move {
                    let _inside = gauge.enter();
                    while !may_end.load(Ordering::SeqCst) {
                        std::thread::sleep(MILLI);
                    }
                    tokio::task::yield_now().await;
                };
                ctx.pipe(work, |()| Odd::Done)?;
            }
            Odd::Rot => self.is_rotten = true,
            Odd::Done => drop(self.traces.done.fetch_add(1, Ordering::SeqCst)),
            Odd::Outlive => drop(self.traces.kept.lock().replace(ctx.clone())),
        }
        Ok(())
    }
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(MILLI).await;
    }
}

async fn odd() -> (Runtime, Running, Address<Odd>, Traces) {
    let limits = RuntimeLimits { blocking_threads: 1, ..RuntimeLimits::default() };
    let runtime = Runtime::new(Clock::system(), limits);
    let address = runtime.address(id("odd"), Capacity::default());
    let traces = Traces::default();
    let children = vec![ChildSpec::worker::<Oddity>(child("odd"), &address, traces.clone())];
    let policy = policy(Strategy::OneForOne, 100);
    let mut running =
        runtime.start(SupervisorSpec { id: id("root"), policy, children }).await.unwrap();
    assert!(running.ready().await);
    (runtime, running, address, traces)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_stay_within_their_limit_also_when_their_actors_are_killed() {
    let (runtime, _running, address, traces) = odd().await;
    for _ in 0..5 {
        address.tell(Odd::Block(200 * MILLI)).unwrap();
        tokio::time::sleep(10 * MILLI).await;
        runtime.kill(&id("odd")).unwrap();
        tokio::time::sleep(30 * MILLI).await;
    }
    assert_eq!(traces.blocking.max(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn piped_work_is_gone_before_the_next_incarnation_starts() {
    let (runtime, _running, address, traces) = odd().await;
    for life in 1..=3 {
        let may_end = Arc::new(AtomicBool::new(false));
        address.tell(Odd::Spin(Arc::clone(&may_end))).unwrap();
        until(|| traces.piped.now() == 1).await;
        runtime.kill(&id("odd")).unwrap();
        // Time for a start that comes too soon.
        tokio::time::sleep(50 * MILLI).await;
        assert_eq!(traces.left.lock().len(), life);
        may_end.store(true, Ordering::SeqCst);
        until(|| traces.left.lock().len() == life + 1).await;
    }
    assert_eq!(*traces.left.lock(), [0, 0, 0, 0]);
    assert_eq!(traces.done.load(Ordering::SeqCst), 0, "what was cut short has no result");
}

#[tokio::test]
async fn a_context_that_is_kept_begins_nothing_after_its_incarnation() {
    let (runtime, _running, address, traces) = odd().await;
    address.tell(Odd::Outlive).unwrap();
    tokio::time::sleep(20 * MILLI).await;
    runtime.kill(&id("odd")).unwrap();
    tokio::time::sleep(50 * MILLI).await;
    let kept = traces.kept.lock().clone().unwrap();
    kept.pipe(async {}, |()| Odd::Done).unwrap();
    kept.wake_at(kept.now(), Odd::Done);
    tokio::time::sleep(50 * MILLI).await;
    assert_eq!((traces.left.lock().len(), traces.done.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn a_state_that_cannot_be_dropped_does_not_take_its_supervisor_along() {
    let (runtime, mut running, address, traces) = odd().await;
    for orderly in [false, true, false] {
        address.tell(Odd::Rot).unwrap();
        tokio::time::sleep(20 * MILLI).await;
        if orderly {
            runtime.restart(&id("odd")).unwrap();
        } else {
            runtime.kill(&id("odd")).unwrap();
        }
        tokio::time::sleep(100 * MILLI).await;
    }
    let early = tokio::time::timeout(MILLI, running.ended()).await;
    assert!(early.is_err(), "the tree goes on: {early:?}");
    assert_eq!(traces.left.lock().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_killed_supervisor_takes_along_children_that_have_not_started_yet() {
    let mut stage = Stage::new();
    let never = common::Args { starts_slowly: 1_000_000 * SECOND, ..stage.args() };
    let stuck = ChildSpec::worker::<common::State>(
        synod_supervision::core::ChildPolicy { start_timeout: 100_000 * SECOND, ..child("stuck") },
        &stage.runtime.address(id("stuck"), Capacity::default()),
        never,
    );
    let inner = vec![stage.puppet("a", 8), stuck];
    let spec =
        SupervisorSpec { id: id("below"), policy: policy(Strategy::OneForOne, 5), children: inner };
    let below =
        synod_supervision::core::ChildPolicy { start_timeout: 100_000 * SECOND, ..child("below") };
    let root = SupervisorSpec {
        id: id("root"),
        policy: policy(Strategy::OneForOne, 5),
        children: vec![ChildSpec::supervisor(below, spec)],
    };
    let _running = stage.runtime.start(root).await.unwrap();
    pass(SECOND).await;
    assert_eq!(stage.incarnations(), [1, 1]);
    stage.runtime.kill(&id("below")).unwrap();
    pass(10 * SECOND).await;
    assert_eq!(stage.incarnations(), [2, 2], "all of it has started anew");
}

#[tokio::test(start_paused = true)]
async fn results_and_alarms_of_one_incarnation_are_not_told_to_the_next() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 5);
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.diary.clear();
    let orders = [Puppet::Pipe(SECOND, 1), Puppet::Wake(SECOND, 2), Puppet::Block(3), Puppet::Hang];
    for order in orders {
        stage.puppets[0].tell(order).unwrap();
    }
    pass(2 * SECOND).await;
    stage.puppets[0].tell(Puppet::Note(4)).unwrap();
    let full = stage.puppets[0].tell(Puppet::Patient(5));
    assert!(full.is_ok() && stage.puppets[0].tell(Puppet::Note(6)).is_err());
    stage.runtime.kill(&id("p")).unwrap();
    pass(SECOND).await;
    assert_eq!(stage.diary.lines(), ["start p", "4", "5"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_its_actor_is_a_dead_letter() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind, dead[0].reason), ("fail", DeadReason::InHand));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_nobody_is_buried_also_when_it_comes_late() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    let mut running = stage.start(Strategy::OneForOne, vec![child]).await;
    let puppet = stage.puppets[0].clone();
    running.stop();
    running.ended().await;
    running.abandon();
    assert!(puppet.tell(Puppet::Note(1)).is_err());
    assert_eq!(stage.runtime.tree(&id("root")).children[0].node.mailbox_depth, 0);
}
