mod counts;
mod leases;
mod model;
mod shown;
mod windows;

use std::time::Duration;

use super::*;
use crate::retry::RetryPolicy;

/// A script of words: `call` asks for a permit, `ok`, `fail` and `cancel` give back the oldest
/// one (`slow` and `slow-fail` after a long time), `late-…` the newest one. Digits let that many seconds pass. What is answered is a word
/// per call and per change of state.
#[track_caller]
fn check(policy: BreakerPolicy, script: &str, expected: &str) {
    let mut breaker = BreakerCore::new(policy);
    let mut now = Moment::from_unix_seconds(0);
    let mut permits = Vec::new();
    let mut answers = Vec::new();
    for word in script.split_whitespace() {
        let changed = match word {
            "call" => match breaker.admit(now) {
                Ok((permit, changed)) => {
                    answers.push("through".to_owned());
                    permits.push(permit);
                    changed
                }
                Err(rejection) => {
                    answers.push(render_rejection(rejection));
                    None
                }
            },
            "ok" => breaker.report(now, permits.remove(0), CallOutcome::Success),
            "fail" => breaker.report(now, permits.remove(0), CallOutcome::Failure),
            "slow" => breaker.report(now, permits.remove(0), CallOutcome::SlowSuccess),
            "slow-fail" => breaker.report(now, permits.remove(0), CallOutcome::SlowFailure),
            "cancel" => breaker.report(now, permits.remove(0), CallOutcome::Cancelled),
            "late-ok" => breaker.report(now, permits.pop().unwrap(), CallOutcome::Success),
            "force-open" => breaker.force_open(),
            "force-closed" => breaker.force_closed(),
            "reset" => breaker.reset(),
            seconds => {
                now = now + Duration::from_secs(seconds.parse().unwrap());
                None
            }
        };
        if let Some(Transition { from, to, .. }) = changed {
            assert_ne!(from, to);
            assert_eq!(breaker.state(), to);
            answers.push(format!("[{}]", render(to)));
        }
    }
    assert_eq!(answers.join(" "), expected, "{script}");
}

fn render(state: BreakerState) -> String {
    match state {
        BreakerState::Closed => "closed".to_owned(),
        BreakerState::Open { until } => format!("open-until-{}", until.unix_seconds()),
        BreakerState::HalfOpen => "half-open".to_owned(),
        BreakerState::ForcedOpen => "forced-open".to_owned(),
        BreakerState::ForcedClosed => "forced-closed".to_owned(),
    }
}

fn render_rejection(rejection: Rejection) -> String {
    match rejection {
        Rejection::ForcedOpen => "refused".to_owned(),
        Rejection::Open { until } => format!("refused-until-{}", until.unix_seconds()),
        Rejection::HalfOpen { .. } => "probing".to_owned(),
        Rejection::ConcurrencyLimit { .. } => "busy".to_owned(),
    }
}

/// Opens after two failures for 60 s; two of two probes must succeed; three calls at once.
const SMALL: BreakerPolicy = BreakerPolicy {
    opens_on: OpensOn::ConsecutiveFailures(2),
    open_for: Duration::from_secs(60),
    open_for_max: Duration::from_secs(60),
    open_jitter_percent: 0,
    half_open_permits: 2,
    successes_to_close: 2,
    call_timeout: Duration::from_secs(30),
    calls_max: 3,
    retry: RetryPolicy::DEFAULT,
    seed: 7,
};

#[test]
fn five_failures_in_a_row_open_it_by_default() {
    check(
        BreakerPolicy::default(),
        "call fail call fail call fail call fail call fail call",
        "through through through through through [open-until-60] refused-until-60",
    );
}

#[test]
fn a_success_in_between_begins_the_row_again() {
    check(SMALL, "call fail call ok call fail call", "through through through through");
}

#[test]
fn it_lets_a_probe_through_when_its_time_is_over_and_not_before() {
    check(
        SMALL,
        "call fail call fail 59 call 1 call",
        "through through [open-until-60] refused-until-60 through [half-open]",
    );
}

#[test]
fn time_alone_changes_no_state() {
    let policy = BreakerPolicy { opens_on: OpensOn::ConsecutiveFailures(1), ..SMALL };
    let mut breaker = BreakerCore::new(policy);
    let (permit, _) = breaker.admit(Moment::default()).unwrap();
    let until = Moment::from_unix_seconds(60);
    let opened = breaker.report(Moment::default(), permit, CallOutcome::Failure);
    let open = BreakerState::Open { until };
    let reason = Reason::ConsecutiveFailures { failures: 1 };
    assert_eq!(opened, Some(Transition { from: BreakerState::Closed, to: open, reason }));
    assert!(breaker.admit(Moment::from_unix_seconds(59)).is_err());
    assert_eq!(breaker.state(), open);
}

#[test]
fn half_open_it_lets_a_few_through_and_closes_after_enough_successes() {
    check(
        SMALL,
        "call fail call fail 60 call call call ok ok call",
        "through through [open-until-60] through [half-open] through probing [closed] through",
    );
}

#[test]
fn a_probe_that_succeeded_makes_no_room_for_another() {
    check(
        SMALL,
        "call fail call fail 60 call ok call call",
        "through through [open-until-60] through [half-open] through probing",
    );
}

#[test]
fn any_failure_half_open_opens_it_again() {
    check(
        SMALL,
        "call fail call fail 60 call call ok fail call 60 call",
        "through through [open-until-60] through [half-open] through [open-until-120] \
         refused-until-120 through [half-open]",
    );
}

