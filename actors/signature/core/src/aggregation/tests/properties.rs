use proptest::prelude::*;

use super::*;
use crate::key::verify;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn exactly_the_culprits_are_named(kind in 0_usize..3, bad in prop::collection::vec(any::<bool>(), 1..12)) {
        let rule = RULES[kind];
        let digest = rule.digest(TIMESTAMP, TASK, YES);
        let mut items = Vec::new();
        for (n, &is_bad) in bad.iter().enumerate() {
            let one = if is_bad { forged(rule, n, YES) } else { answer(rule, n, YES) };
            let key = secret(rule.scheme(), n).public();
            items.push(Item { member: n, key: Key::Raw(key), signature: one.signature });
        }
        // The slow model: each by itself.
        let single = |item: &&Item| {
            let Key::Raw(key) = item.key else { panic!("all are raw") };
            verify(&key, digest, &item.signature).is_err()
        };
        let expected: Vec<usize> = items.iter().filter(single).map(|item| item.member).collect();

        let batch = verify_batch(rule.scheme(), digest, items);
        let named: Vec<usize> = batch.culprits.iter().map(|one| one.member).collect();
        prop_assert_eq!(&named, &expected);
        prop_assert!(batch.members.iter().all(|n| !bad[*n]));
        prop_assert_eq!(batch.members.len() + named.len(), bad.len());
        prop_assert_eq!(batch.sum.is_some(), !batch.members.is_empty());
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
}
