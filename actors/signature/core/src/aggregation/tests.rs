use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes};
use synod_types::certificate::{
    Certificate, CertificateRule, OperatorTable, TableMember, message_hash,
};
use synod_types::operator::Stake;
use synod_types::quorum::ThresholdRule;
use synod_types::signature::{PublicKey, Scheme, Signature};

use super::*;
use crate::bn254::{G1, G2, hash_solidity};
use crate::key::SecretKey;
use crate::{bls12381, bn254};
use handlers::Aggregation;

const TASK: TaskId = TaskId(B256::repeat_byte(7));
const TIMESTAMP: u32 = 1_795_176_149;
const LIMITS: Limits = Limits {
    tasks_max: 2,
    members_max: 400,
    output_bytes_max: 64,
    task_bytes_max: 100,
    keys_max: 16,
    tables_max: 2,
    suspects_max: 8,
};
const SEED: Option<Seed> = Some(Seed([3; 32]));
const RULES: [CertificateRule; 3] = [
    CertificateRule::Bn254,
    CertificateRule::Bls12381,
    CertificateRule::Ecdsa { major_version: '1', verifier: Address::repeat_byte(5) },
];
const YES: &[u8] = b"yes";
const NO: &[u8] = b"no";

fn operator(n: usize) -> OperatorId {
    let mut bytes = [7; 20];
    bytes[..2].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    OperatorId(Address::new(bytes))
}

fn secret(scheme: Scheme, n: usize) -> SecretKey {
    let mut bytes = [1; 32];
    bytes[30..].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    SecretKey::from_bytes(scheme, &bytes).unwrap()
}

/// Operator `n` weighs `weights[n]`; three quarters must agree.
fn order(rule: CertificateRule, weights: &[u64]) -> CertificateOrder {
    let members = weights.iter().enumerate().map(|(n, &weight)| TableMember {
        operator: operator(n),
        key: secret(rule.scheme(), n).public(),
        weights: vec![Stake::from(weight)],
    });
    let table = OperatorTable { reference_timestamp: TIMESTAMP, members: members.collect() };
    let threshold = ThresholdRule::bips(7_500).unwrap();
    CertificateOrder { task: TASK, table: Arc::new(table), rule, threshold }
}

fn answer(rule: CertificateRule, n: usize, output: &'static [u8]) -> Answer {
    let digest = rule.digest(TIMESTAMP, TASK, output);
    let signature = secret(rule.scheme(), n).sign(digest);
    let output = Bytes::from_static(output);
    Answer { task: TASK, operator: operator(n), output, digest, signature }
}

/// A well-formed signature by the right key, of something else.
fn forged(rule: CertificateRule, n: usize, output: &'static [u8]) -> Answer {
    let signature = secret(rule.scheme(), n).sign(Digest(B256::repeat_byte(0xbd)));
    Answer { signature, ..answer(rule, n, output) }
}

/// Carries out the effects until nothing is left to verify. What was told, in order.
#[derive(Debug, Default, PartialEq)]
struct Told {
    proven: Vec<CertifiedResult>,
    rejected: Vec<(OperatorId, Rejection)>,
    split: Vec<Vec<Vote>>,
    disputed: Vec<TaskId>,
    /// Of every verification.
    checks: Vec<u32>,
    /// Of every table.
    key_checks: Vec<u32>,
}

impl Told {
    fn carry_out(&mut self, aggregation: &mut Aggregation, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Prepare(preparation) => {
                    let readiness = preparation.run(SEED);
                    self.key_checks.push(readiness.checks());
                    let effects = aggregation.prepared(readiness);
                    self.carry_out(aggregation, effects);
                }
                Effect::Disputed { task } => self.disputed.push(task),
                Effect::Verify(job) => {
                    let report = job.run(SEED);
                    self.checks.push(report.checks());
                    let effects = aggregation.verified(report);
                    self.carry_out(aggregation, effects);
                }
                Effect::Proven(result) => self.proven.push(*result),
                Effect::Split { votes, .. } => self.split.push(votes),
                Effect::Rejected { operator, reason, .. } => self.rejected.push((operator, reason)),
            }
        }
    }
}

/// One where the task is open, its keys are checked.
fn opened(order: &CertificateOrder) -> Aggregation {
    let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Synod);
    let effects = aggregation.open(order.clone()).unwrap();
    Told::default().carry_out(&mut aggregation, effects);
    aggregation
}

