//! What a journal promises while nothing goes wrong, and what it refuses.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;

use bytes::Bytes;
use common::{Desk, file, flip, record, records, small, snapshot};
use synod_protocol::store::StoreRefusal;
use synod_store_segment::{Limits, OpenError, RealDisk, verify};
use synod_types::store::Version;
use tempfile::tempdir;

#[test]
fn records_come_back_in_order_across_segments_and_reopenings() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    for n in 0..40 {
        assert_eq!(desk.append("a", n, &[record(n)]), Ok(n + 1));
        assert_eq!(desk.append("b", n * 2, &records(n..n + 2)), Ok(n * 2 + 2));
    }
    assert!(5 < desk.status().segments);
    let before = desk.status();
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..40));
    assert_eq!(desk.read_all("b", 77).unwrap(), [record(39), record(39), record(40)]);
    drop(desk);

    let desk = Desk::open(dir.path());
    assert_eq!(desk.status(), before);
    assert_eq!(desk.read_all("a", 7).unwrap(), records(7..40));
    assert_eq!(desk.append("a", 40, &[record(40)]), Ok(41));
    assert_eq!(desk.read("a", 40, 1).unwrap().records, [record(40)]);
    drop(desk);
    let verified = verify(dir.path(), small()).unwrap();
    assert_eq!((verified.records, verified.torn), (121, 0));
}

#[test]
fn a_page_has_about_the_bytes_asked_for_and_one_record_at_least() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..20)).unwrap();
    let page = desk.read("a", 3, 0).unwrap();
    assert_eq!((page.records, page.version_after, page.more), (records(3..4), Version(4), true));
    assert_eq!(desk.read("a", 3, 30).unwrap().records, records(3..6));
    let page = desk.read("a", 20, 30).unwrap();
    assert_eq!((page.records.len(), page.version_after, page.more), (0, Version(20), false));
    assert!(matches!(desk.read("a", 21, 30), Err(StoreRefusal::Invalid(_))));
    assert_eq!(desk.read("never", 0, 30).unwrap().records.len(), 0);
}

#[test]
fn a_repeat_is_answered_and_not_written_again() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    for _ in 0..3 {
        assert_eq!(desk.append("a", 0, &records(0..3)), Ok(3));
    }
    assert_eq!(desk.append("a", 3, &records(3..5)), Ok(5));
    assert_eq!(desk.append("a", 0, &records(0..3)), Ok(3));
    // The same records in other portions.
    assert_eq!(desk.append("a", 1, &records(1..5)), Ok(5));
    assert_eq!(desk.status().records, 5);
    drop(desk);
    assert_eq!(Desk::open(dir.path()).append("a", 3, &records(3..5)), Ok(5));
}

#[test]
fn a_repeat_that_waits_beside_its_original_is_answered_too() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    let asked: Vec<_> = (0..50)
        .flat_map(|n| [n, n].map(|n| (n, desk.begin_append("a", n, &[record(n)]))))
        .collect();
    for (n, asked) in asked {
        assert_eq!(asked.recv().unwrap(), Ok(Version(n + 1)));
    }
    assert_eq!(desk.status().records, 50);
}

#[test]
fn a_writer_that_does_not_know_the_stream_is_refused() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..3)).unwrap();
    let conflict = |after| {
        let (holds, after) = (Version(3), Version(after));
        Err(StoreRefusal::Conflict { stream: "a".into(), holds, after })
    };
    assert_eq!(desk.append("a", 0, &records(1..3)), conflict(0));
    assert_eq!(desk.append("a", 2, &records(2..4)), conflict(2));
    assert_eq!(desk.append("a", 4, &records(4..5)), conflict(4));
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..3));
}

#[test]
fn a_read_sees_every_append_taken_before_it() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    for n in 0..100 {
        let _append = desk.begin_append("a", n, &[record(n)]);
        let page = desk.begin_read("a", n, 1).recv().unwrap();
        assert_eq!(page.unwrap().records, [record(n)]);
    }
}

