//! Actors that do nothing: what it takes to have them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;

use actix::Actor as _;
use kameo::actor::{ActorRef, Spawn};
use synod_benches::{
    ActixSystem, Contender, Options, Table, Threads, address, allocated, child_policy, runtime,
    tree,
};
use synod_supervision::{Actor, ChildSpec, Context, Failure, Message, Running};

/// Children of one supervisor.
const CHILDREN: u64 = 100;

struct Nothing;

impl Message for Nothing {
    fn kind(&self) -> &'static str {
        "nothing"
    }
}

struct Idle;

impl Actor for Idle {
    type Msg = Nothing;
    type Args = ();

    async fn start(_: &Context<Nothing>, (): ()) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn handle(&mut self, _: &Context<Nothing>, _: Nothing) -> Result<(), Failure> {
        Ok(())
    }
}

struct Plain;

impl ractor::Actor for Plain {
    type Msg = Nothing;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ractor::ActorRef<Nothing>,
        (): (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        Ok(())
    }
}

impl kameo::Actor for Idle {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl actix::Actor for Idle {
    type Context = actix::Context<Self>;
}

async fn ours() -> Running {
    let runtime = runtime();
    let child = |n: u64| {
        let name = format!("idle-{n}");
        let address = address::<Nothing>(&runtime, &name);
        ChildSpec::worker::<Idle>(child_policy(&name), &address, ())
    };
    tree(&runtime, (0..CHILDREN).map(child).collect()).await
}

async fn plain() -> Vec<ractor::ActorRef<Nothing>> {
    let (parent, _) = ractor::Actor::spawn(None, Plain, ()).await.unwrap();
    let mut actors = Vec::new();
    for _ in 0..CHILDREN {
        let cell = parent.get_cell();
        actors.push(ractor::Actor::spawn_linked(None, Plain, (), cell).await.unwrap().0);
    }
    actors.push(parent);
    actors
}

async fn raw() -> Vec<tokio::sync::mpsc::Sender<Nothing>> {
    let mut tasks = tokio::task::JoinSet::new();
    let mut senders = Vec::new();
    for _ in 0..CHILDREN {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
        tasks.spawn(async move { while receiver.recv().await.is_some() {} });
        senders.push(sender);
    }
    tasks.detach_all();
    tokio::task::yield_now().await;
    senders
}

async fn kameo() -> Vec<ActorRef<Idle>> {
    let parent = <Idle as Spawn>::spawn(());
    let mut actors = Vec::new();
    for _ in 0..CHILDREN {
        actors.push(Idle::supervise(&parent, ()).spawn().await);
    }
    actors.push(parent);
    actors
}

async fn actix() -> Vec<actix::Addr<Idle>> {
    let actors = (0..CHILDREN).map(|_| Idle.start()).collect();
    tokio::task::yield_now().await;
    actors
}

fn actix_contender() -> Contender<'static> {
    Contender::new("actix", move |count| {
        for _ in 0..count / CHILDREN {
            drop(ActixSystem::new(Threads::One).block_on(actix()));
        }
    })
}

fn contender<T, F: Future<Output = T> + 'static>(
    name: &str,
    spawn: fn() -> F,
) -> Contender<'static> {
    Contender::new(name, move |count| {
        for _ in 0..count / CHILDREN {
            // With its end, so that nothing piles up.
            let tokio = Threads::One.tokio();
            drop(tokio.block_on(spawn()));
        }
    })
}

fn bytes<T, F: Future<Output = T>>(spawn: fn() -> F) -> usize {
    let tokio = Threads::One.tokio();
    let (_, before) = allocated();
    let spawned = tokio.block_on(spawn());
    let (_, after) = allocated();
    drop(spawned);
    after.saturating_sub(before) / CHILDREN as usize
}

fn main() {
    let options = Options::read();
    let is_alone = options.only.is_some();
    let table = Table::new("Spawn and end, 100 below one supervisor", options);
    table.race("one thread", 10 * CHILDREN, || {
        vec![
            contender("synod", ours),
            contender("ractor", plain),
            contender("tokio", raw),
            contender("kameo", kameo),
            actix_contender(),
        ]
    });
    if is_alone {
        return;
    }
    table.line("\n| bytes for an idle actor | |\n|---|---|");
    let system = ActixSystem::new(Threads::One);
    let (_, before) = allocated();
    let actors = system.block_on(actix());
    let of_actix = allocated().1.saturating_sub(before) / CHILDREN as usize;
    drop((actors, system));
    let all = [
        ("synod", bytes(ours)),
        ("ractor", bytes(plain)),
        ("tokio", bytes(raw)),
        ("kameo", bytes(kameo)),
        ("actix", of_actix),
    ];
    for (name, bytes) in all {
        table.line(&format!("| {name} | {bytes} |"));
    }
}
