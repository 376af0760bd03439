use bytes::Bytes;

use super::*;
use crate::{Admission, Place, decode_frame};

/// Bytes of a frame with one record of this file, in a stream whose name is one letter.
const FRAME: u32 = 56;
/// Bytes before the first frame.
const HEAD: u64 = 32;

fn limits() -> Limits {
    Limits { segment_bytes_max: 200, streams_max: 2, ..Limits::default() }
}

fn index() -> Index {
    Index::new(limits(), SegmentId(1), Vec::new())
}

fn records(n: usize) -> Vec<Bytes> {
    (0..n).map(|n| Bytes::from(vec![n as u8; 10])).collect()
}

/// Admits one append in a group of its own and commits it.
fn append(index: &mut Index, stream: &str, after: u64, n: usize) -> Result<Admission, Refusal> {
    let mut group = Group::new(index, Vec::new());
    let admission = group.admit(index, &stream.into(), Version(after), &records(n));
    index.commit(group);
    admission
}

fn roll(index: &mut Index) -> Directory {
    let (directory, _) = index.directory();
    index.roll(&directory);
    directory
}

fn conflict(after: u64, version: u64) -> Result<Admission, Refusal> {
    let (after, holds) = (Version(after), Version(version));
    Err(Refusal::Conflict { stream: "a".into(), holds, after })
}

#[test]
fn versions_decide_what_may_follow() {
    let mut index = index();
    assert_eq!(append(&mut index, "a", 0, 2), Ok(Admission::Written(Version(2))));
    assert_eq!(append(&mut index, "a", 0, 2), Ok(Admission::Repeat(Version(2))));
    assert_eq!(append(&mut index, "a", 1, 1), Ok(Admission::Repeat(Version(2))));
    assert_eq!(append(&mut index, "a", 1, 2), conflict(1, 2));
    assert_eq!(append(&mut index, "a", 3, 1), conflict(3, 2));
    assert_eq!(append(&mut index, "a", u64::MAX, 1), conflict(u64::MAX, 2));
    assert_eq!(append(&mut index, "a", 2, 1), Ok(Admission::Written(Version(3))));
    assert_eq!(index.next(), Sequence(4));
}

#[test]
fn a_group_builds_on_itself_and_leaves_repeats_of_itself_to_the_next() {
    let index = index();
    let mut group = Group::new(&index, Vec::new());
    let mut admit = |after, n| group.admit(&index, &"a".into(), Version(after), &records(n));
    assert_eq!(admit(0, 1), Ok(Admission::Written(Version(1))));
    assert_eq!(admit(1, 2), Ok(Admission::Written(Version(3))));
    assert_eq!(admit(1, 2), Ok(Admission::Later));
    assert_eq!(admit(1, 9), conflict(1, 3));
    assert_eq!(group.appends(), 2);
}

#[test]
fn every_limit_refuses() {
    let over = |what, value, limit| Err(Refusal::TooLarge { what, value, limit });
    let mut index = index();
    index.limits.record_bytes_max = 9;
    assert_eq!(append(&mut index, "a", 0, 1), over("bytes of a record", 10, 9));
    index.limits.record_bytes_max = 10;
    index.limits.batch_bytes_max = 60;
    assert_eq!(append(&mut index, "a", 0, 2), over("bytes of an append", 70, 60));
    index.limits.batch_bytes_max = FRAME - 1;
    assert_eq!(append(&mut index, "a", 0, 1), over("bytes of an append", 56, 55));
    index.limits.batch_bytes_max = FRAME;
    index.limits.journal_bytes_max = 80;
    assert_eq!(append(&mut index, "a", 0, 1), over("bytes of the journal", 88, 80));
    index.limits.journal_bytes_max = 1_000;
    assert_eq!(append(&mut index, "a b", 0, 1), Err(Refusal::InvalidStream("a b".into())));
    append(&mut index, "a", 0, 1).unwrap();
    append(&mut index, "b", 0, 1).unwrap();
    assert_eq!(append(&mut index, "c", 0, 1), over("streams", 3, 2));
    let third = index.wants_snapshot(&"c".into(), Version(0));
    assert_eq!(third.map(|_| Admission::Later), over("streams", 3, 2));
}

#[test]
fn a_group_ends_at_its_limit_but_takes_one_append_of_any_size() {
    let mut index = index();
    index.limits.group_bytes_max = 100;
    let mut group = Group::new(&index, Vec::new());
    let mut admit = |after, n| group.admit(&index, &"a".into(), Version(after), &records(n));
    assert_eq!(admit(0, 9), Ok(Admission::Written(Version(9))));
    assert_eq!(admit(9, 1), Ok(Admission::Later));
}

