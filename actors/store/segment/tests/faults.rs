//! Disks that lie, fill up and break.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Desk, file, flip, record, records, small};
use synod_protocol::store::StoreRefusal;
use synod_store_segment::{Disk, OpenError, RealDisk, verify};
use synod_types::store::Version;
use tempfile::{TempDir, tempdir};

/// Well until told otherwise.
#[derive(Default)]
struct BadDisk {
    fault: AtomicU32,
}

const SHORT: u32 = 1;
const FULL: u32 = 2;
const NO_SYNC: u32 = 3;
const FLIP: u32 = 4;
const NO_RENAME: u32 = 5;
const NO_MARK: u32 = 6;
const PANIC: u32 = 7;

impl BadDisk {
    fn has(&self, fault: u32) -> bool {
        self.fault.load(Ordering::SeqCst) == fault
    }

    fn set(&self, fault: u32) {
        self.fault.store(fault, Ordering::SeqCst);
    }
}

impl Disk for BadDisk {
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        assert!(!self.has(PANIC), "the disk was told to");
        if self.has(FULL) {
            // Half of it fitted.
            RealDisk.write_at(file, &bytes[..bytes.len() / 2], offset)?;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        if self.has(NO_MARK) && bytes.starts_with(b"MARK") {
            return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        }
        let length = if self.has(SHORT) { bytes.len().min(7) } else { bytes.len() };
        RealDisk.write_at(file, &bytes[..length], offset)
    }

    fn read_at(&self, file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        RealDisk.read_at(file, bytes, offset)?;
        if let Some(byte) = bytes.get_mut(60).filter(|_| self.has(FLIP)) {
            *byte ^= 0x10;
        }
        Ok(())
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.has(NO_SYNC) { Err(io::Error::other("EIO")) } else { RealDisk.sync(file) }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.has(NO_RENAME) {
            return Err(io::Error::other("EIO"));
        }
        RealDisk.rename(from, to)
    }
}

fn desk() -> (TempDir, Arc<BadDisk>, Desk) {
    let (dir, disk) = (tempdir().unwrap(), Arc::new(BadDisk::default()));
    let desk = Desk::try_open(disk.clone(), dir.path(), small()).unwrap();
    desk.append("a", 0, &records(0..2)).unwrap();
    (dir, disk, desk)
}

/// A file without the zeros at its end.
fn written(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1);
    bytes
}

/// The fault hits an append; later ones are refused although the fault is over; what was
/// committed can be read; after reopening the journal goes on.
#[track_caller]
fn check_fails_closed(fault: u32, reason: &str) {
    let (dir, disk, desk) = desk();
    disk.set(fault);
    let failed = desk.append("a", 2, &records(2..3)).unwrap_err();
    assert!(matches!(&failed, StoreRefusal::Failed(text) if text.contains(reason)), "{failed}");
    disk.set(0);
    assert_eq!(desk.append("a", 2, &records(2..3)), Err(failed.clone()));
    assert_eq!(desk.append("new", 0, &records(2..3)), Err(failed.clone()));
    assert_eq!(desk.save("a", 1, b"state"), Err(failed.clone()));
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..2));
    assert_eq!(desk.status().failed, Some(failed.to_string().split_once(": ").unwrap().1.into()));
    drop(desk);

    let desk = Desk::open(dir.path());
    let known = desk.read_all("a", 0).unwrap();
    assert!(known == records(0..2) || known == records(0..3), "whole appends or none");
    assert_eq!(desk.append("a", 2, &records(2..3)), Ok(3));
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..3));
}

#[test]
fn a_full_disk_ends_writing() {
    check_fails_closed(FULL, "cannot write");
}

#[test]
fn a_failed_sync_ends_writing() {
    check_fails_closed(NO_SYNC, "cannot sync");
}

#[test]
fn a_mark_that_cannot_be_written_ends_writing() {
    check_fails_closed(NO_MARK, "mark");
}

#[test]
fn a_panic_of_the_writer_ends_writing_and_leaves_nobody_waiting() {
    let (dir, disk, desk) = desk();
    disk.set(PANIC);
    assert!(desk.begin_append("a", 2, &records(2..3)).recv().is_err(), "dropped unanswered");
    disk.set(0);
    assert!(matches!(desk.append("a", 2, &records(2..3)), Err(StoreRefusal::Failed(_))));
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..2));
    drop(desk);
    assert_eq!(Desk::open(dir.path()).append("a", 2, &records(2..3)), Ok(3));
}

