//! Pools, shards and supervisors with a life that was fenced.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use synod_supervision::core::{ChildPolicy, Restart, Strategy};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Class, Clock, Context, Entity, Failure, Keep, Message,
    PoolSpec, Reply, Routing, Running, Runtime, RuntimeEvent, RuntimeLimits, ShardsSpec, Step,
    SupervisorSpec,
};
use synod_types::time::Moment;
use tokio::sync::{broadcast, mpsc};

use crate::common::{child, id, policy};
use crate::world::{Args, FOR_EVER, Holder, Seen, Told, World, fenced};

fn runtime() -> (Runtime, broadcast::Receiver<RuntimeEvent>) {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let events = runtime.watch();
    (runtime, events)
}

async fn start(runtime: &Runtime, children: Vec<ChildSpec>) -> Running {
    let root = SupervisorSpec { id: id("root"), policy: policy(Strategy::OneForOne, 50), children };
    let mut running = runtime.start(root).await.unwrap();
    assert!(running.ready().await);
    running
}

async fn until(
    events: &mut broadcast::Receiver<RuntimeEvent>,
    is_it: impl Fn(&RuntimeEvent) -> bool,
) {
    while !is_it(&tokio::time::timeout(FOR_EVER, events.recv()).await.unwrap().unwrap()) {}
}

async fn saw(sees: &mut mpsc::Receiver<Seen>, wanted: &Seen) {
    while tokio::time::timeout(FOR_EVER, sees.recv()).await.unwrap().unwrap() != *wanted {}
}

#[tokio::test]
async fn a_pool_has_all_its_workers_beside_one_that_is_fenced() {
    let (runtime, mut events) = runtime();
    let (world, mut sees) = World::new();
    let (routing, capacity) = (Routing::Shared, Capacity::default());
    let spec = PoolSpec { workers: 2, workers_max: 2, routing, capacity };
    let pool = runtime.pool(id("p"), spec).unwrap();
    let other = runtime.unlisted_address(id("nobody"), capacity);
    let args = Args { world: Arc::clone(&world), other };
    let above = policy(Strategy::OneForOne, 50);
    let workers = ChildSpec::pool::<Holder<false>>(&fenced("worker", 2), above, &pool, &args);
    let running = start(&runtime, vec![workers.of_class(Class::Blocking)]).await;

    world.hold_lives_up_to(1);
    pool.address().tell(Told::Hold(None)).unwrap();
    saw(&mut sees, &Seen::Holds(1)).await;
    runtime.kill(&id("p-1")).unwrap();
    runtime.kill(&id("p-2")).unwrap();
    until(&mut events, |event| matches!(event, RuntimeEvent::Fenced { .. })).await;
    let meet = async || {
        let barrier = Arc::new(Barrier::new(2));
        let mut met = Vec::new();
        for _ in 0..2 {
            let barrier = Arc::clone(&barrier);
            met.push(pool.address().request(|reply| Told::Meet(barrier, reply)).await.unwrap());
        }
        for one in met {
            assert_eq!(one.within(FOR_EVER).await, Ok(2));
        }
    };
    for _ in 0..20 {
        meet().await;
    }
    world.release(1);
    until(&mut events, |event| matches!(event, RuntimeEvent::FenceOver { .. })).await;
    // It has woken nobody wrongly, and nobody sleeps for it.
    for _ in 0..50 {
        meet().await;
    }
    assert_eq!(pool.address().id(), &id("p"));
    running.stop();
}

/// Keeps rows for whoever asks by message, and remembers what was written.
struct Keeper {
    rows: std::collections::BTreeMap<u64, u64>,
    written: mpsc::Sender<u64>,
}

enum Row {
    Get(u64, Reply<u64>),
    Put(u64, u64, Reply<()>),
}

impl Message for Row {
    fn kind(&self) -> &'static str {
        if matches!(self, Self::Get(..)) { "get" } else { "put" }
    }
}

impl Actor for Keeper {
    type Msg = Row;
    type Args = mpsc::Sender<u64>;

    async fn start(_: &Context<Row>, written: Self::Args) -> Result<Self, Failure> {
        Ok(Self { rows: std::collections::BTreeMap::new(), written })
    }

