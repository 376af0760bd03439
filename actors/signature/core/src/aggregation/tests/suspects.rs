use super::*;

/// Opens the task anew and submits; what was told.
fn again(aggregation: &mut Aggregation, order: &CertificateOrder, answers: Vec<Answer>) -> Told {
    aggregation.close(TASK);
    let mut told = Told::default();
    let effects = aggregation.open(order.clone()).unwrap();
    told.carry_out(aggregation, effects);
    for answer in answers {
        if let Ok(effects) = aggregation.submit(answer) {
            told.carry_out(aggregation, effects);
        }
    }
    told
}

#[test]
fn a_suspect_is_checked_alone_and_only_where_it_is_needed() {
    let rule = CertificateRule::Bn254;
    let order = order(rule, &[1; 4]);
    let mut aggregation = opened(&order);
    let yes = |n| answer(rule, n, YES);
    let told = again(&mut aggregation, &order, vec![forged(rule, 0, YES), yes(1), yes(2), yes(3)]);
    assert_eq!(told.rejected.len(), 1);
    assert_eq!(aggregation.suspects_len(), 1);

    // Without it: one check, of the others, as if it had said nothing.
    let told = again(&mut aggregation, &order, vec![yes(1), yes(2), yes(3), forged(rule, 0, YES)]);
    assert_eq!((told.checks.as_slice(), told.rejected.len()), ([1].as_slice(), 0));
    assert_certified(&order, &told.proven[0], &[1, 2, 3]);

    // With it: it alone first, and it spoils nobody's sum.
    let told = again(&mut aggregation, &order, vec![yes(1), forged(rule, 0, YES), yes(2), yes(3)]);
    assert_eq!(told.checks, [1, 1]);
    assert_eq!(told.rejected, [(operator(0), Rejection::Mismatch)]);

    // Three times right, and it is one of the others again.
    for proofs in 1..=3 {
        let told = again(&mut aggregation, &order, vec![yes(0), yes(1), yes(2)]);
        assert_eq!(told.checks, [2]);
        assert_certified(&order, &told.proven[0], &[0, 1, 2]);
        assert_eq!(aggregation.suspects_len(), usize::from(proofs < 3));
    }
    let told = again(&mut aggregation, &order, vec![yes(0), yes(1), yes(2)]);
    assert_eq!(told.checks, [1]);
}

#[test]
fn many_signatures_are_added_up_before_they_are_needed() {
    let rule = CertificateRule::Bn254;
    for bips in [7_500, 10_000] {
        let mut order = order(rule, &[1; 300]);
        order.threshold = ThresholdRule::bips(bips).unwrap();
        let needed = 300 * usize::from(bips) / 10_000;
        let answers = (0..300).rev().map(|n| answer(rule, n, YES)).collect();
        let told = run(&order, answers);
        let signers: Vec<usize> = (300 - needed..300).collect();
        assert_certified(&order, &told.proven[0], &signers);
        let adding: Vec<u32> = vec![0; needed / 128];
        assert_eq!(told.checks, [adding, vec![1]].concat());
    }
}

#[test]
fn culprits_among_many_are_found_in_what_was_added_up() {
    let rule = CertificateRule::Bn254;
    let mut order = order(rule, &[1; 300]);
    order.threshold = ThresholdRule::bips(10_000).unwrap();
    let one = |n| if n == 77 || n == 290 { forged(rule, n, YES) } else { answer(rule, n, YES) };
    let told = run(&order, (0..300).map(one).collect());
    assert_eq!(told.rejected, [77, 290].map(|n| (operator(n), Rejection::Mismatch)));
    assert!(told.checks.iter().sum::<u32>() <= 10, "{:?}", told.checks);
}
