//! What follows from a traced message belongs to its trace, and nothing else does.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{child, id, pass, policy};
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Context, Failure, Fingerprint, Message, Overflow,
    Reply, Running, Runtime, RuntimeLimits, SupervisorSpec, Tapped, fingerprint, trace,
};
use synod_types::time::Moment;
use synod_types::trace::TraceContext;
use tokio::sync::broadcast::Receiver;

const SECOND: Duration = Duration::from_secs(1);
const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

enum Ask {
    /// Says in which trace it is handled.
    Where(Reply<Option<TraceContext>>),
    Note,
    /// Tells the next, asks the next, pipes a call to it and wakes up later.
    All,
    Fail,
    /// Its actor dies of it, and it can be tried again.
    Poison,
    /// The oldest gives way.
    Newest,
}

impl Message for Ask {
    fn kind(&self) -> &'static str {
        match self {
            Self::Where(_) => "where",
            Self::Note => "note",
            Self::All => "all",
            Self::Fail => "fail",
            Self::Poison => "poison",
            Self::Newest => "newest",
        }
    }

    fn again(&self) -> Option<Self> {
        if matches!(self, Self::Poison) { Some(Self::Poison) } else { None }
    }

    fn digest(&self) -> Option<Fingerprint> {
        if matches!(self, Self::Poison) { Some(fingerprint(self.kind(), &())) } else { None }
    }

    fn overflow(&self) -> Overflow {
        if matches!(self, Self::Newest) { Overflow::DropOldest } else { Overflow::Refuse }
    }
}

#[derive(Clone)]
struct Link(Option<Address<Ask>>);

impl Actor for Link {
    type Msg = Ask;
    type Args = Self;

    async fn start(_: &Context<Ask>, link: Self) -> Result<Self, Failure> {
        assert_eq!(trace::present(), None);
        Ok(link)
    }

    async fn handle(&mut self, ctx: &Context<Ask>, msg: Ask) -> Result<(), Failure> {
        match msg {
            Ask::Where(reply) => reply.answer(trace::present()),
            Ask::Note | Ask::Newest => (),
            Ask::Poison => panic!("told to"),
            Ask::All => {
                let next = self.0.clone().unwrap();
                next.tell(Ask::Note).map_err(|_| Failure::because("full"))?;
                let there = next.call(SECOND, Ask::Where).await?;
                let here = trace::present();
                assert_eq!(there.map(|there| there.trace), here.map(|here| here.trace));
                assert!(there.is_none() || there != here, "another piece of work");
                let asked = async move { next.call(SECOND, Ask::Where).await };
                ctx.pipe(asked, |_| Ask::Note)?;
                ctx.wake_at(ctx.now() + SECOND, Ask::Note);
            }
            Ask::Fail => return Err(Failure::because("told to")),
        }
        Ok(())
    }
}

struct House {
    runtime: Runtime,
    first: Address<Ask>,
    tapped: Receiver<Tapped>,
    running: Running,
}

impl House {
    async fn new() -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let [first, last] =
            ["first", "last"].map(|name| runtime.address(id(name), Capacity::default()));
        let next = Link(Some(last.clone()));
        let children = vec![
            ChildSpec::worker::<Link>(child("last"), &last, Link(None)),
            ChildSpec::worker::<Link>(child("first"), &first, next),
        ];
        let policy = policy(Strategy::OneForOne, 5);
        let root = SupervisorSpec { id: id("root"), policy, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        let tapped = runtime.tap();
        Self { runtime, first, tapped, running }
    }

    /// What was handled since, and in which trace.
    async fn handled(&mut self) -> Vec<(String, Option<String>)> {
        pass(2 * SECOND).await;
        let mut handled = Vec::new();
        while let Ok(Tapped { actor, kind, trace, .. }) = self.tapped.try_recv() {
            handled.push((format!("{actor} {kind}"), trace.map(|trace| trace.to_string())));
        }
        handled.sort();
        handled
    }
}

const ALL: [&str; 6] =
    ["first all", "first note", "first note", "last note", "last where", "last where"];

