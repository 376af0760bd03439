//! From an announcement to a certificate, or not.

use super::*;

#[test]
fn whoever_is_in_the_set_is_asked() {
    let mut desk = Desk::new(settings());
    let effects = desk.announce(1, 1);
    assert_eq!(submitted(&effects), [1, 2, 3, 4].map(operator));
    assert_eq!(count(&effects, |e| matches!(e, Effect::OpenBallot(_))), 1);
    assert_eq!(count(&effects, |e| matches!(e, Effect::OpenAggregation(_))), 1);
    assert!(effects.contains(&Effect::WakeAt(START + Duration::from_secs(5))));
}

#[test]
fn proof_and_verdict_together_certify_in_either_order() {
    for verdict_first in [false, true] {
        let mut desk = Desk::new(settings());
        desk.announce(1, 1);
        desk.answers(id(1), &[1, 2, 3], b"out");
        let proven = Input::Proven(proof(id(1), &[1, 2], b"out"));
        let digest = answer(id(1), 1, b"out").digest;
        let agreed = Input::Settled(Verdict::Agreed(BallotId(id(1).0), digest));
        let (first, second) = if verdict_first { (agreed, proven) } else { (proven, agreed) };
        desk.apply(START, first).unwrap();
        desk.expect(1, "processing", None);
        let effects = desk.apply(START + Duration::from_secs(2), second).unwrap();
        desk.expect(1, "completed", None);
        let took = Duration::from_secs(2);
        let certified = Effect::Certified(proof(id(1), &[1, 2], b"out"), took);
        assert!(effects.contains(&certified));
        assert!(effects.contains(&Effect::CloseAggregation(id(1))));
        desk.check_replay();
    }
}

#[test]
fn a_proof_is_voted_for_by_its_signers() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1, 2], b"out");
    let effects = desk.apply(START, Input::Proven(proof(id(1), &[1, 2], b"out"))).unwrap();
    let ballot = BallotId(id(1).0);
    let digest = answer(id(1), 1, b"out").digest;
    let vote = |n| Effect::Cast(Vote { ballot, operator: operator(n), digest });
    assert_eq!(effects, [vote(1), vote(2)]);
}

#[test]
fn a_proof_that_does_not_fit_the_answers_is_refused() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1, 2], b"out");
    let unfounded = Err(Refusal::Unfounded(id(1)));
    for (signers, output) in [(&[1, 3][..], &b"out"[..]), (&[1], b"other"), (&[], b"out")] {
        let proven = Input::Proven(proof(id(1), signers, output));
        assert_eq!(desk.apply(START, proven), unfounded);
    }
}

#[test]
fn a_wrong_answer_is_held_against_its_member_and_not_kept() {
    let wrong: [fn(&mut Answer); 5] = [
        |answer| answer.task = id(9),
        |answer| answer.operator = operator(2),
        |answer| answer.digest = Digest(B256::ZERO),
        |answer| answer.output = Bytes::from_static(&[0; 65]),
        |answer| answer.signature.scheme = Scheme::Ecdsa,
    ];
    for spoil in wrong {
        let mut desk = Desk::new(settings());
        desk.announce(1, 1);
        let mut answer = answer(id(1), 1, b"out");
        spoil(&mut answer);
        let input = Input::Answered { task: id(1), operator: operator(1), answer };
        let effects = desk.apply(START, input).unwrap();
        assert_eq!(effects, [Effect::Faulty(id(1), operator(1), Fault::WrongAnswer)]);
        let member = &desk.core.view(id(1)).unwrap().members[0];
        assert_eq!((member.state, member.reason), ("refused", Some("wrong_answer")));
    }
}

#[test]
fn the_first_answer_stands() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1], b"out");
    let again = |output| Input::Answered {
        task: id(1),
        operator: operator(1),
        answer: answer(id(1), 1, output),
    };
    assert_eq!(desk.apply(START, again(b"out")), Ok(vec![]));
    let contradiction = Refusal::Contradiction(id(1), operator(1));
    assert_eq!(desk.apply(START, again(b"other")), Err(contradiction));
}

