//! What plain ractor does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, OutputPort, SpawnErr, SupervisionEvent,
};

enum Order {
    Count,
    Panic,
    Dwell(Duration),
}

/// Counts what it handles, and notes its orderly end.
#[derive(Clone, Default)]
struct Plain {
    name: &'static str,
    handled: Arc<AtomicU32>,
    ended: Arc<Mutex<Vec<&'static str>>>,
}

impl Actor for Plain {
    type Msg = Order;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Order>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Order>,
        order: Order,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Count => {
                self.handled.fetch_add(1, Ordering::Relaxed);
            }
            Order::Panic => panic!("told to"),
            Order::Dwell(time) => tokio::time::sleep(time).await,
        }
        Ok(())
    }

    async fn post_stop(&self, _: ActorRef<Order>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.ended.lock().push(self.name);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Order>,
        _: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

async fn spawned(actor: &Plain) -> ActorRef<Order> {
    Actor::spawn(None, actor.clone(), ()).await.unwrap().0
}

async fn below(parent: &ActorRef<Order>, actor: Plain) -> ActorRef<Order> {
    Actor::spawn_linked(None, actor, (), parent.get_cell()).await.unwrap().0
}

async fn pass() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_loses_what_was_accepted() {
    let plain = Plain::default();
    let actor = spawned(&plain).await;
    for n in 0..1_000 {
        let order = if n == 100 { Order::Panic } else { Order::Count };
        assert!(actor.cast(order).is_ok(), "all are accepted");
    }
    pass().await;
    let next = spawned(&plain).await;
    pass().await;
    assert_eq!(plain.handled.load(Ordering::Relaxed), 100, "900 accepted messages are lost");
    assert!(actor.cast(Order::Count).is_err(), "the reference died with the actor");
    next.stop(None);
}

#[tokio::test(start_paused = true)]
async fn a_stop_drops_the_queue() {
    let plain = Plain::default();
    let actor = spawned(&plain).await;
    for _ in 0..100 {
        actor.cast(Order::Count).unwrap();
    }
    actor.stop_and_wait(None, None).await.unwrap();
    assert_eq!(plain.handled.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn descendants_end_without_their_stop() {
    let ended = Arc::<Mutex<Vec<_>>>::default();
    let plain = |name| Plain { name, ended: Arc::clone(&ended), ..Plain::default() };
    let parent = spawned(&plain("parent")).await;
    below(&parent, plain("child")).await;
    parent.stop_and_wait(None, None).await.unwrap();
    pass().await;
    assert_eq!(*ended.lock(), ["parent"]);
}

#[tokio::test(start_paused = true)]
async fn children_stop_in_any_order() {
    let mut orders = BTreeSet::new();
    for _ in 0..20 {
        let ended = Arc::<Mutex<Vec<_>>>::default();
        let parent = spawned(&Plain::default()).await;
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            below(&parent, Plain { name, ended: Arc::clone(&ended), ..Plain::default() }).await;
        }
        pass().await;
        parent.get_cell().stop_children(None);
        pass().await;
        orders.insert(ended.lock().clone());
    }
    assert!(1 < orders.len(), "{orders:?}");
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_has_no_bound() {
    let plain = Plain::default();
    let actor = spawned(&plain).await;
    actor.cast(Order::Dwell(Duration::from_secs(10))).unwrap();
    for _ in 0..100_000 {
        actor.cast(Order::Count).unwrap();
    }
    actor.kill();
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_while_its_last_life_ends() {
    let name = || Some("taken-while-it-ends".to_owned());
    let (actor, _) = Actor::spawn(name(), Plain::default(), ()).await.unwrap();
    actor.cast(Order::Dwell(Duration::from_secs(5))).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    actor.stop(None);
    let next = Actor::spawn(name(), Plain::default(), ()).await;
    assert!(matches!(next, Err(SpawnErr::ActorAlreadyRegistered(_))));
}

/// What is published in a burst.
#[derive(Clone)]
struct News;

#[tokio::test(start_paused = true)]
async fn a_port_drops_in_silence() {
    let port = OutputPort::<News>::default();
    let plain = Plain::default();
    let actor = spawned(&plain).await;
    port.subscribe(actor.clone(), |News| Some(Order::Count));
    tokio::task::yield_now().await;
    for _ in 0..1_000 {
        port.send(News);
    }
    pass().await;
    assert!(plain.handled.load(Ordering::Relaxed) < 1_000, "and nobody was told");
}

#[test]
fn a_blocked_handler_outlives_its_kill() {
    struct Blocks(Arc<std::sync::Barrier>, Arc<std::sync::Barrier>);
    impl Actor for Blocks {
        type Msg = ();
        type State = ();
        type Arguments = ();
        async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }
        async fn handle(
            &self,
            _: ActorRef<()>,
            (): (),
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            self.0.wait();
            self.1.wait();
            Ok(())
        }
    }
    let (begun, may_end) =
        (Arc::new(std::sync::Barrier::new(2)), Arc::new(std::sync::Barrier::new(2)));
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let threads = threads.unwrap();
    let blocks = Blocks(Arc::clone(&begun), Arc::clone(&may_end));
    let (actor, handle) = threads.block_on(Actor::spawn(None, blocks, ())).unwrap();
    actor.cast(()).unwrap();
    begun.wait();
    actor.kill();
    let cell: ActorCell = actor.get_cell();
    assert!(!handle.is_finished(), "{:?}: it lives on while its thread is held", cell.get_status());
    may_end.wait();
    threads.block_on(handle).unwrap();
}
