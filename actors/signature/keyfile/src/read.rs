use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use synod_signature::{KeySourceError, SecretKey};
use synod_types::signature::Scheme;
use zeroize::Zeroizing;

use crate::{place, unreachable_at};

/// `0x`, 64 digits, and room for a line break; a longer file is no key file.
const BYTES_MAX: u64 = 80;

pub(crate) fn read(path: &Path, scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    let malformed = || KeySourceError::Malformed { place: place(path) };
    let file = File::open(path).map_err(unreachable_at(path))?;
    // Of the file that was opened, whatever the path names by now.
    let metadata = file.metadata().map_err(unreachable_at(path))?;
    if !metadata.is_file() {
        return Err(malformed());
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeySourceError::Exposed { place: place(path), mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    file.take(BYTES_MAX).read_to_end(&mut text).map_err(unreachable_at(path))?;
    let digits = text.trim_ascii_end().strip_prefix(b"0x").ok_or_else(malformed)?;
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, secret.as_mut_slice()).map_err(|_| malformed())?;
    SecretKey::from_bytes(scheme, &secret)
        .map_err(|cause| KeySourceError::NotASecret { place: place(path), cause })
}
