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
        check(SECRET, mode, Scheme::Ecdsa, Err("chmod 600"));
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

fn marked(directory: &TempDir) -> (KeyFile, std::path::PathBuf) {
    let file = KeyFile::generated(directory.path().join("key"), Scheme::Bn254);
    file.create().unwrap();
    (file, directory.path().join("key.guard"))
}

#[test]
fn a_mark_grows_and_is_kept() {
    let directory = TempDir::new().unwrap();
    let (file, path) = marked(&directory);
    assert_eq!(file.mark().unwrap(), Some(0));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    for (records, mark) in [(3, 3), (2, 3), (u64::MAX, u64::MAX), (0, u64::MAX)] {
        file.raise(records).unwrap();
        assert_eq!(file.mark().unwrap(), Some(mark));
    }
}

#[test]
fn marks_raised_at_once_end_at_the_highest() {
    let directory = TempDir::new().unwrap();
    let (file, _) = marked(&directory);
    assert_eq!(file.mark().unwrap(), Some(0));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let file = &file;
            scope.spawn(move || (0..50).for_each(|n| file.raise(4 * n + thread).unwrap()));
        }
    });
    assert_eq!(file.mark().unwrap(), Some(199));
}

#[test]
fn a_damaged_or_missing_mark_raises_nothing() {
    let directory = TempDir::new().unwrap();
    let (file, path) = marked(&directory);
    assert!(matches!(file.raise(1), Err(KeySourceError::Unreachable { .. })));
    for text in ["", "7\n", "0000000000000000000x\n", "00000000000000000007"] {
        fs::write(&path, text).unwrap();
        for outcome in [file.mark().map(|_| ()), file.raise(1)] {
            let Err(KeySourceError::MalformedMark { place }) = outcome else { panic!("{text}") };
            assert!(place.ends_with("key.guard"));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "left as it is");
    }
}