#[test]
fn one_process_may_use_a_directory() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    let second = Desk::try_open(Arc::new(RealDisk), dir.path(), small()).err().unwrap();
    let pid = std::process::id();
    let lock = dir.path().join("lock");
    assert_eq!(
        second.to_string(),
        format!(
            "{} is held by process {pid}: one process may use a data directory",
            lock.display()
        )
    );
    drop(desk);
    Desk::open(dir.path());
}

#[test]
fn a_queue_without_room_makes_writers_wait_and_loses_nothing() {
    let dir = tempdir().unwrap();
    let limits = Limits { queue_max: 2, queue_bytes_max: 20, ..small() };
    let desk = Desk::try_open(Arc::new(RealDisk), dir.path(), limits).unwrap();
    let asked: Vec<_> = (0..100).map(|n| desk.begin_append("a", n, &records(n..n + 1))).collect();
    assert!(asked.into_iter().all(|asked| asked.recv().unwrap().is_ok()));
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..100));
}

#[test]
fn what_was_taken_is_carried_out_when_the_journal_closes() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    let asked: Vec<_> = (0..100).map(|n| desk.begin_append("a", n, &[record(n)])).collect();
    drop(desk);
    assert!(asked.into_iter().all(|asked| asked.recv().unwrap().is_ok()));
    assert_eq!(Desk::open(dir.path()).read_all("a", 0).unwrap(), records(0..100));
}

#[test]
fn snapshots_let_segments_go_and_stand_for_their_records() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    let fill = |from| {
        for n in from..from + 30 {
            assert_eq!(desk.append("a", n, &[record(n)]), Ok(n + 1));
        }
    };
    fill(0);
    desk.append("b", 0, &records(0..1)).unwrap();
    let full = desk.status();
    assert_eq!(desk.load("a"), Ok(None));
    desk.save("a", 29, b"old").unwrap();
    desk.save("a", 30, b"new").unwrap();
    desk.save("a", 12, b"late and of no use").unwrap();
    assert!(desk.status().segments <= 2);
    assert_eq!(desk.status().records, full.records);
    let truncated = desk.read("a", 0, 1);
    assert!(matches!(truncated, Err(StoreRefusal::Truncated { .. })), "{truncated:?}");
    fill(30);
    drop(desk);

    let desk = Desk::open(dir.path());
    assert_eq!(desk.load("a"), Ok(Some(snapshot(30, b"new"))));
    assert_eq!(desk.read_all("a", 30).unwrap(), records(30..60));
    assert_eq!(desk.read_all("b", 0).unwrap(), records(0..1));
    assert!(matches!(desk.save("a", 61, b""), Err(StoreRefusal::Invalid(_))));
    drop(desk);
    verify(dir.path(), small()).unwrap();
}

#[test]
fn a_damaged_snapshot_is_refused_and_an_older_one_taken_if_the_journal_goes_on_from_it() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..3)).unwrap();
    desk.save("a", 1, b"one").unwrap();
    desk.save("a", 2, b"two").unwrap();
    let newest = file(dir.path(), "snapshots/a.00000000000000000002.snapshot");
    flip(&newest, 20);
    assert_eq!(desk.load("a"), Ok(Some(snapshot(1, b"one"))));
    flip(&file(dir.path(), "snapshots/a.00000000000000000001.snapshot"), 20);
    assert_eq!(desk.load("a"), Ok(None), "the journal has the stream from its beginning");

    for n in 3..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    desk.save("a", 30, b"thirty").unwrap();
    let newest = file(dir.path(), "snapshots/a.00000000000000000030.snapshot");
    flip(&newest, 20);
    let refused = desk.load("a").unwrap_err();
    assert_eq!(refused, StoreRefusal::Damaged(format!("{} at byte 0", newest.display())));
}

