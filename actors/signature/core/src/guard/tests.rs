use std::collections::BTreeSet;

use alloy_primitives::Address;
use proptest::prelude::*;
use synod_types::operator::OperatorId;
use synod_types::task::TaskId;

use super::*;

const KEY: PublicKey = PublicKey::Ecdsa(Address::repeat_byte(1));
const YES: Digest = Digest(B256::repeat_byte(1));
const NO: Digest = Digest(B256::repeat_byte(2));

fn duty(n: u8) -> Duty {
    Duty::TaskResult(TaskId(B256::repeat_byte(n)), OperatorId(Address::repeat_byte(9)))
}

fn record(n: u8, digest: Digest) -> GuardRecord {
    GuardRecord::V1 { key: fingerprint(&KEY), duty: duty(n), digest }
}

/// What is admitted after `duty(1)` had `YES` admitted and, if so, committed.
#[track_caller]
fn check(is_committed: bool, digest: Digest, expected: Result<Admission, GuardRefusal>) {
    let mut guard = Guard::new(&KEY, 2);
    assert_eq!(guard.admit(duty(1), YES), Ok(Admission::Record(record(1, YES))));
    if is_committed {
        assert_eq!(guard.committed(duty(1)), Some(YES));
    }
    assert_eq!(guard.admit(duty(1), digest), expected);
}

#[test]
fn the_same_digest_is_recorded_once() {
    check(false, YES, Ok(Admission::Pending));
    check(true, YES, Ok(Admission::Recorded));
}

#[test]
fn another_digest_is_a_conflict_committed_or_not() {
    let conflict = Err(GuardRefusal::Conflict { first: YES, second: NO });
    check(false, NO, conflict);
    check(true, NO, conflict);
}

#[test]
fn a_full_guard_still_answers_for_what_it_holds() {
    let mut guard = Guard::new(&KEY, 1);
    guard.replay(record(1, YES)).unwrap();
    assert_eq!(guard.admit(duty(2), YES), Err(GuardRefusal::Full { duties: 1 }));
    assert_eq!(guard.admit(duty(1), YES), Ok(Admission::Recorded));
    guard.replay(record(2, YES)).unwrap();
    assert_eq!(guard.duties_len(), 2, "what is on record is never forgotten");
}

#[test]
fn two_digests_in_the_journal_poison_the_duty() {
    let mut guard = Guard::new(&KEY, 9);
    guard.replay(record(1, YES)).unwrap();
    guard.replay(record(1, YES)).unwrap();
    assert_eq!(guard.admit(duty(1), YES), Ok(Admission::Recorded));
    guard.replay(record(1, NO)).unwrap();
    guard.replay(record(1, YES)).unwrap();
    for digest in [YES, NO] {
        assert_eq!(guard.admit(duty(1), digest), Err(GuardRefusal::Poisoned));
    }
    assert_eq!(guard.committed(duty(1)), None);
}

#[test]
fn the_journal_of_another_key_is_refused() {
    let mut guard = Guard::new(&PublicKey::Ecdsa(Address::repeat_byte(2)), 9);
    assert_eq!(guard.replay(record(1, YES)), Err(ReplayError::ForeignKey));
}

#[test]
fn records_are_read_back_whole_or_not_at_all() {
    let bytes = record(1, YES).encode();
    assert_eq!(GuardRecord::decode(&bytes), Ok(record(1, YES)));
    let longer = [bytes.as_slice(), &[0]].concat();
    for bad in [&bytes[..bytes.len() - 1], &longer, &[], &[7; 90]] {
        assert_eq!(GuardRecord::decode(bad), Err(ReplayError::Unreadable));
    }
}

#[test]
fn a_record_has_at_most_so_many_bytes() {
    let most = B256::repeat_byte(0xff);
    let duty = Duty::TaskResult(TaskId(most), OperatorId(Address::repeat_byte(0xff)));
    let record = GuardRecord::V1 { key: most, duty, digest: Digest(most) };
    assert!(record.encode().len() <= GuardRecord::BYTES_MAX, "{}", record.encode().len());
}

