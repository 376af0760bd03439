//! `synod keys`, as people type it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use tempfile::TempDir;

use super::support::{Ran, ran_in};

const WORD: &str = "correct horse battery";
const OTHER: &str = "staple of another kind";
const USAGE: i32 = 64;
const IO: i32 = 74;
const CONFIG: i32 = 78;

/// A directory with passwords in files.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        let room = Self(TempDir::new().unwrap());
        room.write("word", WORD);
        room.write("other", OTHER);
        room
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
        self.allow(name, 0o600);
    }

    fn allow(&self, name: &str, mode: u32) {
        fs::set_permissions(self.0.path().join(name), Permissions::from_mode(mode)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn run(&self, line: &str) -> Ran {
        let args: Vec<&str> = ["keys"].into_iter().chain(line.split_whitespace()).collect();
        let ended = ran_in(self.0.path(), &args);
        let said = format!("{}{}", ended.out, ended.err);
        assert!(!said.contains(WORD) && !said.contains(OTHER), "{line}: tells a password: {said}");
        ended
    }

    #[track_caller]
    fn json(&self, line: &str) -> Value {
        let ended = self.run(&format!("{line} --json"));
        assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
        serde_json::from_str(&ended.out).unwrap()
    }

    #[track_caller]
    fn fails(&self, line: &str, code: i32, words: &str) {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.err.contains(words), "{line}: no `{words}` in {ended:?}");
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.0.path().join(name)).unwrap().permissions().mode() & 0o7777
    }
}

#[test]
fn a_key_is_made_looked_at_rotated_and_exported() {
    let room = Room::new();
    let made = room.json("new one.json --scheme bn254 --kdf pbkdf2 --password-file word");
    assert_eq!(made["scheme"], "bn254");
    assert_eq!(room.mode("one.json"), 0o600);
    let key = &made["public_key"];
    assert_eq!(key.as_str().unwrap().len(), 2 + 2 * 192);

    let info = room.json("info one.json");
    assert_eq!((&info["form"], &info["work"]), (&"eip-2335".into(), &"pbkdf2 c=262144".into()));
    assert!(info.get("opens").is_none(), "it was not asked to");
    let info = room.json("info one.json --open --password-file word");
    assert_eq!((&info["opens"], &info["public_key"]), (&true.into(), key));
    room.fails("info one.json --open --password-file other", CONFIG, "the password is wrong");

    let rotate = "rotate one.json --kdf pbkdf2 --password-file word --new-password-file other";
    let rotated = room.json(rotate);
    assert_eq!((&rotated["public_key"], &rotated["former"]), (key, &"one.json.old.1".into()));
    room.fails("info one.json --open --password-file word", CONFIG, "the password is wrong");
    let former = room.json("info one.json.old.1 --open --password-file word");
    assert_eq!(&former["public_key"], key);

    let renewed = room.json("rotate one.json --kdf pbkdf2 --new-key --password-file other");
    assert_ne!(&renewed["public_key"], key);
    assert_eq!(renewed["former"], "one.json.old.2");

    let line = "export one.json --to plain.key --password-file other";
    room.fails(line, USAGE, "--yes-write-the-secret");
    assert!(!room.0.path().join("plain.key").exists());
    room.json(&format!("{line} --yes-write-the-secret"));
    assert_eq!(room.mode("plain.key"), 0o600);
    let secret = room.read("plain.key");
    let line = "import two.json --from plain.key --scheme bn254 --kdf pbkdf2 --password-file word";
    let imported = room.run(line);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(!imported.out.contains(&secret.trim()[2..]));
    let again = room.json("info two.json --open --password-file word");
    assert_eq!(again["public_key"], renewed["public_key"]);
}

#[test]
fn what_is_there_is_never_overwritten() {
    let room = Room::new();
    room.write("there", "something");
    for line in [
        "new there --scheme ecdsa --password-file word",
        "import there --from word --password-file word",
        "export word --to there --password-file word --yes-write-the-secret",
    ] {
        room.fails(line, IO, "there: is there already");
    }
    assert_eq!(room.read("there"), "something");
}

