use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use synod_signature::SecretKey;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::{Password, Sealing, Work, random_key};

const WORD: &str = "correct horse battery";
const OTHER: &str = "staple of another";

/// A directory with a keystore and the file of its password.
struct Room {
    directory: TempDir,
    key: PublicKey,
}

impl Room {
    fn new(scheme: Scheme) -> Self {
        let directory = TempDir::new().unwrap();
        let key = random_key(scheme).unwrap();
        let room = Self { directory, key: key.public() };
        write_keystore(&room.path(), &sealed(&key, WORD)).unwrap();
        fs::write(room.word(), WORD).unwrap();
        fs::set_permissions(room.word(), Permissions::from_mode(0o600)).unwrap();
        room
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("operator.json")
    }

    fn word(&self) -> PathBuf {
        self.directory.path().join("operator.password")
    }

    fn file(&self) -> KeystoreFile {
        KeystoreFile::new(self.path(), self.key.scheme(), PasswordPlace::File(self.word()))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

fn sealed(key: &SecretKey, word: &str) -> String {
    let password = Password::new(Zeroizing::new(word.to_owned())).unwrap();
    let work = Work::Scrypt { log_n: 12, r: 1, p: 1 };
    Keystore::seal(key, &password, &Sealing::new(work, None).unwrap()).unwrap()
}

#[test]
fn a_keystore_is_opened_with_the_password_of_its_file() {
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let room = Room::new(scheme);
        room.file().inspect().unwrap();
        assert_eq!(room.file().public_key().unwrap(), room.key);
        let mode = fs::metadata(room.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(room.file().mark().unwrap(), Some(Mark::default()));
    }
}

#[test]
fn a_keystore_others_can_reach_is_refused_with_the_chmod_that_helps() {
    let room = Room::new(Scheme::Bn254);
    for mode in [0o644, 0o640, 0o660, 0o602] {
        fs::set_permissions(room.path(), Permissions::from_mode(mode)).unwrap();
        for outcome in [room.file().inspect(), room.file().load().map(drop)] {
            let text = outcome.unwrap_err().to_string();
            assert!(text.contains(&format!("chmod 600 {}", room.path().display())), "{text}");
        }
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let room = Room::new(Scheme::Ecdsa);
    let wrong = KeystoreFile { scheme: Scheme::Bn254, ..room.file() };
    for outcome in [wrong.inspect(), wrong.load().map(drop)] {
        let text = outcome.unwrap_err().to_string();
        assert!(text.ends_with("a key of ecdsa, and bn254 is wanted"), "{text}");
    }
    fs::write(room.word(), OTHER).unwrap();
    room.file().inspect().unwrap();
    let Err(KeySourceError::Keystore { cause, .. }) = room.file().load() else { panic!() };
    assert_eq!(cause.to_string(), KeystoreError::WrongPassword.to_string());
    fs::remove_file(room.word()).unwrap();
    assert!(matches!(room.file().inspect(), Err(KeySourceError::Unreachable { .. })));
    fs::write(room.path(), "x".repeat(70_000)).unwrap();
    assert!(matches!(room.file().inspect(), Err(KeySourceError::TooLong { .. })));
}

#[test]
fn a_keystore_is_never_overwritten() {
    let room = Room::new(Scheme::Bn254);
    let again = write_keystore(&room.path(), &sealed(&random_key(Scheme::Bn254).unwrap(), WORD));
    assert!(matches!(again, Err(KeySourceError::Exists { .. })));
    assert_eq!(room.file().public_key().unwrap(), room.key);
    assert_eq!(room.names(), ["operator.json", "operator.password"]);
}

#[test]
fn what_is_replaced_is_kept() {
    let room = Room::new(Scheme::Bn254);
    let before = fs::read(room.path()).unwrap();
    let second = random_key(Scheme::Bn254).unwrap();
    let kept = rotate_keystore(&room.path(), &sealed(&second, WORD), true).unwrap();
    assert_eq!(kept, room.directory.path().join("operator.json.old.1"));
    assert_eq!(fs::read(&kept).unwrap(), before);
    assert_eq!(room.file().public_key().unwrap(), second.public());
    let kept = rotate_keystore(&room.path(), &sealed(&second, WORD), false).unwrap();
    assert!(kept.ends_with("operator.json.old.2"));
    for name in ["operator.json", "operator.json.old.1", "operator.json.old.2"] {
        let mode = fs::metadata(room.directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{name}");
    }
    assert_eq!(room.names().len(), 4, "nothing else is left");
}

fn at(path: &Path) -> KeystoreFile {
    KeystoreFile::new(path, Scheme::Bn254, PasswordPlace::Variable("NONE".to_owned()))
}

/// A key that has signed is known by its mark, under whichever name and password it goes on.
#[test]
fn a_mark_goes_with_its_key() {
    let room = Room::new(Scheme::Bn254);
    let none = room.file().mark().unwrap().unwrap();
    let signed = Mark { records: 7, ..none };
    room.file().raise(none, signed).unwrap();
    let kept = rotate_keystore(&room.path(), "another password", false).unwrap();
    assert_eq!(room.file().mark().unwrap(), Some(signed));
    let more = Mark { records: 9, ..none };
    room.file().raise(signed, more).unwrap();
    assert_eq!(at(&kept).mark().unwrap(), Some(more), "the same mark by two names");
    let kept = rotate_keystore(&room.path(), "another key", true).unwrap();
    assert_eq!(at(&kept).mark().unwrap(), Some(more));
    assert_eq!(room.file().mark().unwrap(), Some(none), "the new key has not signed");
    assert_eq!(at(&kept).mark().unwrap(), Some(more));
}

#[test]
fn a_keystore_says_whose_key_it_holds() {
    let room = Room::new(Scheme::Bls12381);
    let other = random_key(Scheme::Bls12381).unwrap().public();
    assert_eq!(room.file().claims(&room.key).unwrap(), Some(true));
    assert_eq!(room.file().claims(&other).unwrap(), Some(false));
}

#[test]
fn what_is_not_there_is_not_replaced() {
    let room = Room::new(Scheme::Bn254);
    fs::remove_file(room.path()).unwrap();
    let outcome = rotate_keystore(&room.path(), "text", false);
    assert!(matches!(outcome, Err(KeySourceError::Unreachable { .. })));
    assert_eq!(room.names(), ["operator.password"]);
}
