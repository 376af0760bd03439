//! Killed by `kill -9` at any moment and started again, the daemon loses no task and certifies
//! none twice. `SYNOD_KILLS` says how often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::support::{Reach, Synod, post, ran, until};

/// Kills in one run of the test, unless `SYNOD_KILLS` says otherwise.
const KILLS: usize = 12;
const SIGNERS: [&str; 4] = ["signer-1", "signer-2", "signer-3", "signer-4"];

#[test]
fn a_killed_daemon_goes_on_where_its_journal_ends() {
    let home = tempfile::tempdir().unwrap();
    let kills = std::env::var("SYNOD_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut record = Record::default();
    let mut killed_mid_task = 0;
    for round in 0..kills {
        let mut synod = Synod::dev(&["--data-dir", home.path().to_str().unwrap()]);
        match round % 5 {
            0 | 2 => wait_for_open_task(&synod),
            1 => pause(&mut dice, 1_500),
            3 => pause(&mut dice, 100),
            _ => {
                synod.event("ready", |_| true);
                pause(&mut dice, 400);
                synod.signal(Signal::TERM);
                pause(&mut dice, 800);
            }
        }
        synod.signal(Signal::KILL);
        synod.end();
        killed_mid_task += usize::from(record.read(&synod.events()));
    }
    assert!(0 < killed_mid_task, "no kill came while a task was under way");

    let (mut synod, reach) = Synod::ready_dev(&["--data-dir", home.path().to_str().unwrap()]);
    let announced = announced_tasks(&reach);
    check_tasks(&reach, &announced, &record);
    check_guards(&reach);
    synod.signal(Signal::TERM);
    assert!(synod.end().success(), "{:?}", synod.err.so_far());
    record.read(&synod.events());
    let summary = record.last.take().unwrap();
    assert_eq!((&summary["event"], &summary["open"]), (&json!("summary"), &json!(0)));
    for task in record.accepted.iter().filter(|task| !record.certified.contains_key(*task)) {
        assert!(announced.contains_key(task), "{task} was accepted, and nobody knows it");
    }
}

/// What the lines of all runs say.
#[derive(Default)]
struct Record {
    accepted: BTreeSet<String>,
    certified: BTreeMap<String, Value>,
    last: Option<Value>,
}

impl Record {
    /// Reads one run's events; whether an accepted task was open at its end. No task is certified
    /// again, in this run or another, and none fails.
    fn read(&mut self, events: &[Value]) -> bool {
        let mut open = BTreeSet::new();
        for event in events {
            let task = event["task"].as_str().unwrap_or_default().to_owned();
            match event["event"].as_str().unwrap() {
                "accepted" => {
                    assert!(!self.certified.contains_key(&task), "{event}: certified before");
                    open.insert(task.clone());
                    self.accepted.insert(task);
                }
                "certified" => {
                    open.remove(&task);
                    assert!(self.accepted.contains(&task), "{event}: never accepted");
                    let before = self.certified.insert(task, event["output"].clone());
                    assert_eq!(before, None, "{event}: certified twice");
                }
                "failed" | "gave_up" => panic!("{event}"),
                _ => (),
            }
        }
        self.last = events.last().cloned();
        !open.is_empty()
    }
}

/// Waits until a task is accepted. It takes some ten milliseconds to certify it.
fn wait_for_open_task(synod: &Synod) {
    let seen = synod.out.so_far().len();
    synod.out.find_after(seen, "a new task", |line| line.contains("\"accepted\"").then_some(()));
}

fn pause(dice: &mut ChaCha8Rng, millis_max: u64) {
    std::thread::sleep(Duration::from_millis(dice.next_u64() % millis_max));
}

/// Every task that committed blocks announce, and its block: as the observer remembers them. The
/// observer has seen every block from the first to the newest, and every second one announces a
/// task.
fn announced_tasks(reach: &Reach) -> BTreeMap<String, u64> {
    let mut tasks = BTreeMap::new();
    let mut blocks = BTreeSet::new();
    let mut cursor = Value::Null;
    loop {
        let query = json!({ "order": "oldest", "limit": 100, "cursor": cursor });
        let page = post(&reach.at("/v1/memory/chain-observer/query"), &query.to_string()).json();
        for hit in page["hits"].as_array().unwrap() {
            let block = hit["memory"]["origin"]["block"]["number"].as_u64().unwrap();
            assert!(blocks.insert(block), "two memories of block {block}");
            let text = hit["memory"]["content"]["text"].as_str().unwrap();
            let told = text.split(" Task ").skip(1).map(|told| told[..66].to_owned());
            tasks.extend(told.map(|task| (task, block)));
        }
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let (first, last) = (*blocks.first().unwrap(), *blocks.last().unwrap());
    assert!(blocks.iter().copied().eq(first..=last), "blocks are missing in {blocks:?}");
    let announcing: BTreeSet<u64> = tasks.values().copied().collect();
    let due = (first.max(1)..=last).filter(|block| block % 2 == 0);
    assert!(announcing.iter().copied().eq(due), "from {first} to {last}: {announcing:?}");
    tasks
}

/// The aggregator knows the announced tasks, each once, and completes each of them. What was told
/// as certified is what its certificate says.
fn check_tasks(reach: &Reach, announced: &BTreeMap<String, u64>, record: &Record) {
    let newest = announced.values().copied().max().unwrap();
    let known = until("every announced task in the list", || {
        let listed = reach.read("/v1/tasks?limit=1000");
        let known: Vec<String> = listed["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|task| task["block_number"].as_u64().unwrap() <= newest)
            .map(|task| task["id"].as_str().unwrap().to_owned())
            .collect();
        (announced.len() <= known.len()).then_some(known)
    });
    assert_eq!(known.len(), announced.len(), "a task is listed twice, or nobody announced it");
    for (id, block) in announced {
        assert!(known.contains(id), "{id}, announced in block {block}, is lost");
        let task = until("the task to be completed", || {
            let task = reach.read(&format!("/v1/tasks/{id}"));
            assert_ne!(task["state"], "failed", "{task}");
            (task["state"] == "completed").then_some(task)
        });
        assert_eq!(task["block_number"], *block);
        assert!(task["certificate"].is_object(), "{task}");
        assert_eq!(task["output"], square(&task["payload"]), "{task}");
        if let Some(output) = record.certified.get(id) {
            assert_eq!(&task["output"], output, "{id} was certified with another output");
        }
    }
    for id in &record.accepted {
        assert!(announced.contains_key(id), "{id} was accepted, and nobody announced it");
    }
}

/// What the performer of `dev` answers: the square of a decimal number, as 32 bytes.
fn square(payload: &Value) -> String {
    let digits = payload.as_str().unwrap().trim_start_matches("0x").as_bytes().chunks(2);
    // The digits 0 to 9 are the bytes 0x30 to 0x39.
    let decimal: String = digits.map(|byte| char::from(byte[1])).collect();
    format!("0x{:064x}", decimal.parse::<u64>().unwrap().pow(2))
}

/// No guard was asked to sign two answers to one question, and what executors signed is what was
/// certified.
fn check_guards(reach: &Reach) {
    for line in reach.scrape().lines().filter(|line| line.starts_with("synod_signer_requests_")) {
        assert!(!line.contains("conflict") || line.ends_with(" 0"), "{line}");
    }
    for executor in SIGNERS.map(|signer| signer.replace("signer", "executor")) {
        let answers = reach.read(&format!("/v1/executors/{executor}/answers?limit=1000"));
        let mut seen = BTreeSet::new();
        for answer in answers.as_array().unwrap() {
            let id = answer["id"].as_str().unwrap();
            assert!(seen.insert(id.to_owned()), "{executor} has two answers to {id}");
            let task = reach.read(&format!("/v1/tasks/{id}"));
            if answer["state"] == "signed" && task["state"] == "completed" {
                assert_eq!(answer["digest"], task["digest"], "{executor}: {answer} {task}");
            }
        }
    }
}

#[test]
fn a_data_directory_belongs_to_one_process() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_str().unwrap();
    let (synod, reach) = Synod::ready_dev(&["--data-dir", path]);
    let usual = ["dev", "--json", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let second = ran(&[&usual[..], &["--data-dir", path]].concat());
    assert!(second.code.is_some_and(|code| code != 0), "{second:?}");
    assert!(second.err.contains(path), "{second:?}");
    assert!(second.err.contains(&format!("process {}", synod.pid())), "{second:?}");
    assert_eq!(second.out, "");
    assert_eq!(reach.read("/readyz")["ready"], true, "the first goes on");
    drop(synod);
    let (_synod, _) = Synod::ready_dev(&["--data-dir", path]);
}

#[test]
fn a_data_directory_that_cannot_be_used_says_why() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    for path in [&file, &file.join("below")] {
        check_unusable(path);
    }
}

fn check_unusable(path: &Path) {
    let path = path.to_str().unwrap();
    let ended = ran(&["dev", "--data-dir", path, "--http", "127.0.0.1:0"]);
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    assert!(ended.err.contains(path), "{ended:?}");
    let says_why = ended.err.contains("Not a directory") || ended.err.contains("File exists");
    assert!(says_why, "{ended:?}");
}
