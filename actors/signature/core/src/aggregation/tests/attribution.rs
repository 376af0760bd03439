use super::*;
use crate::aggregation::job::{Finding, Outcome, agreed};

/// Two who cancel each other prove nothing of themselves: in a lost vote, where it is said who
/// signed what, both are named and neither has a vote.
#[test]
fn a_cancelling_pair_is_named_where_it_matters_who_signed() {
    let rule = CertificateRule::Bn254;
    let answers = vec![shifted(0, 5), answer(rule, 2, NO), shifted(1, -5), answer(rule, 3, NO)];
    let order = order(rule, &[1; 4]);
    let told = run(&order, answers);
    let named: Vec<OperatorId> = told.rejected.iter().map(|one| one.0).collect();
    assert_eq!(named, [operator(0), operator(1)]);
    let voters: Vec<OperatorId> =
        told.split.last().unwrap().iter().map(|vote| vote.operator).collect();
    assert_eq!(voters, [operator(2), operator(3)]);
    assert!(told.proven.is_empty());
}

/// What was verified as a whole before the vote was lost is verified again, each by itself.
#[test]
fn a_batch_that_was_right_as_a_whole_is_taken_apart_for_the_votes() {
    let rule = CertificateRule::Bn254;
    // 0, 1 and 2 together are enough by claim; 2 is false, and then 3 and 4 say something else.
    let order = order(rule, &[3, 3, 3, 2, 1]);
    let answers = vec![
        shifted(0, 1),
        shifted(1, -1),
        forged(rule, 2, YES),
        answer(rule, 3, NO),
        answer(rule, 4, NO),
    ];
    let told = run(&order, answers);
    let mut named: Vec<OperatorId> = told.rejected.iter().map(|one| one.0).collect();
    named.sort_unstable();
    assert_eq!(named, [0, 1, 2].map(operator));
    let voters: Vec<OperatorId> =
        told.split.last().unwrap().iter().map(|vote| vote.operator).collect();
    assert_eq!(voters, [operator(3), operator(4)]);
}

#[test]
fn without_randomness_each_is_checked_alone() {
    let rule = CertificateRule::Bn254;
    let order = order(rule, &[1; 4]);
    let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Synod);
    let Some(Effect::Prepare(preparation)) = aggregation.open(order).unwrap().pop() else {
        panic!("keys first")
    };
    let readiness = preparation.run(None);
    assert_eq!((readiness.checks(), readiness.unusable()), (4, 0));
    aggregation.prepared(readiness);
    let mut job = None;
    for one in [shifted(0, 5), answer(rule, 2, NO), shifted(1, -5), answer(rule, 3, NO)] {
        job = aggregation.submit(one).unwrap().pop().or(job);
    }
    let Some(Effect::Verify(job)) = job else { panic!("the vote is lost") };
    let report = job.run(None);
    let mut culprits = report.outcome.culprits.len();
    assert_eq!(report.checks(), 2);
    let Some(Effect::Verify(job)) = aggregation.verified(report).pop() else { panic!("the rest") };
    let report = job.run(None);
    culprits += report.outcome.culprits.len();
    assert_eq!((report.checks(), culprits), (2, 2));
}

#[test]
fn where_the_arithmetics_differ_nothing_is_said() {
    let rule = CertificateRule::Bn254;
    let order = order(rule, &[1; 4]);
    let mut aggregation = opened(&order);
    let mut effects = Vec::new();
    for n in 0..3 {
        effects = aggregation.submit(answer(rule, n, YES)).unwrap();
    }
    let Some(Effect::Verify(job)) = effects.pop() else { panic!("three are enough") };
    let report = job.run(SEED);
    let other = Outcome { cleared: vec![1], ..report.outcome.clone() };
    let outcome = agreed(report.outcome.clone(), other);
    assert_eq!((&outcome.finding, outcome.checks), (&Finding::Disputed, 2));
    assert_eq!(agreed(report.outcome.clone(), report.outcome.clone()), report.outcome);
    let report = Report { outcome, certificate: None, ..report };
    let effects = aggregation.verified(report);
    assert!(matches!(effects.as_slice(), [Effect::Disputed { task: TASK }]), "{effects:?}");
    let refused = aggregation.submit(answer(rule, 3, YES)).map(drop);
    assert_eq!(refused, Err(AnswerRefusal::Disputed(TASK)));
}
