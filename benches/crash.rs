//! An actor panics; how long until its next incarnation has answered?
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::time::Duration;

use kameo::actor::Spawn;
use ractor::{ActorProcessingErr, ActorRef, SupervisionEvent};
use synod_benches::{Contender, One, Options, Table, Threads};
use synod_supervision::{Actor, Context, Failure, Message, Reply};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(60);

enum Msg {
    Panic,
    Ask(Reply<u64>),
}

impl Message for Msg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Ask(_) => "ask",
        }
    }
}

struct Ours;

impl Actor for Ours {
    type Msg = Msg;
    type Args = ();

    async fn start(_: &Context<Msg>, (): ()) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn handle(&mut self, ctx: &Context<Msg>, msg: Msg) -> Result<(), Failure> {
        match msg {
            Msg::Panic => panic!("told to"),
            Msg::Ask(reply) => reply.answer(ctx.incarnation().0),
        }
        Ok(())
    }
}

enum PlainMsg {
    Panic,
    Ask(ractor::RpcReplyPort<u64>),
}

struct Plain;

impl ractor::Actor for Plain {
    type Msg = PlainMsg;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<PlainMsg>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<PlainMsg>,
        msg: PlainMsg,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match msg {
            PlainMsg::Panic => panic!("told to"),
            PlainMsg::Ask(reply) => Ok(reply.send(1)?),
        }
    }
}

/// A supervisor as one writes it by hand: it starts a child that failed again and says where it
/// is now.
struct Respawns(watch::Sender<Option<ActorRef<PlainMsg>>>);

impl ractor::Actor for Respawns {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        self.respawn(&myself).await
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(..) => self.respawn(&myself).await,
            _ => Ok(()),
        }
    }
}

impl Respawns {
    async fn respawn(&self, myself: &ActorRef<()>) -> Result<(), ActorProcessingErr> {
        let spawned = ractor::Actor::spawn_linked(None, Plain, (), myself.get_cell()).await?;
        self.0.send_replace(Some(spawned.0));
        Ok(())
    }
}

struct KameoPanic;
struct KameoAsk;
struct KameoParent;
struct KameoChild;

impl kameo::Actor for KameoParent {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: kameo::actor::ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl kameo::Actor for KameoChild {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: kameo::actor::ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl kameo::message::Message<KameoPanic> for KameoChild {
    type Reply = ();

    async fn handle(&mut self, _: KameoPanic, _: &mut kameo::message::Context<Self, ()>) {
        panic!("told to");
    }
}

impl kameo::message::Message<KameoAsk> for KameoChild {
    type Reply = u64;

    async fn handle(&mut self, _: KameoAsk, _: &mut kameo::message::Context<Self, u64>) -> u64 {
        1
    }
}

fn ours<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let one = tokio.block_on(One::<Ours>::start(()));
    Contender::new("synod", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                assert!(one.address.tell(Msg::Panic).is_ok());
                one.address.call(PATIENCE, Msg::Ask).await.unwrap();
            }
        });
    })
}

fn plain<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (tell, mut current) = watch::channel(None);
    tokio.block_on(ractor::Actor::spawn(None, Respawns(tell), ())).unwrap();
    Contender::new("ractor, respawned by hand", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                let actor = current.borrow_and_update().clone().unwrap();
                actor.cast(PlainMsg::Panic).unwrap();
                current.changed().await.unwrap();
                let actor = current.borrow_and_update().clone().unwrap();
                actor.call(PlainMsg::Ask, Some(PATIENCE)).await.unwrap().unwrap();
            }
        });
    })
}

/// Asks until it is answered: what was sent before the restart may be lost.
fn kameo<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (parent, child) = tokio.block_on(async {
        let parent = KameoParent::spawn(());
        let child = KameoChild::supervise(&parent, ());
        let child = child.restart_limit(u32::MAX, Duration::from_millis(1)).spawn().await;
        (parent, child)
    });
    Contender::new("kameo, supervised", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                child.tell(KameoPanic).await.unwrap();
                while child.ask(KameoAsk).reply_timeout(PATIENCE).send().await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        });
        assert!(parent.is_alive());
    })
}

fn main() {
    // What a panic prints is not what is measured.
    std::panic::set_hook(Box::new(|_| ()));
    let table = Table::new("Panic to serving again", Options::read());
    for threads in [Threads::One, Threads::Two] {
        table.race(threads.name(), 500, || vec![ours(threads), plain(threads), kameo(threads)]);
    }
}
