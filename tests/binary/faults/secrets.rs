//! A key is where it was put, and nowhere else.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use super::super::support::{Reach, Synod, get, post, ran, until};
use super::{network, with};

const KEY: &str = "0b3f1c2d9e8a7b6c4d1e2f3a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c";
const TOKEN: &str = "planted-token-4711";
const SIGNER: &str = "edges = { journal = \"store\" }\nsettings = { generate = true }";
const EXECUTOR: &str = "0x00000000000000000000000000000000000000a1\", set = \"main\" }";

/// A network in which one key and one variable of a child are known, and everything is logged.
fn planted(directory: &Path) -> std::path::PathBuf {
    let key = directory.join("operator.key");
    std::fs::write(&key, format!("0x{KEY}\n")).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    network(directory, |text| {
        let text =
            with(&text, SIGNER, &SIGNER.replace("generate = true", "key_file = \"operator.key\""));
        let process = format!(
            "0x00000000000000000000000000000000000000a1\", set = \"main\", performer = \"process\", \
             process = {{ environment = {{ TOKEN = \"{TOKEN}\" }}, \
             command = [\"/bin/sh\", \"-c\", \"exit 3\"] }} }}"
        );
        // ractor is quiet unless it is named: here nothing may be.
        with(&text, EXECUTOR, &process) + "level = \"trace,ractor=trace\"\n"
    })
}

/// The secrets in every form in which somebody could print them.
fn forms() -> Vec<String> {
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()).collect();
    let list = |first: usize| format!("{:?}", &bytes[first..first + 8]).replace(['[', ']'], "");
    let decimal = synod_types::U256::from_be_slice(&bytes).to_string();
    let words: Vec<String> = KEY.as_bytes().chunks(16).map(|it| hex(it).to_lowercase()).collect();
    [vec![decimal, list(0), list(24), TOKEN.to_owned()], words].concat()
}

fn hex(word: &[u8]) -> String {
    String::from_utf8(word.to_vec()).unwrap()
}

#[track_caller]
fn check_silent(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what} says nothing at all");
    let lower = text.to_lowercase();
    for form in forms() {
        assert!(!lower.contains(&form), "{what} tells `{form}`");
    }
}

#[test]
fn no_secret_is_told_by_any_surface() {
    let home = tempfile::tempdir().unwrap();
    let file = planted(home.path());
    let config = file.to_str().unwrap();
    check_silent("validate --show", &ran(&["validate", "--show", config]).out);
    let (mut synod, reach) = Synod::run(&file);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    until("a failure of the child", || {
        let answers = reach.read("/v1/executors/executor-1/answers").to_string();
        answers.contains("failed").then_some(())
    });
    for victim in ["signer-1", "executor-1", "signer-1", "store"] {
        post(&reach.at(&format!("/v1/actors/{victim}/kill")), "");
    }
    until("the next lives", || (reach.actor("store")["restarts"] == 1).then_some(()));
    check_surface(&reach);
    synod.signal(Signal::TERM);
    assert!(synod.end().success());
    let said = synod.err.so_far();
    assert!(said.iter().any(|line| line.contains("TRACE")), "everything was to be logged");
    check_silent("the log", &said.join("\n"));
    for name in ["operator.key", "operator.key.guard", "data/keys/signer-2.key"] {
        let mode = std::fs::metadata(home.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let keys = std::fs::metadata(home.path().join("data/keys")).unwrap();
    assert_eq!(keys.permissions().mode() & 0o777, 0o700);
}

fn check_surface(reach: &Reach) {
    for path in [
        "/v1/status",
        "/v1/tree",
        "/v1/actors",
        "/v1/dead-letters",
        "/v1/breakers",
        "/v1/tasks?limit=100",
        "/v1/executors/executor-1/answers",
        "/v1/memory/chain-observer",
    ] {
        check_silent(path, &get(&reach.at(path)).text);
    }
    check_silent("/metrics", &reach.scrape());
}

#[test]
fn a_key_that_others_can_read_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let file = planted(home.path());
    let key = home.path().join("operator.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let ended = ran(&["run", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.err.contains(&format!("chmod 600 {}", key.display())), "{ended:?}");
    check_silent("the refusal", &ended.err);
}

#[test]
fn two_signers_with_copies_of_one_key_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = planted(home.path());
    // Copies the mode too.
    std::fs::copy(home.path().join("operator.key"), home.path().join("copy.key")).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, with(&text, "generate = true", "key_file = \"copy.key\"")).unwrap();
    let ended = ran(&["run", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.err.contains("signer-2: signer-1 holds the same key"), "{ended:?}");
}

#[test]
fn a_key_written_into_the_topology_is_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let file = planted(home.path());
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, with(&text, "operator.key", &format!("0x{KEY}"))).unwrap();
    for args in [&["validate"][..], &["validate", "--show"], &["run"]] {
        let ended = ran(&[args, &["--config", file.to_str().unwrap()]].concat());
        assert_eq!(ended.code, Some(78), "{ended:?}");
        check_silent("the refusal", &ended.err);
    }
}