/// Submits the answers; says who signed the certificate, if there is one, and who was rejected.
fn run(order: &CertificateOrder, answers: Vec<Answer>) -> Told {
    run_by(Arithmetic::CrossCheck, order, answers)
}

fn run_by(arithmetic: Arithmetic, order: &CertificateOrder, answers: Vec<Answer>) -> Told {
    let mut aggregation = Aggregation::new(LIMITS, arithmetic);
    let mut told = Told::default();
    let effects = aggregation.open(order.clone()).unwrap();
    told.carry_out(&mut aggregation, effects);
    for answer in answers {
        if let Ok(effects) = aggregation.submit(answer) {
            told.carry_out(&mut aggregation, effects);
        }
    }
    told
}

/// Judges a certificate by other means than those that made it.
#[track_caller]
fn assert_certified(order: &CertificateOrder, result: &CertifiedResult, signers: &[usize]) {
    let operators: Vec<OperatorId> = signers.iter().map(|&n| operator(n)).collect();
    assert_eq!(result.signers, operators);
    assert_eq!(result.digest, order.rule.digest(TIMESTAMP, TASK, &result.output));
    let hash = message_hash(TASK, &result.output);
    match &result.certificate {
        Certificate::Bn254(certificate) => {
            assert_eq!(
                (certificate.message_hash, certificate.reference_timestamp),
                (hash, TIMESTAMP)
            );
            let signature = G1::decode(&certificate.signature).unwrap();
            let key = G2::decode(&certificate.apk_g2).unwrap();
            assert!(bn254::verify(&hash_solidity(result.digest), &key, &signature));
            let absent = (0..order.table.members.len()).filter(|n| !signers.contains(n));
            let listed = certificate.non_signers.iter().map(|one| one.index as usize);
            assert!(listed.eq(absent));
        }
        Certificate::Bls12381(certificate) => {
            let keys: Vec<bls12381::PublicKey> = signers
                .iter()
                .map(|&n| match secret(Scheme::Bls12381, n) {
                    SecretKey::Bls12381(key) => key.public(),
                    SecretKey::Bn254(_) | SecretKey::Ecdsa(_) => panic!("another scheme"),
                })
                .collect();
            let signature = bls12381::Signature::decode(&certificate.signature).unwrap();
            assert!(signature.fast_aggregate_verify(result.digest.0.as_slice(), &keys));
        }
        Certificate::Ecdsa(certificate) => {
            let signatures = certificate.signatures.chunks_exact(65);
            let recovered: Vec<Address> = signatures
                .map(|one| crate::ecdsa::recover(result.digest, one).unwrap().signer)
                .collect();
            assert_eq!(recovered.len(), signers.len());
            assert!(recovered.is_sorted_by(|one, other| one < other));
        }
    }
}

/// Members weigh one each; the answers are put in order, and the certificate is by `signers`.
#[track_caller]
fn check(rule: CertificateRule, weights: &[u64], answers: Vec<Answer>, signers: Option<&[usize]>) {
    let order = order(rule, weights);
    let told = run(&order, answers);
    match (told.proven.as_slice(), signers) {
        ([result], Some(signers)) => assert_certified(&order, result, signers),
        ([], None) => (),
        (proven, expected) => panic!("{expected:?} expected, {proven:?} proven"),
    }
}

#[test]
fn the_answer_that_reaches_the_threshold_makes_the_certificate() {
    for rule in RULES {
        let yes = |n| answer(rule, n, YES);
        check(rule, &[1; 4], vec![yes(3), yes(0), yes(1)], Some(&[0, 1, 3]));
        check(rule, &[1; 4], vec![yes(3), yes(0)], None);
        check(rule, &[74, 26], vec![yes(0)], None);
        check(rule, &[75, 25], vec![yes(0)], Some(&[0]));
    }
}

#[test]
fn other_answers_do_not_count() {
    for rule in RULES {
        let split = vec![answer(rule, 0, NO), answer(rule, 1, YES), answer(rule, 2, YES)];
        check(rule, &[1; 4], split.clone(), None);
        let late = [split, vec![answer(rule, 3, YES)]].concat();
        check(rule, &[1; 4], late, Some(&[1, 2, 3]));
    }
}

