use super::*;

const ONE: Strategy = Strategy::OneForOne;
const ALL: Strategy = Strategy::OneForAll;
const REST: Strategy = Strategy::RestForOne;

#[track_caller]
fn check_up(strategy: Strategy, script: &[(&str, &str)]) {
    check(policy(strategy, 0), "a b c", &[&UP, script].concat());
}

#[test]
fn a_supervisor_may_begin_without_children() {
    let script = [
        ("0 start", "ready"),
        ("1 add a", "start a1"),
        ("2 ready a1", ""),
        ("3 stop", "drain a1"),
        ("4 exit a1 drained", "finished"),
    ];
    check(policy(ONE, 0), "", &script);
}

#[test]
fn wishes_are_for_those_who_run() {
    let script = [
        ("0 add b", "refused: the supervisor is not running"),
        ("0 start", "start a1"),
        ("1 ready a1", "ready"),
        ("2 stop", "drain a1"),
        ("3 terminate a", "refused: the supervisor is not running"),
        ("4 exit a1 drained", "finished"),
        ("5 delete a", "refused: the supervisor is not running"),
    ];
    check(policy(ONE, 0), "a", &script);
}

#[test]
fn a_wish_that_breaks_a_rule_changes_nothing() {
    let script = [
        ("10 add b", "refused: two children are named b"),
        ("10 add d x", "refused: no child is named x"),
        ("10 add d*", "refused: d is permanent, so it cannot be significant"),
        ("10 terminate x", "refused: no child is named x"),
        ("10 delete x", "refused: no child is named x"),
        ("10 delete b", "refused: b has not ended: terminate it first"),
        ("10 become x", "refused: no child is named x"),
        ("10 become b*", "refused: b is permanent, so it cannot be significant"),
        ("11 add d", "start d1"),
    ];
    check_up(ONE, &script);
    let policy = SupervisorPolicy { children_max: 3, ..policy(ONE, 0) };
    let full = [("10 add d", "refused: 4 children are more than 3")];
    check(policy, "a b c", &[&UP[..], &full].concat());
}

#[test]
fn an_added_child_that_does_not_start_is_forgotten_and_counts_for_nothing() {
    let script = [
        ("10 add d", "start d1, wake #1 at 1010"),
        ("11 exit d1 start_failed", "(d1: start_failed), (discarded d: start_failed), forget d"),
        ("12 add d", "start d2, wake #1 at 1012"),
        ("13 exit d2 normal", "(d2: normal), (discarded d: normal), forget d"),
        ("14 add d", "start d3, wake #1 at 1014"),
        ("1014 alarm d 1", "kill d3, wake #2 at 6014"),
        ("1015 exit d3 killed", "(d3: start_timeout), (discarded d: start_timeout), forget d"),
    ];
    let up = [("0 start", "start a1, wake #1 at 1000"), ("1 ready a1", "(started a1), ready")];
    check_all(policy(ONE, 0), "a", &[&up[..], &script].concat());
}

#[test]
fn once_ready_an_added_child_is_like_any_other() {
    let script = [
        ("10 add d", "start d1"),
        ("11 ready d1", ""),
        ("12 exit d1 error", ""),
        ("112 alarm d 2", "start d2"),
        ("113 exit d2 start_failed", ""),
        ("313 alarm d 4", "start d3"),
    ];
    check(policy(ONE, 2), "a b c", &[&UP[..], &script].concat());
}

#[test]
fn one_for_one_an_added_child_waits_for_nobody() {
    let script = [("10 exit a1 error", ""), ("11 add d", "start d1")];
    check(policy(ONE, 1), "a b c", &[&UP[..], &script].concat());
    let held = [("10 exit a1 error", "halt c1"), ("11 add d", "")];
    check(policy(ALL, 1), "a b c", &[&UP[..], &held].concat());
    let first = [("0 start", "start a1"), ("1 add d", "start d1"), ("2 ready a1", "start b1")];
    check(policy(ONE, 0), "a b c", &first);
}

