use super::*;

#[test]
fn answers_are_refused_by_name() {
    let rule = CertificateRule::Bn254;
    let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Ark);
    let mut refusal = |answer| aggregation.submit(answer).map(drop);
    assert_eq!(refusal(answer(rule, 0, YES)), Err(AnswerRefusal::NotOpen(TASK)));

    aggregation.open(order(rule, &[1; 4])).unwrap();
    let mut refusal = |answer| aggregation.submit(answer).map(drop);
    assert_eq!(refusal(answer(rule, 9, YES)), Err(AnswerRefusal::Stranger(operator(9))));
    let other = Answer { output: Bytes::from_static(NO), ..answer(rule, 0, YES) };
    assert_eq!(refusal(other), Err(AnswerRefusal::WrongDigest));
    assert_eq!(refusal(answer(rule, 0, &[0; 65])), Err(AnswerRefusal::TooLong { bytes: 65 }));

    assert_eq!(refusal(answer(rule, 0, YES)), Ok(()));
    assert_eq!(refusal(answer(rule, 0, YES)), Err(AnswerRefusal::Duplicate(operator(0))));
    let (first, second) = (answer(rule, 0, YES).digest, answer(rule, 0, NO).digest);
    let conflict = AnswerRefusal::Conflict { operator: operator(0), first, second };
    assert_eq!(refusal(answer(rule, 0, NO)), Err(conflict));
    assert_eq!(refusal(answer(rule, 1, &[1; 64])), Ok(()));
    let crowded = AnswerRefusal::Crowded { bytes: 3 + 64 + 40 };
    assert_eq!(refusal(answer(rule, 2, &[2; 40])), Err(crowded));
    assert_eq!(refusal(answer(rule, 2, &[1; 64])), Ok(()));
    assert!(aggregation.close(TASK));
    assert!(!aggregation.close(TASK));
}

#[test]
fn rejected_and_late_answers_cost_nothing() {
    let rule = CertificateRule::Ecdsa { major_version: '1', verifier: Address::ZERO };
    let mut aggregation = opened(&order(rule, &[7, 7, 1]));
    let mut told = Told::default();
    for (n, is_forged) in [(0, true), (2, false), (1, false)] {
        let one = if is_forged { forged(rule, n, YES) } else { answer(rule, n, YES) };
        let effects = aggregation.submit(one).unwrap();
        told.carry_out(&mut aggregation, effects);
    }
    let again = aggregation.submit(answer(rule, 0, YES)).map(drop);
    assert_eq!(again, Err(AnswerRefusal::Rejected(operator(0))));
    assert!(told.proven.is_empty(), "8 of 15 are not enough");
}

#[test]
fn the_same_order_again_tells_again_and_another_is_refused() {
    let rule = CertificateRule::Bn254;
    let order = order(rule, &[1]);
    let mut aggregation = opened(&order);
    let mut told = Told::default();
    let effects = aggregation.submit(answer(rule, 0, YES)).unwrap();
    told.carry_out(&mut aggregation, effects);
    let late = aggregation.submit(answer(rule, 0, YES)).map(drop);
    assert_eq!(late, Err(AnswerRefusal::Decided(TASK)));

    let effects = aggregation.open(order.clone()).unwrap();
    told.carry_out(&mut aggregation, effects);
    assert_eq!(told.proven[0], told.proven[1]);
    let threshold = ThresholdRule::bips(1).unwrap();
    let refused = aggregation.open(CertificateOrder { threshold, ..order }).map(drop);
    assert_eq!(refused, Err(OrderRefusal::OtherTerms(TASK)));
}

/// A certificate mixes no schemes: what another scheme signed is refused, and its sender may still
/// answer with what the table's key signs.
#[test]
fn a_signature_of_another_scheme_is_refused_by_name() {
    for rule in RULES {
        let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Ark);
        aggregation.open(order(rule, &[1; 4])).unwrap();
        let wanted = rule.scheme();
        let honest = answer(rule, 0, YES);
        for found in RULES.map(|rule| rule.scheme()).into_iter().filter(|found| *found != wanted) {
            let signature = secret(found, 0).sign(honest.digest);
            let refused = aggregation.submit(Answer { signature, ..honest.clone() }).map(drop);
            let expected = AnswerRefusal::OtherScheme { operator: operator(0), found, wanted };
            assert_eq!(refused, Err(expected));
            assert_eq!(expected.reason(), "other_scheme");
        }
        assert_eq!(aggregation.submit(honest).map(drop), Ok(()));
    }
}

#[test]
fn orders_are_refused_by_name() {
    let rule = CertificateRule::Bn254;
    #[track_caller]
    fn check(order: CertificateOrder, expected: OrderRefusal) {
        assert_eq!(Aggregation::new(LIMITS, Arithmetic::Ark).open(order).map(drop), Err(expected));
    }
    let with = |change: fn(&mut OperatorTable)| {
        let mut order = order(rule, &[1; 2]);
        change(Arc::make_mut(&mut order.table));
        order
    };
    check(order(rule, &[]), OrderRefusal::NoStake);
    check(order(rule, &[0, 0]), OrderRefusal::NoStake);
    check(order(rule, &[1; 401]), OrderRefusal::TooLarge { members: 401 });
    let most =
        |table: &mut OperatorTable| table.members[0].weights[0].0 = alloy_primitives::U256::MAX;
    check(with(most), OrderRefusal::Uncountable);
    check(with(|table| table.members[1].weights.clear()), OrderRefusal::Uncountable);
    let same = |table: &mut OperatorTable| table.members[1].operator = table.members[0].operator;
    check(with(same), OrderRefusal::Twice(operator(0)));
    check(
        with(|table| table.members[1].key = table.members[0].key),
        OrderRefusal::Twice(operator(1)),
    );
    let other =
        |table: &mut OperatorTable| table.members[1].key = secret(Scheme::Ecdsa, 1).public();
    check(with(other), OrderRefusal::OtherScheme(operator(1)));

    let mut aggregation = Aggregation::new(LIMITS, Arithmetic::Ark);
    for n in 0..2 {
        let task = TaskId(B256::repeat_byte(n));
        aggregation.open(CertificateOrder { task, ..order(rule, &[1]) }).unwrap();
    }
    let full = aggregation.open(order(rule, &[1])).map(drop);
    assert_eq!(full, Err(OrderRefusal::Full { open: 2 }));
    assert_eq!(aggregation.tasks_len(), 2);
}
