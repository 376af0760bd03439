use super::*;

const ONE: Strategy = Strategy::OneForOne;

/// Two children up at 2 ms; alarms so far: one each.
const UP: [(&str, &str); 3] =
    [("0 start", "start a1"), ("1 ready a1", "start b1"), ("2 ready b1", "ready")];

#[track_caller]
fn check_up(names: &str, restarts_max: u32, script: &[(&str, &str)]) {
    check(policy(ONE, restarts_max), names, &[&UP, script].concat());
}

#[test]
fn children_start_in_order_each_after_the_former_is_ready() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready b1", ""),
        ("2 ready a1", "start b1"),
        ("3 ready b1", "start c1"),
        ("4 start", ""),
        ("5 ready c1", "ready"),
        ("6 ready c1", ""),
    ];
    check(policy(ONE, 3), "a b c", &script);
}

#[test]
fn a_permanent_child_returns_after_every_end() {
    for reason in ["normal", "error", "panic", "killed", "cancelled"] {
        let exit = format!("3 exit a1 {reason}");
        check_up(
            "a b",
            3,
            &[(exit.as_str(), ""), ("103 alarm a 2", "start a2"), ("104 ready a2", "")],
        );
    }
}

#[test]
fn a_transient_child_returns_unless_it_ended_normally() {
    for reason in ["error", "panic", "killed", "cancelled"] {
        let exit = format!("3 exit a1 {reason}");
        check_up("a? b", 3, &[(exit.as_str(), ""), ("103 alarm a 2", "start a2")]);
    }
    for reason in ["normal", "drained"] {
        let exit = format!("3 exit a1 {reason}");
        check_up("a? b", 3, &[(exit.as_str(), ""), ("103 alarm a 2", "")]);
    }
}

#[test]
fn a_temporary_child_never_returns_and_counts_for_nothing() {
    for reason in ["normal", "error", "panic", "killed"] {
        let exit = format!("3 exit a1 {reason}");
        check_up("a! b", 0, &[(exit.as_str(), ""), ("103 alarm a 2", "")]);
    }
}

#[test]
fn a_supervisor_whose_children_have_all_ended_idles_until_stopped() {
    let script = [
        ("3 exit b1 normal", ""),
        ("4 exit a1 killed", ""),
        ("5 exit a1 killed", ""),
        ("6 stop", "finished"),
    ];
    check_up("a! b?", 3, &script);
}

#[test]
fn one_failure_leaves_the_others_alone() {
    let script = [
        ("3 exit a1 error", ""),
        ("4 exit b1 error", ""),
        ("104 alarm b 2", "start b2"),
        ("105 alarm a 2", "start a2"),
        ("106 ready b2", ""),
        ("107 ready a2", ""),
    ];
    check_up("a b", 3, &script);
}

#[test]
fn a_generation_ends_once_and_old_news_is_no_news() {
    let script = [
        ("3 exit a1 error", ""),
        ("3 exit a1 error", ""),
        ("4 ready a1", ""),
        ("103 alarm a 1", ""),
        ("103 alarm a 2", "start a2"),
        ("104 exit a1 panic", ""),
        ("105 ready a1", ""),
        ("106 alarm a 2", ""),
        ("107 exit a3 error", ""),
        ("108 exit nobody1 error", ""),
        ("109 ready nobody1", ""),
        ("110 restart nobody", ""),
        ("111 alarm nobody 1", ""),
        ("112 ready a2", ""),
        ("1103 alarm a 3", ""),
    ];
    // Only one failure was counted: a second is answered still.
    let second = [("1200 exit a2 error", ""), ("1400 alarm a 4", "start a3")];
    check_up("a b", 2, &[&script[..], &second].concat());
}

