//! What a pool promises: no message waits for a busy worker while another is free, and a crash
//! loses the message in hand and no other.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::{Diary, child, id, pass, policy};
use synod_supervision::core::{
    ChildPolicy, InvalidSize, OnStuck, Restart, Strategy, Watch, WatchPolicy,
};
use synod_supervision::{
    Actor, Capacity, ChildSpec, Clock, Context, DeadReason, Failure, InvalidPool, Message,
    Overflow, Pool, PoolSpec, Reply, Role, Routing, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::time::Moment;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Job {
    Note(u64),
    /// Takes its time.
    Slow(u64, Duration),
    /// Begins work beside its handler; the result is noted by the same worker.
    Pipe(u64, Duration),
    /// Has a slow message of its own once it is told.
    Await(oneshot::Receiver<()>),
    Done(u64),
    Panic,
    Hang,
    Who(Reply<String>),
}

impl Message for Job {
    fn kind(&self) -> &'static str {
        "job"
    }

    fn overflow(&self) -> Overflow {
        if matches!(self, Self::Slow(..)) { Overflow::Wait } else { Overflow::Refuse }
    }
}

struct Worker(Diary);

impl Actor for Worker {
    type Msg = Job;
    type Args = Diary;

    async fn start(_: &Context<Job>, diary: Diary) -> Result<Self, Failure> {
        Ok(Self(diary))
    }

    async fn handle(&mut self, ctx: &Context<Job>, job: Job) -> Result<(), Failure> {
        let number = ctx.id().as_str().trim_start_matches("pool-").to_owned();
        match job {
            Job::Note(n) => self.0.note(format!("{number}: {n}")),
            Job::Slow(n, time) => {
                tokio::time::sleep(time).await;
                self.0.note(format!("{number}: {n}"));
            }
            Job::Pipe(n, time) => ctx.pipe(tokio::time::sleep(time), move |()| Job::Done(n))?,
            Job::Await(told) => ctx.pipe(told, |_| Job::Slow(7, 100 * SECOND))?,
            Job::Done(n) => self.0.note(format!("{number}: done {n}")),
            Job::Panic => panic!("told to"),
            Job::Hang => std::future::pending().await,
            Job::Who(reply) => reply.answer(number),
        }
        Ok(())
    }
}

struct Stage {
    runtime: Runtime,
    diary: Diary,
    pool: Pool<Job>,
    running: Option<Running>,
}

fn spec(workers: usize, workers_max: usize, routing: Routing<Job>) -> PoolSpec<Job> {
    let capacity = Capacity { control: 64, high: 64, normal: 1_024 };
    PoolSpec { workers, workers_max, routing, capacity }
}

