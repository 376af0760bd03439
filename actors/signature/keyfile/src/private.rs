//! Files that only their owner can reach.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use synod_signature::KeySourceError;
use zeroize::Zeroizing;

use crate::{place, unreachable_at};

/// Bytes of a file that others can neither read nor write.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, KeySourceError> {
    let file = File::open(path).map_err(unreachable_at(path))?;
    // Of the file that was opened, whatever the path names by now.
    let metadata = file.metadata().map_err(unreachable_at(path))?;
    check(path, &metadata)?;
    // Room for all that is read, so that no copy is left behind by growing.
    let room = usize::try_from(bytes_max.min(metadata.len())).unwrap_or(0) + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreachable_at(path))?;
    if bytes_max < bytes.len() as u64 {
        return Err(KeySourceError::TooLong { place: place(path), bytes_max });
    }
    Ok(bytes)
}

/// Whether [`read`] would be let at it. Opens nothing.
pub(crate) fn inspect(path: &Path) -> Result<(), KeySourceError> {
    check(path, &std::fs::metadata(path).map_err(unreachable_at(path))?)
}

fn check(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeySourceError> {
    if !metadata.is_file() {
        return Err(KeySourceError::NotAFile { place: place(path) });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeySourceError::Exposed { place: place(path), mode });
    }
    Ok(())
}
