//! The mark of a key: a file beside it, with a count that only grows. It is written in place, so
//! that a full disk is no obstacle, and not synced: a count that a power failure took back makes
//! the mark weaker, never wrong.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use synod_signature::KeySourceError;

use crate::create::sync_parent;
use crate::{place, unreachable_at};

/// Digits of the largest count, and a line break.
const BYTES: usize = 21;

/// The count. A mark of 0 is made where there is none; none where that cannot be.
pub(crate) fn read(key: &Path) -> Result<Option<u64>, KeySourceError> {
    let path = path_of(key);
    match open(&path) {
        Ok(file) => locked(&file, &path, |file| count(file, &path)).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path),
        Err(error) => Err(unreachable_at(&path)(error)),
    }
}

/// Makes the count at least `records`.
pub(crate) fn raise(key: &Path, records: u64) -> Result<(), KeySourceError> {
    let path = path_of(key);
    let file = open(&path).map_err(unreachable_at(&path))?;
    locked(&file, &path, |file| {
        if records <= count(file, &path)? {
            return Ok(());
        }
        file.write_all_at(text(records).as_bytes(), 0).map_err(unreachable_at(&path))
    })
}

fn make(path: &Path) -> Result<Option<u64>, KeySourceError> {
    let mut options = OpenOptions::new();
    let file = match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if is_forbidden(&error) => return Ok(None),
        Err(error) => return Err(unreachable_at(path)(error)),
    };
    let made = file.write_all_at(text(0).as_bytes(), 0).and_then(|()| file.sync_all());
    made.and_then(|()| sync_parent(path)).map_err(unreachable_at(path))?;
    Ok(Some(0))
}

/// Keys may lie where nothing can be written.
fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Alone with the file, among all threads and processes; closing it lets go.
fn locked<T>(
    file: &File,
    path: &Path,
    work: impl FnOnce(&File) -> Result<T, KeySourceError>,
) -> Result<T, KeySourceError> {
    file.lock().map_err(unreachable_at(path))?;
    work(file)
}

fn count(file: &File, path: &Path) -> Result<u64, KeySourceError> {
    let mut bytes = [0; BYTES];
    let read = file.read_exact_at(&mut bytes, 0).is_ok();
    let digits = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let count = digits.filter(|_| read).and_then(|digits| digits.parse().ok());
    count.ok_or_else(|| KeySourceError::MalformedMark { place: place(path) })
}

fn text(records: u64) -> String {
    format!("{records:020}\n")
}

fn path_of(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".guard");
    PathBuf::from(name)
}
