//! What guards remember, in a file from elsewhere, and records of the journal.

use alloy_primitives::{Address, B256};
use synod_signature_core::guard::interchange::{KeyRecords, export, merge, parse};
use synod_signature_core::guard::{Guard, GuardRecord, Mark, fingerprint};
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, PublicKey, Scheme};
use synod_types::task::TaskId;

use super::input::Input;

pub(super) fn check(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => record(rest),
        Some((1, rest)) => merged(rest),
        Some(_) | None => file(data),
    }
}

/// What is taken agrees with itself, and survives being written.
fn file(text: &[u8]) {
    let Ok(keys) = parse(text) else { return };
    assert_eq!(parse(export(&keys).as_bytes()).as_ref(), Ok(&keys));
    for KeyRecords { key, records } in &keys {
        let mut guard = Guard::new(key, records.len());
        for record in records {
            assert_eq!(guard.replay(*record), Ok(()));
        }
        assert_eq!(guard.mark(), Mark::of(records));
        for GuardRecord::V1 { duty, digest, .. } in records {
            assert!(guard.admit(*duty, *digest).is_ok(), "no duty of a file is poisoned");
        }
    }
}

fn record(bytes: &[u8]) {
    if let Ok(record) = GuardRecord::decode(bytes) {
        let written = record.encode();
        assert_eq!(GuardRecord::decode(&written), Ok(record));
        assert!(written.len() <= bytes.len() && written.len() <= GuardRecord::BYTES_MAX);
        assert!(GuardRecord::decode(&[&written[..], &[0]].concat()).is_err(), "trailing bytes");
    }
}

/// Whatever two guards with one key remember: after a merge, what either refused stays refused.
fn merged(bytes: &[u8]) {
    let mut input = Input(bytes);
    let key = PublicKey::Ecdsa(Address::repeat_byte(1));
    let (held, brought) = (records(&key, &mut input), records(&key, &mut input));
    let mark = match input.byte() % 3 {
        0 => None,
        1 => Some(Mark::of(&held)),
        _ => Some(Mark::of(held.iter().chain(&brought).take(usize::from(input.byte() % 9)))),
    };
    let from = KeyRecords { key, records: brought.clone() };
    let Ok(added) = merge(&held, &from, mark) else { return };
    let mut guard = Guard::new(&key, 1_000);
    held.iter().chain(&added).for_each(|record| guard.replay(*record).unwrap());
    let all: Vec<GuardRecord> = held.iter().chain(&added).copied().collect();
    assert!(mark.is_none_or(|mark| mark.is_passed_by(&all)), "the guard is behind its mark");
    for GuardRecord::V1 { duty, digest, .. } in held.iter().chain(&brought) {
        let other = Digest(!digest.0);
        assert!(guard.admit(*duty, other).is_err(), "another digest is signed");
    }
}

fn records(key: &PublicKey, input: &mut Input<'_>) -> Vec<GuardRecord> {
    let count = input.byte() % 6;
    let record = |_| {
        let (of, what) = (input.byte() % 6, input.byte() % 3);
        let duty = Duty::TaskResult(TaskId(B256::repeat_byte(of)), OperatorId(Address::ZERO));
        GuardRecord::V1 { key: fingerprint(key), duty, digest: Digest(B256::repeat_byte(what)) }
    };
    (0..count).map(record).collect()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let key = Input(&[2]).key(scheme).public();
        let records = records(&key, &mut Input(&[3, 1, 1, 2, 1, 3, 0]));
        seeds.push([vec![0], records[0].encode()].concat());
        seeds.push(export(&[KeyRecords { key, records }]).into_bytes());
    }
    seeds.push(export(&[]).into_bytes());
    seeds.extend((0..6).map(|n| vec![1, 3, n, 1, 2, 1, 3, 2, 2, n, 1, 4, 2, n % 3, n]));
    seeds
}
