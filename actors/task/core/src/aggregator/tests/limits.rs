//! What is counted, what is kept, and what does not fit.

use super::*;

#[test]
fn tasks_are_counted_until_they_end() {
    let mut desk = Desk::new(Settings { processing_max: 1, ..settings() });
    desk.announce(1, 1);
    desk.announce(2, 2);
    assert_eq!(desk.core.open_len(), (2, 1));
    desk.certify(1);
    assert_eq!(desk.core.open_len(), (1, 1));
    let retracted = ChainEvent::Retracted { block: block(2, 2).id };
    desk.apply(START, batch(3, vec![retracted])).unwrap();
    assert_eq!(desk.core.open_len(), (0, 0));
    let again = committed(2, 3, vec![log(&created(2))]);
    desk.apply(START, batch(4, vec![again])).unwrap();
    assert_eq!(desk.core.open_len(), (1, 1), "announced again, it is one task");
    desk.check_replay();
}

#[test]
fn a_proof_must_show_digest_and_output_of_its_signers() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1, 2], b"out");
    let unfounded = Err(Refusal::Unfounded(id(1)));
    let mut other_output = proof(id(1), &[1, 2], b"out");
    other_output.output = Bytes::from_static(b"other");
    assert_eq!(desk.apply(START, Input::Proven(other_output)), unfounded);
    let mut other_digest = proof(id(1), &[1, 2], b"out");
    other_digest.digest = Digest(B256::ZERO);
    assert_eq!(desk.apply(START, Input::Proven(other_digest)), unfounded);
    let not_all_answered = proof(id(1), &[1, 3], b"out");
    assert_eq!(desk.apply(START, Input::Proven(not_all_answered)), unfounded);
    desk.expect(1, "processing", None);
}

#[test]
fn a_certificate_does_not_come_back_for_another_task_under_its_hash() {
    let others: [fn(&mut TaskCreated); 2] =
        [|created| created.reference_timestamp = 8, |created| created.payload = Bytes::from("?")];
    for spoil in others {
        let mut desk = Desk::new(settings());
        desk.announce(1, 1);
        desk.certify(1);
        let retracted = ChainEvent::Retracted { block: block(1, 1).id };
        desk.apply(START, batch(2, vec![retracted])).unwrap();
        let mut other = created(1);
        spoil(&mut other);
        let effects = desk.apply(START, batch(3, vec![committed(1, 2, vec![log(&other)])]));
        assert_eq!(passed_over(&effects.unwrap()), [Skip::Known]);
        assert!(desk.core.view(id(1)).unwrap().is_retracted);
    }
}

#[test]
fn the_latest_offences_are_kept() {
    let max = ledger::OFFENCES_MAX;
    let offence = |n: usize| Equivocation {
        ballot: BallotId(B256::from(U256::from(n))),
        operator: operator(1),
        first: Digest(B256::ZERO),
        second: Digest(B256::repeat_byte(1)),
    };
    let mut core = Aggregator::new(settings());
    for n in 0..max {
        core.apply(START, Input::Offended(offence(n))).unwrap();
    }
    assert!(core.offences().eq((0..max).map(offence)));
    core.apply(START, Input::Offended(offence(max))).unwrap();
    assert!(core.offences().eq((1..=max).map(offence)), "the oldest went");
}
