use super::*;

/// Opens at half of the last four calls, judged from the third; five seconds are slow, three
/// quarters of them open it too.
const LAST_FOUR: WindowPolicy = WindowPolicy {
    span: Span::Calls(4),
    minimum_calls: 3,
    failure_rate_percent: 50,
    slow: Some(SlowCalls { after: Duration::from_secs(5), rate_percent: 75 }),
};

const fn with(window: WindowPolicy) -> BreakerPolicy {
    BreakerPolicy { opens_on: OpensOn::Window(window), ..SMALL }
}

/// What a breaker says of the calls it is given, `.` a success, `F` a failure, `s` slow, `S` slow
/// and failed, a digit that many seconds.
#[track_caller]
fn check_window(window: WindowPolicy, calls: &str, expected: &str) {
    let mut breaker = BreakerCore::new(with(window));
    let mut now = Moment::from_unix_seconds(1_000);
    let mut reasons = Vec::new();
    for call in calls.chars() {
        let outcome = match call {
            '.' => CallOutcome::Success,
            'F' => CallOutcome::Failure,
            's' => CallOutcome::SlowSuccess,
            'S' => CallOutcome::SlowFailure,
            seconds => {
                now = now + Duration::from_secs(u64::from(seconds.to_digit(10).unwrap()));
                continue;
            }
        };
        let (permit, _) = breaker.admit(now).unwrap();
        if let Some(Transition { reason, .. }) = breaker.report(now, permit, outcome) {
            reasons.push(format!("{}: {reason}", reason.name()));
            breaker.reset();
        }
    }
    assert_eq!(reasons.join("; "), expected, "{calls}");
}

#[test]
fn a_rate_needs_a_minimum_of_calls() {
    check_window(LAST_FOUR, "FF", "");
    check_window(LAST_FOUR, "FF.", "failure_rate: 2 of 3 calls failed");
    check_window(LAST_FOUR, ".FF", "failure_rate: 2 of 3 calls failed");
}

#[test]
fn only_the_last_calls_are_judged() {
    check_window(LAST_FOUR, "F..F", "failure_rate: 2 of 4 calls failed");
    check_window(LAST_FOUR, "F...F...F...F", "");
    check_window(LAST_FOUR, "F...F..F", "failure_rate: 2 of 4 calls failed");
}

#[test]
fn slow_calls_open_it_by_a_rate_of_their_own() {
    check_window(LAST_FOUR, "ss.", "");
    check_window(LAST_FOUR, "ss.s", "slow_call_rate: 3 of 4 calls were slow");
    check_window(LAST_FOUR, "sSs", "slow_call_rate: 3 of 3 calls were slow");
    check_window(LAST_FOUR, "SSs", "failure_rate: 2 of 3 calls failed");
    check_window(WindowPolicy { slow: None, ..LAST_FOUR }, "ssssss", "");
}

#[test]
fn of_time_a_window_keeps_ten_slices() {
    let time = Span::Time(Duration::from_secs(10));
    let window = WindowPolicy { span: time, slow: None, ..LAST_FOUR };
    check_window(window, "FF9.", "failure_rate: 2 of 3 calls failed");
    check_window(window, "FF91...", "");
    check_window(window, "F5F5..F", "failure_rate: 2 of 4 calls failed");
    check_window(window, "FF99999999FF", "");
}

#[test]
fn what_was_counted_before_it_closed_is_not_counted_after() {
    check(
        with(WindowPolicy { minimum_calls: 2, ..LAST_FOUR }),
        "call fail call fail 60 call ok call ok call fail call",
        "through through [open-until-60] through [half-open] through [closed] through through",
    );
}

#[test]
fn impossible_windows_are_made_possible() {
    let wrong = WindowPolicy {
        span: Span::Calls(2),
        minimum_calls: 9,
        failure_rate_percent: 255,
        slow: None,
    };
    check_window(wrong, "F.FF", "failure_rate: 2 of 2 calls failed");
    check_window(
        WindowPolicy { span: Span::Calls(0), ..wrong },
        "F",
        "failure_rate: 1 of 1 calls failed",
    );
    check_window(
        WindowPolicy { span: Span::Time(Duration::ZERO), minimum_calls: 1, ..wrong },
        "F",
        "failure_rate: 1 of 1 calls failed",
    );
}
