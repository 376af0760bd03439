//! Keys that were planted are looked for in the memory of a daemon, and in what it leaves behind.
//!
//! A signer that runs has its key in memory: nothing can be signed without. What must not be there
//! is what led to it, and nothing of it may be left once the signer has ended.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::super::support::{Reach, Synod, get, post, ran_in, until};
use super::{network, with};

const PASSWORD: &str = "planted horse battery staple";
/// Two secrets, in hexadecimal digits: of a keystore, and of a plain file.
const SECRETS: [&str; 2] = [
    "0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0fedcba987654321",
    "1234123412341234abcdabcdabcdabcd5678567856785678efefefefefefefef",
];

/// A network in which one signer has a keystore and another a plain file.
fn home() -> (TempDir, PathBuf) {
    let home = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    };
    write("word", PASSWORD);
    write("old", &format!("0x{}\n", SECRETS[0]));
    write("plain", &format!("0x{}\n", SECRETS[1]));
    let line = "keys import store.json --from old --scheme bn254 --kdf pbkdf2 --password-file word";
    let made = ran_in(home.path(), &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(made.code, Some(0), "{made:?}");
    let config = network(home.path(), |text| {
        let keystore = "key_file = \"store.json\", password = { file = \"word\" }";
        let text = with(&text, "generate = true", keystore);
        with(&text, "generate = true", "key_file = \"plain\"")
    });
    (home, config)
}

fn ready(config: &Path) -> (Synod, Reach) {
    let (synod, reach) = Synod::run(config);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    (synod, reach)
}

fn raw(secret: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap();
    (0..32).map(digits).collect()
}

/// How often each of these stands in the memory of a process. `None`: it may not be read.
fn found(pid: u32, needles: &[Vec<u8>]) -> Option<Vec<usize>> {
    const PAGE: u64 = 4_096;
    const OVERLAP: u64 = 64;
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut counts = vec![0; needles.len()];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (mut at, to) = (number(from), number(to));
        while at < to {
            // Pieces overlap, so that nothing stands across their border unseen.
            let mut piece = [0; (PAGE + OVERLAP) as usize];
            let end = (to - at).min(PAGE + OVERLAP) as usize;
            let is_read = memory.read_exact_at(&mut piece[..end], at).is_ok();
            if is_read && piece != [0; (PAGE + OVERLAP) as usize] {
                for (needle, count) in needles.iter().zip(&mut counts) {
                    *count += occurrences(&piece[..end], needle, PAGE as usize);
                }
            }
            at += PAGE;
        }
    }
    Some(counts)
}

/// How many of the first places in a piece begin so.
fn occurrences(piece: &[u8], needle: &[u8], places: usize) -> usize {
    let places = piece.iter().take(places).enumerate();
    let begins = places.filter(|(_, byte)| **byte == needle[0]);
    begins.filter(|(at, _)| piece[*at..].starts_with(needle)).count()
}

#[test]
fn what_led_to_a_key_is_not_in_memory_and_the_key_leaves_with_its_signer() {
    let (_home, config) = home();
    let (synod, reach) = ready(&config);
    let texts = [PASSWORD, SECRETS[0], SECRETS[1]].map(|text| text.as_bytes().to_vec());
    let Some(counts) = found(synod.pid(), &texts) else {
        // Nobody may look but root with all its rights: which is what was to be shown.
        return;
    };
    assert_eq!(counts, [0, 0, 0], "of the password and the digits of the keys");
    let keys = SECRETS.map(raw);
    let counts = found(synod.pid(), &keys).unwrap();
    assert!(counts.iter().all(|&count| 0 < count), "the search finds nothing: {counts:?}");
    for signer in ["signer-1", "signer-2"] {
        let drained = post(&reach.at(&format!("/v1/drain/{signer}")), "");
        assert!(drained.status < 300, "{}", drained.text);
        until("its end", || (reach.actor(signer)["state"] == "dismissed").then_some(()));
    }
    let counts = found(synod.pid(), &keys).unwrap();
    assert_eq!(counts, [0, 0], "of keys whose signers have ended");
}

/// Even if it is allowed to, and ends by a signal that leaves one.
#[test]
fn a_daemon_leaves_no_core_dump() {
    let (home, _config) = home();
    let unlimited = "ulimit -c unlimited 2>/dev/null; cd \"$1\"; shift; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", unlimited, "sh"]).arg(home.path()).arg(env!("CARGO_BIN_EXE_synod"));
    command.args(["run", "--config", "synod.toml"]);
    let (mut synod, _reach) = Synod::run_command(command);
    synod.signal(Signal::ABORT);
    let status = synod.end();
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped(), "a core dump was written");
}

/// The key has signed by records that the journal does not hold: it signs nothing, and says so.
#[test]
fn a_signer_that_does_not_start_is_a_reason_against_being_ready() {
    let (home, config) = home();
    let mark = home.path().join("plain.guard");
    fs::write(&mark, format!("{:020} {}\n", 3, "07".repeat(32))).unwrap();
    fs::set_permissions(mark, Permissions::from_mode(0o600)).unwrap();
    let (_synod, reach) = Synod::run(&config);
    let reasons = until("the reason", || {
        let answer = get(&reach.at("/readyz"));
        let is_told = answer.text.contains("older than the key's mark");
        (answer.status == 503 && is_told).then(|| answer.json()["reasons"].to_string())
    });
    assert!(reasons.contains("signer-2 is ") && !reasons.contains("signer-1 is "), "{reasons}");
}
