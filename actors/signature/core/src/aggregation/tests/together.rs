use proptest::prelude::*;

use super::*;

fn task(n: usize) -> TaskId {
    TaskId(B256::with_last_byte(u8::try_from(n).unwrap()))
}

fn answer_of(of: usize, n: usize, by: i32) -> Answer {
    let rule = CertificateRule::Bn254;
    let digest = rule.digest(TIMESTAMP, task(of), YES);
    let signature = secret(Scheme::Bn254, n).sign(digest);
    let point = G1::decode(&crate::key::fixed(&signature.bytes).unwrap()).unwrap();
    let generator = G1::generator();
    let point = match by {
        0 => point,
        1 => G1::sum([&point, &generator]).unwrap(),
        _ => point.minus(&generator).unwrap(),
    };
    let signature = Signature { scheme: Scheme::Bn254, bytes: Bytes::from(point.encode()) };
    let output = Bytes::from_static(YES);
    Answer { task: task(of), operator: operator(n), output, digest, signature }
}

/// One task per row: by how much the signature of each of its signers is moved; `None` for who
/// says nothing. All who speak are needed.
fn reports(rows: &[Vec<Option<i32>>], arithmetic: Arithmetic, seed: Option<Seed>) -> Vec<Report> {
    let members = rows[0].len();
    let limits = Limits { tasks_max: rows.len(), ..LIMITS };
    let mut aggregation = Aggregation::new(limits, arithmetic);
    let mut told = Told::default();
    let mut jobs = Vec::new();
    for (of, row) in rows.iter().enumerate() {
        let mut order =
            CertificateOrder { task: task(of), ..order(CertificateRule::Bn254, &vec![1; members]) };
        let signers = row.iter().flatten().count();
        order.threshold = ThresholdRule::bips((signers * 10_000 / members).max(1) as u16).unwrap();
        let effects = aggregation.open(order).unwrap();
        told.carry_out(&mut aggregation, effects);
        for (n, by) in row.iter().enumerate() {
            let Some(by) = by else { continue };
            for effect in aggregation.submit(answer_of(of, n, *by)).unwrap() {
                let Effect::Verify(job) = effect else { panic!("{effect:?}") };
                jobs.push(*job);
            }
        }
    }
    run_together(jobs, seed)
}

fn checks(reports: &[Report]) -> u32 {
    reports.iter().map(Report::checks).sum()
}

#[test]
fn one_check_decides_about_many_tasks() {
    let full = vec![Some(0); 5];
    let reports_of = |rows: &[Vec<Option<i32>>]| reports(rows, Arithmetic::CrossCheck, SEED);
    let same = reports_of(&vec![full.clone(); 6]);
    assert_eq!((same.len(), checks(&same)), (6, 1));
    assert!(same.iter().all(|report| report.certificate.is_some()));
    // Somebody is absent from each.
    let mut rows = vec![full.clone(); 6];
    for (n, row) in rows.iter_mut().enumerate() {
        row[n % 5] = None;
    }
    rows[5] = full;
    let absent = reports_of(&rows);
    assert_eq!(checks(&absent), 1);
    assert!(absent.iter().all(|report| report.certificate.is_some()));
    // No randomness, no sharing.
    assert_eq!(checks(&reports(&rows, Arithmetic::Synod, None)), 6);
}

/// In one task a signature is moved up, in another one down: with equal weights they would
/// cancel.
#[test]
fn tasks_do_not_cancel_each_other() {
    let row = |by| vec![Some(by), Some(0), Some(0)];
    let reports = reports(&[row(1), row(-1), row(0)], Arithmetic::CrossCheck, SEED);
    let culprits = |n: usize| -> Vec<usize> {
        reports[n].outcome.culprits.iter().map(|one| one.member).collect()
    };
    assert_eq!([culprits(0), culprits(1), culprits(2)], [vec![0], vec![0], vec![]]);
    assert!(reports[2].certificate.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn together_is_as_one_by_one(
        rows in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.8, prop_oneof![8 => Just(0), 1 => -1..2_i32]), 6),
            1..6,
        ),
    ) {
        let together = reports(&rows, Arithmetic::Synod, SEED);
        let apart = reports(&rows, Arithmetic::Synod, None);
        for (one, other) in together.iter().zip(&apart) {
            prop_assert_eq!(&one.outcome.culprits, &other.outcome.culprits);
            prop_assert_eq!(&one.outcome.finding, &other.outcome.finding);
            prop_assert_eq!(&one.certificate, &other.certificate);
        }
    }
}
