//! What a breaker does to calls.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::{Stage, pass};
use synod_supervision::core::{BreakerPolicy, BreakerState};
use synod_supervision::{BreakerError, RuntimeEvent};

const POLICY: BreakerPolicy = BreakerPolicy {
    failures_to_open: 2,
    open_for: Duration::from_secs(60),
    probes_max: 1,
    successes_to_close: 1,
    call_timeout: Duration::from_secs(1),
    calls_max: 1,
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
    assert_eq!(breaker.call(call(Ok(1))).await, Err(BreakerError::Open("node".to_owned())));
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
        assert_eq!(slow, Err(BreakerError::Timeout("node".to_owned())));
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
