use std::time::Duration;

use synod_types::B256;
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::Digest;
use synod_types::{Address, U256};

use super::*;

const ID: BallotId = BallotId(B256::repeat_byte(7));
const YES: Digest = Digest(B256::repeat_byte(1));
const NO: Digest = Digest(B256::repeat_byte(2));
const LIMITS: Limits = Limits { open_max: 2, decided_max: 2, members_max: 8, evidence_max: 2 };
const WINDOW: Duration = Duration::from_secs(60);
const START: Moment = Moment::from_unix_seconds(1_000);

pub(super) const fn operator(n: u8) -> OperatorId {
    OperatorId(Address::repeat_byte(n))
}

/// Operator `n` holds `stakes[n]`, kind by kind.
fn question(id: BallotId, rule: ThresholdRule, stakes: &[&[u64]]) -> Question {
    let members = stakes
        .iter()
        .zip(0..)
        .map(|(kinds, n)| (operator(n), kinds.iter().map(|&wei| Stake::from(wei)).collect()))
        .collect();
    Question { ballot: id, members, rule, closes_at: START + WINDOW }
}

fn percent(percent: u8) -> ThresholdRule {
    ThresholdRule::percent(percent).unwrap()
}

fn bips(bips: u16) -> ThresholdRule {
    ThresholdRule::bips(bips).unwrap()
}

fn vote(ballot: BallotId, n: u8, digest: Digest) -> Input {
    Input::Cast(Vote { ballot, operator: operator(n), digest })
}

/// Votes are `(operator, digest)`. Returns what the last one brought.
#[track_caller]
fn check(
    rule: ThresholdRule,
    stakes: &[&[u64]],
    votes: &[(u8, Digest)],
    expected: Result<&[Effect], Refusal>,
) {
    let mut ballots = Ballots::new(LIMITS);
    let mut last = ballots.apply(START, Input::Open(question(ID, rule, stakes)));
    for &(n, digest) in votes {
        last = ballots.apply(START, vote(ID, n, digest));
    }
    assert_eq!(last, expected.map(<[Effect]>::to_vec));
}

const AGREED: &[Effect] = &[Effect::Settle(Verdict::Agreed(ID, YES))];
const REJECTED: &[Effect] = &[Effect::Settle(Verdict::Rejected(ID))];

#[test]
fn settles_on_the_vote_that_reaches_the_threshold() {
    check(percent(67), &[&[33], &[34], &[33]], &[(0, YES), (1, YES)], Ok(AGREED));
}

#[test]
fn one_wei_short_is_not_agreement() {
    check(percent(67), &[&[33], &[33], &[34]], &[(0, YES), (1, YES)], Ok(&[]));
}

#[test]
fn two_of_three_equal_stakes_meet_the_floor_but_not_the_percentage() {
    check(bips(6_667), &[&[1], &[1], &[1]], &[(0, YES), (1, YES)], Ok(AGREED));
    check(percent(67), &[&[1], &[1], &[1]], &[(0, YES), (1, YES)], Ok(&[]));
}

#[test]
fn every_kind_of_stake_must_agree() {
    let stakes: &[&[u64]] = &[&[60, 10], &[30, 60], &[10, 30]];
    check(bips(6_000), stakes, &[(0, YES)], Ok(&[]));
    check(bips(6_000), stakes, &[(0, YES), (1, YES)], Ok(AGREED));
}

#[test]
fn split_votes_never_add_up() {
    check(percent(67), &[&[40], &[20], &[40]], &[(0, YES), (1, NO)], Ok(&[]));
}

#[test]
fn rejected_as_soon_as_nothing_can_win() {
    check(percent(67), &[&[40], &[40], &[20]], &[(0, YES), (1, NO)], Ok(REJECTED));
    check(bips(10_000), &[&[1], &[98], &[1]], &[(0, YES), (2, NO)], Ok(REJECTED));
}

#[test]
fn one_kind_out_of_reach_is_enough_to_reject() {
    let stakes: &[&[u64]] = &[&[1, 50], &[1, 50], &[98, 0]];
    check(percent(67), stakes, &[(0, YES), (1, NO)], Ok(REJECTED));
}

