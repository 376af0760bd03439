//! One question, answered: put from outside, and by an actor in its handler. That one takes no
//! message until it has the answer, so ours waits with an edge that others can see, and no longer
//! than who asked it does.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::time::Duration;

use actix::{ActorFutureExt as _, WrapFuture as _};
use kameo::actor::{ActorRef, Spawn};
use synod_benches::{
    ActixSystem, Contender, One, Options, Table, Threads, address, child_policy, runtime, tree,
};
use synod_supervision::{Actor, Address, ChildSpec, Context, Failure, Message, Reply};

const PATIENCE: Duration = Duration::from_secs(60);

struct Ask(Reply<u64>);

impl Message for Ask {
    fn kind(&self) -> &'static str {
        "ask"
    }
}

struct Ours(u64);

impl Actor for Ours {
    type Msg = Ask;
    type Args = ();

    async fn start(_: &Context<Ask>, (): ()) -> Result<Self, Failure> {
        Ok(Self(0))
    }

    async fn handle(&mut self, _: &Context<Ask>, Ask(reply): Ask) -> Result<(), Failure> {
        self.0 += 1;
        reply.answer(self.0);
        Ok(())
    }
}

struct Plain;

struct PlainAsk(ractor::RpcReplyPort<u64>);

impl ractor::Actor for Plain {
    type Msg = PlainAsk;
    type State = u64;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ractor::ActorRef<PlainAsk>,
        (): (),
    ) -> Result<u64, ractor::ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ractor::ActorRef<PlainAsk>,
        PlainAsk(reply): PlainAsk,
        asked: &mut u64,
    ) -> Result<(), ractor::ActorProcessingErr> {
        *asked += 1;
        reply.send(*asked)?;
        Ok(())
    }
}

struct AskRival;

struct Kameo(u64);

impl kameo::Actor for Kameo {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(0))
    }
}

impl kameo::message::Message<AskRival> for Kameo {
    type Reply = u64;

    async fn handle(&mut self, _: AskRival, _: &mut kameo::message::Context<Self, u64>) -> u64 {
        self.0 += 1;
        self.0
    }
}

struct Actix(u64);

impl actix::Actor for Actix {
    type Context = actix::Context<Self>;
}

impl actix::Message for AskRival {
    type Result = u64;
}

impl actix::Handler<AskRival> for Actix {
    type Result = u64;

    fn handle(&mut self, _: AskRival, _: &mut Self::Context) -> u64 {
        self.0 += 1;
        self.0
    }
}

fn ours<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let one = tokio.block_on(One::<Ours>::start(()));
    Contender::new("synod", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                one.address.call(PATIENCE, Ask).await.unwrap();
            }
        });
    })
}

fn plain<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (actor, _) = tokio.block_on(ractor::Actor::spawn(None, Plain, ())).unwrap();
    Contender::new("ractor", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                actor.call(PlainAsk, Some(PATIENCE)).await.unwrap().unwrap();
            }
        });
    })
}

fn raw<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
    tokio.spawn(async move {
        let mut asked = 0_u64;
        while let Some(reply) = receiver.recv().await {
            asked += 1;
            let reply: tokio::sync::oneshot::Sender<u64> = reply;
            reply.send(asked).unwrap();
        }
    });
    Contender::new("tokio", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                let (reply, answer) = tokio::sync::oneshot::channel();
                sender.send(reply).await.unwrap();
                tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap();
            }
        });
    })
}

fn kameo<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let actor = tokio.block_on(async { Kameo::spawn(()) });
    Contender::new("kameo", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                actor.ask(AskRival).reply_timeout(PATIENCE).send().await.unwrap();
            }
        });
    })
}

fn actix<'a>(threads: Threads) -> Contender<'a> {
    let system = ActixSystem::new(threads);
    let actor = system.start(Actix(0));
    Contender::new("actix", move |count| {
        system.block_on(async {
            for _ in 0..count {
                actor.send(AskRival).timeout(PATIENCE).await.unwrap();
            }
        });
    })
}

/// Asks so often, one question after another.
struct Go(u64);

struct OursGo(u64, Reply<()>);

impl Message for OursGo {
    fn kind(&self) -> &'static str {
        "go"
    }
}

struct OursAsks(Address<Ask>);

impl Actor for OursAsks {
    type Msg = OursGo;
    type Args = Address<Ask>;

    async fn start(_: &Context<OursGo>, asked: Address<Ask>) -> Result<Self, Failure> {
        Ok(Self(asked))
    }

    async fn handle(&mut self, _: &Context<OursGo>, go: OursGo) -> Result<(), Failure> {
        let OursGo(count, reply) = go;
        for _ in 0..count {
            self.0.call(PATIENCE, Ask).await?;
        }
        reply.answer(());
        Ok(())
    }
}

struct PlainAsks(ractor::ActorRef<PlainAsk>);

struct PlainGo(u64, ractor::RpcReplyPort<()>);

