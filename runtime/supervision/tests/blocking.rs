//! An actor that blocks holds up nobody but itself.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use common::{child, id, policy};
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Class, Clock, Context, Failure, Message, PoolSpec, Reply,
    Routing, Running, Runtime, RuntimeEvent, RuntimeLimits, SupervisorSpec,
};
use tokio::sync::{broadcast, oneshot};

/// Long enough for any machine: who waits this long waits for ever.
const FOR_EVER: Duration = Duration::from_secs(120);

enum Work {
    /// Says that it blocks, and does until it is told.
    Block(oneshot::Sender<()>, Receiver<()>),
    Meet(Arc<Barrier>, Reply<String>),
    Who(Reply<(String, u64)>),
    /// Work beside the handler, which is answered by a message.
    Pipe(Reply<String>),
    Piped(Reply<String>),
}

impl Message for Work {
    fn kind(&self) -> &'static str {
        "work"
    }
}

/// How many of an actor live, and the most there ever were at once.
#[derive(Clone, Default)]
struct Census(Arc<(AtomicUsize, AtomicUsize)>);

struct Blocker(Census);

impl Drop for Blocker {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

impl Actor for Blocker {
    type Msg = Work;
    type Args = Census;

    async fn start(_: &Context<Work>, census: Census) -> Result<Self, Failure> {
        let alive = census.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        census.0.1.fetch_max(alive, Ordering::SeqCst);
        Ok(Self(census))
    }

    async fn handle(&mut self, ctx: &Context<Work>, work: Work) -> Result<(), Failure> {
        match work {
            Work::Block(begun, until) => {
                begun.send(()).unwrap();
                until.recv_timeout(FOR_EVER).unwrap();
            }
            Work::Meet(barrier, reply) => {
                barrier.wait();
                reply.answer(thread());
            }
            Work::Who(reply) => reply.answer((thread(), ctx.incarnation().0)),
            Work::Pipe(reply) => ctx.pipe(async {}, move |()| Work::Piped(reply))?,
            Work::Piped(reply) => reply.answer(thread()),
        }
        Ok(())
    }
}

struct Stage {
    runtime: Runtime,
    blocker: Address<Work>,
    other: Address<Work>,
    census: Census,
    _running: Running,
}

async fn stage() -> Stage {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let address = |name| runtime.address(id(name), Capacity::default());
    let (blocker, other, census) = (address("blocker"), address("other"), Census::default());
    let children = vec![
        ChildSpec::worker::<Blocker>(child("blocker"), &blocker, census.clone())
            .of_class(Class::Blocking),
        ChildSpec::worker::<Blocker>(child("other"), &other, Census::default()),
    ];
    let root = SupervisorSpec { id: id("root"), policy: policy(Strategy::OneForOne, 5), children };
    let mut running = runtime.start(root).await.unwrap();
    assert!(running.ready().await);
    Stage { runtime, blocker, other, census, _running: running }
}

/// Blocks the blocker. It goes on once something is sent to what is returned, or that is dropped.
async fn block(stage: &Stage) -> std::sync::mpsc::SyncSender<()> {
    let (go_on, until) = std::sync::mpsc::sync_channel(1);
    let (begun, has_begun) = oneshot::channel();
    assert!(stage.blocker.tell(Work::Block(begun, until)).is_ok());
    has_begun.await.unwrap();
    go_on
}

#[tokio::test]
async fn who_blocks_holds_up_nobody_else() {
    // All that is not of the class `blocking` runs on the one thread of this test.
    let stage = stage().await;
    let go_on = block(&stage).await;
    let waiting = stage.blocker.request(Work::Who).await.unwrap();
    for _ in 0..100 {
        let (other, _) = stage.other.call(FOR_EVER, Work::Who).await.unwrap();
        assert_eq!(other, thread());
    }
    go_on.send(()).unwrap();
    let own = waiting.within(FOR_EVER).await.unwrap();
    assert_eq!(own, ("actor-blocker".to_owned(), 1));
    let piped = stage.blocker.call(FOR_EVER, Work::Pipe).await.unwrap();
    assert_eq!(piped, "actor-blocker");
}

#[tokio::test]
async fn who_is_killed_while_it_blocks_is_replaced_once_it_is_gone_and_never_beside() {
    let stage = stage().await;
    let mut events = stage.runtime.watch();
    let go_on = block(&stage).await;
    stage.runtime.kill(&id("blocker")).unwrap();
    let waiting = stage.blocker.request(Work::Who).await.unwrap();
    // The supervisor and the others go on meanwhile.
    stage.runtime.restart(&id("other")).unwrap();
    is_back(&mut events, "other").await;
    assert_eq!(stage.other.call(FOR_EVER, Work::Who).await.unwrap().1, 2);
    assert_eq!(stage.census.0.0.load(Ordering::SeqCst), 1);
    go_on.send(()).unwrap();
    assert!(waiting.within(FOR_EVER).await.is_ok(), "what waited is not lost");
    is_back(&mut events, "blocker").await;
    let next = stage.blocker.call(FOR_EVER, Work::Who).await.unwrap();
    assert_eq!(next, ("actor-blocker".to_owned(), 2));
    assert_eq!(stage.census.0.1.load(Ordering::SeqCst), 1, "never two at once");
}

async fn is_back(events: &mut broadcast::Receiver<RuntimeEvent>, name: &str) {
    loop {
        match events.recv().await.unwrap() {
            RuntimeEvent::Restarted { actor, .. } if actor == id(name) => return,
            _ => (),
        }
    }
}

#[tokio::test]
async fn each_worker_of_a_blocking_pool_has_a_thread() {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let (routing, capacity) = (Routing::Shared, Capacity::default());
    let spec = PoolSpec { workers: 3, workers_max: 3, routing, capacity };
    let pool = runtime.pool(id("pool"), spec).unwrap();
    let above = policy(Strategy::OneForOne, 5);
    let workers = ChildSpec::pool::<Blocker>(&child("worker"), above, &pool, &Census::default());
    let children = vec![workers.of_class(Class::Blocking)];
    let root = SupervisorSpec { id: id("root"), policy: above, children };
    let mut running = runtime.start(root).await.unwrap();
    assert!(running.ready().await);

    let barrier = Arc::new(Barrier::new(3));
    let (mut met, mut names) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let barrier = Arc::clone(&barrier);
        let met_one = pool.address().request(|reply| Work::Meet(barrier, reply)).await.unwrap();
        met.push(met_one);
    }
    // None is answered before all three block at once.
    for one in met {
        names.push(one.within(FOR_EVER).await.unwrap());
    }
    names.sort();
    assert_eq!(names, ["actor-pool-1", "actor-pool-2", "actor-pool-3"]);
    running.stop();
    running.ended().await;
}
