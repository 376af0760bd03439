//! A key is where it was put, and nowhere else.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;
use synod_signature::SecretKey;
use synod_signature_keyfile::{Keystore, Password, Sealing, Work, write_keystore};
use synod_types::signature::Scheme;

use super::super::support::{Reach, Synod, get, post, ran, until};
use super::{network, with};

const KEY: &str = "0b3f1c2d9e8a7b6c4d1e2f3a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c";
const PASSWORD: &str = "planted horse battery 4711";
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
    let bytes = raw();
    let list = |first: usize| format!("{:?}", &bytes[first..first + 8]).replace(['[', ']'], "");
    let decimal = synod_types::U256::from_be_slice(&bytes).to_string();
    let words: Vec<String> = KEY.as_bytes().chunks(16).map(|it| hex(it).to_lowercase()).collect();
    let told = vec![decimal, list(0), list(24), TOKEN.to_owned(), PASSWORD.to_owned()];
    // Base64 of the key by thirds, which fall where its digits begin anew: as it is looked for in
    // lower case, so is this.
    let base64 = [0, 12].map(|at| base64(&bytes[at..at + 12]).to_lowercase()).to_vec();
    [told, words, base64].concat()
}

fn raw() -> Vec<u8> {
    synod_types::U256::from_str_radix(KEY, 16).unwrap().to_be_bytes_vec()
}

/// RFC 4648, of whole groups of three bytes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes
        .chunks_exact(3)
        .map(|group| group.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)));
    groups
        .flat_map(|group| [18, 12, 6, 0].map(|shift| char::from(DIGITS[group >> shift & 63])))
        .collect()
}

fn hex(word: &[u8]) -> String {
    String::from_utf8(word.to_vec()).unwrap()
}

/// The network of [`planted`], its key in a keystore under a password that is planted too.
fn planted_keystore(directory: &Path) -> std::path::PathBuf {
    let file = planted(directory);
    let secret = synod_types::U256::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    let key = SecretKey::from_bytes(Scheme::Bn254, &secret).unwrap();
    let sealing = Sealing::new(Work::Scrypt { log_n: 12, r: 8, p: 1 }, None).unwrap();
    let password = Password::new(PASSWORD.to_owned().into()).unwrap();
    let store = Keystore::seal(&key, &password, &sealing).unwrap();
    write_keystore(&directory.join("operator.json"), &store).unwrap();
    let words = directory.join("operator.password");
    std::fs::write(&words, format!("{PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&words, PermissionsExt::from_mode(0o600)).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let source = "key_file = \"operator.json\", password = { file = \"operator.password\" }";
    std::fs::write(&file, with(&text, "key_file = \"operator.key\"", source)).unwrap();
    std::fs::remove_file(directory.join("operator.key")).unwrap();
    file
}

#[test]
fn no_secret_of_a_keystore_is_told_by_any_surface() {
    let home = tempfile::tempdir().unwrap();
    let file = planted_keystore(home.path());
    let config = file.to_str().unwrap();
    for args in [&["validate", config][..], &["validate", "--show", config]] {
        let ended = ran(args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        check_silent("validate", &ended.out);
    }
    check_silent("explain", &ran(&["explain", "signer-1", "--config", config]).out);
    let (mut synod, reach) = Synod::run(&file);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    post(&reach.at("/v1/actors/signer-1/kill"), "");
    until("the next life", || (reach.actor("signer-1")["restarts"] == 1).then_some(()));
    // While it runs, the password is another: the next life opens nothing, and says why.
    std::fs::write(home.path().join("operator.password"), "not the password at all").unwrap();
    post(&reach.at("/v1/actors/signer-1/kill"), "");
    until("the reason", || reach.actor("signer-1").to_string().contains("password").then_some(()));
    check_surface(&reach);
    check_silent("/v1/actors", &reach.read("/v1/actors").to_string());
    synod.signal(Signal::TERM);
    synod.end();
    check_silent("the log", &synod.err.so_far().join("\n"));
    check_files(home.path());
}

/// Of all that the daemon wrote, nothing tells a secret; where they were put is left out.
fn check_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            check_files(&path);
        } else if !["operator.password", "synod.toml"].contains(&name.as_str()) {
            let bytes = std::fs::read(&path).unwrap();
            let secret = raw();
            assert!(!bytes.windows(32).any(|window| window == secret), "{name} holds the key");
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            for form in forms() {
                assert!(!text.contains(&form.to_lowercase()), "{name} tells `{form}`");
            }
        }
    }
}

#[test]
fn a_wrong_password_ends_the_start_with_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let file = planted_keystore(home.path());
    let words = home.path().join("operator.password");
    std::fs::write(&words, "not the password at all").unwrap();
    let ended = ran(&["run", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.err.contains("operator.json: the keystore cannot be used"), "{ended:?}");
    assert!(ended.err.contains("the password is wrong, or the keystore damaged"), "{ended:?}");
    assert!(!ended.err.contains("not the password"), "{ended:?}");
    check_silent("the refusal", &ended.err);
}

#[test]
fn validate_finds_a_missing_or_wide_key_without_opening_it() {
    let home = tempfile::tempdir().unwrap();
    let file = planted_keystore(home.path());
    let validate = || ran(&["validate", file.to_str().unwrap()]);
    let check = |words: &str| {
        let ended = validate();
        assert_eq!(ended.code, Some(78), "{ended:?}");
        assert!(ended.err.contains(words), "no `{words}` in {ended:?}");
        check_silent("the refusal", &ended.err);
    };
    assert_eq!(validate().code, Some(0));
    for name in ["operator.json", "operator.password"] {
        let path = home.path().join(name);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        check(&format!(
            "signer-1: {0}: mode 640 lets others at the key; say `chmod 600 {0}`",
            path.display()
        ));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    }
    std::fs::write(home.path().join("operator.password"), "not the password at all").unwrap();
    assert_eq!(validate().code, Some(0), "nothing is opened");
    std::fs::remove_file(home.path().join("operator.json")).unwrap();
    check("operator.json: cannot be reached: No such file");
    let ended = ran(&["validate", "--without-keys", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
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
