use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;

fn password(text: &str) -> Password {
    Password::new(Zeroizing::new(text.to_owned())).unwrap()
}

#[test]
fn eip_2335_normalises_and_strips() {
    for (text, normal) in [
        ("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑", "testpassword🔑"),
        ("Å", "A\u{30a}"),
        ("a\u{0}b\u{1f}c\u{7f}d\u{80}e\u{9f}f g", "abcdef g"),
        ("\t\r\n", ""),
        ("ﷺ", "صلى الله عليه وسلم"),
    ] {
        assert_eq!(password(text).normalised().as_str(), normal);
        assert!(password(text).normalised().len() <= GROWTH * text.len(), "no growing");
        assert_eq!(password(text).plain(), text.as_bytes());
    }
}

#[test]
fn one_line_break_at_the_end_is_no_part_of_it() {
    for (bytes, text) in
        [("a b", "a b"), ("a b\n", "a b"), ("a b\r\n", "a b"), ("a\n\n", "a\n"), ("", "")]
    {
        assert_eq!(Password::read(bytes.as_bytes()).unwrap(), Ok(password(text)));
    }
}

#[test]
fn what_is_no_password_is_refused() {
    let long = "x".repeat(BYTES_MAX + 1);
    assert_eq!(Password::read(long.as_bytes()).unwrap(), Err(PasswordError::TooLong));
    assert!(Password::read(&long.as_bytes()[1..]).unwrap().is_ok());
    assert_eq!(Password::read(&[b'a', 0xff][..]).unwrap(), Err(PasswordError::NotText));
    for text in ["", "seven77", "ab\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}"] {
        assert_eq!(password(text).check_new(), Err(PasswordError::TooShort), "{text:?}");
    }
    assert_eq!(password("\t\t\t\t\t\t\t\t\t").check_new(), Err(PasswordError::Control));
    assert_eq!(password("eight888").check_new(), Ok(()));
}

#[test]
fn a_password_is_never_shown() {
    assert_eq!(format!("{:?}", password("correct horse")), "Password(redacted)");
}

#[test]
fn a_file_others_can_read_is_refused_before_it_is_read() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("password");
    let file = PasswordPlace::File(path.clone());
    assert!(matches!(file.inspect(), Err(KeySourceError::Unreachable { .. })));
    fs::write(&path, "correct horse\n").unwrap();
    for mode in [0o644, 0o640, 0o604, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        for outcome in [file.inspect(), file.read().map(drop)] {
            let text = outcome.unwrap_err().to_string();
            assert!(text.contains("chmod 600") && !text.contains("horse"), "{text}");
        }
    }
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    file.inspect().unwrap();
    assert_eq!(file.read().unwrap(), password("correct horse"));
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let variable = PasswordPlace::Variable("SYNOD_NO_SUCH_PASSWORD".to_owned());
    for outcome in [variable.inspect(), variable.read().map(drop)] {
        let text = outcome.unwrap_err().to_string();
        assert_eq!(text, "$SYNOD_NO_SUCH_PASSWORD: the environment variable is not set");
    }
}
