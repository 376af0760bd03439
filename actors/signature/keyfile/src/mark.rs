//! The mark of a key: a file beside it, with a count that only grows and the hash of what was
//! counted. It is written in place, so that a full disk is no obstacle, and not synced: a mark that
//! a power failure took back is weaker, never wrong.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use synod_signature::{KeySourceError, Mark};

use crate::create::sync_parent;
use crate::{place, unreachable_at};

/// Digits of the largest count.
const DIGITS: usize = 20;
/// Count, space, hash, line break. One write of so few bytes is never seen in parts.
const BYTES: usize = DIGITS + 1 + 64 + 1;

/// The mark. One of a guard without records is made where there is none; none where that cannot be.
pub(crate) fn read(key: &Path) -> Result<Option<Mark>, KeySourceError> {
    let path = path_of(key);
    match open(&path) {
        Ok(file) => locked(&file, &path, |file| held(file, &path)).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path),
        Err(error) => Err(unreachable_at(&path)(error)),
    }
}

/// Puts `to` in the place of `from`.
pub(crate) fn raise(key: &Path, from: Mark, to: Mark) -> Result<(), KeySourceError> {
    let path = path_of(key);
    let file = open(&path).map_err(unreachable_at(&path))?;
    locked(&file, &path, |file| {
        let held = held(file, &path)?;
        if held == to {
            return Ok(());
        }
        if held != from || to.records < from.records {
            let (place, found, known) = (place(&path), held.records, from.records);
            return Err(KeySourceError::MovedMark { place, found, known });
        }
        file.write_all_at(text(to).as_bytes(), 0).map_err(unreachable_at(&path))
    })
}

/// Gives the mark of a key a second name, beside the second name of the key: both are one file, and
/// grow together. Says whether there is one.
pub(crate) fn keep(key: &Path, former: &Path) -> io::Result<bool> {
    match std::fs::hard_link(path_of(key), path_of(former)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes the mark's name beside a key away.
pub(crate) fn forget(key: &Path) -> io::Result<()> {
    std::fs::remove_file(path_of(key))
}

fn make(path: &Path) -> Result<Option<Mark>, KeySourceError> {
    let mut options = OpenOptions::new();
    let file = match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if is_forbidden(&error) => return Ok(None),
        Err(error) => return Err(unreachable_at(path)(error)),
    };
    let none = Mark::default();
    let made = file.write_all_at(text(none).as_bytes(), 0).and_then(|()| file.sync_all());
    made.and_then(|()| sync_parent(path)).map_err(unreachable_at(path))?;
    Ok(Some(none))
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

fn held(file: &File, path: &Path) -> Result<Mark, KeySourceError> {
    let mut bytes = [0; BYTES];
    let read = file.read_exact_at(&mut bytes, 0).is_ok();
    let mark = parsed(&bytes).filter(|_| read);
    mark.ok_or_else(|| KeySourceError::MalformedMark { place: place(path) })
}

fn parsed(bytes: &[u8; BYTES]) -> Option<Mark> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let (digits, chain) = text.split_once(' ').filter(|(digits, _)| digits.len() == DIGITS)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let records = digits.parse().ok().filter(|_| is_number)?;
    let mut mark = Mark { records, ..Mark::default() };
    hex::decode_to_slice(chain, mark.chain.as_mut_slice()).ok()?;
    Some(mark)
}

fn text(Mark { records, chain }: Mark) -> String {
    format!("{records:0DIGITS$} {}\n", hex::encode(chain))
}

fn path_of(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".guard");
    PathBuf::from(name)
}
