//! Calls that are made again.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::cell::RefCell;
use std::time::Duration;

use common::{Diary, Stage, child, id, pass, policy};
use std::sync::Arc;
use synod_supervision::core::{BreakerPolicy, BudgetPolicy, Fault, OpensOn, RetryPolicy, Strategy};
use synod_supervision::{
    Actor, Breaker, BreakerError, CallError, Capacity, ChildSpec, Context, Failure, Message, Reply,
    RetriesView, RuntimeEvent, SupervisorSpec,
};

const RETRY: RetryPolicy = RetryPolicy {
    attempts_max: 3,
    backoff_first: Duration::from_secs(1),
    backoff_max: Duration::from_secs(4),
    budget: BudgetPolicy {
        window: Duration::from_secs(100),
        percent: 0,
        per_second_min: 1,
        retries_max: 4,
    },
};

const POLICY: BreakerPolicy = BreakerPolicy {
    opens_on: OpensOn::ConsecutiveFailures(100),
    open_for: Duration::from_secs(60),
    open_for_max: Duration::from_secs(60),
    open_jitter_percent: 0,
    half_open_permits: 1,
    successes_to_close: 1,
    call_timeout: Duration::from_secs(10),
    calls_max: 2,
    retry: RETRY,
    seed: 5,
};

fn judge(error: &&'static str) -> Fault {
    match *error {
        "answer" => Fault::Answer,
        "lasting" => Fault::Lasting,
        _ => Fault::Passing,
    }
}

type Answer = Result<u8, BreakerError<&'static str>>;