#[test]
fn an_added_child_has_its_place_in_the_order() {
    let script = [
        ("10 add d b", "start d1"),
        ("11 ready d1", ""),
        ("12 stop", "drain c1"),
        ("13 exit c1 drained", "drain b1"),
        ("14 exit b1 drained", "drain d1"),
        ("15 exit d1 drained", "drain a1"),
    ];
    check_up(ONE, &script);
}

#[test]
fn a_terminated_child_drains_and_stays_away() {
    let script = [
        ("10 terminate b", "drain b1"),
        ("11 terminate b", ""),
        ("12 exit b1 drained", ""),
        ("13 exit a1 error", "halt c1"),
        ("14 exit c1 normal", ""),
        ("113 alarm a 2", "start a2"),
        ("114 ready a2", "start c2"),
        ("115 ready c2", ""),
        ("116 restart b", "start b2"),
    ];
    check(policy(ALL, 1), "a b c", &[&UP[..], &script].concat());
}

#[test]
fn to_terminate_one_is_nothing_to_its_group() {
    for strategy in [ALL, REST] {
        let script = [
            ("10 terminate a", "drain a1"),
            ("11 exit a1 error", ""),
            ("12 terminate c", "drain c1"),
            ("13 exit c1 drained", ""),
        ];
        check_up(strategy, &script);
    }
}

#[test]
fn a_terminated_child_ends_whatever_it_was_doing() {
    let waiting = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 terminate b", "(b ended)"),
        ("2 ready a1", "(started a1), ready"),
    ];
    check_all(policy(ONE, 1), "a b", &waiting);
    let starting = [
        ("0 start", "start a1"),
        ("1 terminate a", "drain a1"),
        ("2 exit a1 cancelled", "start b1"),
    ];
    check(policy(ONE, 0), "a b", &starting);
    let backing_off = [
        ("10 exit b1 error", ""),
        ("11 terminate b", ""),
        ("110 alarm b 2", ""),
        ("111 delete b", "forget b"),
    ];
    check(policy(ONE, 1), "a b c", &[&UP[..], &backing_off].concat());
    let killed = [
        ("0 start", "start a1"),
        ("1000 alarm a 1", "kill a1"),
        ("1001 terminate a", ""),
        ("1002 exit a1 killed", "ready"),
    ];
    check(policy(ONE, 0), "a", &killed);
    let halting = [
        ("10 restart b", "halt b1"),
        ("11 terminate b", ""),
        ("12 exit b1 normal", ""),
        ("13 delete b", "forget b"),
    ];
    check_up(ONE, &halting);
    let ended = [("10 exit b1 normal", ""), ("11 terminate b", ""), ("12 delete b", "forget b")];
    check(policy(ONE, 0), "a b! c", &[&UP[..], &ended].concat());
}

#[test]
fn the_end_of_one_that_was_terminated_is_told_once() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 terminate a", "drain a1, wake #2 at 502"),
        ("3 exit a1 drained", "(a1: drained), (a ended)"),
        ("4 terminate a", ""),
    ];
    check_all(policy(ONE, 0), "a", &script);
}

#[test]
fn a_wish_to_restart_outweighs_one_to_end() {
    let script =
        [("10 terminate b", "drain b1"), ("11 restart b", ""), ("12 exit b1 drained", "start b2")];
    check_up(ONE, &script);
    let with_its_group = [
        ("10 terminate b", "drain b1"),
        ("11 restart b", ""),
        ("12 exit b1 drained", "halt c1"),
        ("13 exit c1 normal", "start b2"),
    ];
    check_up(REST, &with_its_group);
    let and_back = [
        ("10 restart b", "halt b1"),
        ("11 terminate b", ""),
        ("12 restart b", ""),
        ("13 terminate b", ""),
        ("14 exit b1 normal", ""),
    ];
    check_up(ONE, &and_back);
}

#[test]
fn a_new_child_is_never_taken_for_a_forgotten_one_of_its_name() {
    let script = [
        ("10 terminate b", "drain b1"),
        ("11 exit b1 drained", ""),
        ("12 delete b", "forget b"),
        ("13 add b", "start b2"),
        ("14 exit b1 error", ""),
        ("15 ready b1", ""),
        ("16 alarm b 2", ""),
        ("17 ready b2", ""),
        ("18 add d", "start d2"),
    ];
    check_up(ONE, &script);
}