#[test]
fn a_fresh_answer_may_still_win() {
    check(percent(60), &[&[20], &[20], &[60]], &[(0, YES), (1, NO)], Ok(&[]));
}

#[test]
fn nothing_is_never_enough() {
    let rule = bips(9_999);
    check(rule, &[&[0], &[1]], &[(0, YES)], Ok(&[]));
    check(rule, &[&[0], &[1]], &[(0, NO), (1, YES)], Ok(AGREED));
}

#[test]
fn the_same_vote_twice_counts_once() {
    check(percent(67), &[&[40], &[60]], &[(0, YES), (0, YES)], Ok(&[]));
}

#[test]
fn two_answers_are_an_offence_told_once() {
    let offence = Equivocation { ballot: ID, operator: operator(0), first: YES, second: NO };
    let stakes: &[&[u64]] = &[&[40], &[60]];
    check(percent(67), stakes, &[(0, YES), (0, NO)], Ok(&[Effect::Evidence(offence)]));
    check(percent(67), stakes, &[(0, YES), (0, NO), (0, NO)], Ok(&[]));
    let after = [(0, YES), (1, YES), (0, NO)];
    check(percent(67), stakes, &after, Ok(&[Effect::Evidence(offence)]));
}

#[test]
fn the_first_answer_is_the_one_that_counts() {
    check(percent(67), &[&[40], &[60]], &[(0, YES), (0, NO), (1, YES)], Ok(AGREED));
}

#[test]
fn strangers_have_no_vote() {
    let stranger = Refusal::Stranger { ballot: ID, operator: operator(9) };
    check(percent(67), &[&[100]], &[(9, YES)], Err(stranger));
}

#[test]
fn a_decided_ballot_hears_later_votes_and_keeps_its_verdict() {
    check(percent(67), &[&[100], &[1]], &[(0, YES), (1, NO)], Ok(&[]));
}

#[test]
fn stakes_that_cannot_be_counted_are_refused() {
    let uncountable = Err(Refusal::Uncountable(ID));
    check(percent(67), &[], &[], uncountable);
    check(percent(67), &[&[]], &[], uncountable);
    check(percent(67), &[&[0], &[0]], &[], uncountable);
    check(percent(67), &[&[1], &[1, 2]], &[], uncountable);

    let mut ballots = Ballots::new(LIMITS);
    let mut twice = question(ID, percent(67), &[&[1], &[1]]);
    twice.members[1].0 = operator(0);
    assert_eq!(ballots.apply(START, Input::Open(twice)), Err(Refusal::Uncountable(ID)));
    let mut huge = question(ID, percent(67), &[&[1], &[1]]);
    huge.members[0].1[0] = Stake(U256::MAX);
    assert_eq!(ballots.apply(START, Input::Open(huge)), Err(Refusal::Uncountable(ID)));
    assert_eq!(ballots.open_len(), 0);
}

#[test]
fn the_same_question_again_is_heard_and_another_refused() {
    let mut ballots = Ballots::new(LIMITS);
    let asked = question(ID, percent(67), &[&[3], &[1]]);
    let mut open = |question: &Question| ballots.apply(START, Input::Open(question.clone()));
    assert_eq!(open(&asked), Ok(vec![Effect::WakeAt(ID, START + WINDOW)]));
    assert_eq!(open(&asked), Ok(vec![]));
    let other = question(ID, percent(66), &[&[3], &[1]]);
    assert_eq!(open(&other), Err(Refusal::Different(ID)));

    assert_eq!(ballots.apply(START, vote(ID, 0, YES)), Ok(AGREED.to_vec()));
    assert_eq!(ballots.apply(START, Input::Open(asked)), Ok(AGREED.to_vec()));
    assert_eq!(ballots.apply(START, Input::Open(other)), Err(Refusal::Different(ID)));
}

