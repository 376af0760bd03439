use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// All must agree, so one job verifies all answers.
    #[test]
    fn exactly_the_culprits_are_named(kind in 0_usize..3, bad in prop::collection::vec(any::<bool>(), 1..14)) {
        let rule = RULES[kind];
        let mut order = order(rule, &vec![1; bad.len()]);
        order.threshold = ThresholdRule::bips(10_000).unwrap();
        let one = |(n, &is_bad): (usize, &bool)| if is_bad { forged(rule, n, YES) } else { answer(rule, n, YES) };
        let told = run(&order, bad.iter().enumerate().map(one).collect());
        // The slow model: each by itself.
        let expected: Vec<_> =
            (0..bad.len()).filter(|&n| bad[n]).map(|n| (operator(n), Rejection::Mismatch)).collect();
        prop_assert_eq!(told.rejected, expected);
        prop_assert_eq!(told.proven.len(), usize::from(!bad.contains(&true)));
        prop_assert!(told.disputed.is_empty());
    }

    #[test]
    fn any_order_of_answers_gives_a_certificate_or_none(order_of in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(), bad: [bool; 6]) {
        let rule = CertificateRule::Ecdsa { major_version: '1', verifier: Address::ZERO };
        let order = order(rule, &[1; 6]);
        let one = |n: usize| if bad[n] { forged(rule, n, YES) } else { answer(rule, n, YES) };
        let told = run(&order, order_of.into_iter().map(one).collect());
        let good = bad.iter().filter(|is_bad| !**is_bad).count();
        // ⌊6 · 0.75⌋ = 4 must sign.
        prop_assert_eq!(told.proven.len(), usize::from(4 <= good));
        if let Some(result) = told.proven.first() {
            prop_assert!(4 <= result.signers.len());
        }
    }

    /// Signatures moved by multiples of the generator, so that some cancel, some point at
    /// others, some are malformed or by another key: whoever is honest is never named, whatever
    /// becomes of the task, and a certificate holds.
    #[test]
    fn nobody_honest_is_named(
        moves in prop::collection::vec(prop_oneof![4 => Just(0), 3 => -3..4_i32], 4..12),
        no in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        order_of in any::<prop::sample::Index>(),
    ) {
        let rule = CertificateRule::Bn254;
        let order = order(rule, &vec![1; moves.len()]);
        let mut answers: Vec<Answer> = moves.iter().enumerate().map(|(n, &by)| shifted(n, by)).collect();
        for index in no {
            let n = index.index(moves.len());
            answers[n] = answer(rule, n, NO);
        }
        let honest: Vec<OperatorId> = answers
            .iter()
            .enumerate()
            .filter(|(n, one)| moves[*n] == 0 || *one.output == *NO)
            .map(|(_, one)| one.operator)
            .collect();
        answers.rotate_left(order_of.index(moves.len()));
        let told = run(&order, answers);
        for (operator, _) in &told.rejected {
            prop_assert!(!honest.contains(operator));
        }
        for vote in told.split.iter().flatten() {
            prop_assert!(honest.contains(&vote.operator), "said to have signed");
        }
        for result in &told.proven {
            let Certificate::Bn254(certificate) = &result.certificate else { panic!("of BN254") };
            let signature = G1::decode(&certificate.signature).unwrap();
            let key = G2::decode(&certificate.apk_g2).unwrap();
            prop_assert!(bn254::verify(&hash_solidity(result.digest), &key, &signature));
        }
    }

    #[test]
    fn the_arithmetics_tell_the_same(moves in prop::collection::vec(-1..2_i32, 3..10)) {
        let order = order(CertificateRule::Bn254, &vec![1; moves.len()]);
        let answers: Vec<Answer> = moves.iter().enumerate().map(|(n, &by)| shifted(n, by)).collect();
        let ark = run_by(Arithmetic::Ark, &order, answers.clone());
        prop_assert_eq!(&run_by(Arithmetic::Synod, &order, answers.clone()), &ark);
        let mut both = run_by(Arithmetic::CrossCheck, &order, answers);
        both.key_checks = ark.key_checks.clone();
        prop_assert_eq!(both, ark);
    }
}
