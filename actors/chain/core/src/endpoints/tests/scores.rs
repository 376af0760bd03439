//! What a score says, to the point, and what a rest is forgotten for.

use super::*;

#[track_caller]
fn check_score(happened: &[Result<u64, Trouble>], expected: u32) {
    let mut all = endpoints(2, 1);
    all.probed(at(0), &probed(1, Ok(100)), None);
    for outcome in happened {
        all.looked(at(0), &Looked { latency: None, ..looked(0, *outcome) });
    }
    assert_eq!(all.statuses()[0].score, expected);
}

#[test]
fn failed_answers_weigh_and_are_forgotten_by_eighths() {
    let failed = Err(Trouble::Unavailable);
    check_score(&[failed], 925);
    check_score(&[failed, failed], 860);
    check_score(&[failed, failed, Ok(100)], 878);
    check_score(&[failed; 200], 405);
}

#[test]
fn each_block_behind_weighs_up_to_the_fourth() {
    check_score(&[Ok(101)], 1_000);
    check_score(&[Ok(99)], 950);
    check_score(&[Ok(97)], 850);
    check_score(&[Ok(96)], 800);
    check_score(&[Ok(0)], 800);
}

#[test]
fn a_latency_weighs_as_an_average_and_no_more_than_two_seconds() {
    let score = |millis: &[u64]| {
        let mut all = endpoints(1, 1);
        for &millis in millis {
            let latency = Some(Duration::from_millis(millis));
            all.looked(at(0), &Looked { latency, ..looked(0, Ok(1)) });
        }
        all.statuses()[0].score
    };
    assert_eq!(score(&[20]), 998);
    assert_eq!(score(&[20, 100]), 997);
    assert_eq!(score(&[0, 100_000]), 950, "one sample counts as four seconds at most");
    assert_eq!(score(&[9_000]), 800);
}

#[test]
fn whoever_must_say_who_it_is_is_who_failed_or_never_did() {
    let mut all = endpoints(2, 1);
    let identify = |all: &mut Endpoints| match all.choose(at(0), None) {
        Choice::Now(turn) => turn.identify,
        Choice::At(at) => panic!("nobody before {at}"),
    };
    assert!(identify(&mut all));
    all.looked(at(0), &looked(0, Ok(1)));
    assert!(!identify(&mut all));
    all.looked(at(0), &looked(0, Err(Trouble::Unavailable)));
    assert!(identify(&mut all));
    assert!(!identify(&mut endpoints(1, 1)), "nobody to be taken for another");
}

#[test]
fn too_many_questions_do_not_make_one_a_stranger() {
    let mut all = endpoints(2, 1);
    for endpoint in 0..2 {
        all.looked(at(0), &looked(endpoint, Ok(1)));
        all.looked(at(0), &looked(endpoint, Err(Trouble::RateLimited)));
    }
    let Choice::Now(turn) = all.choose(at(0), None) else { panic!("somebody is asked") };
    assert!(!turn.identify);
}

#[test]
fn of_those_that_rest_one_of_our_chain_is_asked() {
    let mut all = endpoints(2, 1);
    all.looked(at(0), &looked(0, Err(Trouble::WrongChain)));
    for _ in 0..9 {
        all.looked(at(0), &looked(1, Err(Trouble::Unavailable)));
    }
    let scores: Vec<u32> = all.statuses().iter().map(|status| status.score).collect();
    assert!(scores[1] < scores[0], "{scores:?}");
    assert_eq!(turn(&mut all, at(0), None), 1);
    assert!(!all.has_other(0) && !all.has_other(1));
    all.probed(at(10_000), &probed(1, Ok(1)), None);
    assert!(all.has_other(0) && !all.has_other(1));
    assert_eq!((all.name(1), all.name(2)), ("1", ""));
}

