//! What a breaker does to calls.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::{Stage, pass};
use synod_supervision::core::BreakerPolicy;
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
