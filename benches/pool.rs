//! One job, handled by one of four workers.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ractor::factory::{
    self, DiscardSettings, Factory, FactoryArguments, FactoryMessage, FactoryRef, Job, Worker,
    WorkerId, queues, routing, worker_builder,
};
use synod_benches::{
    Contender, Note, Noted, Options, Table, Threads, Tick, Window, child_policy, driven,
    one_for_one, runtime, tree,
};
use synod_supervision::{Capacity, ChildSpec, PoolSpec, Routing};
use synod_types::actor::ActorId;
use tokio::sync::Notify;

const WORKERS: usize = 4;

struct Theirs(Window);

impl Worker for Theirs {
    type Key = u64;
    type Message = Note;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: WorkerId,
        _: &FactoryRef<u64, Note>,
        (): (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: WorkerId,
        _: &FactoryRef<u64, Note>,
        job: Job<u64, Note>,
        (): &mut (),
    ) -> Result<u64, ractor::ActorProcessingErr> {
        self.0.handle(&job.msg.0);
        Ok(job.key)
    }
}

fn ours<'a>(name: &str, routing: Routing<Note>, threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let (runtime, capacity) = (runtime(), Capacity::default());
    let spec = PoolSpec { workers: WORKERS, workers_max: WORKERS, routing, capacity };
    let pool = runtime.pool(ActorId::new("pool").unwrap(), spec).unwrap();
    let child = ChildSpec::pool::<Noted>(&child_policy("worker"), one_for_one(), &pool, &window);
    let running = tokio.block_on(tree(&runtime, vec![child]));
    driven(name, tokio, window, move |tick| {
        let _running = &running;
        assert!(pool.address().tell(Note(tick)).is_ok());
    })
}

fn factory<'a>(name: &str, is_keyed: bool, threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let own = window.clone();
    let builder = worker_builder(move |_| (Theirs(own.clone()), ()));
    let actor = tokio.block_on(async move {
        if is_keyed {
            spawn(routing::KeyPersistentRouting::default(), Box::new(builder)).await
        } else {
            spawn(routing::QueuerRouting::default(), Box::new(builder)).await
        }
    });
    driven(name, tokio, window, move |tick: Tick| {
        let job = Job::new(tick.number, Note(tick));
        assert!(actor.cast(FactoryMessage::Dispatch(job)).is_ok());
    })
}

type Builder = Box<dyn factory::WorkerBuilder<Theirs, ()>>;

async fn spawn<R: routing::Router<u64, Note>>(
    router: R,
    builder: Builder,
) -> FactoryRef<u64, Note> {
    let made = Factory::<u64, Note, (), Theirs, R, queues::DefaultQueue<u64, Note>>::default();
    let args = FactoryArguments::builder()
        .worker_builder(builder)
        .num_initial_workers(WORKERS)
        .router(router)
        .queue(queues::DefaultQueue::default())
        .discard_settings(DiscardSettings::None)
        .build();
    ractor::Actor::spawn(None, made, args).await.unwrap().0
}

/// Tasks around one queue: no supervision, no restart, no lanes.
fn raw<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let queue = Arc::new((Mutex::new(VecDeque::with_capacity(1_024)), Notify::new()));
    for _ in 0..WORKERS {
        let (queue, own) = (Arc::clone(&queue), window.clone());
        tokio.spawn(async move {
            loop {
                let taken = queue.0.lock().unwrap().pop_front();
                match taken {
                    Some(Note(tick)) => own.handle(&tick),
                    None => queue.1.notified().await,
                }
                tokio::task::coop::consume_budget().await;
            }
        });
    }
    driven("tokio", tokio, window, move |tick| {
        let mut notes = queue.0.lock().unwrap();
        assert!(notes.len() < 1_024);
        notes.push_back(Note(tick));
        drop(notes);
        queue.1.notify_one();
    })
}

fn main() {
    let table = Table::new("Pool of four, a job", Options::read());
    for threads in [Threads::One, Threads::Two] {
        for (what, burst, count) in [("in bursts", 256, 25_600), ("one by one", 1, 5_000)] {
            let group = format!("{what}, {}", threads.name());
            let by_number = Routing::Keyed(|note: &Note| note.0.number);
            table.race(&group, count, || {
                vec![
                    ours("synod, shared", Routing::Shared, threads, burst),
                    factory("Factory, queuer", false, threads, burst),
                    ours("synod, keyed", by_number, threads, burst),
                    factory("Factory, key-persistent", true, threads, burst),
                    raw(threads, burst),
                ]
            });
        }
    }
}
