use super::*;

const ONE: Strategy = Strategy::OneForOne;
const ALL: Strategy = Strategy::OneForAll;
const REST: Strategy = Strategy::RestForOne;

/// Parks for three seconds, and bears two failures on probation, which is passed after a minute.
fn parking(strategy: Strategy, restarts_max: u32) -> SupervisorPolicy {
    let on_exceeded = OnExceeded::Park { open: Duration::from_secs(3), probes: 2 };
    SupervisorPolicy { on_exceeded, ..policy(strategy, restarts_max) }
}

#[test]
fn one_failure_too_many_parks_all() {
    let script = [
        ("10 exit b1 error", "halt c1, halt a1"),
        ("11 exit a1 normal", ""),
        ("12 exit c1 normal", ""),
        ("13 restart nobody", ""),
        ("3010 alarm self 1", "start a2, start b2, start c2"),
        ("3011 alarm self 1", ""),
    ];
    check(parking(ONE, 0), "a b c", &[&UP[..], &script].concat());
    let group = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit c1 normal", "halt a1"),
        ("12 exit a1 normal", ""),
        ("3010 alarm self 1", "start a2"),
        ("3011 ready a2", "start b2"),
    ];
    check(parking(ALL, 0), "a b c", &[&UP[..], &group].concat());
    check(parking(REST, 0), "a b c", &[&UP[..], &group].concat());
}

#[test]
fn a_probation_that_is_not_passed_parks_for_twice_as_long() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 exit a1 error", "(a1: error), (all parked by a until 3010), wake #1 at 3010"),
        ("3010 alarm self 1", "(probing), start a2, wake #2 at 4010"),
        ("3011 exit a2 error", "(a2: error), (a again at 3111 after 0), wake #3 at 3111"),
        ("3111 alarm a 3", "start a3, wake #4 at 4111"),
        ("3112 exit a3 error", "(a3: error), (all parked by a until 9112), wake #2 at 9112"),
        ("9112 alarm self 2", "(probing), start a4, wake #5 at 10112"),
        ("9113 ready a4", "(restarted a4), wake #3 at 69113"),
        ("9114 exit a4 error", "(a4: error), (a again at 9314 after 1), wake #6 at 9314"),
        ("9314 alarm a 6", "start a5, wake #7 at 10314"),
        ("9315 exit a5 error", "(a5: error), (all parked by a until 21315), wake #4 at 21315"),
    ];
    check_all(parking(ONE, 0), "a", &script);
}

#[test]
fn a_probation_is_passed_by_running_long_enough() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 exit a1 error", "(a1: error), (all parked by a until 3010), wake #1 at 3010"),
        ("3010 alarm self 1", "(probing), start a2, wake #2 at 4010"),
        ("3011 ready a2", "(restarted a2), wake #2 at 63011"),
        ("63011 alarm self 2", "(recovered)"),
        ("63012 exit a2 error", "(a2: error), (all parked by a until 66012), wake #3 at 66012"),
    ];
    check_all(parking(ONE, 0), "a", &script);
}

#[test]
fn a_failure_on_probation_begins_it_anew() {
    let script = [
        ("10 exit a1 error", "halt b1"),
        ("11 exit b1 normal", ""),
        ("3010 alarm self 1", "start a2, start b2"),
        ("3011 ready a2", ""),
        ("3012 ready b2", ""),
        ("60000 exit b2 error", ""),
        ("63012 alarm self 2", ""),
        ("63013 alarm b 4", "start b3"),
        ("63014 ready b3", ""),
        ("63015 exit b3 error", "halt a2"),
    ];
    let up = [("0 start", "start a1"), ("1 ready a1", "start b1"), ("2 ready b1", "ready")];
    check(parking(ONE, 0), "a b", &[&up[..], &script].concat());
}

#[test]
fn a_tree_is_ready_without_those_that_are_parked() {
    let script = [
        ("0 start", "start a1"),
        ("1 exit a1 start_failed", "ready"),
        ("3001 alarm self 1", "start a2"),
        ("3002 ready a2", "start b1"),
        ("3003 ready b1", ""),
    ];
    check(parking(ONE, 0), "a b", &script);
}

