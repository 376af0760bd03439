use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use synod_types::certificate::CertificateRule;
use synod_types::chain::{BlockId, ChainEvent};
use synod_types::operator::OperatorSetId;
use synod_types::signature::Scheme;
use synod_types::task::{Submission, Task, TaskCreated};
use synod_types::{Address, B256, U256};

use super::*;
use crate::aggregator::tests as chain;
use crate::{Backoff, Skip};

pub(super) const START: Moment = chain::START;
pub(super) const ME: OperatorId = chain::operator(1);

pub(super) fn settings() -> Settings {
    let created = chain::created(1);
    Settings {
        operator: ME,
        sets: BTreeMap::from([(created.set, CertificateRule::Bn254)]),
        follow: BTreeSet::from([(chain::CHAIN, chain::log(&created).address)]),
        queue_max: 4,
        running_max: 2,
        kept_max: 8,
        askers_max: 3,
        payload_bytes_max: 64,
        output_bytes_max: 64,
        attempts_max: 2,
        window: Duration::from_secs(600),
        retry: Backoff { first: Duration::from_secs(1), max: Duration::from_secs(8) },
    }
}

pub(super) fn submission(n: u8) -> Submission {
    let block = BlockId { number: 1, hash: B256::repeat_byte(n) };
    Submission { task: chain::created(n).into_task(chain::CHAIN, block), operator: ME }
}

pub(super) fn submit(n: u8, asker: u64) -> Input {
    Input::Submit(Box::new(submission(n)), Asker(asker))
}

pub(super) fn performed(n: u8, output: &'static [u8]) -> Input {
    Input::Performed { task: chain::id(n), outcome: Ok(Bytes::from_static(output)) }
}

fn failed(n: u8, trouble: Trouble) -> Input {
    Input::Performed { task: chain::id(n), outcome: Err(trouble) }
}

pub(super) fn signed(n: u8) -> Input {
    let signature = chain::answer(chain::id(n), 1, b"").signature;
    Input::Signed { task: chain::id(n), outcome: Ok(signature) }
}

/// What happened at [`START`], and what followed from the last of it, alarms left out.
#[track_caller]
fn check(settings: Settings, inputs: Vec<Input>, expected: &[Effect]) -> Executor {
    let mut core = Executor::new(settings);
    let mut journal = Vec::new();
    let mut last = Vec::new();
    for input in inputs {
        last = core.apply(START, input);
        journal.extend(last.iter().filter_map(|effect| match effect {
            Effect::Journal(record) => Some(record.clone()),
            _ => None,
        }));
    }
    last.retain(|effect| !matches!(effect, Effect::WakeAt(_) | Effect::Journal(_)));
    assert_eq!(last, expected);

    let mut again = Executor::new(core.settings.clone());
    for record in &journal {
        again.replay(&crate::decode::<Record>(&crate::encode(record)).unwrap());
    }
    assert_eq!(again.snapshot(), core.snapshot());
    let mut from_snapshot = Executor::new(core.settings.clone());
    core.snapshot().iter().for_each(|record| from_snapshot.replay(record));
    for restored in [&again, &from_snapshot] {
        assert_eq!(known(restored), known(&core));
    }
    core
}

/// What a core knows that outlives it; not what is under way.
fn known(core: &Executor) -> String {
    let mut tasks = core.page(None, usize::MAX);
    for task in &mut tasks {
        if ["queued", "running", "waiting"].contains(&task.state) {
            task.state = "open";
        }
    }
    format!("{tasks:#?}")
}

fn refused(asker: u64, refusal: SubmitRefusal) -> Effect {
    Effect::Answer(Asker(asker), Err(refusal))
}

fn answered(asker: u64, n: u8, output: &'static [u8]) -> Effect {
    Effect::Answer(Asker(asker), Ok(Box::new(chain::answer(chain::id(n), 1, output))))
}