#[test]
fn what_may_pass_is_tried_again_with_longer_waits() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    let mut now = START;
    let mut silent = |desk: &mut Desk, refusal| {
        let input = Input::NotAnswered { task: id(1), operator: operator(1), refusal };
        let effects = desk.apply(now, input).unwrap();
        assert!(effects.contains(&Effect::Retrying(id(1), operator(1))));
        let mut waited = 0_u32;
        loop {
            now = now + Duration::from_millis(100);
            waited += 100;
            let rung = desk.apply(now, Input::Alarm).unwrap();
            if submitted(&rung) == [operator(1)] {
                return waited;
            }
            assert!(waited < 20_000, "never asked again");
        }
    };
    let waits = [None, Some(SubmitRefusal::Busy), None].map(|refusal| silent(&mut desk, refusal));
    for (waited, expected) in waits.into_iter().zip([1_000_u32, 2_000, 4_000]) {
        assert!(waited.abs_diff(expected) <= expected / 10 + 100, "{waited} for {expected}");
    }
}

#[test]
fn a_final_refusal_is_final() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    let refusal = SubmitRefusal::PerformerFailed;
    let input =
        || Input::NotAnswered { task: id(1), operator: operator(1), refusal: Some(refusal) };
    let faulty = Effect::Faulty(id(1), operator(1), Fault::Refused(refusal));
    assert_eq!(desk.apply(START, input()), Ok(vec![faulty]));
    assert_eq!(desk.apply(START, input()), Ok(vec![]));
    let rung = desk.apply(START + Duration::from_secs(60), Input::Alarm).unwrap();
    assert_eq!(submitted(&rung), []);
}

#[test]
fn the_deadline_is_the_earlier_of_two() {
    let mut desk = Desk::new(settings());
    let soon = TaskCreated { deadline: U256::from(1_000_010), ..created(1) };
    let logs = vec![log(&soon), log(&created(2))];
    desk.apply(START, batch(1, vec![committed(1, 1, logs)])).unwrap();
    desk.apply(START + Duration::from_secs(9), Input::Alarm).unwrap();
    desk.expect(1, "processing", None);
    let effects = desk.apply(START + Duration::from_secs(10), Input::Alarm).unwrap();
    assert!(effects.contains(&Effect::Failed(id(1), TaskFailure::Expired)));
    desk.apply(START + Duration::from_secs(600), Input::Alarm).unwrap();
    desk.expect(2, "failed", Some(TaskFailure::Expired));
    assert_eq!(desk.core.open_len(), (0, 0));
    desk.check_replay();
}

#[test]
fn the_quorum_may_say_no() {
    for (verdict, failure) in [
        (Verdict::Rejected(BallotId(id(1).0)), TaskFailure::Disagreement),
        (Verdict::Expired(BallotId(id(1).0)), TaskFailure::Expired),
    ] {
        let mut desk = Desk::new(settings());
        desk.announce(1, 1);
        desk.apply(START, Input::Settled(verdict)).unwrap();
        desk.expect(1, "failed", Some(failure));
    }
}

#[test]
fn so_many_are_worked_on_at_once_and_the_others_wait() {
    let mut desk = Desk::new(Settings { processing_max: 1, ..settings() });
    desk.announce(1, 1);
    assert_eq!(submitted(&desk.announce(2, 2)), []);
    desk.expect(2, "pending", None);
    let effects = desk.certify(1);
    assert_eq!(submitted(&effects).len(), 4, "the next one begins");
    desk.expect(2, "processing", None);
}

#[test]
fn a_new_life_asks_again_and_keeps_what_was_answered() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1, 2], b"out");
    let mut core = Aggregator::new(settings());
    desk.journal.iter().for_each(|record| core.replay(record));
    let effects = core.resume(START);
    assert_eq!(submitted(&effects), [3, 4].map(operator));
    assert_eq!(count(&effects, |e| matches!(e, Effect::AddAnswer(_))), 2);
    assert_eq!(count(&effects, |e| matches!(e, Effect::OpenBallot(_))), 1);
    assert_eq!(core.resume(START), [], "nothing is begun twice");
}

#[test]
fn a_new_life_ends_what_expired_meanwhile() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    let mut core = Aggregator::new(settings());
    desk.journal.iter().for_each(|record| core.replay(record));
    let effects = core.resume(START + Duration::from_secs(601));
    assert!(effects.contains(&Effect::Failed(id(1), TaskFailure::Expired)));
    assert_eq!(submitted(&effects), []);
}

