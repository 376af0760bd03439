use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use synod_types::B256;

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
        (Ok(synod_signature::Key::Held(key)), Ok(())) => {
            assert_eq!(hex::encode(key.to_bytes()), SECRET[2..])
        }
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
    assert!(matches!(outcome, Err(KeySourceError::NotAFile { .. })));
}

fn marked(directory: &TempDir) -> (KeyFile, std::path::PathBuf) {
    let file = KeyFile::generated(directory.path().join("key"), Scheme::Bn254);
    file.create().unwrap();
    (file, directory.path().join("key.guard"))
}

const NONE: Mark = Mark { records: 0, chain: B256::ZERO };

fn at(records: u64) -> Mark {
    Mark { records, chain: B256::repeat_byte(records as u8) }
}

#[test]
fn a_mark_grows_and_is_kept() {
    let directory = TempDir::new().unwrap();
    let (file, path) = marked(&directory);
    assert_eq!(file.mark().unwrap(), Some(NONE));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    // The same once more is the same.
    for (from, to) in [(NONE, at(3)), (NONE, at(3)), (at(3), at(u64::MAX))] {
        file.raise(from, to).unwrap();
        assert_eq!(file.mark().unwrap(), Some(to));
    }
}

#[test]
fn a_mark_that_somebody_else_moved_is_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    let (file, _) = marked(&directory);
    assert_eq!(file.mark().unwrap(), Some(NONE));
    file.raise(NONE, at(5)).unwrap();
    let other = Mark { chain: B256::ZERO, ..at(5) };
    for (from, to) in [(NONE, at(6)), (at(4), at(6)), (other, at(6)), (at(5), at(4))] {
        let Err(KeySourceError::MovedMark { place, found, known }) = file.raise(from, to) else {
            panic!("{from:?} {to:?}")
        };
        assert!(place.ends_with("key.guard"));
        assert_eq!((found, known), (5, from.records));
        assert_eq!(file.mark().unwrap(), Some(at(5)));
    }
}

#[test]
fn of_two_who_raise_a_mark_at_once_one_does() {
    let directory = TempDir::new().unwrap();
    let (file, _) = marked(&directory);
    assert_eq!(file.mark().unwrap(), Some(NONE));
    for round in 0..50 {
        let from = if round == 0 { NONE } else { file.mark().unwrap().unwrap() };
        let raised: Vec<bool> = std::thread::scope(|scope| {
            let file = &file;
            let threads: Vec<_> = (1..=4)
                .map(|n| scope.spawn(move || file.raise(from, at(from.records + n)).is_ok()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(raised.iter().filter(|raised| **raised).count(), 1, "{raised:?}");
    }
}

#[test]
fn a_damaged_or_missing_mark_raises_nothing() {
    let directory = TempDir::new().unwrap();
    let (file, path) = marked(&directory);
    assert!(matches!(file.raise(NONE, at(1)), Err(KeySourceError::Unreachable { .. })));
    let whole = format!("{:020} {}\n", 7, "ab".repeat(32));
    for (text, is_good) in [
        (whole.as_str(), true),
        ("", false),
        ("7\n", false),
        (&whole[..whole.len() - 1], false),
        (&whole.replace("ab\n", "ax\n"), false),
        (&whole.replace("007 ", "+07 "), false),
        (&whole.replace("007 ", "0070"), false),
    ] {
        fs::write(&path, text).unwrap();
        let outcome = file.mark();
        if is_good {
            assert_eq!(outcome.unwrap().map(|mark| mark.records), Some(7));
            continue;
        }
        for outcome in [outcome.map(|_| ()), file.raise(NONE, at(1))] {
            let Err(KeySourceError::MalformedMark { place }) = outcome else { panic!("{text}") };
            assert!(place.ends_with("key.guard"));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "left as it is");
    }
}