#[test]
fn parking_shows() {
    let mut supervisor = Supervisor::new(parking(ONE, 0), children("a b")).unwrap();
    let mut tell = |told: &str| {
        let (now, Told::Event(event)) = parse(&supervisor, told) else { panic!("a wish: {told}") };
        supervisor.step(now, event);
        let states: Vec<ChildState> = supervisor.children().map(|view| view.state).collect();
        (supervisor.parking(), states[0], states[1])
    };
    let until = Moment::from_unix_millis(3002);
    let parked = ChildState::Parked { why: ParkReason::Exceeded, until: Some(until) };
    let (running, starting) = (ChildState::Running, ChildState::Starting);
    tell("0 start");
    tell("1 ready a1");
    assert_eq!(tell("1 ready b1"), (Parking::Closed, running, running));
    let open = Parking::Open { until, times: 1 };
    assert_eq!(tell("2 exit a1 error"), (open, parked, ChildState::Stopping));
    assert_eq!(tell("3 exit b1 normal"), (open, parked, parked));
    let probing = |left| Parking::Probing { left, times: 1 };
    assert_eq!(tell("3002 alarm self 1"), (probing(2), starting, starting));
    assert_eq!(tell("3003 ready a2"), (probing(2), running, starting));
    assert_eq!(tell("3004 ready b2"), (probing(2), running, running));
    assert!(matches!(tell("3005 exit b2 error").0, Parking::Probing { left: 1, .. }));
    tell("3105 alarm b 4");
    tell("3106 ready b3");
    assert_eq!(tell("63106 alarm self 3"), (Parking::Closed, running, running));
    assert_eq!(tell("63107 stop").0, Parking::Closed);
}

#[test]
fn an_operator_may_try_a_parked_child_before_the_others() {
    let script = [
        ("10 exit b1 error", "halt c1, halt a1"),
        ("11 exit a1 normal", ""),
        ("12 exit c1 normal", ""),
        ("13 restart a", "start a2"),
        ("14 ready a2", ""),
        ("15 terminate b", ""),
        ("3010 alarm self 1", "start c2"),
    ];
    check(parking(ONE, 0), "a b c", &[&UP[..], &script].concat());
}

#[test]
fn the_end_may_come_while_all_are_parked() {
    let script = [("10 exit a1 error", ""), ("11 stop", "finished"), ("3010 alarm self 1", "")];
    let up = [("0 start", "start a1"), ("1 ready a1", "ready")];
    check(parking(ONE, 0), "a", &[&up[..], &script].concat());
}

#[test]
fn who_fails_while_its_breaker_is_open_waits_for_it() {
    let script =
        [("10 open until 5000", ""), ("11 exit b1 error", ""), ("12 exit c1 error", "halt a1")];
    check(policy(ONE, 0), "a b~ c", &[&UP[..], &script].concat());
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 open until 5000", ""),
        ("3 exit a1 error", "(a1: error), (a parked: breaker until 5000), wake #2 at 5000"),
        ("4 open until 6000", "(a parked: breaker until 6000), wake #3 at 6000"),
        ("5000 alarm a 2", ""),
        ("6000 alarm a 3", "start a2, wake #4 at 7000"),
        ("6001 exit a2 error", "(a2: error), (gave up a: error), exceeded by a: error number 1"),
    ];
    check_all(policy(ONE, 0), "a~", &script);
}

#[test]
fn a_breaker_that_closes_lets_go_at_once() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 open", ""),
        ("3 exit a1 error", "(a1: error), (a parked: breaker)"),
        ("4 close", "start a2, wake #3 at 1004"),
        ("5 close", ""),
    ];
    check_all(policy(ONE, 0), "a~", &script);
}

#[test]
fn a_breaker_is_nothing_to_who_runs_and_to_who_does_not_need_it() {
    let script = [
        ("10 open until 5000", ""),
        ("11 close", ""),
        ("12 open until 20", ""),
        ("20 exit b1 error", "halt c1"),
    ];
    check(policy(ONE, 0), "a b~ c", &[&UP[..], &script].concat());
    check(policy(ONE, 0), "a b c", &[&UP[..], &script[..1]].concat());
}