fn perform(n: u8) -> Effect {
    Effect::Perform { task: chain::id(n), payload: Bytes::from(vec![n]) }
}

fn sign(n: u8, output: &'static [u8]) -> Effect {
    Effect::Sign { task: chain::id(n), digest: chain::answer(chain::id(n), 1, output).digest }
}

#[test]
fn performed_once_signed_once_answered_to_all() {
    check(settings(), vec![submit(1, 1)], &[perform(1)]);
    check(settings(), vec![submit(1, 1), submit(1, 2)], &[]);
    let run = vec![submit(1, 1), submit(1, 2), performed(1, b"out")];
    check(settings(), run.clone(), &[sign(1, b"out")]);
    let run = [run, vec![signed(1)]].concat();
    let told = [answered(1, 1, b"out"), answered(2, 1, b"out"), Effect::Ended(Ok(()))];
    check(settings(), run.clone(), &told);
    let run = [run, vec![submit(1, 3)]].concat();
    check(settings(), run.clone(), &[answered(3, 1, b"out")]);
    check(settings(), [run, vec![performed(1, b"other")]].concat(), &[]);
}

#[test]
fn checks_come_in_order_and_before_any_work() {
    #[track_caller]
    fn refuses(spoil: impl FnOnce(&mut Submission), refusal: SubmitRefusal) {
        let mut asked = submission(1);
        spoil(&mut asked);
        let input = Input::Submit(Box::new(asked), Asker(1));
        check(settings(), vec![input], &[refused(1, refusal)]);
    }
    refuses(|s| s.task.reference_timestamp = 0, SubmitRefusal::Malformed);
    refuses(|s| s.task.payload = Bytes::new(), SubmitRefusal::Malformed);
    refuses(|s| s.task.payload = vec![0; 65].into(), SubmitRefusal::Malformed);
    refuses(|s| s.operator = chain::operator(2), SubmitRefusal::NotMine);
    let other = OperatorSetId { avs: Address::ZERO, number: 1 };
    refuses(|s| s.task.set = other, SubmitRefusal::UnknownSet);
    refuses(|s| s.task.deadline = U256::from(1_000_000), SubmitRefusal::Expired);
}

#[test]
fn another_task_under_the_same_hash_is_refused() {
    let again = |spoil: fn(&mut Task)| {
        let mut asked = submission(1);
        spoil(&mut asked.task);
        vec![submit(1, 1), Input::Submit(Box::new(asked), Asker(2))]
    };
    let different = [refused(2, SubmitRefusal::Different)];
    check(settings(), again(|task| task.payload = Bytes::from_static(b"x")), &different);
    check(settings(), again(|task| task.reference_timestamp = 8), &different);
    check(settings(), again(|task| task.block.number = 2), &[]);
}

#[test]
fn so_many_run_so_many_wait_and_the_rest_is_told() {
    let settings = Settings { queue_max: 1, running_max: 1, ..settings() };
    let run = vec![submit(1, 1), submit(2, 2), submit(3, 3)];
    let core = check(settings.clone(), run.clone(), &[refused(3, SubmitRefusal::Busy)]);
    assert_eq!(core.load(), (1, 1));
    let run = [run, vec![performed(1, b"out")]].concat();
    check(settings.clone(), run, &[sign(1, b"out"), perform(2)]);
    let crowd = (1..=4).map(|asker| submit(1, asker)).collect();
    check(settings, crowd, &[refused(1, SubmitRefusal::Busy)]);
}

#[test]
fn a_failure_that_may_pass_is_tried_again_when_asked() {
    let unavailable = refused(1, SubmitRefusal::PerformerUnavailable);
    let run = vec![submit(1, 1), failed(1, Trouble::Passing)];
    check(settings(), run.clone(), &[unavailable]);
    let run = [run, vec![submit(1, 2)]].concat();
    check(settings(), run.clone(), &[perform(1)]);
    let run = [run, vec![failed(1, Trouble::Passing)]].concat();
    let refusal = SubmitRefusal::PerformerFailed;
    check(settings(), run.clone(), &[refused(2, refusal), Effect::Ended(Err(refusal))]);
    check(settings(), [run, vec![submit(1, 3)]].concat(), &[refused(3, refusal)]);
}

