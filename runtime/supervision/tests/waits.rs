//! Who waits for whom, and which calls are a deadlock.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod common;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::{Diary, child, id, pass, policy};
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, CallError, Capacity, ChildSpec, Clock, Context, Failure, Message, Reply,
    Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::time::Moment;

const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

type Outcome = Result<(), CallError>;

/// How an actor goes on along the way of a question, and then to whom.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Awaits its call in the handler, and hands on the answer.
    Call(usize),
    /// Awaits its call in piped work.
    Pipe(usize),
    /// Answers, and then calls.
    AnswerThenCall(usize),
    /// Keeps the question, lets the next message do the rest of the way, and answers after.
    Keep,
    /// Hands the question on to piped work that answers by itself, says so or not, and calls.
    HandOn(bool, usize),
    /// Makes two calls at once: one that ends here, one that goes on.
    Both(usize, usize),
    /// Takes that many seconds.
    Dwell(u64),
}
use Step::{AnswerThenCall, Both, Call, Dwell, HandOn, Keep, Pipe};

enum Go {
    Along(&'static [Step], Reply<Outcome>),
    Came(Outcome, Reply<Outcome>),
}

impl Message for Go {
    fn kind(&self) -> &'static str {
        "go"
    }
}

#[derive(Clone)]
struct Args {
    all: Arc<OnceLock<Vec<Address<Go>>>>,
    diary: Diary,
}

struct Walker {
    args: Args,
    kept: Option<Reply<Outcome>>,
}

async fn call(to: Address<Go>, rest: &'static [Step]) -> Outcome {
    to.call(PATIENCE, |reply| Go::Along(rest, reply)).await.and_then(|came| came)
}

impl Actor for Walker {
    type Msg = Go;
    type Args = Args;

    async fn start(_: &Context<Go>, args: Args) -> Result<Self, Failure> {
        Ok(Self { args, kept: None })
    }

    async fn handle(&mut self, ctx: &Context<Go>, msg: Go) -> Result<(), Failure> {
        let (way, mut reply) = match msg {
            Go::Along(way, reply) => (way, reply),
            Go::Came(came, reply) => {
                reply.answer(came);
                return Ok(());
            }
        };
        let to = |whom: usize| self.args.all.get().unwrap()[whom].clone();
        let Some((step, rest)) = way.split_first() else {
            reply.answer(Ok(()));
            return Ok(());
        };
        match *step {
            Call(whom) => reply.answer(call(to(whom), rest).await),
            Pipe(whom) => {
                ctx.pipe(call(to(whom), rest), |came| Go::Came(came, reply))?;
            }
            AnswerThenCall(whom) => {
                reply.answer(Ok(()));
                let came = call(to(whom), rest).await;
                self.args.diary.note(format!("{came:?}"));
            }
            Keep => self.kept = Some(reply),
            HandOn(says_so, whom) => {
                if says_so {
                    reply.hand_on();
                }
                let (asked, (done, word)) = (to(whom), Reply::channel());
                let answer = async move { reply.answer(Ok(())) };
                ctx.pipe(answer, |()| Go::Came(Ok(()), done))?;
                drop(word);
                let came = call(asked, rest).await;
                self.args.diary.note(format!("{came:?}"));
            }
            Both(short, long) => {
                let (here, there) =
                    tokio::join!(call(to(short), &[Dwell(1)]), call(to(long), rest));
                reply.answer(here.and(there));
            }
            Dwell(seconds) => {
                tokio::time::sleep(SECOND * u32::try_from(seconds).unwrap()).await;
                reply.answer(Ok(()));
            }
        }
        if let Some(kept) = self.kept.take_if(|_| !matches!(step, Keep)) {
            kept.answer(Ok(()));
        }
        Ok(())
    }
}

struct House {
    runtime: Runtime,
    all: Vec<Address<Go>>,
    diary: Diary,
    _running: Running,
}

impl House {
    async fn new() -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let (all, diary) = (Arc::new(OnceLock::new()), Diary::default());
        let args = Args { all: Arc::clone(&all), diary: diary.clone() };
        let addresses = NAMES.map(|name| runtime.address(id(name), Capacity::default()));
        let worker = |(name, address): (&str, &Address<Go>)| {
            ChildSpec::worker::<Walker>(child(name), address, args.clone())
        };
        let children = NAMES.into_iter().zip(&addresses).map(worker).collect();
        all.get_or_init(|| addresses.to_vec());
        let policy = policy(Strategy::OneForOne, 5);
        let root = SupervisorSpec { id: id("root"), policy, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        Self { runtime, all: addresses.to_vec(), diary, _running: running }
    }

    async fn go(&self, way: &'static [Step]) -> String {
        match call(self.all[0].clone(), way).await {
            Ok(()) => "answered".to_owned(),
            Err(CallError::Deadlock(cycle)) => cycle.to_string(),
            Err(error) => format!("{error:?}"),
        }
    }

