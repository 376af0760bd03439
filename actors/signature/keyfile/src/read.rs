use std::path::Path;

use synod_signature::{KeySourceError, SecretKey};
use synod_types::signature::Scheme;
use zeroize::Zeroizing;

use crate::{place, private};

/// `0x`, 64 digits, and room for a line break; a longer file is no key file.
const BYTES_MAX: u64 = 80;

pub(crate) fn read(path: &Path, scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    let malformed = || KeySourceError::Malformed { place: place(path) };
    let text = match private::read(path, BYTES_MAX) {
        Err(KeySourceError::TooLong { .. }) => return Err(malformed()),
        text => text?,
    };
    let digits = text.trim_ascii_end().strip_prefix(b"0x").ok_or_else(malformed)?;
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, secret.as_mut_slice()).map_err(|_| malformed())?;
    SecretKey::from_bytes(scheme, &secret)
        .map_err(|cause| KeySourceError::NotASecret { place: place(path), cause })
}