#[test]
fn a_performer_that_is_not_there_costs_no_attempt() {
    let mut run = vec![submit(1, 1)];
    for asker in 2..9 {
        run.extend([failed(1, Trouble::Absent), submit(1, asker)]);
    }
    check(settings(), run, &[perform(1)]);
}

#[test]
fn a_failure_that_lasts_is_the_end() {
    let refusal = SubmitRefusal::PerformerFailed;
    let ended = [refused(1, refusal), Effect::Ended(Err(refusal))];
    check(settings(), vec![submit(1, 1), failed(1, Trouble::Lasting)], &ended);
    check(settings(), vec![submit(1, 1), performed(1, &[0; 65])], &ended);
}

#[test]
fn signing_is_repeated_until_it_is_refused_for_good() {
    let trouble = |trouble| Input::Signed { task: chain::id(1), outcome: Err(trouble) };
    let run = vec![submit(1, 1), performed(1, b"out"), trouble(Trouble::Passing)];
    let mut core = check(settings(), run.clone(), &[]);
    let rung = core.apply(START + Duration::from_secs(2), Input::Alarm);
    assert!(rung.contains(&sign(1, b"out")));
    let refusal = SubmitRefusal::SigningRefused;
    let ended = [refused(1, refusal), Effect::Ended(Err(refusal))];
    check(settings(), [run, vec![trouble(Trouble::Lasting)]].concat(), &ended);

    let mut alien = chain::answer(chain::id(1), 1, b"").signature;
    alien.scheme = Scheme::Ecdsa;
    let alien = Input::Signed { task: chain::id(1), outcome: Ok(alien) };
    check(settings(), vec![submit(1, 1), performed(1, b"out"), alien], &ended);
}

#[test]
fn the_deadline_ends_what_is_under_way() {
    let mut core = check(settings(), vec![submit(1, 1)], &[perform(1)]);
    let rung = core.apply(START + Duration::from_secs(600), Input::Alarm);
    assert!(rung.contains(&refused(1, SubmitRefusal::Expired)));
    let late = core.apply(START + Duration::from_secs(601), performed(1, b"out"));
    assert_eq!(late, []);
    assert_eq!(core.load(), (0, 0));
}

#[test]
fn the_oldest_ended_task_makes_room_once_its_time_is_over() {
    let settings = Settings { kept_max: 1, ..settings() };
    let run = vec![submit(1, 1), performed(1, b"out"), signed(1)];
    let mut core =
        check(settings, [run, vec![submit(2, 2)]].concat(), &[refused(2, SubmitRefusal::Busy)]);
    let later = core.apply(START + Duration::from_secs(600), submit(2, 3));
    assert!(later.contains(&perform(2)));
    assert_eq!(core.page(None, 9).len(), 1);
}

fn followed(first: u64, events: Vec<ChainEvent>) -> Input {
    Input::Chain { chain: chain::CHAIN, first: EventNumber(first), events }
}

#[test]
fn announced_tasks_are_performed_unasked() {
    let block = chain::committed(1, 1, vec![chain::log(&chain::created(1))]);
    let run = vec![followed(1, vec![block.clone()])];
    let mut core = check(settings(), run.clone(), &[perform(1)]);
    let again = core.apply(START, followed(1, vec![block.clone()]));
    assert_eq!(again, [Effect::PassedOver(Skip::Repeated)]);
    let run = [run, vec![performed(1, b"out"), signed(1), submit(1, 7)]].concat();
    check(settings(), run, &[answered(7, 1, b"out")]);

    let nothing = Settings { follow: BTreeSet::new(), ..settings() };
    check(nothing, vec![followed(1, vec![block])], &[Effect::PassedOver(Skip::Foreign)]);
}

