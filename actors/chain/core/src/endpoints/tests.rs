mod scores;

use proptest::prelude::*;
use synod_types::B256;
use synod_types::chain::{Block, BlockId, ChainId, Vote};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn terms(name: &str) -> Terms {
    Terms { name: name.to_owned(), priority: 0, budget: None }
}

fn endpoints(count: usize, quorum: usize) -> Endpoints {
    let rules = EndpointRules { quorum, ..EndpointRules::default() };
    Endpoints::new(rules, (0..count).map(|index| terms(&index.to_string())).collect())
}

fn at(seconds: u64) -> Moment {
    Moment::from_unix_seconds(1_000 + seconds)
}

fn looked(endpoint: usize, outcome: Result<u64, Trouble>) -> Looked {
    let sight = |head| Sight::Segment { head, headers: vec![], logs: vec![] };
    let (asked_about, votes) = (None, vec![]);
    let latency = outcome.is_ok().then_some(Duration::from_millis(20));
    Looked { endpoint, outcome: outcome.map(sight), latency, calls: 1, asked_about, votes }
}

fn probed(endpoint: usize, answer: Result<u64, Trouble>) -> Probed {
    let answer = answer.map(|head| (identity(1), head));
    Probed { endpoint, answer, latency: None, calls: 2 }
}

fn identity(genesis: u8) -> ChainIdentity {
    ChainIdentity { chain: ChainId(1), genesis: B256::repeat_byte(genesis) }
}

#[track_caller]
fn turn(endpoints: &mut Endpoints, now: Moment, tip: Option<u64>) -> usize {
    match endpoints.choose(now, tip) {
        Choice::Now(turn) => turn.endpoint,
        Choice::At(at) => panic!("nobody before {at}"),
    }
}

fn state(endpoints: &Endpoints, index: usize) -> EndpointState {
    endpoints.statuses()[index].state
}

/// What a look or probe must show for one to be demoted, and as what.
#[track_caller]
fn check_demotion(troubles: &[Trouble], expected: Demotion) {
    let mut all = endpoints(2, 1);
    assert_eq!(turn(&mut all, at(0), None), 0);
    for (index, trouble) in troubles.iter().enumerate() {
        assert_eq!(state(&all, 0), EndpointState::Serving, "after {index}");
        all.looked(at(0), &looked(0, Err(*trouble)));
    }
    assert_eq!(state(&all, 0), EndpointState::Demoted(expected));
    assert_eq!(turn(&mut all, at(0), None), 1, "the other takes over at once");
}

#[test]
fn an_endpoint_is_demoted_for_what_it_does() {
    use Trouble::{False, RateLimited, Refused, Timeout, Torn, Unavailable, WrongChain};
    check_demotion(&[Unavailable, Unavailable], Demotion::Unavailable);
    check_demotion(&[Unavailable, Timeout], Demotion::Timeout);
    check_demotion(&[RateLimited], Demotion::RateLimited);
    check_demotion(&[Refused], Demotion::Refused);
    check_demotion(&[WrongChain], Demotion::WrongChain);
    check_demotion(&[False], Demotion::False);
    check_demotion(&[Torn, Torn, Torn, Torn], Demotion::Incoherent);
}

#[test]
fn what_says_nothing_of_the_endpoint_is_not_held_against_it() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    for _ in 0..100 {
        for trouble in [Trouble::TooLarge, Trouble::BreakerOpen, Trouble::NoQuorum] {
            all.looked(at(0), &looked(0, Err(trouble)));
        }
        all.looked(at(0), &looked(0, Err(Trouble::Torn)));
        all.looked(at(0), &looked(0, Ok(5)));
    }
    let status = &all.statuses()[0];
    assert_eq!((status.state, status.score), (EndpointState::Serving, 998));
}

