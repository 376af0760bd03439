//! Random work against a model so slow and simple that it is right.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use common::{Desk, small};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use synod_protocol::store::StoreRefusal;
use synod_store_segment::{Disk, verify};
use tempfile::tempdir;

#[derive(Clone, Debug)]
enum Step {
    /// So many records of this byte after the stream's version less so many.
    Append {
        stream: u8,
        behind: u64,
        count: u8,
        byte: u8,
    },
    Read {
        stream: u8,
        after: u8,
        bytes_max: u8,
    },
    Save {
        stream: u8,
        behind: u64,
    },
    Load {
        stream: u8,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let behind = || prop_oneof![4 => Just(0_u64), 1 => 0..6_u64];
    prop_oneof![
        8 => (0..3_u8, behind(), 0..4_u8, 0..3_u8)
            .prop_map(|(stream, behind, count, byte)| Step::Append { stream, behind, count, byte }),
        4 => (0..3_u8, 0..40_u8, any::<u8>())
            .prop_map(|(stream, after, bytes_max)| Step::Read { stream, after, bytes_max }),
        1 => (0..3_u8, behind()).prop_map(|(stream, behind)| Step::Save { stream, behind }),
        1 => (0..3_u8).prop_map(|stream| Step::Load { stream }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Debug, Default)]
struct Stream {
    records: Vec<Bytes>,
    saved: Option<(u64, Vec<u8>)>,
}

impl Stream {
    /// Records up to here may have been dropped.
    fn floor_max(&self) -> u64 {
        self.saved.as_ref().map_or(0, |(at, _)| *at)
    }
}

/// Does not wait for the medium: nothing here fails but the process, and that does not.
struct Hasty;

impl Disk for Hasty {
    fn sync(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

fn open(dir: &Path) -> Desk {
    Desk::try_open(Arc::new(Hasty), dir, small()).unwrap()
}

fn name(stream: u8) -> String {
    format!("actor/{stream}")
}

fn append(
    desk: &Desk,
    model: &mut Stream,
    name: &str,
    after: u64,
    records: &[Bytes],
) -> TestCaseResult {
    let answer = desk.append(name, after, records);
    let version = model.records.len() as u64;
    let through = after + records.len() as u64;
    let is_next = after == version;
    let is_repeat =
        through <= version && model.records[after as usize..through as usize] == *records;
    if is_next {
        model.records.extend_from_slice(records);
    }
    match answer {
        Ok(version) => prop_assert!((is_next || is_repeat) && version == through),
        Err(StoreRefusal::Conflict { .. }) => {
            prop_assert!(!is_next && (!is_repeat || after < model.floor_max()));
        }
        Err(other) => prop_assert!(false, "{other}"),
    }
    Ok(())
}

fn read(desk: &Desk, model: &Stream, name: &str, after: u64, bytes_max: u32) -> TestCaseResult {
    let version = model.records.len() as u64;
    match desk.read(name, after, bytes_max) {
        Ok(page) => {
            let known = &model.records[after as usize..];
            prop_assert_eq!(&page.records[..], &known[..page.records.len()]);
            prop_assert_eq!(page.version_after.0, after + page.records.len() as u64);
            prop_assert_eq!(page.more, page.version_after.0 < version);
            prop_assert!(known.is_empty() || !page.records.is_empty());
        }
        Err(StoreRefusal::Truncated { begins, .. }) => {
            prop_assert!(after < begins.0 && begins.0 <= model.floor_max());
        }
        Err(StoreRefusal::Invalid(_)) => prop_assert!(version < after),
        Err(other) => prop_assert!(false, "{other}"),
    }
    Ok(())
}

fn run(steps: Vec<Step>) -> TestCaseResult {
    let dir = tempdir().unwrap();
    let mut desk = open(dir.path());
    let mut model: BTreeMap<u8, Stream> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Append { stream, behind, count, byte } => {
                let known = model.entry(stream).or_default();
                let after = (known.records.len() as u64).saturating_sub(behind);
                let records = vec![Bytes::from(vec![byte; 20]); usize::from(count)];
                append(&desk, known, &name(stream), after, &records)?;
            }
            Step::Read { stream, after, bytes_max } => {
                let known = model.entry(stream).or_default();
                read(&desk, known, &name(stream), u64::from(after), u32::from(bytes_max))?;
            }
            Step::Save { stream, behind } => {
                let known = model.entry(stream).or_default();
                let at = (known.records.len() as u64).saturating_sub(behind);
                let state = vec![stream, at as u8];
                desk.save(&name(stream), at, &state).unwrap();
                if known.saved.as_ref().is_none_or(|(saved, _)| *saved <= at) {
                    known.saved = Some((at, state));
                }
            }
            Step::Load { stream } => {
                let found = desk.load(&name(stream)).unwrap();
                let found = found.map(|snapshot| (snapshot.at.0, snapshot.state.to_vec()));
                prop_assert_eq!(&found, &model.entry(stream).or_default().saved);
            }
            Step::Reopen => {
                drop(desk);
                verify(dir.path(), small()).unwrap();
                desk = open(dir.path());
            }
        }
    }
    drop(desk);
    let desk = open(dir.path());
    for (&stream, known) in &model {
        let from = known.floor_max();
        let rest = desk.read_all(&name(stream), from).unwrap();
        prop_assert_eq!(&rest[..], &known.records[from as usize..]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn a_journal_does_what_a_list_does(steps in prop::collection::vec(step(), 1..60)) {
        run(steps)?;
    }
}
