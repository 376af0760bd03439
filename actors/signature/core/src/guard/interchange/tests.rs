use alloy_primitives::B256;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::guard::{Admission, Guard};

const KEYS: [PublicKey; 3] = [
    PublicKey::Ecdsa(Address::repeat_byte(1)),
    PublicKey::Bls12381(FixedBytes([2; 48])),
    PublicKey::Bn254 { g1: FixedBytes([3; 64]), g2: FixedBytes([4; 128]) },
];
const KEY: PublicKey = KEYS[0];

fn duty(n: u8) -> Duty {
    Duty::TaskResult(TaskId(B256::repeat_byte(n)), OperatorId(Address::repeat_byte(9)))
}

fn digest(n: u8) -> Digest {
    Digest(B256::repeat_byte(n))
}

fn records(key: &PublicKey, duties: &[(u8, u8)]) -> Vec<GuardRecord> {
    let key = fingerprint(key);
    let record = |&(n, d): &(u8, u8)| GuardRecord::V1 { key, duty: duty(n), digest: digest(d) };
    duties.iter().map(record).collect()
}

fn of(duties: &[(u8, u8)]) -> KeyRecords {
    KeyRecords { key: KEY, records: records(&KEY, duties) }
}

fn file(duties: &[(u8, u8)]) -> Value {
    serde_json::from_str(&export(&[of(duties)])).unwrap()
}

#[track_caller]
fn check_refused(value: &Value, expected: &str) {
    let refused = parse(value.to_string().as_bytes()).unwrap_err().to_string();
    assert!(refused.contains(expected), "{refused}");
}

#[test]
fn a_file_says_whose_what_and_how_far() {
    let value = file(&[(1, 7)]);
    assert_eq!(value["metadata"]["interchange_format_version"], 1);
    let key = &value["keys"][0];
    assert_eq!(key["scheme"], "ecdsa");
    assert_eq!(key["public_key"], format!("0x{}", "01".repeat(20)));
    assert_eq!(key["mark"]["records"], 1);
    let record = json!({
        "domain": "task_result",
        "task": format!("0x{}", "01".repeat(32)),
        "operator": format!("0x{}", "09".repeat(20)),
        "digest": format!("0x{}", "07".repeat(32)),
    });
    assert_eq!(key["records"], json!([record]));
}

#[test]
fn a_file_that_is_not_whole_is_refused_by_name() {
    check_refused(&json!({}), "no interchange file");
    let changed = |change: fn(&mut Value)| {
        let mut value = file(&[(1, 7), (2, 7)]);
        change(&mut value);
        value
    };
    let version = |value: &mut Value| {
        value["metadata"]["interchange_format_version"] = json!(2);
        value["more"] = json!(1);
    };
    check_refused(&changed(version), "version 2");
    let other = |value: &mut Value| value["metadata"]["interchange_format"] = json!("other");
    check_refused(&changed(other), "\"other\"");
    check_refused(&changed(|value| value["more"] = json!(1)), "unknown field `more`");
    let unknown = |value: &mut Value| value["keys"][0]["records"][0]["domain"] = json!("block");
    check_refused(&changed(unknown), "unknown variant `block`");
    let short = |value: &mut Value| value["keys"][0]["public_key"] = json!("0x0101");
    check_refused(&changed(short), "key 1: 2 bytes are no key of ecdsa");
    let twice = |value: &mut Value| {
        let key = value["keys"][0].clone();
        value["keys"].as_array_mut().unwrap().push(key);
    };
    check_refused(&changed(twice), "is there twice");
    let cut = |value: &mut Value| {
        value["keys"][0]["records"].as_array_mut().unwrap().pop();
    };
    check_refused(&changed(cut), "do not lead to the mark of 2 records");
    let swapped =
        |value: &mut Value| value["keys"][0]["records"].as_array_mut().unwrap().swap(0, 1);
    check_refused(&changed(swapped), "changed or cut");
    let digest = |value: &mut Value| {
        value["keys"][0]["records"][1]["digest"] = json!(format!("0x{}", "08".repeat(32)));
    };
    check_refused(&changed(digest), "changed or cut");
    check_refused(&file(&[(1, 7), (1, 8)]), "two digests for one duty");
}

