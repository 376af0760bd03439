use std::path::Path;

use synod_signature::{KeySourceError, SecretKey};
use synod_types::signature::Scheme;
use zeroize::Zeroizing;

use crate::{place, private};

/// `0x`, the digits of the longest seed, and room for a line break; a longer file is neither.
const BYTES_MAX: u64 = 144;

pub(crate) fn read(path: &Path, scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    let bytes = digits(path)?;
    let secret = bytes.as_slice().try_into();
    let secret = secret.map_err(|_| KeySourceError::Malformed { place: place(path) })?;
    SecretKey::from_bytes(scheme, secret)
        .map_err(|cause| KeySourceError::NotASecret { place: place(path), cause })
}

/// The bytes whose digits the file holds after `0x`.
pub(crate) fn digits(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeySourceError> {
    let malformed = || KeySourceError::Malformed { place: place(path) };
    let text = match private::read(path, BYTES_MAX) {
        Err(KeySourceError::TooLong { .. }) => return Err(malformed()),
        text => text?,
    };
    let digits = text.trim_ascii_end().strip_prefix(b"0x").ok_or_else(malformed)?;
    let mut bytes = Zeroizing::new(vec![0; digits.len() / 2]);
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| malformed())?;
    Ok(bytes)
}
