//! How fast the journal takes records, and how long it takes to open again after `kill -9`, beside
//! redb and the bare disk, all in one run.
//!
//! ```text
//! cargo run --release -p synod-store-segment --example journal_load -- [directory] [records]
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod engine;
mod machine;
mod reopen;
mod writers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Engine;
use machine::{Rate, Rates};

/// Size of every record.
const RECORD_BYTES: usize = 1024;
/// How long each rate is measured, and how often: in turns, since other work on the machine comes
/// and goes.
const MEASURED: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;

const RAW: [fn(&Path, usize, Duration) -> Rate; 2] =
    [machine::append_and_sync, machine::overwrite_and_sync];

fn main() {
    if reopen::is_child() {
        return reopen::fill_until_killed();
    }
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().map_or_else(|| PathBuf::from("target/journal_load"), PathBuf::from);
    let records = arguments.next().map_or(1_000_000, |text| text.parse().unwrap());
    std::fs::create_dir_all(&root).unwrap();

    println!("{}", machine::describe());
    for records in [1, 64, 512] {
        let bytes = records * RECORD_BYTES;
        let raw = in_turns(&RAW, |measure| measure(&fresh(&root), bytes, MEASURED));
        println!("disk alone, {records} KiB appended and synced: {}", raw[0]);
        println!("disk alone, {records} KiB written over zeros and synced: {}", raw[1]);
    }
    for writers in [1, 64, 512] {
        let rates = in_turns(&Engine::ALL, |&engine| {
            writers::measure(engine, &fresh(&root), writers, MEASURED)
        });
        for (engine, rates) in Engine::ALL.iter().zip(rates) {
            println!("{engine}, {writers} writers: {rates}");
        }
    }
    for engine in Engine::ALL {
        let measured = reopen::measure(engine, &fresh(&root), records);
        println!("{engine}, {records} records: {measured}");
    }
    std::fs::remove_dir_all(&root).unwrap();
}

/// Measures each subject once a round.
fn in_turns<T>(subjects: &[T], measure: impl Fn(&T) -> Rate) -> Vec<Rates> {
    let mut rates: Vec<Rates> = subjects.iter().map(|_| Rates::default()).collect();
    for _ in 0..ROUNDS {
        for (rates, subject) in rates.iter_mut().zip(subjects) {
            rates.0.push(measure(subject));
        }
    }
    rates
}

/// An empty directory below `root`.
fn fresh(root: &Path) -> PathBuf {
    let dir = root.join("run");
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
