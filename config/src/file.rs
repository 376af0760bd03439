//! Reads files of which nobody knows how long they are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

/// The text of a file of at most `bytes_max` bytes, be it a pipe or a device that never ends. It
/// is wiped when it is dropped, and nothing of it is left behind by growing.
///
/// # Errors
/// Why not, in words.
pub(crate) fn read_text(path: &Path, bytes_max: usize) -> Result<Zeroizing<String>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = Zeroizing::new(String::with_capacity(bytes_max + 64));
    let limit = bytes_max as u64 + 1;
    file.take(limit).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() > bytes_max {
        return Err(format!("longer than {bytes_max} bytes"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_as_long_as_it_may_and_no_longer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345678").unwrap();
        assert_eq!(read_text(file.path(), 8).unwrap().as_str(), "12345678");
        assert_eq!(read_text(file.path(), 7), Err("longer than 7 bytes".to_owned()));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let endless = read_text(Path::new("/dev/zero"), 1_000);
        assert_eq!(endless, Err("longer than 1000 bytes".to_owned()));
    }

    #[test]
    fn a_directory_is_no_text() {
        let directory = tempfile::tempdir().unwrap();
        assert!(read_text(directory.path(), 8).is_err());
    }
}
