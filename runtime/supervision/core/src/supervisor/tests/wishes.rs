use super::*;

/// With an intensity of zero: a wish that counted would end the supervisor.
#[track_caller]
fn check_up(strategy: Strategy, names: &str, script: &[(&str, &str)]) {
    check(policy(strategy, 0), names, &[&UP, script].concat());
}

#[test]
fn a_wished_restart_counts_for_nothing_and_waits_for_nothing() {
    let script = [
        ("10 restart b", "halt b1"),
        ("11 restart b", ""),
        ("12 exit b1 error", "start b2"),
        ("13 ready b2", ""),
    ];
    check_up(Strategy::OneForOne, "a b c", &script);
}

#[test]
fn children_restarted_one_for_one_do_not_wait_for_each_other() {
    let script = [
        ("10 restart a", "halt a1"),
        ("11 restart c", "halt c1"),
        ("12 exit c1 normal", "start c2"),
        ("13 exit a1 normal", "start a2"),
    ];
    check_up(Strategy::OneForOne, "a b c", &script);
}

#[test]
fn a_wish_takes_the_group_along() {
    let script = [
        ("10 restart b", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", "start b2"),
        ("13 ready b2", "start c2"),
    ];
    check_up(Strategy::RestForOne, "a b c", &script);
}

#[test]
fn a_wish_brings_back_who_has_ended() {
    let script = [
        ("10 exit b1 normal", ""),
        ("11 restart b", "start b2"),
        ("12 ready b2", ""),
        ("13 restart b", "halt b2"),
        ("14 exit b2 normal", "start b3"),
        ("15 exit b3 start_failed", ""),
    ];
    check_up(Strategy::OneForOne, "a b! c", &script);
    check_up(Strategy::OneForAll, "a b! c", &script[..2]);
}

#[test]
fn a_wish_is_granted_once() {
    let script = [
        ("10 restart b", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", "start b2"),
        ("13 ready b2", "start c2"),
        ("14 ready c2", ""),
        ("15 restart a", "halt c2"),
        ("16 exit c2 normal", "halt b2"),
        ("17 exit b2 normal", "halt a1"),
        ("18 exit a1 normal", "start a2"),
        ("19 ready a2", "start c3"),
    ];
    check_up(Strategy::RestForOne, "a b! c", &script);
}

#[test]
fn a_wish_ends_the_wait_for_back_off() {
    let script = [
        ("10 exit b1 error", ""),
        ("11 restart b", "start b2"),
        ("110 alarm b 2", ""),
        ("111 ready b2", ""),
    ];
    check(policy(Strategy::OneForOne, 1), "a b c", &[&UP[..], &script].concat());
}

#[test]
fn a_wish_restarts_a_start_that_hangs() {
    let script = [
        ("0 start", "start a1"),
        ("1 restart a", "halt a1"),
        ("2 restart b", ""),
        ("3 exit a1 cancelled", "start a2"),
        ("4 ready a2", "start b1"),
        ("5 ready b1", "ready"),
    ];
    check(policy(Strategy::OneForOne, 0), "a b", &script);
}

#[test]
fn a_wish_in_the_middle_of_a_group_restart_changes_nothing_for_its_members() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 restart c", ""),
        ("12 restart a", ""),
        ("13 exit c1 normal", "halt a1"),
        ("14 exit a1 normal", ""),
        ("110 alarm b 2", "start a2"),
        ("111 ready a2", "start b2"),
    ];
    check(policy(Strategy::OneForAll, 1), "a b c", &[&UP[..], &script].concat());
}

#[test]
fn a_wish_before_the_beginning_is_nothing() {
    let script = [("0 restart a", ""), ("1 start", "start a1"), ("2 ready a1", "ready")];
    check(policy(Strategy::OneForOne, 0), "a", &script);
}