#[test]
fn whoever_falls_behind_is_stale_and_comes_back() {
    let mut all = endpoints(2, 1);
    assert_eq!(turn(&mut all, at(0), None), 0);
    all.looked(at(0), &looked(0, Ok(100)));
    all.probed(at(1), &probed(1, Ok(103)), None);
    all.looked(at(2), &looked(0, Ok(100)));
    assert_eq!(state(&all, 0), EndpointState::Serving, "three blocks are allowed");
    all.probed(at(6), &probed(1, Ok(104)), None);
    all.looked(at(7), &looked(0, Ok(100)));
    assert_eq!(state(&all, 0), EndpointState::Demoted(Demotion::Stale));
    assert_eq!(turn(&mut all, at(7), Some(100)), 1);
    assert_eq!(all.probes(at(16)), [0_usize; 0], "it rests");
    assert_eq!(all.probes(at(17)), [0]);
    all.probed(at(17), &probed(0, Ok(104)), None);
    assert_eq!(state(&all, 0), EndpointState::Standby);
    let changes = all.take_changes();
    assert!(changes.contains(&Change::Restored(0)), "{changes:?}");
    assert_eq!(turn(&mut all, at(18), Some(104)), 1, "no change without need");
}

#[test]
fn a_height_that_was_a_lie_is_held_against_nobody() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    all.probed(at(0), &probed(1, Ok(1 << 60)), None);
    all.looked(at(1), &looked(0, Ok(100)));
    assert_eq!(state(&all, 0), EndpointState::Demoted(Demotion::Stale));
    assert_eq!(turn(&mut all, at(1), Some(100)), 1);
    for _ in 0..4 {
        all.looked(at(2), &looked(1, Err(Trouble::Torn)));
    }
    assert_eq!(state(&all, 1), EndpointState::Demoted(Demotion::Incoherent));
    assert_eq!(state(&all, 0), EndpointState::Standby);
    assert_eq!(turn(&mut all, at(2), Some(100)), 0);
}

#[test]
fn each_rest_is_twice_as_long_as_the_last_until_all_is_well_for_a_while() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    let mut rests = Vec::new();
    let mut now = at(0);
    for _ in 0..8 {
        all.probed(now, &probed(1, Err(Trouble::False)), None);
        rests.extend(all.take_changes().into_iter().filter_map(|change| match change {
            Change::Demoted(1, Demotion::False, rest) => Some(rest.as_secs()),
            Change::Demoted(..) | Change::Restored(_) | Change::Serves(_) => None,
        }));
        now = all.next_probe().unwrap();
        assert_eq!(all.probes(now), [1]);
    }
    assert_eq!(rests, [10, 20, 40, 80, 160, 320, 600, 600]);
    for _ in 0..200 {
        all.probed(now, &probed(1, Ok(1)), None);
    }
    all.take_changes();
    all.probed(now, &probed(1, Err(Trouble::False)), None);
    let first = Change::Demoted(1, Demotion::False, 10 * SECOND);
    assert_eq!(all.take_changes(), [first]);
}

#[test]
fn the_preferred_one_serves_while_it_is_about_as_well() {
    let mut second = terms("preferred");
    let first = Terms { priority: 3, ..terms("paid") };
    second.priority = 0;
    let mut all = Endpoints::new(EndpointRules::default(), vec![first, second]);
    assert_eq!(turn(&mut all, at(0), None), 1);
    all.looked(at(0), &looked(1, Err(Trouble::Unavailable)));
    assert_eq!(turn(&mut all, at(0), None), 1);
    all.looked(at(0), &looked(1, Err(Trouble::Unavailable)));
    assert_eq!(turn(&mut all, at(0), None), 0);
    all.probed(at(10), &probed(1, Ok(7)), None);
    assert_eq!(turn(&mut all, at(10), None), 0, "it has failed of late");
    for second in 11..60 {
        all.probed(at(second), &probed(1, Ok(7)), None);
    }
    assert_eq!(turn(&mut all, at(60), None), 1);
}

#[test]
fn one_that_is_below_the_tip_is_not_asked_while_another_may_be_above() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    all.looked(at(0), &looked(0, Ok(10)));
    assert_eq!(turn(&mut all, at(0), Some(10)), 0);
    assert_eq!(turn(&mut all, at(0), Some(11)), 1);
    all.looked(at(0), &looked(1, Ok(10)));
    assert_eq!(turn(&mut all, at(0), Some(11)), 1, "both are; somebody must be asked");
}

#[test]
fn the_last_way_is_never_closed() {
    let mut all = endpoints(1, 1);
    for trouble in Trouble::ALL {
        all.looked(at(0), &looked(0, Err(trouble)));
        assert_eq!(turn(&mut all, at(0), Some(5)), 0, "{trouble}");
    }
    assert_eq!(all.probes(at(1_000)), [0_usize; 0]);
    assert_eq!(all.next_probe(), None);
}

