//! Ballots against a slow, obvious model: every vote recounted from scratch in wide integers.

use proptest::prelude::*;
use synod_types::B256;
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::Digest;

use super::tests::operator;
use super::*;

const ID: BallotId = BallotId(B256::repeat_byte(7));
const OPEN: Moment = Moment::from_unix_seconds(10);
const LIMITS: Limits = Limits { open_max: 1, decided_max: 1, members_max: 8, evidence_max: 64 };

const fn digest(n: u8) -> Digest {
    Digest(B256::repeat_byte(n))
}

fn question(rule: ThresholdRule, stakes: &[Vec<u64>]) -> Question {
    let stake = |kinds: &Vec<u64>| kinds.iter().map(|&wei| Stake::from(wei)).collect();
    let members = stakes.iter().zip(0..).map(|(kinds, n)| (operator(n), stake(kinds))).collect();
    Question { ballot: ID, members, rule, closes_at: Moment::MAX }
}

/// First votes in order, recounted after each; the first verdict stands.
fn recount(rule: ThresholdRule, stakes: &[Vec<u64>], votes: &[(u8, u8)]) -> Option<Verdict> {
    let kinds = stakes[0].len();
    let sum = |of: &dyn Fn(u8) -> bool, kind: usize| -> u128 {
        (0..).zip(stakes).filter(|(n, _)| of(*n)).map(|(_, s)| u128::from(s[kind])).sum()
    };
    let met = |of: &dyn Fn(u8) -> bool| {
        let some = (0..kinds).any(|kind| sum(of, kind) > 0);
        some && (0..kinds).all(|kind| {
            let (signed, total) = (sum(of, kind), sum(&|_| true, kind));
            match rule {
                ThresholdRule::Certificate { bips } => signed >= total * u128::from(bips) / 10_000,
                ThresholdRule::Middleware { percent } => {
                    signed * 100 >= total * u128::from(percent)
                }
            }
        })
    };
    let mut first: BTreeMap<u8, u8> = BTreeMap::new();
    for &(n, answer) in votes {
        if first.contains_key(&n) {
            continue;
        }
        first.insert(n, answer);
        if met(&|other| first.get(&other) == Some(&answer)) {
            return Some(Verdict::Agreed(ID, digest(answer)));
        }
        let reachable = (0..=3_u8)
            .any(|best| met(&|other| first.get(&other).is_none_or(|&answer| answer == best)));
        if !reachable {
            return Some(Verdict::Rejected(ID));
        }
    }
    None
}

fn rules() -> impl Strategy<Value = ThresholdRule> {
    prop_oneof![
        (1..=10_000_u16).prop_map(|bips| ThresholdRule::Certificate { bips }),
        (1..=100_u8).prop_map(|percent| ThresholdRule::Middleware { percent }),
    ]
}

fn stakes() -> impl Strategy<Value = Vec<Vec<u64>>> {
    (1..=3_usize, 1..=6_usize).prop_flat_map(|(kinds, members)| {
        let stake = prop_oneof![0..4_u64, 90..110_u64, Just(u64::MAX)];
        prop::collection::vec(prop::collection::vec(stake, kinds), members)
    })
}

/// Casts all votes; collects every verdict and every offender.
fn run(question: Question, votes: &[(u8, u8)]) -> (Vec<Verdict>, Vec<OperatorId>) {
    let mut ballots = Ballots::new(LIMITS);
    ballots.apply(OPEN, Input::Open(question)).unwrap();
    let (mut verdicts, mut offenders) = (Vec::new(), Vec::new());
    for &(n, answer) in votes {
        let vote = Vote { ballot: ID, operator: operator(n), digest: digest(answer) };
        for effect in ballots.apply(OPEN, Input::Cast(vote)).unwrap() {
            match effect {
                Effect::Settle(verdict) => verdicts.push(verdict),
                Effect::Evidence(offence) => offenders.push(offence.operator),
                Effect::WakeAt(..) => panic!("a vote sets no alarm"),
            }
        }
    }
    (verdicts, offenders)
}

proptest! {
    #[test]
    fn the_tally_is_the_recount(
        rule in rules(),
        stakes in stakes(),
        votes in prop::collection::vec((0..6_u8, 0..3_u8), 0..20),
    ) {
        prop_assume!(stakes.iter().flatten().any(|&wei| wei > 0));
        let members = u8::try_from(stakes.len()).unwrap();
        let votes: Vec<_> = votes.into_iter().map(|(n, answer)| (n % members, answer)).collect();
        let (verdicts, offenders) = run(question(rule, &stakes), &votes);
        let recounted: Vec<Verdict> = recount(rule, &stakes, &votes).into_iter().collect();
        prop_assert_eq!(verdicts, recounted);

        let mut expected: Vec<OperatorId> = (0..members)
            .filter(|n| {
                let mut own = votes.iter().filter(|(voter, _)| voter == n).map(|(_, answer)| answer);
                let first = own.next();
                own.any(|answer| Some(answer) != first)
            })
            .map(operator)
            .collect();
        let mut offenders = offenders;
        offenders.sort();
        expected.sort();
        prop_assert_eq!(offenders, expected);
    }

    /// With more than half needed, who votes first does not matter.
    #[test]
    fn a_majority_is_the_same_in_any_order(
        rule in prop_oneof![
            (5_100..=10_000_u16).prop_map(|bips| ThresholdRule::Certificate { bips }),
            (51..=100_u8).prop_map(|percent| ThresholdRule::Middleware { percent }),
        ],
        (stakes, answers, order) in prop::collection::vec((1_000..9_000_u64, 0..3_u8), 1..7)
            .prop_flat_map(|members| {
                let (stakes, answers): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                let order = Just((0..answers.len()).collect::<Vec<_>>()).prop_shuffle();
                (Just(stakes), Just(answers), order)
            }),
    ) {
        let stakes: Vec<Vec<u64>> = stakes.into_iter().map(|wei| vec![wei]).collect();
        let vote = |n: usize| (u8::try_from(n).unwrap(), answers[n]);
        let straight: Vec<_> = (0..answers.len()).map(vote).collect();
        let shuffled: Vec<_> = order.into_iter().map(vote).collect();
        let (one, _) = run(question(rule, &stakes), &straight);
        let (two, _) = run(question(rule, &stakes), &shuffled);
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(one.len(), 1, "everybody voted, so it is decided");
    }
}