#[test]
fn back_off_gives_way_to_an_open_breaker() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 exit a1 error", "(a1: error), (a again at 102 after 0), wake #2 at 102"),
        ("3 open until 5000", "(a parked: breaker until 5000), wake #3 at 5000"),
        ("102 alarm a 2", ""),
        ("5000 alarm a 3", "start a2, wake #4 at 6000"),
    ];
    check_all(policy(ONE, 1), "a~", &script);
}

/// One for one, the others go on; a group waits.
#[test]
fn a_group_waits_for_its_breaker() {
    let one = [("0 start", "start a1"), ("0 open", ""), ("1 exit a1 start_failed", "start b1")];
    check(policy(ONE, 0), "a~ b", &[&one[..], &[("2 ready b1", "ready")]].concat());
    let group = [
        ("0 start", "start a1"),
        ("0 open", ""),
        ("1 exit a1 start_failed", "ready"),
        ("2 close", "start a2"),
        ("3 ready a2", "start b1"),
    ];
    check(policy(REST, 0), "a~ b", &group);
    let all = [
        ("10 open", ""),
        ("11 exit b1 error", "halt c1"),
        ("12 exit c1 normal", "halt a1"),
        ("13 exit a1 normal", ""),
        ("14 close", "start a2"),
    ];
    check(policy(ALL, 0), "a b~ c", &[&UP[..], &all].concat());
}

#[test]
fn the_exit_of_everything_is_asked_for_and_waited_for() {
    let policy = SupervisorPolicy { on_exceeded: OnExceeded::Exit, ..policy(ONE, 0) };
    let script = [
        ("10 exit b1 error", "exit: exceeded by b: error number 1"),
        ("11 exit a1 error", ""),
        ("12 restart b", ""),
        ("12 add d", "refused: the supervisor is not running"),
        ("13 stop", "drain c1"),
        ("14 exit c1 drained", "finished"),
    ];
    check(policy, "a b c", &[&UP[..], &script].concat());
    let first = [("0 start", "start a1"), ("1 exit a1 panic", "exit: no start of a: panic")];
    check(policy, "a b", &first);
}

#[test]
fn who_is_isolated_leaves_the_others_alone() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), start b1, wake #1 at 1001"),
        ("2 ready b1", "(started b1), ready"),
        ("3 exit a1 error", "(a1: error), (isolated a: error), (a ended)"),
        ("4 restart b", "halt b1, wake #2 at 504"),
        ("5 exit b1 normal", "(b1: normal), start b2, wake #3 at 1005"),
        ("6 ready b2", "(restarted b2)"),
        ("7 restart a", "start a2, wake #2 at 1007"),
    ];
    check_all(policy(ALL, 0), "a- b", &script);
    let again = [
        ("10 exit b1 error", ""),
        ("11 exit c1 error", "halt a1"),
        ("12 exit a1 normal", "exceeded by c: error number 1"),
    ];
    check(policy(ONE, 0), "a b- c", &[&UP[..], &again].concat());
}

#[test]
fn who_is_degraded_is_tried_again_later_and_later() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 exit a1 error", "(a1: error), (a again at 102 after 0), wake #2 at 102"),
        ("102 alarm a 2", "start a2, wake #3 at 1102"),
        ("103 exit a2 error", "(a2: error), (a parked: degraded until 2103), wake #4 at 2103"),
        ("2103 alarm a 4", "start a3, wake #5 at 3103"),
        ("2104 exit a3 error", "(a3: error), (a parked: degraded until 6104), wake #6 at 6104"),
        ("6104 alarm a 6", "start a4, wake #7 at 7104"),
        ("6105 ready a4", "(restarted a4)"),
        ("66105 exit a4 error", "(a4: error), (a again at 66205 after 0), wake #8 at 66205"),
    ];
    check_all(policy(ONE, 1), "a+", &script);
}

#[test]
fn a_degraded_child_leaves_its_group_alone() {
    let script = [
        ("10 exit b1 error", ""),
        ("11 exit a1 error", "halt c1"),
        ("12 exit c1 normal", "exceeded by a: error number 1"),
    ];
    check(policy(ALL, 0), "a b+ c", &[&UP[..], &script].concat());
}