#[test]
fn it_opens_again_when_too_few_probes_are_left_to_close_it() {
    let policy = BreakerPolicy { half_open_permits: 3, successes_to_close: 2, ..SMALL };
    check(
        policy,
        "call fail call fail 60 call fail call ok call ok",
        "through through [open-until-60] through [half-open] through through [closed]",
    );
    check(
        policy,
        "call fail call fail 60 call fail call fail",
        "through through [open-until-60] through [half-open] through [open-until-120]",
    );
}

#[test]
fn a_slow_probe_is_no_success() {
    check(
        SMALL,
        "call fail call fail 60 call slow",
        "through through [open-until-60] through [half-open] [open-until-120]",
    );
}

#[test]
fn the_open_time_doubles_to_its_maximum_and_begins_anew_after_closing() {
    check(
        BreakerPolicy {
            opens_on: OpensOn::ConsecutiveFailures(1),
            open_for_max: Duration::from_secs(150),
            successes_to_close: 1,
            half_open_permits: 1,
            ..SMALL
        },
        "call fail 60 call fail 120 call fail 150 call fail 150 call ok call fail",
        "through [open-until-60] through [half-open] [open-until-180] through [half-open] \
         [open-until-330] through [half-open] [open-until-480] through [half-open] [closed] \
         through [open-until-540]",
    );
}

#[test]
fn chance_takes_from_the_open_time_no_more_than_its_share() {
    let open_times = |seed, open_jitter_percent| {
        let one = OpensOn::ConsecutiveFailures(1);
        let policy = BreakerPolicy { opens_on: one, open_jitter_percent, seed, ..SMALL };
        let mut breaker = BreakerCore::new(policy);
        let times: Vec<Duration> = (0..200)
            .map(|_| {
                breaker.reset();
                let (permit, _) = breaker.admit(Moment::default()).unwrap();
                breaker.report(Moment::default(), permit, CallOutcome::Failure);
                let BreakerState::Open { until } = breaker.state() else { panic!("not open") };
                until.since(Moment::default())
            })
            .collect();
        times
    };
    let extremes = |times: &[Duration]| {
        let seconds = times.iter().map(Duration::as_secs_f64);
        (seconds.clone().fold(f64::MAX, f64::min), seconds.fold(0.0, f64::max))
    };
    let (least, most) = extremes(&open_times(1, 100));
    assert!(least < 3.0 && 57.0 < most && most <= 60.0, "{least} {most}");
    let (least, most) = extremes(&open_times(1, 50));
    assert!((30.0..32.0).contains(&least) && 57.0 < most && most <= 60.0, "{least} {most}");
    assert_eq!(open_times(1, 100), open_times(1, 100), "same seed");
    assert_ne!(open_times(1, 100), open_times(2, 100), "another seed");
}

#[test]
fn a_call_from_before_a_change_counts_for_nothing_after_it() {
    check(
        SMALL,
        "call call call fail fail 60 fail call call fail",
        "through through through [open-until-60] through [half-open] through [open-until-120]",
    );
    // Admitted closed, failed half-open: not a failed probe.
    check(
        SMALL,
        "call call call fail fail 60 call fail late-ok call ok",
        "through through through [open-until-60] through [half-open] through [closed]",
    );
}

#[test]
fn a_cancelled_call_frees_its_place_and_says_nothing() {
    check(SMALL, "call cancel call fail call cancel call", "through through through through");
    check(
        SMALL,
        "call fail call fail 60 call call call cancel call ok ok",
        "through through [open-until-60] through [half-open] through probing through [closed]",
    );
}

#[test]
fn only_so_many_calls_go_at_once_in_any_state() {
    check(SMALL, "call call call call ok call", "through through through busy through");
    check(
        SMALL,
        "force-closed call call call call",
        "[forced-closed] through through through busy",
    );
    // Calls from before it opened still hold their places; being busy is no probe.
    check(
        BreakerPolicy { opens_on: OpensOn::ConsecutiveFailures(1), calls_max: 2, ..SMALL },
        "call call fail 60 call call cancel call",
        "through through [open-until-60] through [half-open] busy through",
    );
}

#[test]
fn being_busy_leaves_it_open() {
    check(
        BreakerPolicy { opens_on: OpensOn::ConsecutiveFailures(1), calls_max: 1, ..SMALL },
        "call fail 60 call call cancel call",
        "through [open-until-60] through [half-open] busy through",
    );
}

#[test]
fn force_outweighs_what_calls_say() {
    check(
        SMALL,
        "force-open call 9999 call force-open reset call",
        "[forced-open] refused refused [closed] through",
    );
    check(
        SMALL,
        "force-closed call fail call fail call fail call",
        "[forced-closed] through through through through",
    );
}

#[test]
fn a_reset_forgets_failures() {
    check(SMALL, "call fail reset call fail call", "through through through");
    check(
        SMALL,
        "call fail call fail reset call",
        "through through [open-until-60] [closed] through",
    );
}

#[test]
fn limits_of_zero_are_limits_of_one() {
    let zero = BreakerPolicy {
        opens_on: OpensOn::ConsecutiveFailures(0),
        half_open_permits: 0,
        successes_to_close: 9,
        calls_max: 0,
        ..SMALL
    };
    check(
        zero,
        "call call fail 60 call call ok",
        "through busy [open-until-60] through [half-open] busy [closed]",
    );
}