#[test]
fn a_followed_task_is_retried_unasked() {
    let block = chain::committed(1, 1, vec![chain::log(&chain::created(1))]);
    let run = vec![followed(1, vec![block]), failed(1, Trouble::Passing)];
    let mut core = check(settings(), run, &[]);
    let rung = core.apply(START + Duration::from_secs(2), Input::Alarm);
    assert!(rung.contains(&perform(1)));
}

#[test]
fn a_retracted_task_is_not_done_unless_somebody_asked() {
    let announced = || chain::committed(1, 1, vec![chain::log(&chain::created(1))]);
    let retracted = || ChainEvent::Retracted { block: chain::block(1, 1).id };
    let run = vec![followed(1, vec![announced(), retracted()])];
    let core = check(settings(), run.clone(), &[]);
    assert_eq!(core.page(None, 9), []);
    let again = followed(3, vec![chain::committed(1, 2, vec![chain::log(&chain::created(1))])]);
    check(settings(), [run, vec![again]].concat(), &[perform(1)]);

    let run = vec![submit(1, 1), followed(1, vec![retracted()]), performed(1, b"out")];
    check(settings(), run, &[sign(1, b"out")]);
}

#[test]
fn a_batch_is_taken_as_far_as_there_is_room() {
    let settings = Settings { queue_max: 1, running_max: 1, ..settings() };
    let block = |n: u8| chain::committed(n.into(), n, vec![chain::log(&chain::created(n))]);
    let events = (1..=3).map(block).collect();
    let core = check(settings, vec![followed(1, events)], &[perform(1)]);
    assert_eq!(core.applied(chain::CHAIN), EventNumber(1));
}

#[test]
fn what_is_over_is_not_begun() {
    let past = TaskCreated { deadline: U256::from(1), ..chain::created(1) };
    let block = chain::committed(1, 1, vec![chain::log(&past)]);
    let skipped = [Effect::PassedOver(Skip::Unacceptable)];
    check(settings(), vec![followed(1, vec![block])], &skipped);
}

#[test]
fn a_new_life_goes_on_where_the_old_one_ended() {
    #[track_caller]
    fn resumes(inputs: Vec<Input>, settings_then: Settings, expected: &[Effect]) {
        let mut core = Executor::new(settings());
        let mut then = Executor::new(settings_then);
        for input in inputs {
            for effect in core.apply(START, input) {
                if let Effect::Journal(record) = effect {
                    then.replay(&record);
                }
            }
        }
        let mut effects = then.resume(START);
        effects.retain(|e| !matches!(e, Effect::WakeAt(_) | Effect::Journal(_)));
        assert_eq!(effects, expected);
    }
    let performed = || vec![submit(1, 1), performed(1, b"out")];
    resumes(vec![submit(1, 1)], settings(), &[perform(1)]);
    resumes(performed(), settings(), &[sign(1, b"out")]);
    resumes([performed(), vec![signed(1)]].concat(), settings(), &[]);
    let unserved = Settings { sets: BTreeMap::new(), ..settings() };
    let ended = [Effect::Ended(Err(SubmitRefusal::UnknownSet))];
    resumes(vec![submit(1, 1)], unserved, &ended);
}

#[test]
fn a_task_that_expires_in_the_queue_no_longer_waits() {
    let mut core = Executor::new(Settings { running_max: 1, ..settings() });
    for n in 1..=3 {
        core.apply(START, submit(n, u64::from(n)));
    }
    assert_eq!(core.load(), (2, 1));
    let effects = core.apply(START + settings().window, Input::Alarm);
    assert!(effects.contains(&refused(3, SubmitRefusal::Expired)));
    assert_eq!(core.load(), (0, 1), "the run ends when the performer says so");
    core.apply(START + settings().window, performed(1, b"late"));
    assert_eq!(core.load(), (0, 0));
}