impl Stage {
    fn new(spec: PoolSpec<Job>) -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let pool = runtime.pool(id("pool"), spec).unwrap();
        Self { runtime, diary: Diary::default(), pool, running: None }
    }

    async fn start(&mut self) {
        let above = policy(Strategy::OneForOne, 100);
        let below = ChildPolicy { restart: Restart::Permanent, ..child("worker") };
        let pool = ChildSpec::pool::<Worker>(&below, above, &self.pool, &self.diary);
        let root = SupervisorSpec { id: id("root"), policy: above, children: vec![pool] };
        let mut running = self.runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        self.running = Some(running);
        pass(SECOND).await;
    }

    async fn shared(workers: usize, workers_max: usize) -> Self {
        let mut stage = Self::new(spec(workers, workers_max, Routing::Shared));
        stage.start().await;
        stage
    }

    fn tell(&self, job: Job) {
        self.pool.address().tell(job).unwrap();
    }

    /// Who wrote, and the numbers each wrote, in order.
    fn written(&self) -> BTreeMap<String, Vec<u64>> {
        let mut written = BTreeMap::<String, Vec<u64>>::new();
        for line in self.diary.lines() {
            let (who, number) = line.split_once(": ").unwrap();
            written.entry(who.to_owned()).or_default().push(number.parse().unwrap());
        }
        written
    }

    fn all_written(&self) -> BTreeSet<u64> {
        self.written().into_values().flatten().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn no_message_waits_while_a_worker_is_free() {
    let stage = Stage::shared(4, 4).await;
    assert_eq!(stage.pool.resting(), Some(4));
    for n in 0..3 {
        stage.tell(Job::Slow(n, 100 * SECOND));
    }
    for n in 10..1_000 {
        stage.tell(Job::Note(n));
    }
    pass(SECOND).await;
    let written = stage.written();
    assert_eq!(written.len(), 1, "three are busy: {:?}", written.keys());
    assert_eq!(written.into_values().next().unwrap(), (10..1_000).collect::<Vec<_>>());
    assert_eq!(stage.pool.resting(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_stuck_worker_does_not_stop_the_pool() {
    let stage = Stage::shared(2, 2).await;
    stage.tell(Job::Hang);
    pass(SECOND).await;
    (0..100).for_each(|n| stage.tell(Job::Note(n)));
    pass(SECOND).await;
    assert_eq!(stage.all_written(), (0..100).collect());
}

#[tokio::test(start_paused = true)]
async fn a_stuck_worker_is_found_and_replaced() {
    let stage = Stage::shared(2, 2).await;
    let (stuck_after, on_stuck) = (8 * SECOND, OnStuck::Restart);
    for worker in ["pool-1", "pool-2"] {
        stage.runtime.watch_over(&id(worker), WatchPolicy { stuck_after, on_stuck }).unwrap();
    }
    let (runtime, mut watchdog) = (stage.runtime.clone(), JoinSet::new());
    watchdog.spawn(async move {
        let mut watch = Watch::new();
        loop {
            runtime.look(&mut watch);
            tokio::time::sleep(watch.pause()).await;
        }
    });
    (0..2).for_each(|_| stage.tell(Job::Hang));
    (0..10).for_each(|n| stage.tell(Job::Note(n)));
    pass(5 * SECOND).await;
    assert_eq!(stage.all_written().len(), 0, "both hang");
    pass(15 * SECOND).await;
    assert_eq!(stage.all_written(), (0..10).collect());
    assert_eq!(stage.pool.resting(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_crash_loses_the_message_in_hand_and_no_other() {
    let stage = Stage::shared(3, 3).await;
    for n in 0..1_000 {
        stage.tell(if n % 100 == 50 { Job::Panic } else { Job::Note(n) });
    }
    pass(60 * SECOND).await;
    assert_eq!(stage.all_written(), (0..1_000).filter(|n| n % 100 != 50).collect());
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.len(), 10);
    assert!(dead.iter().all(|letter| letter.reason == DeadReason::InHand));
    assert_eq!(stage.pool.resting(), Some(3), "all are back");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_killed_while_it_rests_is_not_counted_on() {
    let stage = Stage::shared(2, 2).await;
    // The one that rested last is called first: let it be the one that is gone.
    let last = stage.pool.address().call(SECOND, Job::Who).await.unwrap();
    pass(SECOND).await;
    stage.runtime.kill(&id(&format!("pool-{last}"))).unwrap();
    tokio::task::yield_now().await;
    let other = stage.pool.address().call(SECOND, Job::Who).await.unwrap();
    assert!(["1", "2"].contains(&other.as_str()));
    pass(60 * SECOND).await;
    assert_eq!(stage.pool.resting(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn results_come_back_to_the_worker_that_began_them_even_while_it_rests() {
    let stage = Stage::shared(3, 3).await;
    stage.tell(Job::Pipe(1, 5 * SECOND));
    pass(SECOND).await;
    assert_eq!(stage.pool.resting(), Some(3));
    pass(10 * SECOND).await;
    assert_eq!(stage.diary.lines(), ["3: done 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_called_for_the_pool_that_has_mail_of_its_own_sends_another() {
    let stage = Stage::shared(2, 2).await;
    let (begin, begun) = oneshot::channel();
    stage.tell(Job::Await(begun));
    pass(SECOND).await;
    assert_eq!(stage.pool.resting(), Some(2));
    // On one thread: the piped work ends before the worker that is called for the note wakes up.
    begin.send(()).unwrap();
    stage.tell(Job::Note(8));
    pass(SECOND).await;
    assert_eq!(stage.diary.lines(), ["1: 8"], "the other has it");
    pass(100 * SECOND).await;
    assert_eq!(stage.diary.lines(), ["1: 8", "2: 7"]);
}

#[tokio::test(start_paused = true)]
async fn messages_wait_for_the_first_worker_and_the_bound_holds() {
    let mut stage = Stage::new(spec(2, 2, Routing::Shared));
    (0..1_024).for_each(|n| stage.tell(Job::Note(n)));
    assert!(stage.pool.address().tell(Job::Note(9_999)).is_err(), "there is no more room");
    stage.start().await;
    assert_eq!(stage.all_written(), (0..1_024).collect());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_gets_it() {
    let mut stage = Stage::new(spec(2, 2, Routing::Shared));
    (0..1_024).for_each(|n| stage.tell(Job::Note(n)));
    let address = stage.pool.address().clone();
    let mut sent = JoinSet::new();
    sent.spawn(async move { address.send(Job::Slow(2_000, SECOND)).await.is_ok() });
    pass(SECOND).await;
    assert!(sent.try_join_next().is_none());
    stage.start().await;
    assert_eq!(sent.join_all().await, [true]);
    pass(2 * SECOND).await;
    assert!(stage.all_written().contains(&2_000));
}

#[tokio::test(start_paused = true)]
async fn a_pool_grows_and_shrinks_and_loses_nothing() {
    let stage = Stage::shared(1, 4).await;
    assert_eq!((stage.pool.size(), stage.pool.resting()), (1, Some(1)));
    (0..4).for_each(|n| stage.tell(Job::Slow(n, 10 * SECOND)));
    pass(11 * SECOND).await;
    assert_eq!(stage.all_written().len(), 1, "one works");

    stage.pool.resize(4).unwrap();
    pass(11 * SECOND).await;
    assert_eq!(stage.all_written().len(), 4, "all work");

    stage.pool.resize(2).unwrap();
    assert_eq!(stage.pool.resting(), Some(2));
    stage.diary.clear();
    (0..10).for_each(|n| stage.tell(Job::Slow(n, SECOND)));
    pass(20 * SECOND).await;
    assert_eq!(stage.all_written(), (0..10).collect());
    let who: Vec<String> = stage.written().into_keys().collect();
    assert_eq!(who, ["1", "2"]);

    let too_many = InvalidSize::TooMany { workers: 5, max: 4 };
    assert_eq!(stage.pool.resize(5), Err(too_many));
    assert_eq!(stage.pool.resize(0), Err(InvalidSize::None));
    assert_eq!(stage.pool.size(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_orderly_end_handles_what_was_accepted_and_takes_no_more() {
    let mut stage = Stage::shared(3, 3).await;
    (0..500).for_each(|n| stage.tell(Job::Note(n)));
    stage.running.as_ref().unwrap().stop();
    stage.running.as_mut().unwrap().ended().await;
    assert_eq!(stage.all_written(), (0..500).collect());
    assert!(stage.pool.address().tell(Job::Note(0)).is_err());
    assert_eq!(stage.runtime.dead_letters(), []);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_drained_leaves_the_pool_to_the_others() {
    let stage = Stage::shared(2, 2).await;
    stage.runtime.terminate_child(&id("pool-2")).await.unwrap();
    (0..100).for_each(|n| stage.tell(Job::Note(n)));
    pass(SECOND).await;
    assert_eq!(stage.written().into_keys().collect::<Vec<_>>(), ["1"]);
    assert_eq!(stage.all_written(), (0..100).collect());
    stage.runtime.terminate_child(&id("pool-1")).await.unwrap();
    assert!(stage.pool.address().tell(Job::Note(0)).is_err(), "nobody is left");
}

const fn key(job: &Job) -> u64 {
    match job {
        Job::Note(n) | Job::Slow(n, _) | Job::Pipe(n, _) | Job::Done(n) => *n % 100,
        Job::Await(_) | Job::Panic | Job::Hang | Job::Who(_) => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_worker_and_keeps_its_order_over_a_crash() {
    let mut stage = Stage::new(spec(4, 4, Routing::Keyed(key)));
    stage.start().await;
    for n in 0..2_000 {
        if n == 700 {
            stage.tell(Job::Panic);
        }
        stage.tell(Job::Note(n));
    }
    pass(60 * SECOND).await;
    assert_eq!(stage.all_written(), (0..2_000).collect());
    let written = stage.written();
    assert_eq!(written.len(), 4, "the keys are spread");
    let mut has = BTreeMap::new();
    for (who, numbers) in &written {
        for &n in numbers {
            assert_eq!(has.entry(n % 100).or_insert(who), &who, "one worker has the key of {n}");
        }
        for key in 0..100 {
            let of_key: Vec<u64> = numbers.iter().copied().filter(|n| n % 100 == key).collect();
            assert!(of_key.is_sorted(), "{of_key:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_worker_holds_up_its_own_keys_only() {
    let mut stage = Stage::new(spec(4, 4, Routing::Keyed(key)));
    stage.start().await;
    stage.tell(Job::Hang);
    let stuck = synod_supervision::core::worker_of(0, 4);
    let of_others = |n: &u64| synod_supervision::core::worker_of(*n, 4) != stuck;
    (0..100).for_each(|n| stage.tell(Job::Note(n)));
    pass(SECOND).await;
    assert_eq!(stage.all_written(), (0..100).filter(of_others).collect());
    assert_eq!(stage.pool.resize(2), Err(InvalidSize::Keyed));
}

#[tokio::test(start_paused = true)]
async fn the_tree_shows_a_pool_its_mail_and_its_workers() {
    let stage = Stage::shared(2, 3).await;
    (0..5).for_each(|n| stage.tell(Job::Slow(n, 10 * SECOND)));
    pass(SECOND).await;
    let tree = stage.runtime.tree(&id("root"));
    let pool = &tree.children[0];
    assert_eq!((pool.node.role, pool.node.mailbox_depth), (Role::Pool, 3));
    assert_eq!(pool.node.handled, 2, "in hand or done");
    let names: Vec<_> = pool.children.iter().map(|worker| worker.node.id.to_string()).collect();
    assert_eq!(names, ["pool-1", "pool-2", "pool-3"]);
}

#[tokio::test(start_paused = true)]
async fn pools_that_cannot_be_are_refused() {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let make = |name: &str, workers, max, routing| {
        runtime.pool(id(name), spec(workers, max, routing)).unwrap_err()
    };
    assert_eq!(make("p", 0, 1, Routing::Shared), InvalidPool::Size(InvalidSize::None));
    let keyed = make("p", 1, 2, Routing::Keyed(key));
    assert_eq!(keyed, InvalidPool::Size(InvalidSize::Keyed));
    let name = "a".repeat(64);
    assert!(matches!(make(&name, 1, 1, Routing::Shared), InvalidPool::Name(_)));
}

/// Hands over between threads: would hang, and time out, if a wake-up were lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_push_is_missed_by_workers_on_threads() {
    let mut stage = Stage::new(spec(3, 3, Routing::Shared));
    let above = policy(Strategy::OneForOne, 5);
    let pool = ChildSpec::pool::<Worker>(&child("worker"), above, &stage.pool, &stage.diary);
    let root = SupervisorSpec { id: id("root"), policy: above, children: vec![pool] };
    stage.running = Some(stage.runtime.start(root).await.unwrap());
    let mut askers = JoinSet::new();
    for _ in 0..4 {
        let address = stage.pool.address().clone();
        askers.spawn(async move {
            for _ in 0..5_000 {
                address.call(30 * SECOND, Job::Who).await.unwrap();
            }
        });
    }
    askers.join_all().await;
}