#[test]
fn another_chain_is_told_from_ours() {
    let mut all = endpoints(2, 1);
    turn(&mut all, at(0), None);
    all.probed(at(0), &probed(1, Ok(5)), Some(identity(2)));
    assert_eq!(state(&all, 1), EndpointState::Demoted(Demotion::WrongChain));
    assert!(all.is_last_resort(0) && !all.is_last_resort(1));
}

fn block(number: u64, hash: u8) -> BlockId {
    BlockId { number, hash: B256::repeat_byte(hash) }
}

fn ballot(own: u8, others: &[(usize, Result<Option<u8>, Trouble>)]) -> Looked {
    let vote = |(endpoint, hash): &(usize, Result<Option<u8>, Trouble>)| Vote {
        endpoint: *endpoint,
        block: hash.map(|hash| hash.map(|hash| block(9, hash))),
        calls: 1,
    };
    let votes: Vec<Vote> = others.iter().map(vote).collect();
    let headers = vec![Block { id: block(9, own), parent: B256::ZERO, timestamp: 0 }];
    let outcome = Ok(Sight::Segment { head: 9, headers, logs: vec![] });
    Looked { outcome, asked_about: Some(block(9, own)), votes, ..looked(0, Ok(9)) }
}

#[test]
fn whoever_stands_against_a_quorum_again_and_again_is_outvoted() {
    let mut all = endpoints(4, 2);
    turn(&mut all, at(0), None);
    assert_eq!(all.voters(0), [1, 2, 3]);
    for round in 0..3 {
        assert_eq!(state(&all, 0), EndpointState::Serving, "round {round}");
        all.looked(at(0), &ballot(1, &[(1, Ok(Some(2))), (2, Ok(Some(2))), (3, Ok(None))]));
    }
    assert_eq!(state(&all, 0), EndpointState::Demoted(Demotion::Outvoted));
    // Without a quorum, nobody can be outvoted; nor by an answer that never came.
    let mut all = endpoints(4, 3);
    for _ in 0..9 {
        let late = Err(Trouble::NoQuorum);
        all.looked(at(0), &ballot(1, &[(1, Ok(Some(2))), (2, Ok(Some(2))), (3, late)]));
    }
    assert!(all.statuses().iter().all(|status| status.state == EndpointState::Standby));
    assert_eq!(endpoints(4, 1).voters(0), [0_usize; 0], "no quorum, no questions");
}

#[test]
fn a_budget_is_kept_to() {
    let budget = Some(Budget { calls_per_second: 10, burst: 40 });
    let limited = Terms { budget, ..terms("limited") };
    let mut all = Endpoints::new(EndpointRules::default(), vec![limited]);
    let Choice::Now(turn) = all.choose(at(0), None) else { panic!("it owes nothing") };
    assert_eq!(turn.calls_max, 40);
    all.looked(at(0), &Looked { calls: 50, ..looked(0, Ok(1)) });
    assert_eq!(all.choose(at(0), None), Choice::At(at(1) + Duration::from_millis(1)));
    assert!(matches!(all.choose(at(2), None), Choice::Now(_)));
    all.looked(at(1_000), &Looked { calls: 41, ..looked(0, Ok(1)) });
    assert!(matches!(all.choose(at(1_000), None), Choice::At(_)), "no more is saved than a burst");
}

#[test]
fn a_spent_budget_is_no_fault_but_another_takes_over() {
    let budget = Some(Budget { calls_per_second: 1, burst: 1 });
    let first = Terms { budget, ..terms("limited") };
    let second = Terms { priority: 9, ..terms("free") };
    let mut all = Endpoints::new(EndpointRules::default(), vec![first, second]);
    assert_eq!(turn(&mut all, at(0), None), 0);
    all.looked(at(0), &Looked { calls: 5, ..looked(0, Ok(1)) });
    assert_eq!(turn(&mut all, at(0), None), 1);
    assert_eq!(turn(&mut all, at(60), None), 0);
}

/// Whether it is a look, through whom, what it showed, after how many seconds, of how many calls.
type Happening = (bool, usize, Result<u64, Trouble>, u64, u64);