#[test]
fn a_password_comes_from_a_file_a_variable_or_a_descriptor_and_from_no_argument() {
    let room = Room::new();
    room.fails("new a.json --scheme ecdsa --password secret", 2, "unexpected argument");
    room.fails("new a.json --scheme ecdsa --password-env NOT_SET_AT_ALL", CONFIG, "is not set");
    room.fails("new a.json --scheme ecdsa --password-fd 99", IO, "file descriptor 99");
    room.fails(
        "new a.json --scheme ecdsa --password-fd 3 --password-env X",
        2,
        "cannot be used with",
    );
    room.allow("word", 0o644);
    room.fails("new a.json --scheme ecdsa --password-file word", CONFIG, "chmod 600 word");
    room.write("short", "seven77");
    room.fails("new a.json --scheme ecdsa --password-file short", CONFIG, "at least 8 characters");
    assert!(!room.0.path().join("a.json").exists());
}

#[test]
fn keys_grow_from_seeds_where_there_is_a_standard_for_it() {
    let room = Room::new();
    let seed = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
    room.write("seed", &format!("0x{seed}\n"));
    let with = "--seed-file seed --kdf pbkdf2 --password-file word";
    let one = room.json(&format!("new a.json --scheme bls12-381 --path m/42 {with}"));
    // The child of EIP-2333's fourth vector.
    let line = "export a.json --to a.key --password-file word --yes-write-the-secret";
    assert_eq!(room.run(line).code, Some(0));
    let secret: synod_types::U256 = room.read("a.key").trim().parse().unwrap();
    let child = "31372231650479070279774297061823572166496564838472787488249775572789064611981";
    assert_eq!(secret.to_string(), child);
    assert_eq!(room.json("info a.json")["path"], "m/42");
    let claims = room.json("info a.json")["claims"].clone();
    assert_eq!(claims, one["public_key"]);
    room.fails(&format!("new b.json --scheme bls12-381 {with}"), USAGE, "--path");
    room.fails(&format!("new b.json --scheme bn254 --path m/0 {with}"), USAGE, "--path");
    room.fails(&format!("new b.json --scheme ecdsa {with}"), USAGE, "--seed-file");
    room.fails(&format!("new b.json --scheme bls12-381 --path m/x {with}"), 2, "a path is `m`");
    let two = ["b.json", "c.json"]
        .map(|name| room.json(&format!("new {name} --scheme bn254 {with}"))["public_key"].clone());
    assert_eq!(two[0], two[1], "one seed, one key");
}

#[test]
fn a_directory_is_listed_without_a_password() {
    let room = Room::new();
    room.json("new a.json --scheme ecdsa --kdf pbkdf2 --password-file word");
    room.json("new b.json --scheme bls12-381 --kdf pbkdf2 --password-file word");
    room.write("plain.key", &format!("0x{}\n", "17".repeat(32)));
    room.write("wide.json", "{}");
    room.allow("wide.json", 0o644);
    let listed = room.json("list");
    let of = |name: &str| {
        let all = listed.as_array().unwrap().iter();
        let mut found = all.filter(|one| one["keystore"].as_str().unwrap().ends_with(name));
        found.next().unwrap_or_else(|| panic!("no {name} in {listed}")).clone()
    };
    assert_eq!(listed.as_array().unwrap().len(), 4, "{listed}");
    assert_eq!(
        (&of("a.json")["form"], &of("a.json")["scheme"]),
        (&"web3-v3".into(), &"ecdsa".into())
    );
    assert_eq!(of("b.json")["scheme"], "bls12-381");
    assert_eq!(of("plain.key")["form"], "plain");
    assert!(of("wide.json")["problem"].as_str().unwrap().contains("chmod 600"));
    let ended = room.run("list");
    assert!(!ended.out.contains(&"17".repeat(8)), "{ended:?}");
    room.fails("list nowhere", IO, "nowhere");
}