#[test]
fn marks_tell_what_was_counted_and_in_which_order() {
    let mark = |records: &[GuardRecord]| {
        records.iter().fold(Mark::default(), |mark, record| mark.after(record))
    };
    let (one, two) = (record(1, YES), record(2, YES));
    assert_eq!(mark(&[one, two]).records, 2);
    for other in [mark(&[two, one]), mark(&[one, one]), mark(&[one, record(2, NO)])] {
        assert_ne!(mark(&[one, two]), other);
    }
}

#[test]
fn fingerprints_tell_schemes_apart() {
    let bls = PublicKey::Bls12381(alloy_primitives::FixedBytes([1; 48]));
    assert_ne!(fingerprint(&KEY), fingerprint(&bls));
}

#[derive(Clone, Debug)]
enum Step {
    Admit(u8, u8),
    Commit(u8),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0_u8..6, 0_u8..3).prop_map(|(duty, digest)| Step::Admit(duty, digest)),
        3 => (0_u8..6).prop_map(Step::Commit),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 0..60)
}

/// The slow model: a list of everything that was ever durable.
#[derive(Default)]
struct Model {
    journal: Vec<(u8, u8)>,
    pending: Vec<(u8, u8)>,
}

impl Model {
    fn first(&self, duty: u8) -> Option<u8> {
        let known = self.journal.iter().chain(&self.pending);
        known.clone().find(|one| one.0 == duty).map(|one| one.1)
    }

    fn len(&self) -> usize {
        let known = self.journal.iter().chain(&self.pending);
        known.map(|one| one.0).collect::<BTreeSet<_>>().len()
    }
}

proptest! {
    #[test]
    fn one_duty_one_digest_through_any_history(steps in steps()) {
        let digest = |n: u8| Digest(B256::repeat_byte(n));
        let mut guard = Guard::new(&KEY, 4);
        let mut model = Model::default();
        let mut signed: BTreeMap<u8, u8> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Admit(n, d) => {
                    let is_durable = model.journal.contains(&(n, d));
                    let expected = match model.first(n) {
                        Some(first) if first != d => Err(GuardRefusal::Conflict {
                            first: digest(first),
                            second: digest(d),
                        }),
                        Some(_) if is_durable => Ok(Admission::Recorded),
                        Some(_) => Ok(Admission::Pending),
                        None if 4 <= model.len() => Err(GuardRefusal::Full { duties: model.len() }),
                        None => Ok(Admission::Record(record(n, digest(d)))),
                    };
                    prop_assert_eq!(guard.admit(duty(n), digest(d)), expected);
                    if matches!(expected, Ok(Admission::Record(_))) {
                        model.pending.push((n, d));
                    }
                    if expected == Ok(Admission::Recorded) {
                        prop_assert_eq!(*signed.entry(n).or_insert(d), d);
                    }
                }
                Step::Commit(n) => {
                    if let Some(at) = model.pending.iter().position(|one| one.0 == n) {
                        let (_, d) = model.pending.remove(at);
                        model.journal.push((n, d));
                        prop_assert_eq!(guard.committed(duty(n)), Some(digest(d)));
                        prop_assert_eq!(*signed.entry(n).or_insert(d), d);
                    }
                }
                Step::Restart => {
                    model.pending.clear();
                    guard = Guard::new(&KEY, 4);
                    for &(n, d) in &model.journal {
                        guard.replay(record(n, digest(d))).unwrap();
                    }
                }
            }
            prop_assert_eq!(guard.duties_len(), model.len());
            let records = model.journal.iter().map(|&(n, d)| record(n, digest(d)));
            let mark = records.fold(Mark::default(), |mark, record| mark.after(&record));
            prop_assert_eq!(guard.mark(), mark, "it tells what the journal holds, in its order");
        }
    }
}
