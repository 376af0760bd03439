//! What a breaker does to calls.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::{Stage, pass};
use synod_supervision::core::{
    BreakerPolicy, BreakerState, OpensOn, Rejection, RetryPolicy, SlowCalls, Span, WindowPolicy,
};
use synod_supervision::{BreakerError, RuntimeEvent};

const POLICY: BreakerPolicy = BreakerPolicy {
    opens_on: OpensOn::ConsecutiveFailures(2),
    open_for: Duration::from_secs(60),
    open_for_max: Duration::from_secs(60),
    open_jitter_percent: 0,
    half_open_permits: 1,
    successes_to_close: 1,
    call_timeout: Duration::from_secs(1),
    calls_max: 1,
    retry: RetryPolicy::DEFAULT,
    seed: 0,
};

#[tokio::test(start_paused = true)]
async fn an_open_breaker_lets_no_call_through_until_its_time() {
    let stage = Stage::new();
    let mut watch = stage.runtime.watch();
    let breaker = stage.runtime.breaker("node", POLICY);
    let calls = Cell::new(0);
    let call = |result: Result<u8, String>| {
        let calls = &calls;
        async move {
            calls.set(calls.get() + 1);
            result
        }
    };
    for _ in 0..2 {
        let failed = breaker.call(call(Err("down".to_owned()))).await;
        assert_eq!(failed, Err(BreakerError::Inner("down".to_owned())));
    }
    let refused = breaker.call(call(Ok(1))).await;
    assert!(matches!(refused, Err(BreakerError::Refused { why: Rejection::Open { .. }, .. })));
    assert_eq!((calls.get(), breaker.view().state), (2, "open"));
    pass(Duration::from_secs(60)).await;
    assert_eq!(breaker.call(call(Ok(1))).await, Ok(1));
    assert_eq!(breaker.view().state, "closed");

    let mut states = Vec::new();
    while let Ok(RuntimeEvent::Breaker { state, .. }) = watch.try_recv() {
        states.push(state);
    }
    assert_eq!(states.first().copied(), Some("open"));
    assert_eq!(states.last().copied(), Some("closed"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_is_dropped_and_counts_and_a_cancelled_one_does_not() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let forever = || std::future::pending::<Result<(), String>>();
    for _ in 0..5 {
        let cancelled = tokio::time::timeout(Duration::from_millis(1), breaker.call(forever()));
        assert!(cancelled.await.is_err());
    }
    assert_eq!(breaker.view().state, "closed");
    for _ in 0..2 {
        let slow = breaker.call(forever()).await;
        assert_eq!(slow, Err(BreakerError::Timeout("node".into())));
    }
    assert_eq!(breaker.view().state, "open");
}

#[tokio::test(start_paused = true)]
async fn hands_can_force_it() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    breaker.force_open();
    assert!(breaker.call(async { Ok::<_, String>(()) }).await.is_err());
    breaker.force_closed();
    for _ in 0..9 {
        assert!(breaker.call(async { Err::<(), _>("x".to_owned()) }).await.is_err());
    }
    assert_eq!(breaker.view().state, "forced_closed");
    breaker.reset();
    assert_eq!(stage.runtime.find_breaker("node").unwrap().view().state, "closed");
}

#[tokio::test(start_paused = true)]
async fn a_watcher_sees_the_state_and_then_every_change_in_order() {
    let stage = Stage::new();
    assert!(stage.runtime.watch_breaker("node").is_none());
    let breaker = stage.runtime.breaker("node", POLICY);
    breaker.force_open();
    let mut watch = stage.runtime.watch_breaker("node").unwrap();
    assert_eq!(watch.state(), BreakerState::ForcedOpen);

    breaker.reset();
    for _ in 0..2 {
        assert!(breaker.call(async { Err::<(), _>("down") }).await.is_err());
    }
    let until = stage.runtime.clock().now() + POLICY.open_for;
    pass(POLICY.open_for).await;
    assert!(breaker.call(async { Ok::<_, String>(()) }).await.is_ok());

    let expected = [
        BreakerState::Closed,
        BreakerState::Open { until },
        BreakerState::HalfOpen,
        BreakerState::Closed,
    ];
    for (number, to) in (2..).zip(expected) {
        let from = watch.state();
        let change = watch.changed().await.unwrap();
        assert_eq!((change.number, change.from, change.to), (number, from, to));
        assert_eq!(watch.state(), to);
    }
    let nothing_more = tokio::time::timeout(Duration::from_secs(1), watch.changed());
    assert!(nothing_more.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_lags_misses_the_oldest_knows_it_and_ends_at_the_present() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", POLICY);
    let mut watch = breaker.watch();
    for _ in 0..100 {
        breaker.force_open();
        breaker.reset();
    }
    let mut numbers = Vec::new();
    while let Ok(change) = tokio::time::timeout(Duration::from_secs(1), watch.changed()).await {
        numbers.push(change.unwrap().number);
    }
    assert_eq!(numbers, (137..=200).collect::<Vec<u64>>());
    assert_eq!(watch.state(), BreakerState::Closed);
}

const RATES: BreakerPolicy = BreakerPolicy {
    opens_on: OpensOn::Window(WindowPolicy {
        span: Span::Calls(10),
        minimum_calls: 4,
        failure_rate_percent: 50,
        slow: Some(SlowCalls { after: Duration::from_millis(500), rate_percent: 50 }),
    }),
    calls_max: 2,
    ..POLICY
};

/// A call that takes so many milliseconds.
async fn takes(millis: u64) -> Result<(), &'static str> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Ok(())
}

fn reasons(watch: &mut tokio::sync::broadcast::Receiver<RuntimeEvent>) -> Vec<String> {
    let mut reasons = Vec::new();
    while let Ok(event) = watch.try_recv() {
        if let RuntimeEvent::Breaker { state, reason, calls, failures, slow, .. } = event {
            reasons.push(format!("{state}: {reason} {calls} {failures} {slow}"));
        }
    }
    reasons
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_it_and_the_event_says_so_with_counts() {
    let stage = Stage::new();
    let mut watch = stage.runtime.watch();
    let breaker = stage.runtime.breaker("node", RATES);
    for millis in [1, 500, 501, 900] {
        assert_eq!(breaker.call(takes(millis)).await, Ok(()));
    }
    assert_eq!(breaker.view().state, "open");
    assert_eq!(reasons(&mut watch), ["open: slow_call_rate 4 0 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_times_out_is_a_failure_and_slow() {
    let stage = Stage::new();
    let mut watch = stage.runtime.watch();
    let breaker = stage.runtime.breaker("node", RATES);
    for _ in 0..2 {
        assert_eq!(breaker.call(takes(1)).await, Ok(()));
    }
    for _ in 0..2 {
        let slow = breaker.call(takes(2_000)).await;
        assert_eq!(slow, Err(BreakerError::Timeout("node".into())));
    }
    assert_eq!(reasons(&mut watch), ["open: failure_rate 4 2 2"]);
}

#[tokio::test(start_paused = true)]
async fn the_bulkhead_refuses_by_name_and_a_cancelled_call_leaves_room() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", RATES);
    let second = tokio::time::timeout(Duration::from_millis(100), breaker.call(takes(900)));
    let others = async {
        let why = Rejection::ConcurrencyLimit { calls_max: 2 };
        let refused = breaker.call(takes(1)).await;
        assert_eq!(refused, Err(BreakerError::Refused { breaker: "node".into(), why }));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "breaker `node` lets no call through: concurrency limit: 2 calls are under way"
        );
        pass(Duration::from_millis(200)).await;
        assert_eq!(breaker.view().under_way, 1, "one was cancelled by its caller");
        assert_eq!(breaker.call(takes(1)).await, Ok(()), "which made room");
    };
    let (first, second, ()) = tokio::join!(breaker.call(takes(900)), second, others);
    assert!(first.is_ok() && second.is_err());
    let view = breaker.view();
    assert_eq!((view.under_way, view.calls, view.failures, view.slow), (0, 2, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_none_of_its_fault_is_an_answer() {
    let stage = Stage::new();
    let breaker = stage.runtime.breaker("node", RATES);
    for _ in 0..20 {
        let answer = breaker.call_judged(async { Err::<(), _>("no such block") }, |_| false).await;
        assert_eq!(answer, Err(BreakerError::Inner("no such block")));
    }
    let view = breaker.view();
    assert_eq!((view.state, view.calls, view.failures), ("closed", 10, 0));
}

#[tokio::test(start_paused = true)]
async fn several_probes_go_at_once_and_the_next_one_is_refused() {
    let stage = Stage::new();
    let policy =
        BreakerPolicy { half_open_permits: 2, successes_to_close: 2, calls_max: 9, ..POLICY };
    let breaker = stage.runtime.breaker("node", policy);
    for _ in 0..2 {
        assert!(breaker.call(async { Err::<(), _>("down") }).await.is_err());
    }
    pass(Duration::from_secs(60)).await;
    let (one, two, three) =
        tokio::join!(breaker.call(takes(5)), breaker.call(takes(5)), breaker.call(takes(5)));
    assert_eq!((one, two), (Ok(()), Ok(())));
    let why = Rejection::HalfOpen { permits: 2 };
    assert_eq!(three, Err(BreakerError::Refused { breaker: "node".into(), why }));
    assert_eq!(breaker.view().state, "closed");
}
