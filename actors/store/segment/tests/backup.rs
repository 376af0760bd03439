//! Backups beside other work.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use common::{Desk, record, records, small, snapshot};
use parking_lot::Mutex;
use synod_protocol::store::StoreRefusal;
use synod_store_segment::Disk;
use tempfile::tempdir;

/// Says that someone reads, and makes him wait until the gate is open.
struct Gate {
    arrived: SyncSender<()>,
    closed: Mutex<Option<Receiver<()>>>,
}

impl Disk for Gate {
    fn read_at(&self, file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        if let Some(opens) = self.closed.lock().take() {
            self.arrived.send(()).unwrap();
            opens.recv().unwrap();
        }
        file.read_exact_at(bytes, offset)
    }
}

#[test]
fn nothing_goes_while_a_backup_reads() {
    let (dir, to) = (tempdir().unwrap(), tempdir().unwrap());
    let (arrived, has_arrived) = sync_channel(1);
    let gate = Arc::new(Gate { arrived, closed: Mutex::default() });
    let desk = Desk::try_open(gate.clone(), dir.path(), small()).unwrap();
    for n in 0..30 {
        desk.append("a", n, &[record(n)]).unwrap();
    }
    let before = desk.status().segments;

    let (open, opens) = sync_channel(1);
    *gate.closed.lock() = Some(opens);
    let backup = desk.begin_backup(&to.path().join("one"));
    has_arrived.recv().unwrap();
    desk.save("a", 30, b"state").unwrap();
    assert_eq!(desk.status().segments, before);
    let second = desk.begin_backup(&to.path().join("two")).recv().unwrap();
    assert!(matches!(second, Err(StoreRefusal::Invalid(why)) if why.contains("another one")));
    open.send(()).unwrap();
    backup.recv().unwrap().unwrap();

    desk.save("a", 30, b"state").unwrap();
    assert!(desk.status().segments < before);
    let copy = Desk::open(&to.path().join("one"));
    assert_eq!(copy.read_all("a", 0).unwrap(), records(0..30));
    assert_eq!(copy.load("a"), Ok(None), "saved after the backup began");
    assert_eq!(desk.load("a"), Ok(Some(snapshot(30, b"state"))));
}
