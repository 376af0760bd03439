//! What chains tell an aggregator.

use super::*;

#[test]
fn an_announcement_of_the_mailbox_becomes_a_task() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/ponos.json");
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(vectors).unwrap()).unwrap();
    let vector = &vectors["task_created_log"];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let log = Log {
        address: text(&vector["address"]).parse().unwrap(),
        topics: vector["topics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|topic| text(topic).parse().unwrap())
            .collect(),
        data: text(&vector["data"]).parse().unwrap(),
        transaction: B256::ZERO,
        index: 0,
    };
    let decoded = &vector["decoded"];
    let set = OperatorSetId { avs: text(&decoded["avs"]).parse().unwrap(), number: 1 };
    let mut settings = settings();
    settings.mailboxes = BTreeSet::from([(CHAIN, log.address)]);
    settings.sets = BTreeMap::from([(set, Arc::clone(&settings.sets[&SET]))]);
    let mut desk = Desk::new(settings);
    desk.apply(START, batch(1, vec![committed(1, 1, vec![log])])).unwrap();

    let view = desk.core.view(TaskId(text(&decoded["taskHash"]).parse().unwrap())).unwrap();
    assert_eq!(view.creator, text(&decoded["creator"]).parse::<Address>().unwrap());
    assert_eq!(view.set, set);
    assert_eq!(view.reference_timestamp, 1_795_176_149);
    assert_eq!(view.payload.as_ref(), b"0x04");
    assert_eq!((view.state, view.fee.as_str()), ("processing", "0"));
}

#[test]
fn logs_that_are_none_of_ours_are_passed_over() {
    let other_contract = Log { address: Address::ZERO, ..log(&created(1)) };
    let other_event = Log { topics: vec![B256::ZERO], ..log(&created(1)) };
    let cut = Log { data: Bytes::new(), ..log(&created(1)) };
    let other_set = OperatorSetId { avs: Address::ZERO, number: 1 };
    let other_avs = log(&TaskCreated { set: other_set, ..created(1) });
    let empty = log(&TaskCreated { payload: Bytes::new(), ..created(1) });
    let long = log(&TaskCreated { payload: Bytes::from(vec![0; 65]), ..created(1) });
    let no_table = log(&TaskCreated { reference_timestamp: 0, ..created(1) });
    let mut desk = Desk::new(settings());
    let logs = vec![other_contract, other_event, cut, other_avs, empty, long, no_table];
    let effects = desk.apply(START, batch(1, vec![committed(1, 1, logs)])).unwrap();
    let expected = [
        Skip::Foreign,
        Skip::Foreign,
        Skip::Malformed,
        Skip::OtherAvs,
        Skip::Unacceptable,
        Skip::Unacceptable,
        Skip::Unacceptable,
    ];
    assert_eq!(passed_over(&effects), expected);
    assert_eq!(desk.core.open_len(), (0, 0));
    assert_eq!(desk.core.applied(CHAIN), EventNumber(1));
}

#[test]
fn a_task_that_cannot_be_done_fails_at_once() {
    let mut desk = Desk::new(settings());
    let number = |n, number| TaskCreated { set: OperatorSetId { number, ..SET }, ..created(n) };
    let past = TaskCreated { deadline: U256::from(1), ..created(3) };
    let logs = vec![log(&number(1, 9)), log(&number(2, 2)), log(&past)];
    desk.apply(START, batch(1, vec![committed(1, 1, logs)])).unwrap();
    desk.expect(1, "failed", Some(TaskFailure::UnknownSet));
    desk.expect(2, "failed", Some(TaskFailure::NoOperators));
    desk.expect(3, "failed", Some(TaskFailure::Expired));
    desk.check_replay();
}

#[test]
fn an_event_is_applied_once() {
    let mut desk = Desk::new(settings());
    let events = vec![
        committed(1, 1, vec![log(&created(1))]),
        ChainEvent::Retracted { block: block(1, 1).id },
        committed(1, 2, vec![log(&created(2))]),
    ];
    desk.apply(START, batch(1, events.clone())).unwrap();
    let longer = [events, vec![committed(2, 3, vec![log(&created(3))])]].concat();
    let effects = desk.apply(START, batch(1, longer)).unwrap();
    assert_eq!(passed_over(&effects), [Skip::Repeated; 3]);
    desk.expect(1, "failed", Some(TaskFailure::Retracted));
    desk.expect(2, "processing", None);
    desk.expect(3, "processing", None);
    let skipped = desk.apply(START, batch(9, vec![committed(9, 9, vec![])])).unwrap();
    assert_eq!(passed_over(&skipped), [Skip::Gap]);
}

