//! What actors keep in the journal, and the store's own small files.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use synod_store_core::{
    Directory, Manifest, Mark, SegmentId, SnapshotName, TrackLocation, decode_snapshot,
    encode_snapshot,
};
use synod_task_core::{aggregator, executor};
use synod_types::chain::{BlockId, ChainEvent, ChainId, EventNumber};
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Scheme, Signature};
use synod_types::store::Version;
use synod_types::task::{Answer, TaskId};

use super::input::Input;

pub(super) fn check(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 8 {
        0 => task::<executor::Record>(bytes),
        1 => task::<aggregator::Record>(bytes),
        2 => chain(bytes),
        3 => memory(bytes),
        4 => manifest(bytes),
        5 => directory(bytes),
        6 => mark(bytes),
        _ => snapshot(bytes),
    }
}

/// What is read is what is written, and no less is written than was read.
fn task<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(record) = synod_task_core::decode::<T>(bytes) {
        let written = synod_task_core::encode(&record);
        assert_eq!(synod_task_core::decode(&written), Ok(record));
        assert!(written.len() <= bytes.len());
    }
}

fn chain(bytes: &[u8]) {
    use synod_chain_core::{Record, Snapshot};
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(Record::decode(&record.encode()), Ok(record.clone()));
        assert!(record.last() <= EventNumber(u64::MAX));
    }
    if let Ok(snapshot) = Snapshot::decode(bytes) {
        assert_eq!(Snapshot::decode(&snapshot.encode()), Ok(snapshot));
    }
}

fn memory(bytes: &[u8]) {
    use synod_memory_core::Record;
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(Record::decode(&record.encode()), Ok(record));
    }
}

fn manifest(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), sealed(bytes)] {
        if let Some(manifest) = Manifest::decode(&bytes) {
            assert!(manifest.segments.is_sorted());
            assert_eq!(Manifest::decode(&manifest.encode().unwrap()), Some(manifest));
        }
    }
}

fn directory(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), sealed(bytes)] {
        let length = Directory::length(&bytes);
        assert_eq!(length.is_some(), 12 <= bytes.len() && bytes.starts_with(b"SYNODIDX"));
        if let Some(directory) = Directory::decode(&bytes) {
            let file = directory.encode(&[]).unwrap();
            assert_eq!(Directory::length(&file), Some(file.len() as u32 - 12));
            assert_eq!(Directory::decode(&file[12..]), Some(directory));
        }
    }
    let location = TrackLocation { at: 0, bytes: bytes.len() as u32, crc: 0 };
    assert_eq!(location.is_of(bytes), crc32c::crc32c(bytes) == 0);
}

fn mark(bytes: &[u8]) {
    let mut input = Input(bytes);
    let (early, late) = [(), ()]
        .map(|()| Mark {
            segment: SegmentId(u64::from(input.byte())),
            offset: u64::from_le_bytes(input.array()),
        })
        .into();
    let mut file = early.file();
    let (bytes, at) = late.encode(1);
    file[at as usize..][..bytes.len()].copy_from_slice(&bytes);
    assert_eq!(Mark::decode(&file), Some(early.max(late)));
    input.spoil(&mut file);
    let read = Mark::decode(&file);
    assert!(read.is_none_or(|mark| mark == early || mark == late), "{read:?}");
    if let Some(mark) = Mark::decode(input.0) {
        assert_eq!(Mark::decode(&mark.file()), Some(mark));
    }
}

fn snapshot(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    if let Some(name) = SnapshotName::from_file_name(&text) {
        assert_eq!(name.file_name(), text);
    }
    let name = SnapshotName { stream: "op-1/guard.v2".into(), at: Version(7) };
    let whole = encode_snapshot(&name, bytes).unwrap();
    assert_eq!(decode_snapshot(&name, &whole).as_deref(), Some(bytes));
    let other = SnapshotName { at: Version(8), ..name.clone() };
    assert_eq!(decode_snapshot(&other, &whole), None);
    decode_snapshot(&name, bytes);
    decode_snapshot(&name, &sealed(bytes));
}

/// With the hash behind it, so that what is under it is reached.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    [bytes, blake3::hash(bytes).as_bytes()].concat()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let task = TaskId([7; 32].into());
    let answer = Answer {
        task,
        operator: OperatorId([1; 20].into()),
        output: vec![1, 2, 3].into(),
        digest: Digest([2; 32].into()),
        signature: Signature { scheme: Scheme::Ecdsa, bytes: vec![9; 65].into() },
    };
    let block = BlockId { number: 5, hash: [5; 32].into() };
    let told = synod_chain_core::Record::Told {
        first: EventNumber(1),
        events: vec![ChainEvent::Retracted { block }],
        answered: EventNumber(0),
    };
    let manifest = Manifest {
        segments: vec![SegmentId(2), SegmentId(5)],
        floors: vec![("a".into(), Version(9))],
    };
    let signed = executor::Record::Signed(Box::new(answer.clone()));
    let applied = executor::Record::Applied { chain: ChainId(1), number: EventNumber(3) };
    let mut memory = vec![3, 1, 3];
    memory.extend(b"abc");
    memory.extend([0x20; 34]);
    let unsealed = |bytes: Vec<u8>| bytes[..bytes.len() - 32].to_vec();
    [
        (0, synod_task_core::encode(&signed)),
        (0, synod_task_core::encode(&applied)),
        (1, synod_task_core::encode(&aggregator::Record::Answered(Box::new(answer)))),
        (2, told.encode()),
        (4, manifest.encode().unwrap()),
        (4, unsealed(manifest.encode().unwrap())),
        (5, b"SYNODIDX\x01\0\0\0".to_vec()),
        (5, vec![1, 1, 5, 102, 1, 1, b'a', 0, 3, 0, 2, 1]),
        (6, vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 2, 3, 1, 1, 0, 9, 9]),
        (7, b"op-1+guard.v2.00000000000000000007.snapshot".to_vec()),
    ]
    .map(|(kind, bytes): (u8, Vec<u8>)| [vec![kind], bytes].concat())
    .into_iter()
    .chain([memory])
    .collect()
}