#[test]
fn without_a_choice_nobody_is_probed_and_with_one_all_but_whoever_serves_once() {
    let mut alone = endpoints(1, 1);
    assert_eq!((alone.probes(at(0)), alone.next_probe()), (vec![], None));
    let mut all = endpoints(3, 1);
    assert_eq!(all.next_probe(), Some(Moment::default()));
    assert_eq!(all.probes(at(0)), [0, 1, 2]);
    assert_eq!((all.probes(at(0)), all.next_probe()), (vec![], None), "they are under way");
    all.probed(at(0), &probed(1, Ok(1)), None);
    assert_eq!(all.next_probe(), Some(at(5)));
    assert_eq!((all.probes(at(4)), all.probes(at(5))), (vec![], vec![1]));
}

#[test]
fn whoever_is_demoted_serves_no_more_even_before_another_does() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    all.looked(at(0), &looked(0, Err(Trouble::False)));
    assert_eq!(all.probes(at(10)), [0, 1]);
    let rest = Change::Demoted(0, Demotion::False, 10 * SECOND);
    assert_eq!(all.take_changes(), [Change::Serves(0), rest]);
}

#[test]
fn to_serve_on_is_no_change() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    all.looked(at(0), &looked(1, Err(Trouble::False)));
    turn(&mut all, at(0), None);
    let rest = Change::Demoted(1, Demotion::False, 10 * SECOND);
    assert_eq!(all.take_changes(), [Change::Serves(0), rest]);
    let mut alone = endpoints(1, 1);
    turn(&mut alone, at(0), None);
    alone.looked(at(0), &looked(0, Err(Trouble::False)));
    turn(&mut alone, at(0), None);
    let rest = Change::Demoted(0, Demotion::False, 10 * SECOND);
    assert_eq!(alone.take_changes(), [Change::Serves(0), rest]);
}

#[test]
fn one_good_answer_does_not_make_the_next_rest_short() {
    let mut all = endpoints(2, 1);
    all.probed(at(0), &probed(1, Err(Trouble::False)), None);
    all.probed(at(10), &probed(1, Ok(1)), None);
    all.probed(at(11), &probed(1, Ok(1)), None);
    all.take_changes();
    all.probed(at(12), &probed(1, Err(Trouble::False)), None);
    assert_eq!(all.take_changes(), [Change::Demoted(1, Demotion::False, 20 * SECOND)]);
}

#[test]
fn whoever_rests_and_fails_again_rests_longer() {
    let mut all = endpoints(2, 1);
    all.probed(at(0), &probed(1, Err(Trouble::False)), None);
    all.probed(at(1), &probed(1, Ok(1)), None);
    all.take_changes();
    all.probed(at(2), &probed(1, Err(Trouble::Unavailable)), None);
    assert_eq!(all.take_changes(), [Change::Demoted(1, Demotion::Unavailable, 20 * SECOND)]);
}

#[test]
fn a_lie_excuses_only_who_was_not_behind_anyway() {
    let mut all = endpoints(4, 1);
    let looks = [(0, Ok(1 << 60)), (1, Ok(200)), (2, Ok(100)), (3, Err(Trouble::RateLimited))];
    all.looked(at(0), &looked(3, Ok(200)));
    for (endpoint, outcome) in looks {
        all.looked(at(0), &looked(endpoint, outcome));
    }
    all.looked(at(0), &looked(0, Err(Trouble::False)));
    let demoted = EndpointState::Demoted;
    let expected = [
        demoted(Demotion::False),
        EndpointState::Standby,
        demoted(Demotion::Stale),
        demoted(Demotion::RateLimited),
    ];
    assert_eq!([0, 1, 2, 3].map(|index| state(&all, index)), expected);
}

#[test]
fn three_may_outvote_one() {
    let mut all = endpoints(4, 3);
    for _ in 0..3 {
        all.looked(at(0), &ballot(1, &[(1, Ok(Some(2))), (2, Ok(Some(2))), (3, Ok(Some(2)))]));
    }
    assert_eq!(state(&all, 0), EndpointState::Demoted(Demotion::Outvoted));
}