    async fn handle(&mut self, _: &Context<Row>, row: Row) -> Result<(), Failure> {
        match row {
            Row::Get(key, reply) => reply.answer(self.rows.get(&key).copied().unwrap_or(0)),
            Row::Put(key, coins, reply) => {
                self.rows.insert(key, coins);
                self.written.try_send(coins)?;
                reply.answer(());
            }
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Rows {
    keeper: Address<Row>,
    world: Arc<World>,
}

/// A count of coins that is saved by message.
struct Purse {
    coins: u64,
    world: Arc<World>,
}

enum PurseMsg {
    Put(u64, Reply<u64>),
    /// A coin, but only after the thread has been held.
    PutSlowly(u64, Reply<u64>),
}

impl Message for PurseMsg {
    fn kind(&self) -> &'static str {
        if matches!(self, Self::Put(..)) { "put" } else { "put_slowly" }
    }
}

impl Entity for Purse {
    const IS_EXCLUSIVE: bool = false;
    type Key = u64;
    type Msg = PurseMsg;
    type Rows = Rows;

    fn key(msg: &PurseMsg) -> &u64 {
        let (PurseMsg::Put(key, _) | PurseMsg::PutSlowly(key, _)) = msg;
        key
    }

    async fn load(rows: &Rows, key: &u64) -> Result<Self, Failure> {
        let coins = rows.keeper.call(FOR_EVER, |reply| Row::Get(*key, reply)).await?;
        Ok(Self { coins, world: Arc::clone(&rows.world) })
    }

    async fn save(&mut self, rows: &Rows, key: &u64) -> Result<(), Failure> {
        let coins = self.coins;
        Ok(rows.keeper.call(FOR_EVER, |reply| Row::Put(*key, coins, reply)).await?)
    }

    fn handle(&mut self, _: Moment, msg: PurseMsg) -> Step {
        let reply = match msg {
            PurseMsg::Put(_, reply) => reply,
            PurseMsg::PutSlowly(_, reply) => {
                self.world.hold(1);
                reply
            }
        };
        self.coins += 1;
        let coins = self.coins;
        Step::tell(Keep::Now, move || reply.answer(coins))
    }
}

#[tokio::test]
async fn a_fenced_shard_overwrites_nothing_that_its_successor_saved() {
    let (runtime, mut events) = runtime();
    let (world, mut sees) = World::new();
    let (written, mut writes) = mpsc::channel(1_024);
    let keeper = runtime.address(id("keeper"), Capacity::default());
    let rows = Rows { keeper: keeper.clone(), world: Arc::clone(&world) };
    let spec = ShardsSpec {
        shards: 1,
        live_max: 8,
        idle_after: Duration::from_secs(600),
        capacity: Capacity::default(),
    };
    let shards = runtime.shards::<Purse>(id("purses"), spec, rows).unwrap();
    let above = policy(Strategy::OneForOne, 50);
    let children = vec![
        ChildSpec::worker::<Keeper>(child("keeper"), &keeper, written),
        ChildSpec::shards::<Purse>(&fenced("shard", 2), above, &shards).of_class(Class::Blocking),
    ];
    let _running = start(&runtime, children).await;
    let purses = shards.outlet();

    world.hold_lives_up_to(1);
    let slow = purses.request(|reply| PurseMsg::PutSlowly(7, reply)).await.unwrap();
    saw(&mut sees, &Seen::Holds(1)).await;
    runtime.kill(&id("purses-1")).unwrap();
    for coins in 1..=3 {
        let put = purses.call(FOR_EVER, |reply| PurseMsg::Put(7, reply)).await;
        assert_eq!(put, Ok(coins));
    }
    world.release(1);
    assert!(slow.within(FOR_EVER).await.is_err(), "nothing was saved, so nothing is said");
    until(&mut events, |event| matches!(event, RuntimeEvent::FenceOver { .. })).await;
    let put = purses.call(FOR_EVER, |reply| PurseMsg::Put(7, reply)).await;
    assert_eq!(put, Ok(4));
    let all: Vec<u64> = std::iter::from_fn(|| writes.try_recv().ok()).collect();
    assert_eq!(all, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_supervisor_is_restarted_beside_fenced_lives_and_knows_of_them() {
    let (runtime, mut events) = runtime();
    let (world, mut sees) = World::new();
    let holder = runtime.address(id("h"), Capacity::default());
    let other = runtime.unlisted_address(id("nobody"), Capacity::default());
    let args = Args { world: Arc::clone(&world), other };
    let below = ChildPolicy { stop_timeout: FOR_EVER, ..fenced("h", 1) };
    let children =
        vec![ChildSpec::worker::<Holder<false>>(below, &holder, args).of_class(Class::Blocking)];
    let spec = SupervisorSpec { id: id("s"), policy: policy(Strategy::OneForOne, 50), children };
    let above = ChildPolicy { restart: Restart::Permanent, ..child("s") };
    let _running = start(&runtime, vec![ChildSpec::supervisor(above, spec)]).await;
    let who = async || holder.call(FOR_EVER, Told::Who).await;

    world.hold_lives_up_to(1);
    holder.tell(Told::Hold(None)).unwrap();
    saw(&mut sees, &Seen::Holds(1)).await;
    runtime.kill(&id("h")).unwrap();
    assert_eq!(who().await, Ok(2));
    runtime.restart(&id("s")).unwrap();
    until(
        &mut events,
        |event| matches!(event, RuntimeEvent::Restarted { actor, .. } if *actor == id("s")),
    )
    .await;
    assert_eq!(who().await, Ok(3));
    // The one fenced life that it may have is still there: this one has to wait.
    world.hold_lives_up_to(3);
    holder.tell(Told::Hold(None)).unwrap();
    saw(&mut sees, &Seen::Holds(3)).await;
    runtime.kill(&id("h")).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(runtime.tree(&id("s")).children[0].node.incarnation.0, 3);
    world.release(1);
    assert_eq!(who().await, Ok(4));
    world.release(3);
    until(&mut events, |event| matches!(event, RuntimeEvent::FenceOver { running: 0, .. })).await;
}
