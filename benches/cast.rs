//! One message, sent and handled.
#![allow(clippy::unwrap_used, missing_docs)]

use synod_benches::{Contender, One, Options, Table, Threads, Tick, Window, instructions};
use synod_supervision::{Actor, Context, Failure, Message};

struct Note(Tick);

impl Message for Note {
    fn kind(&self) -> &'static str {
        "note"
    }
}

struct Ours(Window);

impl Actor for Ours {
    type Msg = Note;
    type Args = Window;

    async fn start(_: &Context<Note>, window: Window) -> Result<Self, Failure> {
        Ok(Self(window))
    }

    async fn handle(&mut self, _: &Context<Note>, Note(tick): Note) -> Result<(), Failure> {
        self.0.handle(&tick);
        Ok(())
    }
}

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

fn ours<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let one = tokio.block_on(One::<Ours>::start(window.clone()));
    Contender::new("synod", move |count| {
        let send = |tick| assert!(one.address.tell(Note(tick)).is_ok());
        tokio.block_on(window.drive(count, send));
    })
}

fn plain<'a>(threads: Threads, burst: u64) -> Contender<'a> {
    let (tokio, window) = (threads.tokio(), Window::of(burst));
    let spawned = tokio.block_on(ractor::Actor::spawn(None, Plain(window.clone()), ()));
    let (actor, _) = spawned.unwrap();
    Contender::new("ractor", move |count| {
        let send = |tick| assert!(actor.cast(Note(tick)).is_ok());
        tokio.block_on(window.drive(count, send));
    })
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
    Contender::new("tokio", move |count| {
        let send = |tick| assert!(sender.try_send(Note(tick)).is_ok());
        tokio.block_on(window.drive(count, send));
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
                vec![ours(threads, burst), plain(threads, burst), raw(threads, burst)]
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
        Some((observed, bare, count("ractor", false)?, count("tokio", false)?))
    })();
    let Some((observed, bare, plain, raw)) = counted else {
        return table.line("\nNo valgrind: instructions were not counted.");
    };
    table.line("\n| in bursts, one thread | instructions | synod against |\n|---|---|---|");
    table.line(&format!("| synod, observed | {observed:.0} | |"));
    table.line(&format!("| synod, unobserved | {bare:.0} | {:.2} |", observed / bare));
    table.line(&format!("| ractor | {plain:.0} | {:.2} |", observed / plain));
    table.line(&format!("| tokio | {raw:.0} | {:.2} |", observed / raw));
}
