use super::*;

const ONE: Strategy = Strategy::OneForOne;

#[track_caller]
fn check_up(strategy: Strategy, script: &[(&str, &str)]) {
    check(policy(strategy, 2), "a b c", &[&UP, script].concat());
}

#[test]
fn children_drain_one_after_another_the_last_started_first() {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let script = [
            ("10 stop", "drain c1"),
            ("11 exit c1 normal", "drain b1"),
            ("12 stop", ""),
            ("13 exit b1 error", "drain a1"),
            ("14 exit a1 normal", "finished"),
            ("15 exit a1 normal", ""),
            ("16 stop", ""),
            ("17 restart a", ""),
        ];
        check_up(strategy, &script);
    }
}

#[test]
fn to_be_started_again_children_halt() {
    let script = [
        ("10 halt", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", "halt a1"),
        ("13 exit a1 normal", "finished"),
    ];
    check_up(ONE, &script);
}

#[test]
fn a_wish_to_drain_outweighs_one_to_halt() {
    let script = [
        ("10 halt", "halt c1"),
        ("11 stop", ""),
        ("12 exit c1 normal", "drain b1"),
        ("13 halt", ""),
        ("14 exit b1 normal", "drain a1"),
    ];
    check_up(ONE, &script);
}

#[test]
fn who_does_not_end_in_time_is_killed() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 stop", "drain a1, wake #2 at 510"),
        ("500 alarm a 1", ""),
        ("510 alarm a 2", "kill a1, wake #3 at 5510"),
        ("511 exit a1 killed", "(a1: stop_timeout), finished"),
    ];
    check_all(policy(ONE, 2), "a", &script);
}

#[test]
fn late_once_is_not_late_again() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 restart a", "halt a1, wake #2 at 510"),
        ("510 alarm a 2", "kill a1, wake #3 at 5510"),
        ("511 exit a1 killed", "(a1: stop_timeout), start a2, wake #4 at 1511"),
        ("512 ready a2", "(restarted a2)"),
        ("520 stop", "drain a2, wake #5 at 1020"),
        ("521 exit a2 normal", "(a2: normal), finished"),
    ];
    check_all(policy(ONE, 2), "a", &script);
}

#[test]
fn who_cannot_be_killed_is_left_behind() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 stop", "drain a1, wake #2 at 510"),
        ("510 alarm a 2", "kill a1, wake #3 at 5510"),
        ("5510 alarm a 3", "(a1 stays), finished"),
        ("5511 exit a1 killed", ""),
    ];
    check_all(policy(ONE, 2), "a", &script);

    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1000 alarm a 1", "kill a1, wake #2 at 6000"),
        ("6000 alarm a 2", "(a1 stays)"),
        ("7000 stop", "finished"),
    ];
    check_all(policy(ONE, 2), "a", &script);
}

#[test]
fn without_time_to_stop_a_child_is_killed_at_once() {
    let mut children = children("a b");
    children[1].stop_timeout = Duration::ZERO;
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 ready b1", "ready"),
        ("3 stop", "kill b1"),
        ("4 exit b1 killed", "drain a1"),
    ];
    check_of(policy(ONE, 2), children, &script, |effect| match effect {
        Effect::WakeAt { .. } | Effect::Report(_) => None,
        _ => Some(render(effect)),
    });
}

#[test]
fn who_may_take_for_ever_gets_no_alarm() {
    let mut children = children("a");
    children[0].start_timeout = Duration::MAX;
    children[0].stop_timeout = Duration::MAX;
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "(started a1), ready"),
        ("2 stop", "drain a1"),
        ("3 exit a1 normal", "(a1: normal), finished"),
    ];
    check_of(policy(ONE, 2), children, &script, |effect| Some(render(effect)));
}

#[test]
fn a_supervisor_that_never_began_ends_at_once() {
    check(policy(ONE, 2), "a b", &[("0 stop", "finished"), ("1 start", "")]);
}

#[test]
fn the_end_may_come_during_the_first_start() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("2 stop", "drain b1"),
        ("3 ready b1", ""),
        ("4 exit b1 cancelled", "drain a1"),
        ("5 exit a1 normal", "finished"),
    ];
    check(policy(ONE, 2), "a b c", &script);
}

#[test]
fn the_end_may_come_during_back_off() {
    let script = [
        ("10 exit b1 error", ""),
        ("11 stop", "drain c1"),
        ("110 alarm b 2", ""),
        ("111 exit c1 normal", "drain a1"),
        ("112 exit a1 normal", "finished"),
    ];
    check_up(ONE, &script);
}

#[test]
fn the_end_may_come_while_a_group_is_stopping() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 stop", ""),
        ("12 exit c1 normal", "drain a1"),
        ("110 alarm b 2", ""),
        ("111 exit a1 normal", "finished"),
    ];
    check_up(Strategy::OneForAll, &script);
}

#[test]
fn the_end_may_come_while_a_group_is_starting() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit c1 normal", ""),
        ("110 alarm b 2", "start b2"),
        ("111 stop", "drain b2"),
        ("112 exit b2 cancelled", "drain a1"),
        ("113 exit a1 normal", "finished"),
    ];
    check_up(Strategy::RestForOne, &script);
}

#[test]
fn the_end_may_come_while_a_late_start_is_being_killed() {
    let script = [
        ("0 start", "start a1"),
        ("1 ready a1", "start b1"),
        ("1001 alarm b 1", "kill b1"),
        ("1002 stop", ""),
        ("1003 exit b1 killed", "drain a1"),
        ("1004 exit a1 normal", "finished"),
    ];
    check(policy(ONE, 2), "a b", &script);
}
