//! Opening again after `kill -9`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::RECORD_BYTES;
use crate::engine::Engine;

/// Records of one durable batch while loading.
const BATCH: u64 = 1_000;
const ENGINE: &str = "JOURNAL_LOAD_ENGINE";
const DIRECTORY: &str = "JOURNAL_LOAD_DIRECTORY";
const RECORDS: &str = "JOURNAL_LOAD_RECORDS";

/// Whether this process is the one to be killed.
pub(crate) fn is_child() -> bool {
    std::env::var_os(ENGINE).is_some()
}

/// Loads, says so, and goes on writing until it is killed.
pub(crate) fn fill_until_killed() {
    let name = std::env::var(ENGINE).unwrap();
    let engine = Engine::ALL.into_iter().find(|engine| engine.to_string() == name).unwrap();
    let dir = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let records: u64 = std::env::var(RECORDS).unwrap().parse().unwrap();
    let engine = engine.open(&dir);
    let runtime = Builder::new_current_thread().build().unwrap();
    let record = Bytes::from(vec![0x5a; RECORD_BYTES]);
    runtime.block_on(async {
        let mut written = 0;
        loop {
            let (tell, told) = oneshot::channel();
            let batch = vec![record.clone(); BATCH as usize];
            engine.put(0, written, batch, Box::new(move || tell.send(()).unwrap())).await;
            told.await.unwrap();
            written += BATCH;
            if written == records {
                println!("loaded");
            }
        }
    });
}

/// Has another process load `records` and kills it while it writes on. Then opens.
pub(crate) fn measure(engine: Engine, dir: &Path, records: u64) -> String {
    let begin = Instant::now();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(ENGINE, engine.to_string())
        .env(DIRECTORY, dir)
        .env(RECORDS, records.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "loaded");
    let load = records as f64 / begin.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_millis(150));
    child.kill().unwrap();
    child.wait().unwrap();

    let cold = drop_caches();
    let begin = Instant::now();
    let opened = engine.open(dir);
    let took = begin.elapsed().as_secs_f64();
    assert!(records <= opened.records());
    let cache = if cold { "cold" } else { "warm" };
    format!(
        "loaded at {load:.0}/s in durable batches of {BATCH}; open after kill -9 in {took:.3} s ({cache} cache)"
    )
}

/// Makes the kernel read everything from the disk again, if it lets us.
fn drop_caches() -> bool {
    let synced = Command::new("sync").status().is_ok_and(|status| status.success());
    synced && std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