#[test]
fn who_was_only_passing_is_forgotten_when_it_has_ended() {
    let script = [
        ("10 add d!", "start d1"),
        ("11 ready d1", ""),
        ("12 exit d1 error", "forget d"),
        ("13 lend e?", "start e2"),
        ("14 ready e2", ""),
        ("15 exit e2 normal", "forget e"),
        ("16 lend f", "start f3"),
        ("17 ready f3", ""),
        ("18 terminate f", "drain f3"),
        ("19 exit f3 drained", "forget f"),
        ("20 add g?", "start g4"),
        ("21 ready g4", ""),
        ("22 exit g4 normal", ""),
        ("23 delete g", "forget g"),
    ];
    check_up(ONE, &script);
    let with_its_group = [
        ("10 add d!", "start d1"),
        ("11 ready d1", ""),
        ("12 restart a", "halt d1"),
        ("13 exit d1 normal", "forget d, halt c1"),
    ];
    check_up(ALL, &with_its_group);
}

#[test]
fn failures_of_the_forgotten_are_forgiven() {
    let mut supervisor = Supervisor::new(policy(ONE, 2), children("a b")).unwrap();
    let mut tell = |told: &str| match parse(&supervisor, told) {
        (now, Told::Event(event)) => {
            supervisor.step(now, event);
            supervisor.intensity_used(now)
        }
        (now, Told::Wish(wish)) => {
            supervisor.ask(now, wish).unwrap();
            supervisor.intensity_used(now)
        }
    };
    for told in ["0 start", "1 ready a1", "2 ready b1"] {
        tell(told);
    }
    assert_eq!([tell("3 exit a1 error"), tell("4 exit b1 error")], [1, 2]);
    assert_eq!([tell("5 terminate a"), tell("6 delete a")], [2, 1]);
}

#[test]
fn another_policy_counts_from_now_on() {
    let mut supervisor = Supervisor::new(policy(ONE, 5), children("a b")).unwrap();
    let tell = |supervisor: &mut Supervisor, told: &str| {
        let (now, Told::Event(event)) = parse(supervisor, told) else { panic!("a wish: {told}") };
        supervisor.step(now, event).iter().map(render).collect::<Vec<_>>().join(", ")
    };
    for told in ["0 start", "1 ready a1", "2 ready b1", "3 exit a1 error", "4 exit b1 error"] {
        tell(&mut supervisor, told);
    }
    let now = Moment::from_unix_millis(5);
    let stricter = policy(ONE, 1);
    assert_eq!(supervisor.ask(now, Wish::Change(stricter)), Ok(Vec::new()));
    assert_eq!(*supervisor.policy(), stricter);
    assert_eq!(supervisor.intensity_used(now), 1, "as many as the new one bears, the newest");
    let wrong = SupervisorPolicy { children_max: 1, ..stricter };
    assert!(supervisor.ask(now, Wish::Change(wrong)).is_err());
    assert_eq!(*supervisor.policy(), stricter);
    tell(&mut supervisor, "104 alarm a 2");
    assert!(tell(&mut supervisor, "105 exit a2 error").contains("exceeded by a: error number 2"));
}

#[test]
fn another_policy_for_a_child_counts_at_its_next_end() {
    let script = [
        ("10 become b!", ""),
        ("11 exit b1 error", ""),
        ("12 become b", ""),
        ("13 restart b", "start b2"),
    ];
    check_up(ONE, &script);
}

/// The end of a blocked life is told before its thread has come back; what it says then is old.
#[test]
fn a_fenced_life_says_nothing_any_more() {
    let script = [
        ("10 exit b1 killed", ""),
        ("110 alarm b 2", "start b2"),
        ("111 ready b1", ""),
        ("112 exit b1 error", ""),
        ("113 ready b2", ""),
        ("114 exit b1 killed", ""),
        ("115 exit b2 error", ""),
        ("315 alarm b 4", "start b3"),
    ];
    check(policy(ONE, 2), "a b c", &[&UP[..], &script].concat());
}