#[tokio::test(start_paused = true)]
async fn all_that_follows_from_a_traced_message_belongs_to_its_trace() {
    let mut house = House::new().await;
    let tell = async { house.first.tell(Ask::All).map_err(|rejected| rejected.reason) };
    trace::follow(HEADER.parse().unwrap(), tell).await.unwrap();
    let traced = ALL.map(|handled| (handled.to_owned(), Some(TRACE.to_owned())));
    assert_eq!(house.handled().await, traced);
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_it_does_not() {
    let mut house = House::new().await;
    let tell = |msg| house.first.tell(msg).map_err(|rejected| rejected.reason);
    trace::follow(HEADER.parse().unwrap(), async { tell(Ask::Note) }).await.unwrap();
    tell(Ask::All).unwrap();
    let traced = ("first note".to_owned(), Some(TRACE.to_owned()));
    let mut expected = vec![traced];
    expected.extend(ALL.map(|handled| (handled.to_owned(), None)));
    expected.sort();
    assert_eq!(house.handled().await, expected);
    assert_eq!(trace::present(), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_carries_its_trace_and_flags() {
    let house = House::new().await;
    let context: TraceContext = HEADER.parse().unwrap();
    let there = trace::follow(context, house.first.call(SECOND, Ask::Where)).await.unwrap();
    let there = there.unwrap();
    assert_eq!((there.trace, there.is_sampled()), (context.trace, true));
    assert_ne!(there.span, context.span);
    assert_eq!(house.first.call(SECOND, Ask::Where).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_the_trace_of_the_message_in_hand() {
    let house = House::new().await;
    let tell = |msg| house.first.tell(msg).map_err(|rejected| rejected.reason);
    trace::follow(HEADER.parse().unwrap(), async { tell(Ask::Fail) }).await.unwrap();
    pass(SECOND).await;
    tell(Ask::Fail).unwrap();
    pass(SECOND).await;
    let tree = house.runtime.tree(&id("root"));
    let first = tree.flatten().into_iter().find(|node| node.id == id("first")).unwrap();
    let known = first.failures.iter().map(|failure| failure.trace.map(|trace| trace.to_string()));
    assert_eq!(known.collect::<Vec<_>>(), [Some(TRACE.to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_names_its_trace_however_it_died() {
    let house = House::new().await;
    let narrow = Capacity { control: 1, high: 1, normal: 1 };
    let waiting = house.runtime.address::<Ask>(id("waiting"), narrow);
    let tell = |address: &Address<Ask>, msg| address.tell(msg).map_err(|rejected| rejected.reason);
    let all = async {
        // One that is tried again in the lives to come, and one that waits behind it.
        tell(&house.first, Ask::Poison)?;
        tell(&house.first, Ask::Poison)?;
        tell(&house.first, Ask::Fail)?;
        tell(&waiting, Ask::Newest)?;
        tell(&waiting, Ask::Newest)
    };
    trace::follow(HEADER.parse().unwrap(), all).await.unwrap();
    pass(60 * SECOND).await;
    let dead = house.runtime.dead_letters();
    let mut reasons: Vec<_> = dead.iter().map(|letter| letter.reason.name()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["dropped_oldest", "in_hand", "kept_out", "quarantined"]);
    for letter in dead {
        let trace = letter.trace.map(|trace| trace.to_string());
        assert_eq!(trace.as_deref(), Some(TRACE), "{letter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_when_a_tree_ends_names_its_trace() {
    let house = House::new().await;
    let tell = |msg| house.first.tell(msg).map_err(|rejected| rejected.reason);
    trace::follow(HEADER.parse().unwrap(), async { tell(Ask::Fail).and(tell(Ask::Note)) })
        .await
        .unwrap();
    house.running.abandon();
    pass(60 * SECOND).await;
    let dead = house.runtime.dead_letters();
    assert!(!dead.is_empty());
    for letter in dead {
        let trace = letter.trace.map(|trace| trace.to_string());
        assert_eq!(trace.as_deref(), Some(TRACE), "{letter:?}");
    }
}

#[test]
fn new_traces_are_all_different() {
    let traces: Vec<TraceContext> = (0..1_000).map(|_| trace::begin()).collect();
    let mut spans: Vec<_> = traces.iter().map(|context| context.span).collect();
    spans.extend(traces.iter().map(|context| trace::below(*context).span));
    let mut ids: Vec<_> = traces.iter().map(|context| context.trace).collect();
    ids.sort_unstable();
    spans.sort_unstable();
    ids.dedup();
    spans.dedup();
    assert_eq!((ids.len(), spans.len()), (1_000, 2_000));
    let read: TraceContext = traces[0].to_string().parse().unwrap();
    assert_eq!(read, traces[0]);
}
