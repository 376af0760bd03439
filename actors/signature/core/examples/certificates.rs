//! The aggregation engine without its actor, beside an aggregator that verifies each signature by
//! itself: one run, in turns, CPU time of the thread.
//!
//! `cargo run --release -p synod-signature-core --example certificates -- [rounds]`
//!
//! The reference has the shape of services in the field and is this house's own: for every answer
//! the digest is mapped to the curve and two full pairings of ark-bn254 are compared, and the sum
//! of what is right is verified once more.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "prints a table")]

use std::sync::Arc;
use std::time::Duration;

use ark_bn254::{Bn254, Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use synod_signature_core::aggregation::{
    Aggregation, Arithmetic, Effect, Limits, Seed, run_together,
};
use synod_signature_core::bn254::{SecretKey, hash_solidity};
use synod_types::aggregation::CertificateOrder;
use synod_types::certificate::{CertificateRule, OperatorTable, TableMember};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::{Bn254G1, Bn254G2, Digest, PublicKey, Scheme, Signature};
use synod_types::task::{Answer, TaskId};
use synod_types::{Address, B256, Bytes};

const RULE: CertificateRule = CertificateRule::Bn254;
const OUTPUT: &[u8] = b"forty-two";
const SEED: Option<Seed> = Some(Seed([9; 32]));

fn operator(n: usize) -> OperatorId {
    OperatorId(Address::left_padding_from(&(n as u64 + 1).to_be_bytes()))
}

/// Tasks and the answers to them in the order of their coming: the last one, of an honest
/// operator of much weight, decides.
struct Scenario {
    orders: Vec<CertificateOrder>,
    answers: Vec<Vec<Answer>>,
    keys: Vec<G2Affine>,
}

impl Scenario {
    fn new(secrets: &[SecretKey], bad: usize, tasks: usize) -> Self {
        let members = secrets.len();
        let weight = |n: usize| if n + 1 == members { 10 * members as u64 } else { 1 };
        let rows = secrets.iter().enumerate().map(|(n, secret)| TableMember {
            operator: operator(n),
            key: secret.public().encode(),
            weights: vec![Stake::from(weight(n))],
        });
        let members: Vec<TableMember> = rows.collect();
        let keys = members.iter().map(|member| ark_g2(&member.key)).collect();
        let table = Arc::new(OperatorTable { reference_timestamp: 1, members });
        let total: u64 = (0..secrets.len()).map(weight).sum();
        let bips = (total - bad as u64) * 10_000 / total;
        let threshold = ThresholdRule::bips(u16::try_from(bips).unwrap()).unwrap();
        let mut scenario = Self { orders: Vec::new(), answers: Vec::new(), keys };
        for of in 0..tasks {
            let task = TaskId(B256::left_padding_from(&(of as u64 + 1).to_be_bytes()));
            let table = Arc::clone(&table);
            scenario.orders.push(CertificateOrder { task, table, rule: RULE, threshold });
            scenario.answers.push(answers(secrets, task, bad));
        }
        scenario
    }
}

fn answers(secrets: &[SecretKey], task: TaskId, bad: usize) -> Vec<Answer> {
    let digest = RULE.digest(1, task, OUTPUT);
    let (right, wrong) = (hash_solidity(digest), hash_solidity(Digest(B256::ZERO)));
    // Scattered, never last.
    let last = secrets.len() - 1;
    let culprits: Vec<usize> = (0..bad).map(|n| (n * 7_919 + 3) * 31 % last).collect();
    let answer = |n: usize| {
        let message = if culprits.contains(&n) { &wrong } else { &right };
        let bytes = Bytes::from(secrets[n].sign(message).encode());
        let signature = Signature { scheme: Scheme::Bn254, bytes };
        let output = Bytes::from_static(OUTPUT);
        Answer { task, operator: operator(n), output, digest, signature }
    };
    (0..secrets.len()).map(answer).collect()
}

fn field(bytes: &[u8]) -> Fq {
    Fq::from_be_bytes_mod_order(bytes)
}

fn ark_g1(bytes: &Bn254G1) -> G1Affine {
    let point = G1Affine::new_unchecked(field(&bytes[..32]), field(&bytes[32..]));
    assert!(point.is_on_curve());
    point
}

fn ark_g2(key: &PublicKey) -> G2Affine {
    let PublicKey::Bn254 { g2, .. } = key else { panic!("of BN254") };
    let g2: &Bn254G2 = g2;
    let word = |n: usize| field(&g2[32 * n..32 * (n + 1)]);
    G2Affine::new_unchecked(Fq2::new(word(1), word(0)), Fq2::new(word(3), word(2)))
}

fn is_signature(signature: G1Affine, digest: Digest, key: G2Affine) -> bool {
    let message = ark_g1(&hash_solidity(digest).encode());
    Bn254::pairing(signature, G2Affine::generator()) == Bn254::pairing(message, key)
}

/// The reference; says how many were false.
fn each_by_itself(scenario: &Scenario) -> usize {
    let mut wrong = 0;
    for answers in &scenario.answers {
        let (mut sum, mut key) = (G1Projective::default(), G2Projective::default());
        for (answer, one) in answers.iter().zip(&scenario.keys) {
            let signature = ark_g1(&Bn254G1::from_slice(&answer.signature.bytes));
            let digest = RULE.digest(1, answer.task, &answer.output);
            if is_signature(signature, digest, *one) {
                sum += signature;
                key += *one;
            } else {
                wrong += 1;
            }
        }
        assert!(is_signature(sum.into_affine(), answers[0].digest, key.into_affine()));
    }
    wrong
}

/// One engine, its table's keys checked.
fn engine(scenario: &Scenario, arithmetic: Arithmetic) -> Aggregation {
    let limits = Limits {
        tasks_max: 1_024,
        members_max: 10_000,
        output_bytes_max: 65_536,
        task_bytes_max: 1 << 26,
        keys_max: 16_384,
        tables_max: 16,
        // A false signature is as unexpected each time.
        suspects_max: 0,
    };
    let mut engine = Aggregation::new(limits, arithmetic);
    let order = scenario.orders[0].clone();
    for effect in engine.open(order).unwrap() {
        if let Effect::Prepare(preparation) = effect {
            engine.prepared(preparation.run(SEED));
        }
    }
    engine.close(scenario.orders[0].task);
    engine
}

/// From the answers to the certificates; says how many checks it took.
fn certify(engine: &mut Aggregation, scenario: &Scenario) -> u32 {
    for order in &scenario.orders {
        assert!(engine.open(order.clone()).unwrap().is_empty());
    }
    let (mut jobs, mut proven, mut checks) = (Vec::new(), 0, 0);
    let members = scenario.keys.len();
    let mut work = |engine: &mut Aggregation, jobs: &mut Vec<_>| {
        for report in run_together(std::mem::take(jobs), SEED) {
            checks += report.checks();
            let effects = engine.verified(report);
            proven += effects.iter().filter(|one| matches!(one, Effect::Proven(_))).count();
        }
    };
    for n in 0..members {
        for answers in &scenario.answers {
            for effect in engine.submit(answers[n].clone()).unwrap() {
                let Effect::Verify(job) = effect else { panic!("nothing else follows") };
                jobs.push(*job);
            }
        }
        // Sums made in advance are made at once; the rest waits for the others.
        if n + 1 < members {
            work(engine, &mut jobs);
        }
    }
    work(engine, &mut jobs);
    assert_eq!(proven, scenario.orders.len());
    for order in &scenario.orders {
        engine.close(order.task);
    }
    checks
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn time(work: impl FnOnce()) -> f64 {
    let from = cpu();
    work();
    (cpu() - from).as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|one| one.parse().ok()).unwrap_or(5);
    println!(
        "| tasks × signers, bad | checks | synod, µs | synod on ark, µs | each by itself, µs | ratio | on ark |"
    );
    println!("|---|---|---|---|---|---|---|");
    let secret = |n: usize| SecretKey::from_seed(&[&[7; 24], &n.to_be_bytes()[..]].concat());
    let secrets: Vec<SecretKey> = (0..1_000).map(|n| secret(n).unwrap()).collect();
    for (members, bad, tasks) in [
        (10, 0, 1),
        (10, 1, 1),
        (100, 0, 1),
        (100, 1, 1),
        (100, 5, 1),
        (100, 10, 1),
        (1_000, 0, 1),
        (1_000, 1, 1),
        (1_000, 5, 1),
        (1_000, 10, 1),
        (10, 0, 8),
        (10, 0, 64),
        (100, 0, 8),
        (100, 0, 64),
    ] {
        let scenario = Scenario::new(&secrets[..members], bad, tasks);
        let mut synod = engine(&scenario, Arithmetic::Synod);
        let mut on_ark = engine(&scenario, Arithmetic::Ark);
        let (mut ours, mut arks, mut theirs, mut checks) = (vec![], vec![], vec![], 0);
        // The costly ones are measured in fewer rounds.
        for _ in 0..if members * tasks > 900 { rounds.div_ceil(3) } else { rounds } {
            ours.push(time(|| checks = certify(&mut synod, &scenario)));
            arks.push(time(|| checks = certify(&mut on_ark, &scenario)));
            theirs.push(time(|| assert_eq!(each_by_itself(&scenario), bad * tasks)));
        }
        let ratio =
            |own: &[f64]| median(theirs.iter().zip(own).map(|(one, own)| one / own).collect());
        let ratios = (ratio(&ours), ratio(&arks));
        let (ours, arks, theirs) = (median(ours), median(arks), median(theirs));
        println!(
            "| {tasks} × {members}, {bad} | {checks} | {ours:.0} | {arks:.0} | {theirs:.0} | {:.1} | {:.1} |",
            ratios.0, ratios.1
        );
    }
}