#[test]
fn limits_count_what_the_group_holds_already() {
    let admitted = |group_max, journal_max, streams_max| {
        let mut index = index();
        index.limits.group_bytes_max = group_max;
        index.limits.journal_bytes_max = journal_max;
        index.limits.streams_max = streams_max;
        let mut group = Group::new(&index, Vec::new());
        let names = ["a", "b", "c"];
        names.map(|name| group.admit(&index, &name.into(), Version(0), &records(1)))
    };
    let (written, later) = (Ok(Admission::Written(Version(1))), Ok(Admission::Later));
    assert_eq!(admitted(FRAME * 2, 1_000, 9), [written.clone(), written.clone(), later.clone()]);
    assert_eq!(admitted(FRAME * 2 - 1, 1_000, 9), [written.clone(), later.clone(), later]);
    let over = |what, value, limit| Err(Refusal::TooLarge { what, value, limit });
    let two = HEAD + u64::from(FRAME) * 2;
    let full = over("bytes of the journal", HEAD + u64::from(FRAME) * 3, two);
    assert_eq!(admitted(1_000, two, 9), [written.clone(), written.clone(), full]);
    assert_eq!(admitted(1_000, 1_000, 2), [written.clone(), written, over("streams", 3, 2)]);
}

#[test]
fn a_segment_is_full_at_its_limit_but_never_without_a_frame() {
    let mut index = index();
    index.limits.segment_bytes_max = HEAD + u64::from(FRAME) * 2;
    append(&mut index, "a", 0, 1).unwrap();
    assert!(!index.is_segment_full());
    append(&mut index, "a", 1, 1).unwrap();
    assert!(index.is_segment_full());
    roll(&mut index);
    index.limits.segment_bytes_max = HEAD;
    assert!(!index.is_segment_full());
    append(&mut index, "a", 2, 1).unwrap();
    assert!(index.is_segment_full());
}