    fn waits(&self, name: &str) -> String {
        let tree = self.runtime.tree(&id("root"));
        let node = tree.flatten().into_iter().find(|node| node.id == id(name)).unwrap().clone();
        let words = node.waits_for.iter().map(|wait| {
            let how = if wait.is_held { "held" } else { "beside" };
            format!("{} {how} {}", wait.actor, wait.calls)
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn nobody_waits(&self) {
        for name in NAMES {
            assert_eq!(self.waits(name), "", "{name}");
        }
    }
}

async fn check(way: &'static [Step], expected: &str) {
    let house = House::new().await;
    let begun = house.runtime.clock().now();
    assert_eq!(house.go(way).await, expected, "{way:?}");
    if !expected.contains("Timeout") {
        let took = house.runtime.clock().now().since(begun);
        assert!(took < 5 * SECOND, "{way:?}: only after {took:?}");
    }
    pass(PATIENCE).await;
    house.nobody_waits();
    assert_eq!(house.go(&[Call(1), Call(2)]).await, "answered", "{way:?}: and all goes on");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_closes_a_cycle_is_told_the_cycle_at_once() {
    check(&[Call(0)], "a → a").await;
    check(&[Call(1), Call(0)], "b → a → b").await;
    check(&[Call(1), Call(1)], "b → b").await;
    check(&[Call(1), Call(2), Call(0)], "c → a → b → c").await;
    check(&[Call(1), Call(2), Call(3), Call(1)], "d → b → c → d").await;
}

#[tokio::test(start_paused = true)]
async fn of_several_calls_at_once_the_one_that_closes_a_cycle_is_told() {
    check(&[Both(1, 2), Call(0)], "c → a → c").await;
    check(&[Both(2, 1), Call(0)], "b → a → b").await;
    check(&[Both(2, 1), Call(3)], "answered").await;
}

#[tokio::test(start_paused = true)]
async fn a_chain_is_no_cycle() {
    check(&[Call(1), Call(2), Call(3)], "answered").await;
}

#[tokio::test(start_paused = true)]
async fn piped_calls_hold_up_nobody() {
    check(&[Pipe(0)], "answered").await;
    check(&[Pipe(1), Call(0)], "answered").await;
    check(&[Pipe(1), Pipe(2), Call(0)], "answered").await;
    check(&[Pipe(1), Pipe(0), Pipe(1), Call(2), Call(0)], "answered").await;
}

/// What is owed by piped work is not known to be owed by its actor: time decides.
#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_piped_work_that_waits_for_it_is_ended_by_its_deadline() {
    check(&[Call(1), Pipe(0)], "Timeout").await;
}

#[tokio::test(start_paused = true)]
async fn who_has_been_answered_does_not_wait() {
    let house = House::new().await;
    assert_eq!(house.go(&[Call(1), AnswerThenCall(2), Call(0)]).await, "answered");
    pass(SECOND).await;
    assert_eq!(house.diary.lines(), ["Ok(())"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_kept_is_owed_by_nobody_one_knows() {
    let house = House::new().await;
    let kept = {
        let first = house.all[0].clone();
        tokio::spawn(call(first, &[Call(1), Keep]))
    };
    pass(SECOND).await;
    assert_eq!(house.waits("a"), "");
    // While it asks the first, who waits, it is not told of a deadlock: another might answer.
    let asked = house.all[1].call(SECOND, |reply| Go::Along(&[Call(0)], reply)).await;
    assert_eq!(asked, Err(CallError::Timeout));
    pass(2 * PATIENCE).await;
    drop(kept.await);
}

#[tokio::test(start_paused = true)]
async fn who_hands_a_reply_on_says_so_before_it_calls() {
    for (says_so, came) in [(true, "Ok(())"), (false, "Err(Deadlock(b → a → b))")] {
        let house = House::new().await;
        let way: &[Step] =
            if says_so { &[Call(1), HandOn(true, 0)] } else { &[Call(1), HandOn(false, 0)] };
        assert_eq!(house.go(way).await, "answered");
        pass(SECOND).await;
        assert_eq!(house.diary.lines(), [came]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_whom_is_seen() {
    let house = House::new().await;
    let way = |way: &'static [Step]| tokio::spawn(call(house.all[0].clone(), way));
    let beside = [way(&[Pipe(2), Dwell(3)]), way(&[Pipe(2), Dwell(3)])];
    tokio::task::yield_now().await;
    pass(SECOND).await;
    let held = way(&[Call(1), Dwell(3)]);
    pass(SECOND).await;
    assert_eq!(house.waits("a"), "b held 1, c beside 2");
    assert_eq!(house.waits("b"), "");
    pass(PATIENCE).await;
    house.nobody_waits();
    for walk in beside.into_iter().chain([held]) {
        assert_eq!(walk.await.unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_that_ends_waits_no_longer() {
    let house = House::new().await;
    let walk = tokio::spawn(call(house.all[0].clone(), &[Call(1), Call(2), Dwell(8)]));
    pass(SECOND).await;
    assert_eq!(
        (house.waits("a"), house.waits("b")),
        ("b held 1".to_owned(), "c held 1".to_owned())
    );
    house.runtime.kill(&id("b")).unwrap();
    pass(SECOND).await;
    house.nobody_waits();
    assert_eq!(walk.await.unwrap(), Err(CallError::Dropped));
}