#[test]
fn a_segment_that_cannot_be_sealed_ends_writing() {
    let (dir, disk, desk) = desk();
    disk.set(NO_RENAME);
    let mut n = 2;
    while desk.append("a", n, &[record(n)]).is_ok() {
        n += 1;
    }
    assert!(desk.status().failed.is_some());
    disk.set(0);
    drop(desk);
    let desk = Desk::open(dir.path());
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..n));
    assert_eq!(desk.append("a", n, &[record(n)]), Ok(n + 1));
}

#[test]
fn short_writes_are_continued() {
    let (dir, disk, desk) = desk();
    disk.set(SHORT);
    for n in 2..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    drop(desk);
    verify(dir.path(), small()).unwrap();
    assert_eq!(Desk::open(dir.path()).read_all("a", 0).unwrap(), records(0..30));
}

#[test]
fn a_bit_flipped_on_the_way_is_seen_and_named() {
    let (dir, disk, desk) = desk();
    disk.set(FLIP);
    let refused = desk.read("a", 0, 100).unwrap_err();
    let segment = file(dir.path(), "000000000001.segment");
    assert!(matches!(&refused, StoreRefusal::Damaged(text)
        if text.contains(&segment.display().to_string()) && text.contains("at byte 32")));
    disk.set(0);
    assert_eq!(desk.read_all("a", 0).unwrap(), records(0..2));
}

#[test]
fn every_flipped_bit_of_a_synced_record_is_found_when_read_and_when_opened() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..2)).unwrap();
    let segment = file(dir.path(), "000000000001.segment");
    let length = written(&segment).len();
    for byte in 32..length {
        flip(&segment, byte);
        assert!(matches!(desk.read("a", 0, 100), Err(StoreRefusal::Damaged(_))), "byte {byte}");
        flip(&segment, byte);
    }
    drop(desk);
    for byte in 0..length {
        flip(&segment, byte);
        let error = Desk::try_open(Arc::new(RealDisk), dir.path(), small()).err().unwrap();
        let at = if byte < 32 { 0 } else { 32 };
        let expected = format!("{} is damaged at byte {at}: restore a backup", segment.display());
        assert_eq!(error.to_string(), expected);
        flip(&segment, byte);
    }
    assert_eq!(Desk::open(dir.path()).read_all("a", 0).unwrap(), records(0..2));
}

#[test]
fn a_write_torn_at_any_byte_is_cut_and_its_append_can_be_made_again() {
    let (dir, work) = (tempdir().unwrap(), tempdir().unwrap());
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..2)).unwrap();
    let before = work.path().join("before");
    common::copy(dir.path(), &before);
    desk.append("a", 2, &records(2..4)).unwrap();
    let segment = written(&file(dir.path(), "000000000001.segment"));
    let synced = written(&file(&before, "000000000001.segment")).len();

    for end in synced..=segment.len() {
        let torn = work.path().join(format!("torn-{end}"));
        common::copy(&before, &torn);
        let mut bytes = segment[..end].to_vec();
        // Half of the times zeros had been written ahead.
        bytes.resize(end + end % 2 * 500, 0);
        std::fs::write(file(&torn, "000000000001.segment"), bytes).unwrap();
        let desk = Desk::open(&torn);
        let known = if end == segment.len() { 4 } else { 2 };
        assert_eq!(desk.read_all("a", 0).unwrap(), records(0..known), "torn at {end}");
        assert_eq!(desk.append("a", 2, &records(2..4)), Ok(4));
        drop(desk);
        assert_eq!(Desk::open(&torn).read_all("a", 0).unwrap(), records(0..4));
    }
}

#[test]
fn a_synced_tail_that_is_gone_is_not_taken_for_an_unfinished_write() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..2)).unwrap();
    assert_eq!(desk.append("a", 2, &records(2..4)).map(Version), Ok(Version(4)));
    drop(desk);
    let path = file(dir.path(), "000000000001.segment");
    let segment = written(&path);
    for end in 0..segment.len() {
        std::fs::write(&path, &segment[..end]).unwrap();
        let error = Desk::try_open(Arc::new(RealDisk), dir.path(), small()).err().unwrap();
        assert!(matches!(error, OpenError::Corrupt { .. }), "cut at {end}: {error}");
    }
}

#[test]
fn a_manifest_older_than_the_journal_is_noticed() {
    let dir = tempdir().unwrap();
    let desk = Desk::open(dir.path());
    desk.append("a", 0, &records(0..2)).unwrap();
    let manifest = std::fs::read(file(dir.path(), "manifest")).unwrap();
    for n in 2..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    drop(desk);
    std::fs::write(file(dir.path(), "manifest"), manifest).unwrap();
    let error = Desk::try_open(Arc::new(RealDisk), dir.path(), small()).err().unwrap();
    assert!(matches!(error, OpenError::OldJournal { .. }), "{error}");
}
