//! What those who tap see, and what it costs those who are tapped: nothing they wait for.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{Puppet, Stage, child, id, pass};
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Context, Failure, Lane, Message, Overflow,
};
use tokio::sync::broadcast::error::TryRecvError;

const SECOND: Duration = Duration::from_secs(1);

/// Tells a puppet what it is told: at once, or by piped work.
#[derive(Debug)]
enum Say {
    Now(Address<Puppet>),
    Piped(Address<Puppet>),
    Said,
}

impl Message for Say {
    fn kind(&self) -> &'static str {
        match self {
            Self::Now(_) => "now",
            Self::Piped(_) => "piped",
            Self::Said => "said",
        }
    }

    fn lane(&self) -> Lane {
        Lane::Normal
    }

    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}

struct Speaker;

impl Actor for Speaker {
    type Msg = Say;
    type Args = ();

    async fn start(_: &Context<Say>, (): ()) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn handle(&mut self, ctx: &Context<Say>, msg: Say) -> Result<(), Failure> {
        match msg {
            Say::Now(to) => to.tell(Puppet::Note(1)).map_err(|told| told.reason)?,
            Say::Piped(to) => {
                let work = async move {
                    tokio::time::sleep(SECOND).await;
                    to.tell(Puppet::Note(2)).unwrap();
                };
                ctx.pipe(work, |()| Say::Said)?;
            }
            Say::Said => (),
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn an_edge_is_seen_with_both_its_ends() {
    let mut stage = Stage::new();
    let room = Capacity { control: 8, high: 8, normal: 8 };
    let speaker: Address<Say> = stage.runtime.address(id("speaker"), room);
    let talks = ChildSpec::worker::<Speaker>(child("speaker"), &speaker, ());
    let children = vec![stage.puppet("puppet", 8), talks];
    let _running = stage.start(Strategy::OneForOne, children).await;
    let puppet = stage.puppets[0].clone();
    speaker.tell(Say::Now(puppet.clone())).unwrap();
    pass(SECOND).await;

    let mut sent = stage.runtime.tap_sent();
    puppet.tell(Puppet::Note(3)).unwrap();
    speaker.tell(Say::Now(puppet.clone())).unwrap();
    speaker.tell(Say::Piped(puppet)).unwrap();
    pass(SECOND * 3).await;
    let seen = std::iter::from_fn(|| sent.try_recv().ok());
    let seen: Vec<_> = seen.map(|sent| (sent.from, sent.to, sent.kind)).collect();
    // What this test itself says comes from no actor; the result of work, from its own.
    let expected = [
        (id("speaker"), id("puppet"), "note"),
        (id("speaker"), id("puppet"), "note"),
        (id("speaker"), id("speaker"), "said"),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn a_slow_tap_misses_and_is_told_and_nobody_waits_for_it() {
    let mut stage = Stage::new();
    let children = vec![stage.puppet("a", 20_000)];
    let _running = stage.start(Strategy::OneForOne, children).await;
    let mut tapped = stage.runtime.tap();
    for number in 0..10_000 {
        stage.puppets[0].tell(Puppet::Note(number)).unwrap();
    }
    pass(SECOND).await;
    let handled = stage.runtime.tree(&id("root")).children[0].node.handled;
    assert_eq!(handled, 10_000, "all is handled while the tap sleeps");
    let Err(TryRecvError::Lagged(missed)) = tapped.try_recv() else { panic!("it missed some") };
    let seen = std::iter::from_fn(|| tapped.try_recv().ok()).count() as u64;
    assert_eq!(missed + seen, 10_000, "what was missed is counted");
}
