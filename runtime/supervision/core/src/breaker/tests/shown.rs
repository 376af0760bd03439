//! What events, metrics and configuration show of a breaker.

use super::*;

const COUNTS: Counts = Counts { calls: 4, failures: 2, slow: 1 };

#[test]
fn open_is_what_lets_no_call_through() {
    let until = Moment::from_unix_seconds(1);
    assert!(BreakerState::Open { until }.is_open());
    assert!(BreakerState::ForcedOpen.is_open());
    for state in [BreakerState::Closed, BreakerState::HalfOpen, BreakerState::ForcedClosed] {
        assert!(!state.is_open(), "{state:?}");
    }
}

#[test]
fn a_reason_says_what_it_was_concluded_from() {
    for reason in [
        Reason::FailureRate(COUNTS),
        Reason::SlowCallRate(COUNTS),
        Reason::HalfOpenFailed(COUNTS),
        Reason::HalfOpenSucceeded(COUNTS),
    ] {
        assert_eq!(reason.counts(), COUNTS);
    }
    let in_a_row = Reason::ConsecutiveFailures { failures: 3 };
    assert_eq!(in_a_row.counts(), Counts { calls: 3, failures: 3, slow: 0 });
    assert_eq!(Reason::ByHand.counts(), Counts { calls: 0, failures: 0, slow: 0 });
}

#[test]
fn a_rejection_has_the_name_that_metrics_have() {
    let until = Moment::from_unix_seconds(1);
    for (rejection, name) in [
        (Rejection::Open { until }, "open"),
        (Rejection::ForcedOpen, "forced_open"),
        (Rejection::HalfOpen { permits: 1 }, "half_open"),
        (Rejection::ConcurrencyLimit { calls_max: 1 }, "concurrency_limit"),
    ] {
        assert_eq!(rejection.name(), name);
    }
}

#[test]
fn a_policy_says_in_words_when_it_opens() {
    let slow = SlowCalls { after: Duration::from_secs(5), rate_percent: 75 };
    let window = WindowPolicy {
        span: Span::Calls(4),
        minimum_calls: 3,
        failure_rate_percent: 50,
        slow: Some(slow),
    };
    let policy = BreakerPolicy { opens_on: OpensOn::Window(window), ..SMALL };
    let words = "50 % failures or 75 % slower than 5s of the last 4 calls, from 3 calls on";
    assert_eq!(policy.opens_on.to_string(), words);
    assert_eq!(policy.slow(), Some(slow));
    let timed = WindowPolicy { span: Span::Time(Duration::from_secs(60)), slow: None, ..window };
    let words = "50 % failures in the last 60s, from 3 calls on";
    assert_eq!(OpensOn::Window(timed).to_string(), words);
    assert_eq!(SMALL.opens_on.to_string(), "2 failures in a row");
    assert_eq!(SMALL.slow(), None);
}

#[test]
fn limits_out_of_range_are_brought_into_it() {
    let policy = BreakerPolicy {
        open_for: Duration::from_secs(60),
        open_for_max: Duration::from_secs(1),
        open_jitter_percent: 200,
        ..SMALL
    };
    let bounded = policy.bounded();
    assert_eq!(bounded.open_for_max, Duration::from_secs(60));
    assert_eq!(bounded.open_jitter_percent, 100);
    let slow = SlowCalls { after: Duration::from_secs(5), rate_percent: 0 };
    let window = WindowPolicy {
        span: Span::Calls(4),
        minimum_calls: 3,
        failure_rate_percent: 50,
        slow: Some(slow),
    };
    let bounded = BreakerPolicy { opens_on: OpensOn::Window(window), ..SMALL }.bounded();
    assert_eq!(bounded.slow(), Some(SlowCalls { rate_percent: 1, ..slow }));
}
