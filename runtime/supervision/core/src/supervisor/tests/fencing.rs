//! Lives that must end and do not: fenced after 700 ms, at most two of each child at once.

use super::*;

const DOWN: [(&str, &str); 3] =
    [("0 start", "start a1"), ("1 ready a1", "ready"), ("10 dying a1 stuck", "")];

fn check_fenced(script: &[(&str, &str)]) {
    let script: Vec<_> = DOWN.iter().chain(script).copied().collect();
    check(policy(Strategy::OneForOne, 5), "a^", &script);
}

#[test]
fn it_is_fenced_when_it_is_due_and_started_beside_what_is_left() {
    check_fenced(&[
        ("709 alarm a 2", ""),
        ("710 alarm a 3", "fence a1"),
        ("810 alarm a 4", "start a2"),
        ("811 ready a2", ""),
        // What is left of it at last says something.
        ("900 exit a1 stuck", ""),
        ("901 fenced a 0", ""),
    ]);
}

#[test]
fn it_counts_as_one_failure_with_its_cause() {
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("10 dying a1 stuck", "wake #2 at 710"),
        ("11 dying a1 killed", ""),
        (
            "710 alarm a 2",
            "fence a1, (a1 fenced), (a1: fenced), (a again at 810 after 0), wake #3 at 810",
        ),
    ];
    check_all(policy(Strategy::OneForOne, 5), "a^", &script);
    let mut supervisor = Supervisor::new(policy(Strategy::OneForOne, 5), children("a^")).unwrap();
    for (told, _) in script {
        let (now, Told::Event(event)) = parse(&supervisor, told) else { panic!() };
        supervisor.step(now, event);
    }
    let view = supervisor.children().next().unwrap();
    let reason = view.last_exit.unwrap().0;
    assert_eq!((reason.label(), reason.cause()), ("fenced", &ExitReason::Stuck));
    assert_eq!(
        reason.to_string(),
        "was stuck and was killed; it held on to its thread and was fenced"
    );
    assert_eq!((view.restarts, supervisor.intensity_used(Moment::from_unix_millis(710))), (1, 1));
}

#[test]
fn it_is_not_fenced_if_it_goes_first() {
    check_fenced(&[
        ("709 exit a1 stuck", ""),
        ("710 alarm a 2", ""),
        ("809 alarm a 3", "start a2"),
    ]);
}

#[test]
fn at_the_limit_it_waits_for_a_fenced_life_to_go() {
    check_fenced(&[
        ("710 alarm a 2", "fence a1"),
        ("810 alarm a 3", "start a2"),
        ("811 ready a2", ""),
        ("812 dying a2 stuck", ""),
        ("1512 alarm a 5", "fence a2"),
        ("1712 alarm a 6", "start a3"),
        ("1713 ready a3", ""),
        ("1714 dying a3 stuck", ""),
        ("2414 alarm a 8", ""),
        ("9000 fenced a 2", ""),
        ("9001 fenced a 1", "fence a3"),
    ]);
    check_fenced(&[
        ("11 fenced a 2", ""),
        ("710 alarm a 2", ""),
        ("9000 exit a1 stuck", ""),
        ("9100 alarm a 3", "start a2"),
    ]);
}

#[test]
fn one_that_hangs_in_its_start_is_killed_and_fenced() {
    check(
        policy(Strategy::OneForOne, 5),
        "a^",
        &[
            ("0 start", "start a1"),
            ("1000 alarm a 1", "kill a1"),
            ("1700 alarm a 2", "fence a1"),
            ("1800 alarm a 3", "start a2"),
            ("1801 ready a1", ""),
            ("1802 ready a2", "ready"),
        ],
    );
}

#[test]
fn one_that_is_killed_as_it_becomes_ready_is_fenced_too() {
    check(
        policy(Strategy::OneForOne, 5),
        "a^",
        &[
            ("0 start", "start a1"),
            ("1 dying a1 killed", ""),
            ("2 ready a1", "ready"),
            ("701 alarm a 2", "fence a1"),
        ],
    );
}

#[test]
fn a_group_waits_for_the_fence_only() {
    check(
        policy(Strategy::OneForAll, 5),
        "a b^ c",
        &[
            UP[0],
            UP[1],
            UP[2],
            UP[3],
            ("10 exit a1 error", "halt c1"),
            ("11 exit c1 normal", "halt b1"),
            ("511 alarm b 2", "kill b1"),
            ("1000 alarm a 2", ""),
            ("1211 alarm b 3", "fence b1, start a2"),
        ],
    );
}

#[test]
fn beyond_the_limit_a_killed_one_is_unresponsive_as_any_other() {
    check_all(
        policy(Strategy::OneForOne, 5),
        "a^",
        &[
            ("0 start", "start a1, wake #1 at 1000"),
            ("0 fenced a 2", ""),
            ("1000 alarm a 1", "kill a1, wake #2 at 1700"),
            ("1700 alarm a 2", "wake #3 at 6000"),
            ("6000 alarm a 3", "(a1 stays)"),
            (
                "7000 fenced a 1",
                "fence a1, (a1 fenced), (a1: fenced), (a again at 7100 after 0), wake #4 at 7100",
            ),
        ],
    );
}

#[test]
fn who_ends_leaves_it_behind_as_any_other() {
    check_fenced(&[
        ("20 stop", "drain a1"),
        ("520 alarm a 3", "kill a1"),
        ("710 alarm a 4", ""),
        ("5520 alarm a 5", "finished"),
    ]);
}

#[test]
fn one_that_was_started_before_it_might_be_fenced_is_not() {
    check(
        policy(Strategy::OneForOne, 5),
        "a",
        &[
            ("0 start", "start a1"),
            ("1 ready a1", "ready"),
            ("2 become a^", ""),
            ("3 dying a1 stuck", ""),
            ("9000 exit a1 stuck", ""),
            ("9100 alarm a 2", "start a2"),
            ("9101 ready a2", ""),
            ("9102 dying a2 stuck", ""),
            ("9802 alarm a 4", "fence a2"),
        ],
    );
}

#[test]
fn one_that_ended_in_order_is_not_started_again_for_its_fence() {
    check(
        policy(Strategy::OneForOne, 5),
        "a^?",
        &[
            ("0 start", "start a1"),
            ("1 ready a1", "ready"),
            ("2 dying a1 normal", ""),
            ("702 alarm a 2", "fence a1"),
            ("9000 restart a", "start a2"),
        ],
    );
}