#[test]
fn who_forgot_is_told_again() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1, 2], b"out");
    desk.apply(START, Input::Proven(proof(id(1), &[1, 2], b"out"))).unwrap();
    let effects = desk.apply(START, Input::AggregationStarted).unwrap();
    assert_eq!(count(&effects, |e| matches!(e, Effect::OpenAggregation(_))), 1);
    assert_eq!(count(&effects, |e| matches!(e, Effect::AddAnswer(_))), 2);
    let effects = desk.apply(START, Input::QuorumStarted).unwrap();
    assert_eq!(count(&effects, |e| matches!(e, Effect::OpenBallot(_))), 1);
    assert_eq!(count(&effects, |e| matches!(e, Effect::Cast(_))), 2);
    let rung = desk.apply(START + Duration::from_secs(5), Input::Alarm).unwrap();
    assert_eq!(count(&rung, |e| matches!(e, Effect::OpenAggregation(_))), 1, "reminded");
    assert_eq!(count(&rung, |e| matches!(e, Effect::OpenBallot(_))), 1, "reminded");
}

#[test]
fn late_news_changes_nothing() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.certify(1);
    let late = answer(id(1), 3, b"out");
    let input = Input::Answered { task: id(1), operator: operator(3), answer: late };
    assert_eq!(desk.apply(START, input), Err(Refusal::Ended(id(1))));
    let proven = Input::Proven(proof(id(1), &[1, 2], b"out"));
    assert_eq!(desk.apply(START, proven), Err(Refusal::Ended(id(1))));
    let rejected = Input::Settled(Verdict::Rejected(BallotId(id(1).0)));
    assert_eq!(desk.apply(START, rejected), Err(Refusal::Ended(id(1))));
    let unknown = Input::Settled(Verdict::Expired(BallotId(id(9).0)));
    assert_eq!(desk.apply(START, unknown), Err(Refusal::Unknown(id(9))));
}

#[test]
fn split_votes_reach_the_quorum() {
    let mut desk = Desk::new(settings());
    desk.announce(1, 1);
    desk.answers(id(1), &[1], b"out");
    desk.answers(id(1), &[2], b"other");
    let vote = |n, output| Vote {
        ballot: BallotId(id(1).0),
        operator: operator(n),
        digest: answer(id(1), n, output).digest,
    };
    let votes = vec![vote(1, b"out"), vote(2, b"other")];
    let cast: Vec<Effect> = votes.iter().copied().map(Effect::Cast).collect();
    assert_eq!(desk.apply(START, Input::Split { task: id(1), votes }), Ok(cast));
    let votes = vec![vote(1, b"other")];
    let unfounded = Err(Refusal::Unfounded(id(1)));
    assert_eq!(desk.apply(START, Input::Split { task: id(1), votes }), unfounded);
}

#[test]
fn an_offence_is_kept_once() {
    let mut desk = Desk::new(settings());
    let offence = Equivocation {
        ballot: BallotId(id(1).0),
        operator: operator(1),
        first: Digest(B256::ZERO),
        second: Digest(B256::repeat_byte(1)),
    };
    for _ in 0..2 {
        desk.apply(START, Input::Offended(offence)).unwrap();
    }
    assert_eq!(desk.journal, [Record::Offended(offence)]);
    assert_eq!(desk.core.offences().collect::<Vec<_>>(), [offence]);
}

#[test]
fn lists_are_filtered_and_paged_newest_first() {
    let mut desk = Desk::new(settings());
    for n in 1..=3 {
        desk.announce(u64::from(n), n);
    }
    desk.certify(2);
    let page = |filter, after, limit| -> Vec<TaskId> {
        desk.core.page(filter, after, limit).into_iter().map(|view| view.id).collect()
    };
    assert_eq!(page(TaskFilter::All, None, 2), [id(3), id(2)]);
    assert_eq!(page(TaskFilter::All, Some(id(2)), 2), [id(1)]);
    assert_eq!(page(TaskFilter::Completed, None, 9), [id(2)]);
    assert_eq!(page(TaskFilter::Processing, None, 9), [id(3), id(1)]);
    assert_eq!(page(TaskFilter::All, Some(id(9)), 9), []);
    assert!(desk.core.view(id(2)).unwrap().certificate.is_some());
    assert!(desk.core.page(TaskFilter::Completed, None, 9)[0].certificate.is_none());
}