/// A dependency that answers so, one after the other, and then for ever as the last.
struct Script(RefCell<Vec<Result<u8, &'static str>>>, RefCell<usize>);

impl Script {
    fn new(answers: &[Result<u8, &'static str>]) -> Self {
        Self(RefCell::new(answers.iter().rev().copied().collect()), RefCell::new(0))
    }

    async fn ask(&self) -> Result<u8, &'static str> {
        *self.1.borrow_mut() += 1;
        let mut answers = self.0.borrow_mut();
        let next = answers.pop().unwrap();
        if answers.is_empty() {
            answers.push(next);
        }
        next
    }

    async fn through(&self, breaker: &Breaker) -> Answer {
        breaker.call_repeatable(|| self.ask(), judge).await
    }
}

fn inner(error: &'static str) -> Answer {
    Err(BreakerError::Inner(error))
}

/// How often a call with these answers is made, and what comes of it.
async fn check(answers: &[Result<u8, &'static str>], made: usize, expected: Answer) {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let script = Script::new(answers);
    assert_eq!(script.through(&breaker).await, expected, "{answers:?}");
    assert_eq!(*script.1.borrow(), made, "{answers:?}");
    assert_eq!(breaker.view().retries.made, made as u64 - 1);
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_passing_is_asked_again_and_nothing_else() {
    check(&[Ok(1)], 1, Ok(1)).await;
    check(&[Err("down"), Ok(1)], 2, Ok(1)).await;
    check(&[Err("down"), Err("down"), Ok(1)], 3, Ok(1)).await;
    check(&[Err("down"), Err("down"), Err("still"), Ok(1)], 3, inner("still")).await;
    check(&[Err("answer"), Ok(1)], 1, inner("answer")).await;
    check(&[Err("lasting"), Ok(1)], 1, inner("lasting")).await;
    check(&[Err("down"), Err("lasting"), Ok(1)], 2, inner("lasting")).await;
}

#[tokio::test(start_paused = true)]
async fn each_attempt_counts_in_the_breaker_and_an_open_one_ends_them() {
    let stage = Stage::new();
    let policy = BreakerPolicy { opens_on: OpensOn::ConsecutiveFailures(2), ..POLICY };
    let breaker = stage.runtime.breaker("node", policy);
    let script = Script::new(&[Err("down")]);
    assert_eq!(script.through(&breaker).await, inner("down"));
    let view = breaker.view();
    assert_eq!((view.state, *script.1.borrow()), ("open", 2));
    assert_eq!((view.retries.made, view.retries.refused), (1, 1));
    // A call that was not made is not made again either.
    assert!(matches!(script.through(&breaker).await, Err(BreakerError::Refused { .. })));
    assert_eq!(*script.1.borrow(), 2);
    assert_eq!(breaker.view().retries.refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_during_the_wait_ends_them() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let script = Script::new(&[Err("down")]);
    let (answer, ()) = tokio::join!(script.through(&breaker), async { breaker.force_open() });
    assert_eq!((answer, *script.1.borrow()), (inner("down"), 1));
    assert_eq!(breaker.view().retries.refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_took_all_its_time_is_not_made_again() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let hangs = || std::future::pending::<Result<u8, &'static str>>();
    let answer = breaker.call_repeatable(hangs, judge).await;
    assert_eq!(answer, Err(BreakerError::Timeout("node".into())));
    let view = breaker.view();
    assert_eq!((view.failures, view.retries.made, view.retries.refused), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn all_callers_together_repeat_within_their_budget_and_its_end_is_told_once() {
    let stage = Stage::new();
    let mut watch = stage.runtime.watch();
    let breaker = stage.runtime.breaker("node", POLICY);
    let script = Script::new(&[Err("down")]);
    for _ in 0..10 {
        assert_eq!(script.through(&breaker).await, inner("down"));
    }
    // Ten calls, four repeats: of the first two, two each; none of the others.
    let spent =
        RetriesView { attempts_max: 3, made: 4, refused: 10, out_of_budget: 8, budget_left: 0 };
    assert_eq!((breaker.view().retries, *script.1.borrow()), (spent, 14));
    let mut told = Vec::new();
    while let Ok(event) = watch.try_recv() {
        if let RuntimeEvent::RetriesSpent { breaker, retries, .. } = event {
            told.push((breaker, retries));
        }
    }
    assert_eq!(told, [("node".to_owned(), 4)]);
    pass(RETRY.budget.window).await;
    assert_eq!(breaker.view().retries.budget_left, 4);
    assert_eq!(script.through(&breaker).await, inner("down"));
    assert_eq!(*script.1.borrow(), 17);
}

#[tokio::test(start_paused = true)]
async fn breakers_of_one_seed_and_name_wait_alike_and_never_longer_than_they_may() {
    let mut waits = Vec::new();
    for _ in 0..2 {
        let stage = Stage::new();
        let breaker = stage.runtime.breaker("node", POLICY);
        let script = Script::new(&[Err("down")]);
        let begun = stage.runtime.clock().now();
        assert_eq!(script.through(&breaker).await, inner("down"));
        waits.push(stage.runtime.clock().now().since(begun));
    }
    assert_eq!(waits[0], waits[1]);
    assert!(Duration::ZERO < waits[0] && waits[0] <= Duration::from_secs(3), "{waits:?}");
}

/// Asks the outside on behalf of who asks it.
#[derive(Debug)]
enum Ask {
    Outside(Reply<Answer>),
}

impl Message for Ask {
    fn kind(&self) -> &'static str {
        "outside"
    }
}

#[derive(Clone)]
struct Asker {
    breaker: Arc<Breaker>,
    diary: Diary,
    /// How long the outside takes to fail.
    takes: Duration,
}

impl Actor for Asker {
    type Msg = Ask;
    type Args = Self;

    async fn start(_: &Context<Ask>, asker: Self) -> Result<Self, Failure> {
        Ok(asker)
    }

    async fn handle(&mut self, _: &Context<Ask>, msg: Ask) -> Result<(), Failure> {
        let Ask::Outside(reply) = msg;
        let call = || async {
            self.diary.note("asked");
            tokio::time::sleep(self.takes).await;
            Err("down")
        };
        let answer = self.breaker.call_repeatable(call, judge).await;
        self.diary.note(format!("{answer:?}"));
        reply.answer(answer);
        Ok(())
    }
}

/// How often the outside is asked for who waits so long, and what the asker gets.
async fn check_deadline(waits: Duration, takes: Duration, asked: usize, expected: &str) {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let address = stage.runtime.address(id("asker"), Capacity::default());
    let asker = Asker { breaker: Arc::clone(&breaker), diary: stage.diary.clone(), takes };
    let spec = ChildSpec::worker::<Asker>(child("asker"), &address, asker);
    let policy = policy(Strategy::OneForOne, 5);
    let root = SupervisorSpec { id: id("root"), policy, children: vec![spec] };
    let mut running = stage.runtime.start(root).await.unwrap();
    assert!(running.ready().await);
    let answer: Result<Answer, CallError> = address.call(waits, Ask::Outside).await;
    assert_eq!(format!("{answer:?}"), expected);
    pass(Duration::from_secs(60)).await;
    let lines = stage.diary.lines();
    let times = lines.iter().filter(|line| *line == "asked").count();
    assert_eq!(times, asked, "{lines:?}");
    assert_eq!(lines.last().unwrap(), "Err(Inner(\"down\"))");
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repeated_for_an_asker_who_has_gone() {
    let at_once = Duration::ZERO;
    check_deadline(Duration::from_secs(30), at_once, 3, "Ok(Err(Inner(\"down\")))").await;
    // The waits of this seed are longer than a microsecond.
    check_deadline(Duration::from_micros(1), at_once, 1, "Ok(Err(Inner(\"down\")))").await;
    // Begun in time, and cut off.
    let long = Duration::from_secs(9);
    check_deadline(Duration::from_secs(13), long, 2, "Err(Timeout)").await;
}
