//! One question, answered.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::time::Duration;

use kameo::actor::{ActorRef, Spawn};
use synod_benches::{ActixSystem, Contender, One, Options, Table, Threads};
use synod_supervision::{Actor, Context, Failure, Message, Reply};

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

fn main() {
    let table = Table::new("Call", Options::read());
    for threads in [Threads::One, Threads::Two] {
        table.race(threads.name(), 5_000, || {
            [ours, plain, raw, kameo, actix].map(|contender| contender(threads)).into()
        });
    }
}
