//! One message, sent and handled.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;

use kameo::actor::{ActorRef, Spawn};
use synod_benches::{
    ActixSystem, Contender, Note, Noted, One, Options, Table, Threads, Window, driven, instructions,
};

struct Plain(Window);

impl ractor::Actor for Plain {
    type Msg = Note;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ractor::ActorRef<Note>,
        (): (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ractor::ActorRef<Note>,
        Note(tick): Note,
        (): &mut (),
    ) -> Result<(), ractor::ActorProcessingErr> {
        self.0.handle(&tick);
        Ok(())
    }
}

struct Kameo(Window);

impl kameo::Actor for Kameo {
    type Args = Window;
    type Error = Infallible;

    async fn on_start(window: Window, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(window))
    }
}

impl kameo::message::Message<Note> for Kameo {
    type Reply = ();

    async fn handle(&mut self, Note(tick): Note, _: &mut kameo::message::Context<Self, ()>) {
        self.0.handle(&tick);
    }
}

struct Actix(Window);

impl actix::Actor for Actix {
    type Context = actix::Context<Self>;
}

impl actix::Handler<Note> for Actix {
    type Result = ();

    fn handle(&mut self, Note(tick): Note, _: &mut Self::Context) {
        self.0.handle(&tick);
    }
}

fn ours<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let one = tokio.block_on(One::<Noted>::start(window.clone()));
    let send = move |tick| assert!(one.address.tell(Note(tick)).is_ok());
    driven("synod", tokio, window, send)
}

fn plain<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let spawned = tokio.block_on(ractor::Actor::spawn(None, Plain(window.clone()), ()));
    let (actor, _) = spawned.unwrap();
    let send = move |tick| assert!(actor.cast(Note(tick)).is_ok());
    driven("ractor", tokio, window, send)
}

fn raw<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
    let own = window.clone();
    tokio.spawn(async move {
        while let Some(Note(tick)) = receiver.recv().await {
            own.handle(&tick);
        }
    });
    let send = move |tick| assert!(sender.try_send(Note(tick)).is_ok());
    driven("tokio", tokio, window, send)
}

fn kameo<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let mailbox = kameo::mailbox::bounded(1_024);
    let actor = tokio.block_on(async { Kameo::spawn_with_mailbox(window.clone(), mailbox) });
    let send = move |tick| assert!(actor.tell(Note(tick)).try_send().is_ok());
    driven("kameo", tokio, window, send)
}

fn actix<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (system, window) = (ActixSystem::new(threads), Window::of(burst));
    let actor = system.start(Actix(window.clone()));
    Contender::new("actix", move |count| {
        // Past the bound of its mailbox, which is 16.
        let send = |tick| actor.do_send(Note(tick));
        system.block_on(window.drive(count, send));
    })
}

fn main() {
    let options = Options::read();
    let is_alone = options.only.is_some();
    let table = Table::new("Cast", options);
    for threads in [Threads::One, Threads::Two, Threads::TwoProcessors] {
        for (what, burst, count) in [("in bursts", 256, 51_200), ("one by one", 1, 5_000)] {
            let count = if threads == Threads::TwoProcessors { count / 10 } else { count };
            let group = format!("{what}, {}", threads.name());
            table.race(&group, count, || {
                let all = [ours, plain, raw, kameo, actix];
                all.map(|contender| contender(threads, burst)).into()
            });
        }
    }
    if is_alone {
        return;
    }
    let count = |name: &str, is_bare| {
        instructions(&format!("in bursts, one thread/{name}"), 51_200, is_bare)
    };
    let counted = (|| {
        let (observed, bare) = (count("synod", false)?, count("synod", true)?);
        let rivals = ["ractor", "tokio", "kameo", "actix"].map(|name| (name, count(name, false)));
        Some((observed, bare, rivals))
    })();
    let Some((observed, bare, rivals)) = counted else {
        return table.line("\nNo valgrind: instructions were not counted.");
    };
    table.line("\n| in bursts, one thread | instructions | synod against |\n|---|---|---|");
    table.line(&format!("| synod, observed | {observed:.0} | |"));
    table.line(&format!("| synod, unobserved | {bare:.0} | {:.2} |", observed / bare));
    for (name, counted) in rivals {
        let counted = counted.unwrap_or_default();
        table.line(&format!("| {name} | {counted:.0} | {:.2} |", observed / counted));
    }
}
