use super::*;

const ONE: Strategy = Strategy::OneForOne;
const ALL: Strategy = Strategy::OneForAll;

#[track_caller]
fn check_up(strategy: Strategy, script: &[(&str, &str)]) {
    check(policy(strategy, 0), "a b c", &[&UP, script].concat());
}

#[test]
fn a_released_child_halts_or_drains_and_its_name_is_free() {
    let script = [
        ("10 release b", "halt b1"),
        ("11 exit b1 normal", "forget b"),
        ("12 add b c", "start b2"),
        ("13 discharge b", "drain b2"),
        ("14 exit b2 drained", "forget b"),
        ("15 release b", "refused: no child is named b"),
    ];
    check_up(ONE, &script);
}

#[test]
fn to_release_one_is_nothing_to_its_group() {
    let script = [
        ("10 release b", "halt b1"),
        ("11 exit b1 panic", "forget b"),
        ("12 add b c", "start b2"),
        ("13 ready b2", ""),
    ];
    check_up(ALL, &script);
}

#[test]
fn one_that_waits_or_has_ended_is_released_at_once() {
    let backing_off = [("10 exit b1 error", ""), ("11 release b", "forget b")];
    check(policy(ONE, 1), "a b c", &[&UP[..], &backing_off].concat());
    let ended = [("10 exit b1 normal", ""), ("11 release b", "forget b")];
    check(policy(ONE, 0), "a b! c", &[&UP[..], &ended].concat());
}

#[test]
fn a_restored_child_is_not_on_trial() {
    let script = [
        ("10 release b", "halt b1"),
        ("11 exit b1 normal", "forget b"),
        ("12 restore b c", "start b2"),
        ("13 exit b2 start_failed", ""),
        ("113 alarm b 2", "start b3"),
    ];
    check(policy(ONE, 1), "a b c", &[&UP[..], &script].concat());
    check_up(ONE, &[("10 restore b", "refused: two children are named b")]);
}

#[test]
fn children_are_ordered_anew_while_they_run() {
    let script = [
        ("10 order cab", ""),
        ("11 stop", "drain b1"),
        ("12 exit b1 drained", "drain a1"),
        ("13 exit a1 drained", "drain c1"),
        ("14 exit c1 drained", "finished"),
    ];
    check_up(ONE, &script);
    for order in ["ab", "abca", "aab", "abd"] {
        let wish = format!("10 order {order}");
        let refused = "refused: an order of start names every child once";
        check_up(ONE, &[(&wish, refused)]);
    }
}