/// Answers are `(member, output)`; what is told of the split, after each of them.
#[track_caller]
fn check_split(order: &CertificateOrder, answers: Vec<Answer>, split: &[&[(usize, &[u8])]]) {
    let told = run(order, answers);
    let vote = |&(n, output): &(usize, &[u8])| Vote {
        ballot: synod_types::quorum::BallotId(TASK.0),
        operator: operator(n),
        digest: order.rule.digest(TIMESTAMP, TASK, output),
    };
    let by_digest = |mut votes: Vec<Vote>| {
        votes.sort_by_key(|vote| vote.operator);
        votes
    };
    let expected: Vec<Vec<Vote>> = split.iter().map(|one| one.iter().map(vote).collect()).collect();
    let told: Vec<Vec<Vote>> = told.split.into_iter().map(by_digest).collect();
    assert_eq!(told, expected);
}

#[test]
fn when_nothing_can_win_it_is_told_who_said_what() {
    for rule in RULES {
        let order = order(rule, &[1; 4]);
        let (yes, no) = (|n| answer(rule, n, YES), |n| answer(rule, n, NO));
        check_split(&order, vec![yes(0), no(1)], &[]);
        let lost: &[(usize, &[u8])] = &[(0, YES), (1, NO), (2, NO), (3, YES)];
        check_split(&order, vec![yes(0), no(1), no(2)], &[]);
        check_split(&order, vec![yes(0), no(1), no(2), yes(3)], &[lost]);
        let early: &[(usize, &[u8])] = &[(0, YES), (1, NO)];
        let heavy = super::tests::order(rule, &[3, 3, 1]);
        let late: &[(usize, &[u8])] = &[(0, YES), (1, NO), (2, YES)];
        check_split(&heavy, vec![yes(0), no(1)], &[early]);
        check_split(&heavy, vec![yes(0), no(1), yes(2)], &[early, late]);
        let forger = vec![forged(rule, 0, YES), no(1)];
        check_split(&heavy, forger, &[&[(1, NO)]]);
    }
}

#[test]
fn a_split_is_told_again_when_the_task_is_opened_again() {
    let order = order(CertificateRule::Bn254, &[3, 3]);
    let mut aggregation = opened(&order);
    let mut told = Told::default();
    for (n, output) in [(0, YES), (1, NO)] {
        let effects = aggregation.submit(answer(CertificateRule::Bn254, n, output)).unwrap();
        told.carry_out(&mut aggregation, effects);
    }
    let effects = aggregation.open(order).unwrap();
    told.carry_out(&mut aggregation, effects);
    assert_eq!(told.split.len(), 2);
    assert_eq!(told.split[0], told.split[1]);
}

#[test]
fn a_forger_is_named_and_the_others_go_on() {
    for rule in RULES {
        let answers = vec![
            forged(rule, 1, YES),
            answer(rule, 0, YES),
            answer(rule, 2, YES),
            answer(rule, 3, YES),
        ];
        let order = order(rule, &[1; 4]);
        let told = run(&order, answers);
        assert_eq!(told.rejected, [(operator(1), Rejection::Mismatch)]);
        assert_certified(&order, &told.proven[0], &[0, 2, 3]);
        assert_eq!(
            told.checks.len(),
            2,
            "one check before the culprit's stake is missed, one after"
        );
    }
}

#[test]
fn bytes_that_are_no_signature_are_malformed() {
    for rule in RULES {
        let scheme = rule.scheme();
        let bad = Signature { scheme, bytes: Bytes::from_static(&[0xee; 64]) };
        let answers = vec![Answer { signature: bad, ..answer(rule, 0, YES) }];
        let told = run(&order(rule, &[1]), answers);
        assert_eq!(told.rejected, [(operator(0), Rejection::Malformed)]);
        assert!(told.proven.is_empty());
    }
}

#[test]
fn a_key_that_is_none_costs_only_its_owner() {
    let mut order = order(CertificateRule::Bn254, &[8, 1]);
    let mut table = OperatorTable::clone(&order.table);
    let (one, other) = (secret(Scheme::Bn254, 1).public(), secret(Scheme::Bn254, 5).public());
    let (PublicKey::Bn254 { g1, .. }, PublicKey::Bn254 { g2, .. }) = (one, other) else {
        panic!("another scheme")
    };
    table.members[1].key = PublicKey::Bn254 { g1, g2 };
    order.table = Arc::new(table);
    let answers = vec![answer(order.rule, 1, YES), answer(order.rule, 0, YES)];
    let told = run(&order, answers);
    assert_eq!(told.rejected, [(operator(1), Rejection::UnusableKey)]);
    assert_certified(&order, &told.proven[0], &[0]);
}

