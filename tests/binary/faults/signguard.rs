//! What guards remember, taken to another journal and back.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use synod_signature::GuardRecord;
use synod_signature_core::guard::interchange::{KeyRecords, export, parse};
use synod_types::B256;
use synod_types::signature::Digest;

use super::super::support::{Ran, Synod, get, ran, until};
use super::network;

/// A network with keys of its own, in a directory.
struct Home {
    directory: tempfile::TempDir,
    config: PathBuf,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = network(directory.path(), |text| text);
        Self { directory, config }
    }

    /// Runs it until there are more certificates than `known`, and kills it; how many there are.
    fn run(&self, known: usize) -> usize {
        let (mut synod, reach) = Synod::run(&self.config);
        let certified = || {
            let page = reach.read("/v1/tasks?state=completed&limit=1000");
            page["tasks"].as_array().unwrap().len()
        };
        let now = until("a certificate", || (known < certified()).then(certified));
        until("all to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
        synod.signal(Signal::KILL);
        synod.end();
        now
    }

    fn signguard(&self, args: &[&str]) -> Ran {
        let config = self.config.to_str().unwrap();
        ran(&[&["signguard", "--config", config], args].concat())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn export(&self, name: &str) -> PathBuf {
        let file = self.file(name);
        let ended = self.signguard(&["export", "--out", file.to_str().unwrap()]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        file
    }

    #[track_caller]
    fn import(&self, file: &Path, code: i32, says: &str) {
        let ended = self.signguard(&["import", file.to_str().unwrap()]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.out.contains(says) || ended.err.contains(says), "{ended:?}");
        if code != 0 {
            assert!(ended.err.contains("nothing was changed"), "{ended:?}");
        }
    }

    fn lose_journal(&self) {
        std::fs::remove_dir_all(self.file("data/journal")).unwrap();
    }

    /// The same file with something else in it, and whole.
    fn changed(&self, file: &Path, change: impl Fn(&mut KeyRecords)) -> PathBuf {
        let mut keys = parse(&std::fs::read(file).unwrap()).unwrap();
        change(keys.iter_mut().find(|key| !key.records.is_empty()).unwrap());
        let other = self.file("changed.json");
        std::fs::write(&other, export(&keys)).unwrap();
        other
    }
}

#[test]
fn a_lost_journal_is_made_good_by_the_newest_export_only() {
    let home = Home::new();
    let known = home.run(0);
    let older = home.export("older.json");
    let known = home.run(known);
    let newest = home.export("newest.json");
    let again = home.signguard(&["export", "--out", newest.to_str().unwrap()]);
    assert_eq!(again.code, Some(74), "{again:?}");

    home.lose_journal();
    let ended = home.signguard(&["status"]);
    assert_eq!((ended.code, ended.err.contains("no journal")), (Some(74), true), "{ended:?}");
    home.import(&older, 65, "lower mark");
    let ended = home.signguard(&["status"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("does not sign"), "{ended:?}");
    let refused = home.signguard(&["export"]);
    assert_eq!(refused.code, Some(65), "an export of less than was signed: {refused:?}");

    home.import(&newest, 0, "records added");
    home.import(&newest, 0, "signer-1: 0 of");
    let ended = home.signguard(&["status"]);
    assert_eq!((ended.code, ended.out.contains("does not sign")), (Some(0), false), "{ended:?}");
    let status = home.signguard(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert!(status.as_array().unwrap().iter().all(|view| view["signs"] == true), "{status}");
    // The tasks are gone with the journal, but what was signed is not.
    assert!(0 < known);
    home.run(0);
}

#[test]
fn a_file_that_conflicts_or_was_cut_changes_nothing() {
    let home = Home::new();
    home.run(0);
    let file = home.export("guards.json");
    let other = home.changed(&file, |key| {
        let GuardRecord::V1 { digest, .. } = &mut key.records[0];
        *digest = Digest(B256::repeat_byte(7));
    });
    home.import(&other, 65, "conflict");
    let foreign = home.changed(&file, |key| {
        key.key = synod_types::signature::PublicKey::Ecdsa(synod_types::Address::ZERO);
        key.records.clear();
    });
    home.import(&foreign, 65, "no signer here holds it");
    let text = std::fs::read_to_string(&file).unwrap();
    let cut = home.file("cut.json");
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut keys = value["keys"].as_array_mut().unwrap().iter_mut();
    keys.find_map(|key| key["records"].as_array_mut().unwrap().pop()).unwrap();
    std::fs::write(&cut, value.to_string()).unwrap();
    home.import(&cut, 65, "do not lead to the mark");
    std::fs::write(&cut, &text[..text.len() / 2]).unwrap();
    home.import(&cut, 65, "no interchange file");
    home.import(&file, 0, "signer-1: 0 of");
}

#[test]
fn a_running_daemon_keeps_its_guards_to_itself() {
    let home = Home::new();
    let (synod, _) = Synod::run(&home.config);
    for args in [&["status"][..], &["export"]] {
        let ended = home.signguard(args);
        assert_eq!(ended.code, Some(69), "{ended:?}");
        assert!(ended.err.contains(&format!("process {}", synod.pid())), "{ended:?}");
    }
}

/// By whatever path it is called: the lock is the file's.
#[test]
fn a_link_to_a_data_directory_is_the_same_directory() {
    let home = Home::new();
    let (synod, _) = Synod::run(&home.config);
    let link = home.file("link");
    std::os::unix::fs::symlink(home.file("data"), &link).unwrap();
    let config = home.config.to_str().unwrap();
    let ended = ran(&["run", "--config", config, "--data-dir", link.to_str().unwrap()]);
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    assert!(ended.err.contains(&format!("process {}", synod.pid())), "{ended:?}");
    assert!(ended.err.contains(link.to_str().unwrap()), "{ended:?}");
}