#[test]
fn a_retracted_task_begins_anew_when_announced_again() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    let retracted = ChainEvent::Retracted { block: block(1, 1).id };
    let effects = desk.apply(START, batch(2, vec![retracted])).unwrap();
    assert!(effects.contains(&Effect::Failed(id(1), TaskFailure::Retracted)));
    let again = committed(1, 2, vec![log(&created(1))]);
    let effects = desk.apply(START, batch(3, vec![again])).unwrap();
    assert_eq!(submitted(&effects).len(), 4);
    desk.expect(1, "processing", None);
    assert_eq!(desk.core.view(id(1)).unwrap().block_hash, B256::repeat_byte(2));
    desk.check_replay();
}

#[test]
fn a_certificate_outlives_its_block() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.certify(1);
    let retracted = ChainEvent::Retracted { block: block(1, 1).id };
    desk.apply(START, batch(2, vec![retracted])).unwrap();
    let view = desk.core.view(id(1)).unwrap();
    assert_eq!((view.state, view.is_retracted), ("completed", true));
    let other = TaskCreated { reference_timestamp: 8, ..created(1) };
    let other = committed(1, 2, vec![log(&other)]);
    let effects = desk.apply(START, batch(3, vec![other])).unwrap();
    assert_eq!(passed_over(&effects), [Skip::Known], "another operator table: of no use there");
    assert!(desk.core.view(id(1)).unwrap().is_retracted);
    desk.check_replay();
}

#[test]
fn a_certificate_holds_again_when_another_block_announces_the_same() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.certify(1);
    let branch = |branch| block(1, branch).id;
    desk.apply(START, batch(2, vec![ChainEvent::Retracted { block: branch(1) }])).unwrap();
    let again = committed(1, 2, vec![log(&created(1))]);
    let effects = desk.apply(START, batch(3, vec![again])).unwrap();
    assert!(passed_over(&effects).is_empty() && submitted(&effects).is_empty(), "{effects:?}");
    let view = desk.core.view(id(1)).unwrap();
    assert_eq!((view.state, view.is_retracted), ("completed", false));
    assert_eq!(view.block_hash, branch(2).hash);
    desk.check_replay();
    desk.apply(START, batch(4, vec![ChainEvent::Retracted { block: branch(2) }])).unwrap();
    assert!(desk.core.view(id(1)).unwrap().is_retracted, "with the new block, not the old one");
    desk.check_replay();
}

#[test]
fn a_batch_is_taken_as_far_as_there_is_room() {
    let mut desk = Desk::new(Settings { open_max: 1, processing_max: 1, ..settings() });
    let blocks =
        || vec![committed(1, 1, vec![log(&created(1))]), committed(2, 2, vec![log(&created(2))])];
    desk.apply(START, batch(1, blocks())).unwrap();
    assert_eq!(desk.core.applied(CHAIN), EventNumber(1));
    desk.certify(1);
    desk.apply(START, batch(1, blocks())).unwrap();
    assert_eq!(desk.core.applied(CHAIN), EventNumber(2));
    desk.expect(2, "processing", None);
}

#[test]
fn ended_tasks_are_forgotten_once_their_block_is_there_to_stay() {
    let mut desk = Desk::new(Settings { kept_max: 2, ..settings() });
    for n in 1..=3 {
        desk.announce(u64::from(n), n);
        desk.certify(n);
    }
    assert_eq!(desk.core.page(TaskFilter::All, None, 9).len(), 3, "within reach of a reorg");
    for n in 4..=8 {
        desk.announce(u64::from(n), n);
        desk.certify(n);
    }
    assert!(desk.core.view(id(1)).is_none());
    assert!(desk.core.view(id(8)).is_some());
    desk.check_replay();
}