#[test]
fn a_part_has_frames_of_so_many_bytes_and_one_at_least() {
    let mut index = index();
    for after in 0..4 {
        append(&mut index, "a", after, 1).unwrap();
    }
    let versions = |at, bytes_max| match index.part(&"a".into(), Version(at), bytes_max) {
        Ok(Some(Part::Active { extents, .. })) => {
            extents.iter().map(|extent| extent.through().0).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let frame = u64::from(FRAME);
    assert_eq!(versions(0, 0), [1]);
    assert_eq!(versions(0, frame), [1]);
    assert_eq!(versions(0, frame + 1), [1, 2]);
    assert_eq!(versions(1, frame * 2), [2, 3]);
    assert_eq!(versions(1, u64::MAX), [2, 3, 4]);
}

#[test]
fn streams_are_found_across_segments() {
    let mut index = index();
    append(&mut index, "a", 0, 2).unwrap();
    append(&mut index, "b", 0, 1).unwrap();
    roll(&mut index);
    append(&mut index, "a", 2, 1).unwrap();
    append(&mut index, "a", 3, 1).unwrap();

    let part = |at| index.part(&"a".into(), Version(at), 1).unwrap();
    assert!(matches!(part(1), Some(Part::Sealed { segment: SegmentId(1), .. })));
    let Some(Part::Active { segment, extents }) = part(2) else { panic!("in the active segment") };
    assert_eq!((segment, extents.len()), (SegmentId(2), 1));
    assert_eq!(part(4), None);
    assert!(matches!(index.part(&"a".into(), Version(5), 1), Err(Refusal::Ahead { .. })));
    assert_eq!(index.part(&"new".into(), Version(0), 1), Ok(None));
}

#[test]
fn a_segment_goes_when_snapshots_stand_for_all_of_it() {
    let mut index = index();
    append(&mut index, "a", 0, 2).unwrap();
    append(&mut index, "b", 0, 1).unwrap();
    roll(&mut index);
    append(&mut index, "a", 2, 2).unwrap();
    roll(&mut index);

    let save = |index: &mut Index, stream: &str, at| {
        assert_eq!(index.wants_snapshot(&stream.into(), Version(at)), Ok(true));
        index.snapshot_saved(&SnapshotName { stream: stream.into(), at: Version(at) });
    };
    assert!(index.wants_snapshot(&"a".into(), Version(5)).is_err());
    save(&mut index, "a", 4);
    assert_eq!(index.droppable(), [SegmentId(2)].into());
    assert_eq!(index.stand_ins(&index.droppable()).len(), 1);
    index.forget(&index.droppable());
    let floors = vec![("a".into(), Version(4))];
    let segments = vec![SegmentId(1), SegmentId(3)];
    assert_eq!(index.manifest(), Manifest { segments, floors });
    let (begins, after) = (Version(4), Version(0));
    let truncated = Refusal::Truncated { stream: "a".into(), begins, after };
    assert_eq!(index.part(&"a".into(), after, 1), Err(truncated));
    assert_eq!(index.wants_snapshot(&"a".into(), Version(3)), Ok(false));

    save(&mut index, "b", 1);
    assert_eq!(index.droppable(), [SegmentId(1)].into());
    index.forget(&index.droppable());
    let floors = vec![("a".into(), Version(4)), ("b".into(), Version(1))];
    assert_eq!(index.manifest(), Manifest { segments: vec![SegmentId(3)], floors });
    assert_eq!(append(&mut index, "a", 4, 1), Ok(Admission::Written(Version(5))));
    assert_eq!(append(&mut index, "a", 0, 2), Ok(Admission::Repeat(Version(2))));
}

#[test]
fn two_snapshots_are_kept_and_older_ones_named() {
    let name = |at| SnapshotName { stream: "a".into(), at: Version(at) };
    let mut index = index();
    append(&mut index, "a", 0, 9).unwrap();
    for at in [1, 1, 5] {
        index.snapshot_saved(&name(at));
        assert_eq!(index.surplus_snapshots(), []);
    }
    index.snapshot_saved(&name(7));
    assert_eq!(index.surplus_snapshots(), [name(1)]);
    index.snapshot_removed(&name(1));
    assert_eq!(index.snapshots(&"a".into()), (vec![name(7), name(5)], true));

    roll(&mut index);
    append(&mut index, "a", 9, 1).unwrap();
    index.snapshot_saved(&name(10));
    index.forget(&index.droppable());
    assert_eq!(index.surplus_snapshots(), [name(7), name(5)]);
    assert_eq!(index.snapshots(&"a".into()), (vec![name(10)], false));
}

#[test]
fn the_snapshot_with_which_the_journal_begins_is_kept() {
    let name = |at| SnapshotName { stream: "a".into(), at: Version(at) };
    let mut index = index();
    append(&mut index, "a", 0, 2).unwrap();
    index.snapshot_saved(&name(2));
    roll(&mut index);
    index.forget(&index.droppable());
    append(&mut index, "a", 2, 1).unwrap();
    append(&mut index, "b", 0, 1).unwrap();
    index.snapshot_saved(&name(3));
    assert_eq!(index.surplus_snapshots(), []);
    assert_eq!(index.snapshots(&"a".into()), (vec![name(3), name(2)], false));
    assert_eq!(index.newest_snapshots(), [name(3)], "and none of a stream that has none");
}

#[test]
fn recovery_rebuilds_what_was_and_sees_what_is_missing() {
    let mut before = index();
    append(&mut before, "a", 0, 2).unwrap();
    let one = roll(&mut before);
    append(&mut before, "b", 0, 1).unwrap();
    let two = roll(&mut before);
    let mut group = Group::new(&before, Vec::new());
    group.admit(&before, &"a".into(), Version(2), &records(1)).unwrap();
    let bytes = group.bytes().to_vec();
    before.commit(group);
    let frame = decode_frame(&bytes, Place { segment: SegmentId(3), offset: 32 }).unwrap();

    let mut after = index();
    after.add_sealed(&one).unwrap();
    let missing = after.clone().begin_active(SegmentId(2), Sequence(9)).unwrap_err();
    let expected = "segment 2 begins with record 9, but record 3 comes next";
    assert_eq!(missing.to_string(), expected);
    after.add_sealed(&two).unwrap();
    after.begin_active(SegmentId(3), two.next).unwrap();
    after.add_frame(&frame).unwrap();
    after.add_snapshots(Vec::new()).unwrap();
    assert_eq!(format!("{after:?}"), format!("{before:?}"));

    let gap = |floor| {
        let floors = vec![("a".into(), Version(floor))];
        let mut index = Index::new(limits(), SegmentId(2), floors);
        index.add_sealed(&two)?;
        index.begin_active(SegmentId(3), two.next)?;
        index.add_frame(&frame)?;
        Ok::<_, Inconsistent>(index)
    };
    assert!(matches!(gap(1), Err(Inconsistent::Version { .. })));
    let mut index = gap(2).unwrap();
    let missing = index.clone().add_snapshots(Vec::new());
    assert!(matches!(missing, Err(Inconsistent::NoSnapshot { .. })));
    let snapshot = |at| vec![SnapshotName { stream: "a".into(), at: Version(at) }];
    let newer = index.clone().add_snapshots(snapshot(4));
    assert!(matches!(newer, Err(Inconsistent::OldJournal { .. })));
    index.clone().add_snapshots(snapshot(3)).unwrap();
    index.add_snapshots(snapshot(2)).unwrap();
    assert_eq!(index.version(&"a".into()), Some(Version(3)));
}