#[test]
fn delays_double_with_each_failure_in_a_row_and_start_anew_after_a_long_run() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 exit a1 error", "(a1: error), (a again at 102 after 0), wake #2 at 102"),
        ("102 alarm a 2", "start a2, wake #3 at 1102"),
        ("103 ready a2", "(restarted a2)"),
        ("104 exit a2 panic", "(a2: panic), (a again at 304 after 1), wake #4 at 304"),
        ("304 alarm a 4", "start a3, wake #5 at 1304"),
        (
            "400 exit a3 start_failed",
            "(a3: start_failed), (a again at 800 after 2), wake #6 at 800",
        ),
        ("800 alarm a 6", "start a4, wake #7 at 1800"),
        ("1000 ready a4", "(restarted a4)"),
        ("60999 exit a4 error", "(a4: error), (a again at 61799 after 3), wake #8 at 61799"),
        ("61799 alarm a 8", "start a5, wake #9 at 62799"),
        ("62000 ready a5", "(restarted a5)"),
        ("122000 exit a5 error", "(a5: error), (a again at 122100 after 0), wake #10 at 122100"),
    ];
    check_all(policy(ONE, 5), "a", &script);
}

#[test]
fn a_start_that_fails_is_no_long_run_however_long_the_last_one_is_ago() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 exit a1 error", "(a1: error), (a again at 102 after 0), wake #2 at 102"),
        ("102 alarm a 2", "start a2, wake #3 at 1102"),
        (
            "70000 exit a2 start_failed",
            "(a2: start_failed), (a again at 70200 after 1), wake #4 at 70200",
        ),
    ];
    check_all(policy(ONE, 5), "a", &script);
}

#[test]
fn without_delay_a_child_returns_at_once() {
    let mut policy = policy(ONE, 1);
    policy.backoff.first = Duration::ZERO;
    check(policy, "a b", &[&UP[..], &[("3 exit a1 error", "start a2")]].concat());
}

#[test]
fn one_failure_too_many_stops_everyone_in_reverse() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 ready b1", "start c1"),
        ("3 ready c1", "ready"),
        ("4 exit b1 error", ""),
        ("104 alarm b 2", "start b2"),
        ("105 ready b2", ""),
        ("106 exit b2 panic", "halt c1"),
        ("107 stop", ""),
        ("108 exit c1 normal", "halt a1"),
        ("109 exit a1 normal", "exceeded by b: panic number 2"),
        ("110 start", ""),
        ("111 stop", ""),
    ];
    check(policy(ONE, 1), "a b c", &script);
}

#[test]
fn failures_of_all_children_share_one_intensity() {
    let script = [("3 exit a1 error", ""), ("4 exit b1 error", "exceeded by b: error number 2")];
    check_up("a b", 1, &script);
}

#[test]
fn old_failures_are_forgiven() {
    let script = [
        ("3 exit a1 error", ""),
        ("103 alarm a 2", "start a2"),
        ("104 ready a2", ""),
        ("10004 exit a2 error", ""),
        ("10204 alarm a 4", "start a3"),
        ("10205 exit a3 start_failed", "halt b1"),
    ];
    check_up("a b", 1, &script);
}

#[test]
fn a_first_start_that_fails_is_tried_again_and_holds_back_the_rest() {
    let script = [
        ("0 start", "start a1"),
        ("5 exit a1 start_failed", ""),
        ("105 alarm a 2", "start a2"),
        ("106 ready a2", "start b1"),
        ("107 ready b1", "ready"),
    ];
    check(policy(ONE, 1), "a b", &script);
}

#[test]
fn a_first_start_that_fails_too_often_fails_the_supervisor() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 exit b1 start_failed", ""),
        ("102 alarm b 2", "start b2"),
        ("103 exit b2 start_failed", "halt a1"),
        ("104 exit a1 normal", "no start of b: start_failed"),
    ];
    check(policy(ONE, 1), "a b", &script);
}

