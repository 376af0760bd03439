//! How long a chain of calls may take: no longer than who asked first waits.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{Diary, child, id, pass, policy};
use synod_supervision::core::Strategy;
use synod_supervision::{
    Actor, Address, CallError, Capacity, ChildSpec, Clock, Context, Failure, Message, Overflow,
    Reply, Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::time::Moment;

const SECOND: Duration = Duration::from_secs(1);

/// What a question's actor does before it answers.
#[derive(Debug)]
enum Ask {
    /// Says how long its asker will wait, in milliseconds.
    Left(Reply<Option<u64>>),
    /// Asks the next with a time-out of so many seconds, in its handler, and hands on the answer.
    Onward(u64, Reply<Result<Option<u64>, CallError>>),
    /// As above, in piped work.
    Piped(u64, Reply<Result<Option<u64>, CallError>>),
    /// Answers, and only then asks the next.
    After(u64, Reply<()>),
    /// Is busy for so many seconds, asks the next, and then answers.
    Late(u64, Reply<()>),
    /// Hands on an answer that came.
    Came(Result<Option<u64>, CallError>, Reply<Result<Option<u64>, CallError>>),
    /// Is busy for so long.
    Dwell(Duration),
    /// As `Left`; its sender waits for room.
    Patient(Reply<Option<u64>>),
}

impl Message for Ask {
    fn kind(&self) -> &'static str {
        "ask"
    }

    fn overflow(&self) -> Overflow {
        if matches!(self, Self::Patient(_)) { Overflow::Wait } else { Overflow::Refuse }
    }
}

#[derive(Clone)]
struct Link {
    next: Option<Address<Ask>>,
    diary: Diary,
}

/// What of a deadline is left, in milliseconds.
fn left(ctx: &Context<Ask>) -> Option<u64> {
    let left = ctx.deadline()?.since(ctx.now());
    Some(u64::try_from(left.as_millis()).unwrap())
}

impl Actor for Link {
    type Msg = Ask;
    type Args = Self;

    async fn start(ctx: &Context<Ask>, link: Self) -> Result<Self, Failure> {
        link.diary.note(format!("start: {:?}", left(ctx)));
        Ok(link)
    }

    async fn handle(&mut self, ctx: &Context<Ask>, msg: Ask) -> Result<(), Failure> {
        let next = self.next.clone();
        let within = |seconds| SECOND * u32::try_from(seconds).unwrap();
        match msg {
            Ask::Left(reply) | Ask::Patient(reply) => {
                self.diary.note("handled");
                reply.answer(left(ctx));
            }
            Ask::Onward(seconds, reply) => {
                reply.answer(next.unwrap().call(within(seconds), Ask::Left).await);
            }
            Ask::Piped(seconds, reply) => {
                let asked = async move { next.unwrap().call(within(seconds), Ask::Left).await };
                ctx.pipe(asked, move |came| Ask::Came(came, reply))?;
            }
            Ask::After(seconds, reply) => {
                reply.answer(());
                let came = next.unwrap().call(within(seconds), Ask::Left).await;
                self.diary.note(format!("came {came:?}, left {:?}", left(ctx)));
            }
            Ask::Late(seconds, reply) => {
                tokio::time::sleep(within(seconds)).await;
                let came = next.unwrap().call(60 * SECOND, Ask::Left).await;
                self.diary.note(format!("came {came:?}"));
                reply.answer(());
            }
            Ask::Came(came, reply) => {
                self.diary.note(format!("left {:?}", left(ctx)));
                reply.answer(came);
            }
            Ask::Dwell(time) => tokio::time::sleep(time).await,
        }
        Ok(())
    }
}

struct House {
    first: Address<Ask>,
    last: Address<Ask>,
    diary: Diary,
    _running: Running,
}

impl House {
    async fn new() -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let diary = Diary::default();
        let capacity = Capacity { control: 1, high: 1, normal: 1 };
        let [first, last] = ["first", "last"].map(|name| runtime.address(id(name), capacity));
        let mut children = Vec::new();
        for (name, address, next) in [("last", &last, None), ("first", &first, Some(last.clone()))]
        {
            let link = Link { next, diary: diary.clone() };
            children.push(ChildSpec::worker::<Link>(child(name), address, link));
        }
        let policy = policy(Strategy::OneForOne, 5);
        let root = SupervisorSpec { id: id("root"), policy, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        assert_eq!(diary.lines(), ["start: None", "start: None"]);
        diary.clear();
        Self { first, last, diary, _running: running }
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_says_how_long_its_asker_waits() {
    let house = House::new().await;
    assert_eq!(house.last.call(3 * SECOND, Ask::Left).await, Ok(Some(3_000)));
    let pending = house.last.request(Ask::Left).await.unwrap();
    assert_eq!(pending.within(SECOND).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_call_on_behalf_of_a_question_inherits_the_smaller_time() {
    let house = House::new().await;
    for (own, asker, expected) in [(9, 4, 4_000), (4, 9, 4_000), (5, 5, 5_000)] {
        let onward = |reply| Ask::Onward(own, reply);
        assert_eq!(house.first.call(SECOND * asker, onward).await, Ok(Ok(Some(expected))));
        let piped = |reply| Ask::Piped(own, reply);
        assert_eq!(house.first.call(SECOND * asker, piped).await, Ok(Ok(Some(expected))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_of_the_time_is_used_up_is_not_inherited() {
    let house = House::new().await;
    house.first.tell(Ask::Dwell(3 * SECOND)).unwrap();
    tokio::task::yield_now().await;
    let onward = |reply| Ask::Onward(60, reply);
    assert_eq!(house.first.call(5 * SECOND, onward).await, Ok(Ok(Some(2_000))));
}

#[tokio::test(start_paused = true)]
async fn a_message_nobody_waits_for_has_no_deadline() {
    let house = House::new().await;
    let pending = house.first.request(|reply| Ask::Onward(7, reply)).await.unwrap();
    assert_eq!(pending.within(60 * SECOND).await, Ok(Ok(Some(7_000))));
    // Nor what is called after the answer, nor the handling of a piped result.
    house.first.call(2 * SECOND, |reply| Ask::After(7, reply)).await.unwrap();
    house.first.call(2 * SECOND, |reply| Ask::Piped(1, reply)).await.unwrap().unwrap();
    let lines = ["handled", "handled", "came Ok(Some(7000)), left None", "handled", "left None"];
    assert_eq!(house.diary.lines(), lines);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_waited_too_long_is_not_handled() {
    let house = House::new().await;
    house.last.tell(Ask::Dwell(5 * SECOND)).unwrap();
    tokio::task::yield_now().await;
    assert_eq!(house.last.call(3 * SECOND, Ask::Left).await, Err(CallError::Timeout));
    pass(5 * SECOND).await;
    assert!(house.diary.lines().is_empty());
    assert_eq!(house.last.call(SECOND, Ask::Left).await, Ok(Some(1_000)));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_waits_for_room_keeps_its_deadline() {
    let house = House::new().await;
    house.last.tell(Ask::Dwell(3 * SECOND)).unwrap();
    tokio::task::yield_now().await;
    house.last.tell(Ask::Dwell(SECOND)).unwrap();
    assert_eq!(house.last.call(9 * SECOND, Ask::Patient).await, Ok(Some(5_000)));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_time_left_does_not_ask() {
    let house = House::new().await;
    let late = |reply| Ask::Late(3, reply);
    assert_eq!(house.first.call(2 * SECOND, late).await, Err(CallError::Timeout));
    pass(2 * SECOND).await;
    assert_eq!(house.diary.lines(), ["came Err(Expired)"]);
}