#[test]
fn the_window_closes_a_ballot_once() {
    let mut ballots = Ballots::new(LIMITS);
    let end = START + WINDOW;
    let expired = vec![Effect::Settle(Verdict::Expired(ID))];
    ballots.apply(START, Input::Open(question(ID, percent(67), &[&[1]]))).unwrap();
    assert_eq!(ballots.apply(START, Input::Expire(ID)), Ok(vec![]), "an alarm that rings early");
    assert_eq!(ballots.apply(end, Input::Expire(ID)), Ok(expired.clone()));
    assert_eq!(ballots.apply(end, Input::Expire(ID)), Ok(vec![]));
    assert_eq!(ballots.apply(end, vote(ID, 0, YES)), Ok(vec![]), "too late to count");
    let again = question(ID, percent(67), &[&[1]]);
    assert_eq!(ballots.apply(end, Input::Open(again)), Ok(expired));
}

#[test]
fn a_vote_after_the_window_is_late_even_before_the_alarm() {
    let mut ballots = Ballots::new(LIMITS);
    ballots.apply(START, Input::Open(question(ID, percent(67), &[&[1]]))).unwrap();
    let late = ballots.apply(START + WINDOW, vote(ID, 0, YES));
    assert_eq!(late, Ok(vec![Effect::Settle(Verdict::Expired(ID))]));
    assert_eq!(ballots.open_len(), 0);
}

#[test]
fn a_question_put_too_late_has_expired() {
    let mut ballots = Ballots::new(LIMITS);
    let opened = ballots.apply(START + WINDOW, Input::Open(question(ID, percent(67), &[&[1]])));
    assert_eq!(opened, Ok(vec![Effect::Settle(Verdict::Expired(ID))]));
}

#[test]
fn limits_hold() {
    let mut ballots = Ballots::new(LIMITS);
    let id = |n: u8| BallotId(B256::repeat_byte(n));
    let open = |n: u8| Input::Open(question(id(n), percent(67), &[&[2], &[1]]));
    for n in 1..=2 {
        ballots.apply(START, open(n)).unwrap();
    }
    assert_eq!(ballots.apply(START, open(3)), Err(Refusal::Full { open: 2 }));
    let nine = question(id(3), percent(67), &[&[1_u64] as &[u64]; 9]);
    ballots.apply(START, vote(id(1), 0, YES)).unwrap();
    ballots.apply(START, vote(id(1), 1, YES)).unwrap();
    ballots.apply(START, vote(id(2), 0, YES)).unwrap();
    ballots.apply(START, vote(id(2), 1, YES)).unwrap();
    let crowded = Refusal::Crowded { ballot: id(3), members: 9, max: 8 };
    assert_eq!(ballots.apply(START, Input::Open(nine)), Err(crowded));

    // A third verdict pushes the first one out.
    for n in 3..=3 {
        ballots.apply(START, open(n)).unwrap();
        ballots.apply(START, vote(id(n), 0, YES)).unwrap();
        ballots.apply(START, vote(id(n), 1, YES)).unwrap();
    }
    assert_eq!(ballots.apply(START, vote(id(1), 0, NO)), Err(Refusal::NotOpen(id(1))));
    assert_eq!(ballots.open_len(), 0);

    for (ballot, n) in [(2, 0), (2, 1), (3, 0)] {
        ballots.apply(START, vote(id(ballot), n, NO)).unwrap();
    }
    let kept: Vec<BallotId> = ballots.evidence().map(|offence| offence.ballot).collect();
    assert_eq!(kept, [id(2), id(3)], "the oldest offence went");
}

#[test]
fn a_ballot_may_have_as_many_members_as_the_limit_says() {
    let mut ballots = Ballots::new(LIMITS);
    let eight = question(ID, percent(67), &[&[1_u64] as &[u64]; 8]);
    let opened = ballots.apply(START, Input::Open(eight));
    assert_eq!(opened, Ok(vec![Effect::WakeAt(ID, START + WINDOW)]));
}

#[test]
fn a_stranger_who_knocks_after_the_window_brings_its_end_to_light() {
    let mut ballots = Ballots::new(LIMITS);
    ballots.apply(START, Input::Open(question(ID, percent(67), &[&[1]]))).unwrap();
    let expired = vec![Effect::Settle(Verdict::Expired(ID))];
    assert_eq!(ballots.apply(START + WINDOW, vote(ID, 9, YES)), Ok(expired));
    let stranger = Refusal::Stranger { ballot: ID, operator: operator(9) };
    assert_eq!(ballots.apply(START + WINDOW, vote(ID, 9, YES)), Err(stranger));
}