#[test]
fn keys_are_checked_once_and_a_good_batch_costs_one_check() {
    let order = order(CertificateRule::Bn254, &[1; 4]);
    let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Synod);
    let mut told = Told::default();
    for timestamp in 0..2 {
        let mut order = order.clone();
        Arc::make_mut(&mut order.table).reference_timestamp = TIMESTAMP + timestamp;
        let effects = aggregation.open(order.clone()).unwrap();
        told.carry_out(&mut aggregation, effects);
        for n in 0..3 {
            let digest = order.rule.digest(TIMESTAMP + timestamp, TASK, YES);
            let signature = secret(Scheme::Bn254, n).sign(digest);
            let answer = Answer { digest, signature, ..answer(order.rule, n, YES) };
            let effects = aggregation.submit(answer).unwrap();
            told.carry_out(&mut aggregation, effects);
        }
        assert!(aggregation.close(TASK));
    }
    assert_eq!(told.key_checks, [1], "all keys at once, once for both tables");
    assert_eq!(told.checks, [1, 1]);
    assert_eq!(told.proven.len(), 2);
}

#[test]
fn a_job_of_an_earlier_opening_is_no_news() {
    let rule = CertificateRule::Bn254;
    let order = order(rule, &[1]);
    let mut aggregation = opened(&order);
    let mut effects = aggregation.submit(answer(rule, 0, YES)).unwrap();
    let Some(Effect::Verify(job)) = effects.pop() else { panic!("one is enough") };
    aggregation.close(TASK);
    aggregation.open(order).unwrap();
    assert!(aggregation.verified(job.run(SEED)).is_empty());
    assert!(aggregation.submit(answer(rule, 0, YES)).is_ok());
}

#[test]
fn answers_that_come_during_a_check_wait_for_the_next() {
    let rule = CertificateRule::Bn254;
    let mut aggregation = opened(&order(rule, &[1; 4]));
    aggregation.submit(forged(rule, 0, YES)).unwrap();
    aggregation.submit(answer(rule, 1, YES)).unwrap();
    let mut effects = aggregation.submit(answer(rule, 2, YES)).unwrap();
    let Some(Effect::Verify(job)) = effects.pop() else { panic!("three are enough") };
    assert!(aggregation.submit(answer(rule, 3, YES)).unwrap().is_empty());
    let mut told = Told::default();
    let effects = aggregation.verified(job.run(SEED));
    told.carry_out(&mut aggregation, effects);
    assert_eq!(told.rejected, [(operator(0), Rejection::Mismatch)]);
    assert_certified(&order(rule, &[1; 4]), &told.proven[0], &[1, 2, 3]);
}

/// The right signature of YES, moved by so many generators.
fn shifted(n: usize, by: i32) -> Answer {
    let honest = answer(CertificateRule::Bn254, n, YES);
    let mut point = G1::decode(&crate::key::fixed(&honest.signature.bytes).unwrap()).unwrap();
    let generator = G1::generator();
    for _ in 0..by.abs() {
        let moved = if by < 0 { point.minus(&generator) } else { G1::sum([&point, &generator]) };
        point = moved.unwrap();
    }
    let bytes = Bytes::from(point.encode());
    Answer { signature: Signature { scheme: Scheme::Bn254, bytes }, ..honest }
}

/// Signatures shifted against each other cancel in their sum: they prove nothing singly, and
/// the certificate is good as long as nobody is taken out of it.
#[test]
fn a_proven_batch_stays_together() {
    let rule = CertificateRule::Bn254;
    let answers = vec![shifted(0, 5), shifted(1, -5), answer(rule, 2, YES)];
    let order = order(rule, &[1; 4]);
    let told = run(&order, answers);
    assert!(told.rejected.is_empty());
    assert_certified(&order, &told.proven[0], &[0, 1, 2]);
}

mod attribution;
mod handlers;
mod properties;
mod refusals;
mod suspects;
mod together;
