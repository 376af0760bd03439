//! A journal that cannot be written, that is damaged, that is another one than the keys know.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::json;

use synod_signature::guard_stream;
use synod_signature_keyfile::KeyFile;
use synod_store::{Answer, JournalPort, Metrics, Request};
use synod_store_segment::{Journal, Limits};
use synod_types::signature::Scheme;
use synod_types::store::Version;

use super::super::support::{Reach, Synod, agent_config, get, post, ran, until};
use super::{network, with};

/// Starts a daemon to which a full disk is an error of a write, as it is without limits.
fn run_limited(config: &Path) -> (Synod, Reach) {
    let mut shell = Command::new("/bin/sh");
    let script = "trap '' XFSZ; exec \"$0\" run --config \"$1\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_synod")]).arg(config);
    Synod::run_command(shell)
}

/// From now on no file of this process can be written.
fn fill_disk(synod: &Synod) {
    let pid = Pid::from_raw(synod.pid().try_into().unwrap());
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    prlimit(pid, Resource::Fsize, none).unwrap();
}

fn certified(reach: &Reach) -> usize {
    reach.read("/v1/tasks?state=completed&limit=1000")["tasks"].as_array().unwrap().len()
}

/// Duties signed for the first time in this life, by all signers.
fn signed(reach: &Reach) -> u64 {
    let scrape = reach.scrape();
    let lines = scrape.lines().filter(|line| line.starts_with("synod_signer_requests_total"));
    let counts = lines.filter(|line| line.contains("outcome=\"signed\""));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// Duties that all guards have on record, each a record. No daemon has the journal open.
fn on_record(data_dir: &Path) -> u64 {
    let journal = Journal::open(data_dir, Limits::default(), Metrics::register()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let keys = std::fs::read_dir(data_dir.join("keys")).unwrap().map(|it| it.unwrap().path());
    let mut records = 0;
    for path in keys.filter(|path| path.extension().is_some_and(|it| it == "key")) {
        let public = KeyFile::existing(&path, Scheme::Bn254).public_key().unwrap();
        let (sender, answer) = std::sync::mpsc::channel();
        let answered = Answer::new(move |page| sender.send(page).unwrap());
        let (stream, after, bytes_max) = (guard_stream(&public), Version(0), 1 << 20);
        runtime.block_on(journal.submit(Request::Read {
            stream,
            after,
            bytes_max,
            answer: answered,
        }));
        let page = answer.recv().unwrap().unwrap();
        assert!(!page.more, "more duties than a page holds");
        records += page.records.len() as u64;
    }
    records
}

#[test]
fn on_a_full_disk_nothing_is_signed_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let config = network(home.path(), |text| {
        with(
            &text,
            "poll_interval = \"100ms\"",
            "poll_interval = \"100ms\", simulated = { block_interval = \"100ms\" }",
        )
    });
    let (mut known, mut signed_in_all) = (0, 0);
    for _ in 0..3 {
        let (mut synod, reach) = run_limited(&config);
        until("more certificates than before", || (known + 3 <= certified(&reach)).then_some(()));
        fill_disk(&synod);
        let refusal = until("a reason against", || {
            let answer = get(&reach.at("/readyz"));
            (answer.status == 503 && answer.text.contains("journal: cannot write"))
                .then_some(answer.text)
        });
        // Either the segment or the mark.
        let journal = home.path().join("data/journal");
        assert!(refusal.contains(journal.to_str().unwrap()), "{refusal}");
        // Time to sign what is on record, and what must not be signed.
        std::thread::sleep(Duration::from_secs(1));
        signed_in_all += signed(&reach);
        assert_eq!(get(&reach.at("/livez")).status, 200);
        known = certified(&reach);
        synod.signal(Signal::KILL);
        synod.end();
        let on_record = on_record(&home.path().join("data"));
        assert!(signed_in_all <= on_record, "signed {signed_in_all}, on record {on_record}");
    }
    assert_ne!(signed_in_all, 0);
    let (_synod, reach) = Synod::run(&config);
    until("it to go on where it was", || (known < certified(&reach)).then_some(()));
    // Three of four operators certify; the fourth may still be on its way.
    until("all to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
}

/// An agent's daemon that has stored something and was killed.
fn killed_agent(home: &Path) -> PathBuf {
    let config = agent_config(home, "");
    let (mut synod, reach) = Synod::run(&config);
    for n in 0..5 {
        let memory = json!({ "content": { "text": format!("memory {n}") }, "source": "me" });
        assert_eq!(post(&reach.at("/v1/memory/alice"), &memory.to_string()).status, 201);
    }
    synod.signal(Signal::KILL);
    synod.end();
    config
}

fn segment(home: &Path) -> PathBuf {
    home.join("data/journal/000000000001.segment")
}

/// Where what was written ends.
fn end(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1
}

#[test]
fn a_damaged_journal_says_where_and_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let config = killed_agent(home.path());
    let mut bytes = std::fs::read(segment(home.path())).unwrap();
    let middle = end(&bytes) / 2;
    bytes[middle] ^= 1;
    std::fs::write(segment(home.path()), bytes).unwrap();
    let ended = ran(&["run", "--config", config.to_str().unwrap()]);
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    let place = format!("{} is damaged at byte ", segment(home.path()).display());
    let offset = ended.err.split(&place).nth(1).unwrap_or_else(|| panic!("{ended:?}"));
    let offset: usize = offset.split(':').next().unwrap().parse().unwrap();
    assert!(offset <= middle, "{ended:?}");
    assert!(ended.err.contains("restore a backup"), "{ended:?}");
}

#[test]
fn an_unfinished_write_is_cut_and_told() {
    let home = tempfile::tempdir().unwrap();
    let config = killed_agent(home.path());
    let mut bytes = std::fs::read(segment(home.path())).unwrap();
    let end = end(&bytes);
    bytes[end + 8..end + 40].fill(7);
    std::fs::write(segment(home.path()), bytes).unwrap();
    let (synod, reach) = Synod::run(&config);
    synod.err.find("what was cut", |line| {
        let is_told = line.contains("cutting an unfinished write")
            && line.contains(segment(home.path()).to_str().unwrap())
            && line.contains("offset");
        is_told.then_some(())
    });
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 5);
}

#[test]
fn an_older_journal_than_the_key_knows_signs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = network(home.path(), |text| text);
    let (mut synod, reach) = Synod::run(&config);
    until("a certificate", || (0 < certified(&reach)).then_some(()));
    synod.signal(Signal::KILL);
    synod.end();
    std::fs::remove_dir_all(home.path().join("data/journal")).unwrap();

    let (synod, reach) = Synod::run(&config);
    synod.err.find("the reason", |line| {
        let is_told = line.contains("the journal is older than the key's mark")
            && line.contains("signer-")
            && line.contains("the newest data directory");
        is_told.then_some(())
    });
    let refusal = get(&reach.at("/readyz"));
    assert_eq!(refusal.status, 503);
    assert!(refusal.text.contains("signer-"), "{}", refusal.text);
    let scrape = reach.scrape();
    let signed = scrape.lines().filter(|line| {
        line.starts_with("synod_signer_requests_total{")
            && (line.contains("\"signed\"") || line.contains("\"repeated\""))
    });
    assert!(signed.clone().all(|line| line.ends_with(" 0")), "{:?}", signed.collect::<Vec<_>>());
}