impl ractor::Actor for PlainAsks {
    type Msg = PlainGo;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ractor::ActorRef<PlainGo>,
        (): (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ractor::ActorRef<PlainGo>,
        PlainGo(count, reply): PlainGo,
        (): &mut (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        for _ in 0..count {
            self.0.call(PlainAsk, Some(PATIENCE)).await?.unwrap();
        }
        reply.send(())?;
        Ok(())
    }
}

struct KameoAsks(ActorRef<Kameo>);

impl kameo::Actor for KameoAsks {
    type Args = ActorRef<Kameo>;
    type Error = Infallible;

    async fn on_start(asked: ActorRef<Kameo>, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(asked))
    }
}

impl kameo::message::Message<Go> for KameoAsks {
    type Reply = ();

    async fn handle(&mut self, Go(count): Go, _: &mut kameo::message::Context<Self, ()>) {
        for _ in 0..count {
            self.0.ask(AskRival).reply_timeout(PATIENCE).send().await.unwrap();
        }
    }
}

struct ActixAsks(actix::Addr<Actix>);

impl actix::Actor for ActixAsks {
    type Context = actix::Context<Self>;
}

impl actix::Message for Go {
    type Result = ();
}

impl actix::Handler<Go> for ActixAsks {
    type Result = actix::AtomicResponse<Self, ()>;

    fn handle(&mut self, Go(count): Go, _: &mut Self::Context) -> Self::Result {
        let asked = self.0.clone();
        let asks = async move {
            for _ in 0..count {
                asked.send(AskRival).timeout(PATIENCE).await.unwrap();
            }
        };
        actix::AtomicResponse::new(Box::pin(asks.into_actor(self).map(|(), _, _| ())))
    }
}

fn ours_within<'a>(threads: Threads) -> Contender<'a> {
    let (tokio, runtime) = (threads.tokio(), runtime());
    let (asked, asks) = (address(&runtime, "asked"), address(&runtime, "asks"));
    let children = vec![
        ChildSpec::worker::<Ours>(child_policy("asked"), &asked, ()),
        ChildSpec::worker::<OursAsks>(child_policy("asks"), &asks, asked.clone()),
    ];
    let running = tokio.block_on(tree(&runtime, children));
    Contender::new("synod", move |count| {
        let _running = &running;
        tokio.block_on(asks.call(PATIENCE, |reply| OursGo(count, reply))).unwrap();
    })
}

fn plain_within<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (asked, _) = tokio.block_on(ractor::Actor::spawn(None, Plain, ())).unwrap();
    let (asks, _) = tokio.block_on(ractor::Actor::spawn(None, PlainAsks(asked), ())).unwrap();
    Contender::new("ractor", move |count| {
        let asked = asks.call(|reply| PlainGo(count, reply), Some(PATIENCE));
        tokio.block_on(asked).unwrap().unwrap();
    })
}

fn raw_within<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
    tokio.spawn(async move {
        let mut asked = 0_u64;
        while let Some(reply) = receiver.recv().await {
            asked += 1;
            let reply: tokio::sync::oneshot::Sender<u64> = reply;
            reply.send(asked).unwrap();
        }
    });
    let (go, mut gone) = tokio::sync::mpsc::channel(1_024);
    tokio.spawn(async move {
        while let Some((count, done)) = gone.recv().await {
            for _ in 0..count {
                let (reply, answer) = tokio::sync::oneshot::channel();
                sender.send(reply).await.unwrap();
                tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap();
            }
            let done: tokio::sync::oneshot::Sender<()> = done;
            done.send(()).unwrap();
        }
    });
    Contender::new("tokio", move |count| {
        tokio.block_on(async {
            let (done, is_done) = tokio::sync::oneshot::channel();
            go.send((count, done)).await.unwrap();
            is_done.await.unwrap();
        });
    })
}

fn kameo_within<'a>(threads: Threads) -> Contender<'a> {
    let tokio = threads.tokio();
    let asks = tokio.block_on(async { KameoAsks::spawn(Kameo::spawn(())) });
    Contender::new("kameo", move |count| {
        tokio.block_on(async { asks.ask(Go(count)).reply_timeout(PATIENCE).send().await.unwrap() });
    })
}

fn actix_within<'a>(threads: Threads) -> Contender<'a> {
    let system = ActixSystem::new(threads);
    let asks = system.start(ActixAsks(system.start(Actix(0))));
    Contender::new("actix", move |count| {
        system.block_on(async { asks.send(Go(count)).timeout(PATIENCE).await.unwrap() });
    })
}

fn main() {
    let table = Table::new("Call", Options::read());
    for threads in [Threads::One, Threads::Two] {
        table.race(&format!("from outside, {}", threads.name()), 5_000, || {
            [ours, plain, raw, kameo, actix].map(|contender| contender(threads)).into()
        });
        table.race(&format!("from a handler, {}", threads.name()), 5_000, || {
            let all = [ours_within, plain_within, raw_within, kameo_within, actix_within];
            all.map(|contender| contender(threads)).into()
        });
    }
}
