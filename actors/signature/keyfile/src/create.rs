use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use synod_signature::{KeySourceError, SecretKey};
use synod_types::signature::Scheme;
use zeroize::Zeroizing;

use crate::{mark, place, unreachable_at};

/// A number below 2²⁵⁶ is a secret of the scheme in one case of six at worst, so this many
/// tries fail once in 10²³ times.
const TRIES: usize = 256;
/// Former keys that are kept beside one file.
const FORMER_MAX: u32 = 1_000;

/// A secret that is equally likely to be any of the scheme's.
pub(crate) fn random_key(scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    let mut bytes = Zeroizing::new([0; 32]);
    for _ in 0..TRIES {
        random(bytes.as_mut_slice())?;
        if let Ok(key) = SecretKey::from_bytes(scheme, &bytes) {
            return Ok(key);
        }
    }
    Err(KeySourceError::NoRandomness(format!("{TRIES} numbers, none of them a secret")))
}

/// The text of a file with this key.
pub(crate) fn text(key: &SecretKey) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(vec![0_u8; 67]);
    text[..2].copy_from_slice(b"0x");
    #[expect(clippy::expect_used, reason = "64 digits for 32 bytes")]
    hex::encode_to_slice(key.to_bytes().as_slice(), &mut text[2..66]).expect("64 digits");
    text[66] = b'\n';
    text
}

/// Writes a file beside `path`, then gives it that name, which fails if the name is taken.
pub(crate) fn write(path: &Path, text: &[u8]) -> Result<(), KeySourceError> {
    let directory = directory_of(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(unreachable_at(directory))?;
    let beside = name_beside(path)?;
    let outcome = write_new(&beside, text).and_then(|()| fs::hard_link(&beside, path));
    // Nothing to do where it was never made; the secret must not stay where it was.
    drop(fs::remove_file(&beside));
    match outcome {
        Ok(()) => sync_parent(path).map_err(unreachable_at(directory)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(KeySourceError::Exists { place: place(path) })
        }
        Err(error) => Err(unreachable_at(path)(error)),
    }
}

/// Puts another file in the place of the one at `path`, which is kept under the name returned:
/// at every moment the one or the other is at `path`, whole. Its mark is kept with it; a new key
/// begins without one. Cut short in between, the new key stands beside the former one's mark, and
/// its signer refuses to sign.
pub(crate) fn replace(
    path: &Path,
    text: &[u8],
    is_new_key: bool,
) -> Result<PathBuf, KeySourceError> {
    let beside = name_beside(path)?;
    write_new(&beside, text).map_err(unreachable_at(&beside))?;
    let kept = keep(path).and_then(|former| {
        let guarded = mark::keep(path, &former).map_err(unreachable_at(path))?;
        // What was linked is durable before its other name goes.
        sync_parent(path).and_then(|()| fs::rename(&beside, path)).map_err(unreachable_at(path))?;
        if is_new_key && guarded {
            mark::forget(path).map_err(unreachable_at(path))?;
        }
        Ok(former)
    });
    if kept.is_err() {
        drop(fs::remove_file(&beside));
    }
    let former = kept?;
    sync_parent(path).map_err(unreachable_at(path))?;
    Ok(former)
}

/// Gives the file at `path` another name beside it, `<path>.old.<n>` with the first n that is
/// free.
fn keep(path: &Path) -> Result<PathBuf, KeySourceError> {
    for number in 1..=FORMER_MAX {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".old.{number}"));
        let former = PathBuf::from(name);
        match fs::hard_link(path, &former) {
            Ok(()) => return Ok(former),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unreachable_at(path)(error)),
        }
    }
    Err(KeySourceError::Exists { place: format!("{}.old.{FORMER_MAX}", path.display()) })
}

/// Returns once the names beside `path` are on the medium.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// A name in the same directory that nothing has.
fn name_beside(path: &Path) -> Result<PathBuf, KeySourceError> {
    let mut suffix = [0; 8];
    random(&mut suffix)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", hex::encode(suffix)));
    Ok(path.with_file_name(name))
}

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), KeySourceError> {
    getrandom::fill(bytes).map_err(|error| KeySourceError::NoRandomness(error.to_string()))
}
