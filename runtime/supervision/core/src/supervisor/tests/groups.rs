use super::*;

const ALL: Strategy = Strategy::OneForAll;
const REST: Strategy = Strategy::RestForOne;

#[track_caller]
fn check_up(strategy: Strategy, names: &str, script: &[(&str, &str)]) {
    check(policy(strategy, 2), names, &[&UP, script].concat());
}

#[test]
fn one_for_all_stops_in_reverse_and_starts_in_order() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit c1 normal", "halt a1"),
        ("12 exit a1 normal", ""),
        ("110 alarm b 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("112 ready b2", "start c2"),
        ("113 ready c2", ""),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn rest_for_one_leaves_the_former_alone() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("110 alarm b 2", ""),
        ("111 exit c1 normal", "start b2"),
        ("112 ready b2", "start c2"),
        ("113 ready c2", ""),
        ("120 exit c2 error", ""),
        ("220 alarm c 4", "start c3"),
    ];
    check_up(REST, "a b c", &script);
}

#[test]
fn the_first_of_rest_for_one_takes_all_along() {
    let script = [
        ("10 exit a1 error", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", ""),
        ("110 alarm a 2", "start a2"),
    ];
    check_up(REST, "a b c", &script);
}

#[test]
fn a_group_counts_as_one_failure_whatever_its_members_say_on_the_way_out() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit a1 panic", ""),
        ("12 exit c1 panic", ""),
        ("110 alarm b 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("112 ready b2", "start c2"),
        ("113 ready c2", ""),
        ("120 exit a2 error", "halt c2"),
        ("121 exit c2 killed", "halt b2"),
        ("122 exit b2 error", ""),
        ("220 alarm a 3", "start a3"),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn each_member_has_its_own_time_to_stop() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("510 alarm c 2", "kill c1"),
        ("511 exit c1 killed", "halt a1"),
        ("1011 alarm a 2", "kill a1"),
        ("1012 alarm b 2", ""),
        ("1013 exit a1 killed", "start a2"),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn temporary_members_leave_with_their_group_for_good() {
    let script = [
        ("10 exit a1 error", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", ""),
        ("110 alarm a 2", "start a2"),
        ("111 ready a2", "start c2"),
        ("112 ready c2", ""),
    ];
    check_up(ALL, "a b! c?", &script);
    check_up(REST, "a b! c?", &script);
}

#[test]
fn a_temporary_member_takes_no_one_along() {
    check_up(ALL, "a b! c", &[("10 exit b1 panic", ""), ("11 stop", "drain c1")]);
}

#[test]
fn transient_members_that_were_done_begin_again_with_their_group() {
    let script = [
        ("10 exit c1 normal", ""),
        ("11 exit b1 error", "halt a1"),
        ("12 exit a1 normal", ""),
        ("111 alarm b 2", "start a2"),
        ("112 ready a2", "start b2"),
        ("113 ready b2", "start c2"),
    ];
    check_up(ALL, "a b c?", &script);
}

#[test]
fn a_failed_restart_counts_and_begins_the_group_again() {
    let script = [
        ("10 exit c1 error", "halt b1"),
        ("11 exit b1 normal", "halt a1"),
        ("12 exit a1 normal", ""),
        ("110 alarm c 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("112 exit b2 start_failed", "halt a2"),
        ("113 exit a2 normal", ""),
        ("212 alarm b 4", "start a3"),
        ("213 exit a3 start_failed", "exceeded by a: start_failed number 3"),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn a_failed_restart_of_rest_for_one_begins_again_at_the_one_that_failed() {
    let script = [
        ("10 exit a1 error", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", ""),
        ("110 alarm a 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("112 exit b2 start_failed", ""),
        ("212 alarm b 4", "start b3"),
        ("213 ready b3", "start c2"),
    ];
    check_up(REST, "a b c", &script);
}

#[test]
fn a_former_member_that_fails_meanwhile_widens_the_group() {
    let script = [
        ("10 exit c1 error", ""),
        ("11 exit b1 error", ""),
        ("110 alarm c 2", ""),
        ("111 alarm b 2", "start b2"),
        // The start of b that was under way ends first.
        ("112 exit a1 error", "halt b2"),
        ("113 exit b2 cancelled", "exceeded by a: error number 3"),
    ];
    check_up(REST, "a b c", &script);

    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit a1 error", ""),
        ("12 exit c1 normal", ""),
        ("110 alarm b 2", ""),
        ("111 alarm a 2", "start a2"),
        ("112 ready a2", "start b2"),
        ("113 ready b2", "start c2"),
    ];
    check_up(REST, "a b c", &script);
}

#[test]
fn a_later_member_that_is_starting_is_stopped_too() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit c1 normal", "halt a1"),
        ("12 exit a1 normal", ""),
        ("110 alarm b 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("112 exit a2 error", "halt b2"),
        ("113 ready b2", ""),
        ("114 exit b2 cancelled", ""),
        ("212 alarm a 4", "start a3"),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn a_member_that_is_killed_for_a_late_start_is_no_second_failure_of_its_group() {
    let script = [
        ("10 exit b1 error", "halt c1"),
        ("11 exit c1 normal", "halt a1"),
        ("12 exit a1 normal", ""),
        ("110 alarm b 2", "start a2"),
        ("111 ready a2", "start b2"),
        ("1111 alarm b 3", "kill b2"),
        ("1112 exit a2 error", ""),
        ("1113 exit b2 killed", ""),
        // Two failures so far: a third is one too many.
        ("1212 alarm a 4", "start a3"),
        ("1213 exit a3 start_failed", "exceeded by a: start_failed number 3"),
    ];
    check_up(ALL, "a b c", &script);
}

#[test]
fn no_member_starts_before_the_back_off_is_over() {
    let mut policy = policy(ALL, 5);
    policy.backoff.first = Duration::from_millis(200);
    let script = [
        ("10 exit a1 error", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", ""),
        ("209 alarm b 2", ""),
        ("210 alarm a 2", "start a2"),
    ];
    check(policy, "a b c", &[&UP[..], &script].concat());
}