#[test]
fn only_a_child_that_never_was_ready_before_all_were_fails_the_first_start() {
    let was_ready = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 exit a1 error", "halt b1"),
        ("3 exit b1 cancelled", "exceeded by a: error number 1"),
    ];
    check(policy(ONE, 0), "a b", &was_ready);
    let all_were = [
        ("0 start", "start a1"),
        ("1 exit a1 normal", "start b1"),
        ("2 ready b1", "ready"),
        ("3 restart a", "start a2"),
        ("4 exit a2 start_failed", "halt b1"),
        ("5 exit b1 normal", "exceeded by a: start_failed number 1"),
    ];
    check(policy(ONE, 0), "a? b", &all_were);
}

#[test]
fn a_former_child_that_fails_during_the_first_start_holds_back_the_rest() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 exit a1 error", ""),
        ("3 ready b1", ""),
        ("102 alarm a 2", "start a2"),
        ("103 ready a2", "start c1"),
        ("104 ready c1", "ready"),
    ];
    check(policy(ONE, 1), "a b c", &script);
}

#[test]
fn a_temporary_child_that_does_not_start_holds_back_no_one() {
    let script =
        [("0 start", "start a1"), ("1 exit a1 start_failed", "start b1"), ("2 ready b1", "ready")];
    check(policy(ONE, 0), "a! b", &script);
}

#[test]
fn a_start_that_takes_too_long_is_killed_and_is_a_failure_once_it_is_gone() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1000 alarm a 1", "kill a1, wake #2 at 6000"),
        ("1001 ready a1", ""),
        ("1002 exit a1 killed", "(a1: start_timeout), (a again at 1102 after 0), wake #3 at 1102"),
        ("1102 alarm a 3", "start a2, wake #4 at 2102"),
        ("2102 alarm a 4", "kill a2, wake #5 at 7102"),
        (
            "2103 exit a2 normal",
            "(a2: start_timeout), (gave up a: start_timeout), no start of a: start_timeout",
        ),
    ];
    check_all(policy(ONE, 1), "a?", &script);
}

#[test]
fn no_second_generation_starts_beside_one_that_cannot_be_killed() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1000 alarm a 1", "kill a1, wake #2 at 6000"),
        ("6000 alarm a 2", "(a1 stays)"),
        ("6001 restart a", ""),
        ("9000 exit a1 killed", "(a1: start_timeout), start a2, wake #3 at 10000"),
    ];
    check_all(policy(ONE, 1), "a", &script);
}

#[test]
fn watchers_see_what_a_child_is_doing() {
    let mut supervisor = Supervisor::new(policy(ONE, 3), children("a b")).unwrap();
    let mut tell = |told: &str| {
        let (now, Told::Event(event)) = parse(&supervisor, told) else { panic!("a wish: {told}") };
        supervisor.step(now, event);
        let view = supervisor.children().next().unwrap();
        (view.state, view.generation.0, view.restarts, view.last_exit.is_some())
    };
    let until = Moment::from_unix_millis(102);
    assert_eq!(tell("0 ready a1"), (ChildState::Waiting, 0, 0, false));
    assert_eq!(tell("0 start"), (ChildState::Starting, 1, 0, false));
    assert_eq!(tell("1 ready a1"), (ChildState::Running, 1, 0, false));
    assert_eq!(tell("2 exit a1 error"), (ChildState::Backoff { until }, 1, 1, true));
    assert_eq!(tell("102 alarm a 2"), (ChildState::Starting, 2, 1, true));
    assert_eq!(tell("103 ready a2"), (ChildState::Running, 2, 1, true));
    assert_eq!(tell("104 ready b1"), (ChildState::Running, 2, 1, true));
    assert_eq!(tell("105 restart a"), (ChildState::Stopping, 2, 1, true));
    assert_eq!(tell("106 exit a2 normal"), (ChildState::Starting, 3, 1, true));
    tell("107 stop");
    assert_eq!(tell("108 exit b1 normal"), (ChildState::Stopping, 3, 1, true));
    assert_eq!(tell("109 exit a3 normal"), (ChildState::Ended, 3, 1, true));
    assert_eq!(supervisor.intensity_used(until), 1);
    assert!(supervisor.is_finished());
    assert_eq!(supervisor.stop_time_max(), Duration::from_secs(11));
}
