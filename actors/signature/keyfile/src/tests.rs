use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

const SECRET: &str = "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";
const SCHEMES: [Scheme; 3] = [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa];

/// What becomes of a file with this text and mode, in short.
#[track_caller]
fn check(text: &str, mode: u32, scheme: Scheme, expected: Result<(), &str>) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("operator.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    let outcome = KeyFile::existing(&path, scheme).load();
    match (&outcome, expected) {
        (Ok(key), Ok(())) => assert_eq!(hex::encode(key.to_bytes()), SECRET[2..]),
        (Err(error), Err(expected)) => {
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("operator.key"), "{text}");
            let all = format!("{error:?} {text}");
            assert!(!all.contains("1234567890abcdef"), "the secret is in the error");
        }
        (outcome, expected) => panic!("{expected:?} expected, not {outcome:?}"),
    }
}

#[test]
fn a_key_file_is_read_with_or_without_line_break() {
    for mode in [0o600, 0o400] {
        check(SECRET, mode, Scheme::Ecdsa, Ok(()));
        check(&format!("{SECRET}\n"), mode, Scheme::Bn254, Ok(()));
    }
}

#[test]
fn a_file_others_can_reach_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        check(SECRET, mode, Scheme::Ecdsa, Err("mode"));
    }
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    for text in [
        "",
        "0x",
        &SECRET[2..],
        &SECRET[..65],
        &format!("{SECRET}0"),
        &format!("{SECRET} {SECRET}"),
        &SECRET.replace('f', "g"),
    ] {
        check(text, 0o600, Scheme::Ecdsa, Err("no secret of 64"));
    }
    for scheme in SCHEMES {
        check(&format!("0x{}", "0".repeat(64)), 0o600, scheme, Err("not a key of the scheme"));
        check(&format!("0x{}", "f".repeat(64)), 0o600, scheme, Err("not a key of the scheme"));
    }
}

#[test]
fn a_new_key_is_private_and_is_read_back() {
    for scheme in SCHEMES {
        let directory = TempDir::new().unwrap();
        let file = KeyFile::existing(directory.path().join("keys/new.key"), scheme);
        let public = file.create().unwrap();
        assert_eq!(public.scheme(), scheme);
        assert_eq!(file.public_key().unwrap(), public);
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        let beside = fs::read_dir(directory.path().join("keys")).unwrap();
        assert_eq!(beside.count(), 1, "nothing else is left");
    }
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let directory = TempDir::new().unwrap();
    let file = KeyFile::existing(directory.path().join("key"), Scheme::Bn254);
    let public = file.create().unwrap();
    assert!(matches!(file.create(), Err(KeySourceError::Exists { .. })));
    assert_eq!(file.public_key().unwrap(), public);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_generated_key_is_made_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("key");
    let missing = KeyFile::existing(&path, Scheme::Ecdsa).load();
    assert!(matches!(missing, Err(KeySourceError::Unreachable { .. })));
    let file = KeyFile::generated(&path, Scheme::Ecdsa);
    let first = file.public_key().unwrap();
    assert_eq!(file.public_key().unwrap(), first);
    assert_eq!(KeyFile::existing(&path, Scheme::Ecdsa).public_key().unwrap(), first);
}

#[test]
fn two_who_generate_at_once_get_the_same_key() {
    let directory = TempDir::new().unwrap();
    let file = KeyFile::generated(directory.path().join("key"), Scheme::Bn254);
    let keys: Vec<PublicKey> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| file.public_key().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_directory_is_no_key_file() {
    let directory = TempDir::new().unwrap();
    let outcome = KeyFile::existing(directory.path(), Scheme::Ecdsa).load();
    assert!(matches!(outcome, Err(KeySourceError::Malformed { .. })));
}