#[test]
fn text_cut_anywhere_is_no_file() {
    let text = export(&[of(&[(1, 7), (2, 8)])]);
    for end in 0..text.trim_end().len() {
        assert!(parse(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

/// Duties and digests.
type Duties<'a> = &'a [(u8, u8)];

/// What a guard with `held` takes of a file with `brought`, when the mark is that of `marked`.
#[track_caller]
fn check(
    (held, brought, marked): (Duties<'_>, Duties<'_>, Duties<'_>),
    expected: Result<Duties<'_>, &str>,
) {
    let mark = Some(Mark::of(&records(&KEY, marked)));
    match (merge(&records(&KEY, held), &of(brought), mark), expected) {
        (Ok(taken), Ok(expected)) => assert_eq!(taken, records(&KEY, expected)),
        (Err(refusal), Err(expected)) => {
            assert!(refusal.to_string().contains(expected), "{refusal}");
        }
        (outcome, expected) => panic!("{outcome:?} and not {expected:?}"),
    }
}

#[test]
fn what_is_not_held_is_added_and_nothing_else() {
    check((&[], &[(1, 7)], &[]), Ok(&[(1, 7)]));
    check((&[(1, 7)], &[(2, 8), (1, 7)], &[(1, 7)]), Ok(&[(2, 8)]));
    check((&[(1, 7), (2, 7)], &[(1, 7)], &[(1, 7)]), Ok(&[]));
}

#[test]
fn another_digest_than_the_one_held_is_a_conflict() {
    check((&[(1, 7)], &[(2, 8), (1, 8)], &[]), Err("conflict"));
    // Two digests here already.
    check((&[(1, 7), (1, 8)], &[(1, 7)], &[]), Err("conflict"));
}

#[test]
fn a_guard_behind_its_mark_takes_only_what_is_missing() {
    let marked = &[(1, 7), (2, 7), (3, 7)];
    check((&[], marked, marked), Ok(marked));
    check((&[(1, 7)], &[(1, 7), (2, 7), (3, 7), (4, 7)], marked), Ok(&[(2, 7), (3, 7), (4, 7)]));
    // Older.
    check((&[(1, 7)], &[(1, 7), (2, 7)], marked), Err("lower mark"));
    // As many or more, but others.
    check((&[], &[(1, 7), (2, 7), (4, 7), (5, 7)], marked), Err("lower mark"));
    check((&[(2, 7)], marked, marked), Err("lower mark"));
    let foreign = merge(&records(&KEYS[1], &[(1, 7)]), &of(&[]), None).unwrap_err();
    assert!(foreign.to_string().contains("another key"), "{foreign}");
}

fn some_records() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::btree_map(any::<u8>(), any::<u8>(), 0..20)
        .prop_map(|duties| duties.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

#[derive(Clone, Debug)]
enum Step {
    /// Ask one of two daemons.
    Sign {
        daemon: usize,
        duty: u8,
        digest: u8,
    },
    /// Die after the commit, before the mark is raised.
    Record {
        daemon: usize,
        duty: u8,
        digest: u8,
    },
    Export {
        daemon: usize,
    },
    Import {
        daemon: usize,
        file: usize,
    },
    Keep {
        daemon: usize,
    },
    Restore {
        daemon: usize,
        copy: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (daemon, n) = (0..2_usize, 0..40_usize);
    let step = prop_oneof![
        6 => (daemon.clone(), 0..8_u8, 0..2_u8)
            .prop_map(|(daemon, duty, digest)| Step::Sign { daemon, duty, digest }),
        1 => (daemon.clone(), 0..8_u8, 0..2_u8)
            .prop_map(|(daemon, duty, digest)| Step::Record { daemon, duty, digest }),
        2 => daemon.clone().prop_map(|daemon| Step::Export { daemon }),
        3 => (daemon.clone(), n.clone())
            .prop_map(|(daemon, file)| Step::Import { daemon, file }),
        1 => daemon.clone().prop_map(|daemon| Step::Keep { daemon }),
        2 => (daemon, n).prop_map(|(daemon, copy)| Step::Restore { daemon, copy }),
    ];
    prop::collection::vec(step, 0..80)
}

/// Two daemons, a journal each, that share the file of a key and its mark.
#[derive(Default)]
struct World {
    journals: [Vec<GuardRecord>; 2],
    mark: Mark,
    files: Vec<String>,
    copies: Vec<Vec<GuardRecord>>,
    signed: BTreeMap<Duty, Digest>,
}

impl World {
    fn sign(&mut self, daemon: usize, duty: Duty, digest: Digest, is_killed: bool) {
        let journal = &mut self.journals[daemon];
        if !self.mark.is_passed_by(journal) {
            return;
        }
        let mut guard = Guard::new(&KEY, 1_000);
        for record in journal.iter() {
            guard.replay(*record).unwrap();
        }
        match guard.admit(duty, digest) {
            Ok(Admission::Record(record)) => journal.push(record),
            Ok(Admission::Recorded) => (),
            Ok(Admission::Pending) | Err(_) => return,
        }
        if !is_killed {
            self.mark = Mark::of(&self.journals[daemon]);
            let first = *self.signed.entry(duty).or_insert(digest);
            assert_eq!(first, digest, "{duty} was signed twice, differently");
        }
    }

    fn import(&mut self, daemon: usize, text: &str) {
        let Ok(keys) = parse(text.as_bytes()) else { return };
        let Ok(added) = merge(&self.journals[daemon], &keys[0], Some(self.mark)) else { return };
        self.journals[daemon].extend(added);
        assert!(self.mark.is_passed_by(&self.journals[daemon]));
        self.mark = Mark::of(&self.journals[daemon]);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Sign { daemon, duty: n, digest: d } => {
                self.sign(daemon, duty(n), digest(d), false);
            }
            Step::Record { daemon, duty: n, digest: d } => {
                self.sign(daemon, duty(n), digest(d), true);
            }
            Step::Export { daemon } => {
                let records = self.journals[daemon].clone();
                self.files.push(export(&[KeyRecords { key: KEY, records }]));
            }
            Step::Import { daemon, file } => {
                if let Some(text) = self.files.get(file % self.files.len().max(1)).cloned() {
                    self.import(daemon, &text);
                }
            }
            Step::Keep { daemon } => self.copies.push(self.journals[daemon].clone()),
            Step::Restore { daemon, copy } => {
                let copy = self.copies.get(copy % self.copies.len().max(1)).cloned();
                self.journals[daemon] = copy.unwrap_or_default();
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_exported_is_imported(all in prop::collection::vec(some_records(), 3)) {
        let keys = KEYS.iter().zip(&all);
        let keys: Vec<_> =
            keys.map(|(key, all)| KeyRecords { key: *key, records: records(key, all) }).collect();
        let text = export(&keys);
        let parsed = parse(text.as_bytes()).unwrap();
        prop_assert_eq!(&parsed, &keys);
        prop_assert_eq!(export(&parsed), text);
        for KeyRecords { key, records } in keys {
            let brought = KeyRecords { key, records: records.clone() };
            let taken = merge(&[], &brought, Some(Mark::default())).unwrap();
            prop_assert_eq!(&taken, &records);
            prop_assert_eq!(merge(&taken, &brought, Some(Mark::of(&taken))), Ok(Vec::new()));
        }
    }

    #[test]
    fn whatever_is_imported_and_restored_one_duty_one_digest(steps in steps()) {
        let mut world = World::default();
        steps.into_iter().for_each(|step| world.step(step));
    }

    /// A merged guard refuses whatever either refused.
    #[test]
    fn merging_is_never_looser(held in some_records(), brought in some_records()) {
        let held = records(&KEY, &held);
        let Ok(added) = merge(&held, &of(&brought), None) else { return Ok(()) };
        let mut guard = Guard::new(&KEY, 1_000);
        for record in held.iter().chain(&added) {
            guard.replay(*record).unwrap();
        }
        for GuardRecord::V1 { duty, digest: first, .. } in held.iter().chain(&of(&brought).records) {
            let other = Digest(B256::repeat_byte(first.0[0].wrapping_add(1)));
            prop_assert!(guard.admit(*duty, other).is_err());
            prop_assert_eq!(guard.admit(*duty, *first), Ok(Admission::Recorded));
        }
    }
}
