//! `kill -9`, for real: the test starts itself again, lets that process write and kills it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use common::{Desk, record, records};
use synod_store_segment::{Limits, RealDisk, verify};
use tempfile::tempdir;

/// Says where the writing process shall write.
const DIRECTORY: &str = "SYNOD_TEST_JOURNAL";

fn limits() -> Limits {
    Limits { segment_bytes_max: 4_000, ..Limits::default() }
}

fn open(dir: &Path) -> Desk {
    Desk::try_open(Arc::new(RealDisk), dir, limits()).unwrap()
}

/// Three records an append, many appends under way; says each version that was acknowledged.
fn write_until_killed(dir: &Path) {
    let desk = open(dir);
    let mut version = desk.read_all("a", 0).unwrap().len() as u64;
    let mut asked = std::collections::VecDeque::new();
    let mut out = std::io::stdout().lock();
    loop {
        asked.push_back(desk.begin_append("a", version, &records(version..version + 3)));
        version += 3;
        if 8 < asked.len() {
            let acknowledged = asked.pop_front().unwrap().recv().unwrap().unwrap();
            writeln!(out, "acknowledged {}", acknowledged.0).unwrap();
            out.flush().unwrap();
        }
    }
}

/// Lets another process write into `dir` and kills it after so many acknowledgements; answers the
/// last version that was acknowledged.
fn write_and_kill(dir: &Path, acknowledgements: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_was_acknowledged_survives_kill_9", "--nocapture"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = 0;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    for line in lines {
        let line = line.unwrap();
        if let Some(version) = line.strip_prefix("acknowledged ") {
            last = version.parse().unwrap();
            seen += 1;
        }
        // Afterwards what is still in the pipe is read to its end.
        if seen == acknowledgements {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    last
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    if let Some(dir) = std::env::var_os(DIRECTORY) {
        write_until_killed(&PathBuf::from(dir));
    }
    let dir = tempdir().unwrap();
    for round in 1..=8 {
        let acknowledged = write_and_kill(dir.path(), 20 * round);
        verify(dir.path(), limits()).unwrap();
        let desk = open(dir.path());
        let found = desk.read_all("a", 0).unwrap();
        assert!(acknowledged <= found.len() as u64, "{acknowledged} of {}", found.len());
        assert_eq!(found.len() % 3, 0, "an append is visible whole or not at all");
        assert_eq!(found, (0..found.len() as u64).map(record).collect::<Vec<_>>());
    }
}
