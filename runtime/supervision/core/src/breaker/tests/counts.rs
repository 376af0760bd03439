//! What a breaker shows of what it judges by.

use super::*;

fn report(breaker: &mut BreakerCore, now: Moment, outcome: CallOutcome) {
    let (permit, _) = breaker.admit(now).unwrap();
    breaker.report(now, permit, outcome);
}

const fn counts(calls: u32, failures: u32, slow: u32) -> Counts {
    Counts { calls, failures, slow }
}

#[test]
fn a_window_shows_the_calls_it_judges_by() {
    let window = WindowPolicy {
        span: Span::Calls(4),
        minimum_calls: 4,
        failure_rate_percent: 100,
        slow: Some(SlowCalls { after: Duration::from_secs(5), rate_percent: 100 }),
    };
    let policy = BreakerPolicy { opens_on: OpensOn::Window(window), ..SMALL };
    let now = Moment::from_unix_seconds(0);
    let mut breaker = BreakerCore::new(policy);
    assert_eq!(breaker.counts(), counts(0, 0, 0));
    let told = [
        (CallOutcome::Failure, counts(1, 1, 0)),
        (CallOutcome::SlowSuccess, counts(2, 1, 1)),
        (CallOutcome::SlowFailure, counts(3, 2, 2)),
        (CallOutcome::Success, counts(4, 2, 2)),
        (CallOutcome::Success, counts(4, 1, 2)),
    ];
    for (outcome, expected) in told {
        report(&mut breaker, now, outcome);
        assert_eq!(breaker.counts(), expected, "after {outcome:?}");
    }
    breaker.reset();
    assert_eq!(breaker.counts(), counts(0, 0, 0));
}