/// Anything that can happen.
fn happening() -> impl Strategy<Value = Happening> {
    let trouble = prop::sample::select(Trouble::ALL.to_vec());
    let outcome = prop_oneof![3 => (0_u64..200).prop_map(Ok), 2 => trouble.prop_map(Err)];
    (any::<bool>(), 0_usize..3, outcome, 0_u64..30, 0_u64..100)
}

fn run(history: &[Happening]) -> (Endpoints, Moment) {
    let budget = Some(Budget { calls_per_second: 20, burst: 50 });
    let limited = Terms { budget, priority: 1, ..terms("limited") };
    let all = vec![terms("a"), limited, terms("c")];
    let (mut all, mut now) = (Endpoints::new(EndpointRules::default(), all), at(0));
    for (is_look, endpoint, outcome, seconds, calls) in history {
        now = now + Duration::from_secs(*seconds);
        all.probes(now);
        if *is_look {
            all.looked(now, &Looked { calls: *calls, ..looked(*endpoint, *outcome) });
        } else {
            all.probed(now, &probed(*endpoint, *outcome), None);
        }
        all.choose(now, Some(100));
    }
    (all, now)
}

proptest! {
    #[test]
    fn somebody_is_always_asked_and_nobody_demoted_while_another_is_not(
        history in prop::collection::vec(happening(), 0..60),
    ) {
        let (mut all, mut now) = run(&history);
        for _ in 0..3 {
            match all.choose(now, Some(100)) {
                Choice::At(then) => {
                    prop_assert!(now < then && then.since(now) <= 400 * SECOND);
                    now = then;
                }
                Choice::Now(turn) => {
                    let is_demoted = |status: &EndpointStatus| {
                        matches!(status.state, EndpointState::Demoted(_))
                    };
                    let statuses = all.statuses();
                    let chosen = &statuses[turn.endpoint];
                    let has_spent = |status: &EndpointStatus| status.name == "limited";
                    let is_best = !is_demoted(chosen)
                        || statuses.iter().all(|other| is_demoted(other) || has_spent(other));
                    prop_assert!(is_best, "{:?}", statuses);
                }
            }
        }
        prop_assert!(matches!(all.choose(now, Some(100)), Choice::Now(_)));
    }

    #[test]
    fn one_more_failure_never_makes_a_score_better(
        history in prop::collection::vec(happening(), 0..60),
        endpoint in 0_usize..3,
        trouble in prop::sample::select(Trouble::ALL.to_vec()),
    ) {
        let (mut all, now) = run(&history);
        let before = all.statuses()[endpoint].score;
        all.looked(now, &Looked { latency: None, ..looked(endpoint, Err(trouble)) });
        let status = &all.statuses()[endpoint];
        prop_assert!(status.score <= 1_000);
        prop_assert!(status.score <= before);
    }

    #[test]
    fn whoever_does_well_for_long_is_well(history in prop::collection::vec(happening(), 0..60)) {
        let (mut all, mut now) = run(&history);
        for _ in 0..2_000 {
            now = now + 5 * SECOND;
            for endpoint in 0..3 {
                all.probed(now, &probed(endpoint, Ok(300)), None);
            }
        }
        for status in all.statuses() {
            prop_assert!(!matches!(status.state, EndpointState::Demoted(_)), "{status:?}");
            prop_assert!(status.score >= 990, "{status:?}");
        }
    }

    #[test]
    fn calls_stay_within_the_budget(looks in prop::collection::vec((0_u64..3_000, 1_u64..80), 1..80)) {
        let budget = Budget { calls_per_second: 20, burst: 50 };
        let limited = Terms { budget: Some(budget), ..terms("limited") };
        let mut all = Endpoints::new(EndpointRules::default(), vec![limited]);
        let (begun, mut now, mut calls) = (at(0), at(0), 0);
        for (pause, wanted) in looks {
            now = now + Duration::from_millis(pause);
            if let Choice::At(then) = all.choose(now, None) {
                now = then;
            }
            let Choice::Now(turn) = all.choose(now, None) else { panic!("it is time") };
            let asked = wanted.min(u64::from(turn.calls_max));
            all.looked(now, &Looked { calls: asked, ..looked(0, Ok(1)) });
            calls += asked;
            let earned = 50 + now.since(begun).as_millis() as u64 * 20 / 1_000;
            prop_assert!(calls <= earned + 50, "{calls} calls, {earned} earned");
        }
    }
}