#[test]
fn no_segment_goes_for_a_snapshot_that_cannot_be_read_back() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("b", 0, &records(0..3)).unwrap();
    desk.save("b", 3, b"of b").unwrap();
    flip(&file(dir.path(), "snapshots/b.00000000000000000003.snapshot"), 20);
    for n in 0..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    let before = desk.status().segments;
    desk.save("a", 30, b"of a").unwrap();
    assert_eq!(desk.status().segments, before);
    assert_eq!(desk.load("b"), Ok(None));
    assert_eq!(desk.read_all("b", 0).unwrap(), records(0..3));

    desk.save("b", 3, b"of b").unwrap();
    assert!(desk.status().segments < before);
    assert_eq!(desk.load("b"), Ok(Some(snapshot(3, b"of b"))));
}

#[test]
fn a_backup_under_writes_is_whole_and_opens() {
    let (dir, to) = (tempdir().unwrap(), tempdir().unwrap());
    let desk = Desk::open(dir.path());
    desk.append("s", 0, &records(0..2)).unwrap();
    desk.save("s", 1, b"state").unwrap();
    for n in 0..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    let backup = desk.begin_backup(&to.path().join("new"));
    let later: Vec<_> = (30..200).map(|n| desk.begin_append("a", n, &[record(n)])).collect();
    let report = backup.recv().unwrap().unwrap();
    assert!(5 < report.files && 1_000 < report.bytes, "{report:?}");
    assert!(later.into_iter().all(|asked| asked.recv().unwrap().is_ok()));

    let copy = Desk::open(&to.path().join("new"));
    let found = copy.read_all("a", 0).unwrap();
    assert!(30 <= found.len());
    assert_eq!(found, records(0..found.len() as u64));
    assert_eq!(copy.load("s"), Ok(Some(snapshot(1, b"state"))));
    let next = found.len() as u64;
    assert_eq!(copy.append("a", next, &[record(next)]), Ok(next + 1));

    let again = desk.begin_backup(to.path()).recv().unwrap();
    assert!(matches!(again, Err(StoreRefusal::Invalid(reason)) if reason.contains("not empty")));
}

#[test]
fn files_that_are_gone_or_older_are_noticed() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    for n in 0..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    drop(desk);
    let without = |name: &str, offence: fn(&OpenError) -> bool| {
        let copy = tempdir().unwrap();
        common::copy(dir.path(), copy.path());
        std::fs::remove_file(file(copy.path(), name)).unwrap();
        let error = Desk::try_open(Arc::new(RealDisk), copy.path(), small()).err().unwrap();
        assert!(offence(&error), "{name}: {error}");
    };
    for name in ["manifest", "mark", "000000000001.segment", "000000000002.segment"] {
        without(name, |error| matches!(error, OpenError::Missing { .. }));
    }
    // A directory can be made anew from its segment.
    std::fs::remove_file(file(dir.path(), "000000000002.index")).unwrap();
    flip(&file(dir.path(), "000000000003.index"), 30);
    let desk = Desk::open(dir.path());
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..30));
    drop(desk);
    verify(dir.path(), small()).unwrap();
}

#[test]
fn a_large_append_is_one_frame_and_comes_back_whole() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    let large: Vec<Bytes> = (0..3).map(|n| Bytes::from(vec![n; 1 << 20])).collect();
    assert_eq!(desk.append("a", 0, &large), Ok(3));
    assert_eq!(desk.read_all("a", 0).unwrap(), large);
    let too_large = desk.append("a", 3, &[Bytes::from(vec![0; (1 << 20) + 1])]);
    assert!(matches!(too_large, Err(StoreRefusal::TooLarge { .. })));
}

#[test]
fn no_bit_of_a_sealed_segments_header_goes_unseen() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path());
    for n in 0..40 {
        desk.append("a", n, &records(n..n + 1)).unwrap();
    }
    assert!(2 < desk.status().segments);
    drop(desk);
    let first = file(dir.path(), "000000000001.segment");
    for byte in 0..32 {
        flip(&first, byte);
        let opened = Desk::try_open(Arc::new(RealDisk), dir.path(), small());
        assert!(matches!(opened, Err(OpenError::Corrupt { offset: 0, .. })), "byte {byte}");
        flip(&first, byte);
    }
    assert_eq!(Desk::open(dir.path()).read_all("a", 0), Ok(records(0..40)));
}
