//! Whole-file checksums, for the small files that are written at once.

const HASH_BYTES: usize = 32;

/// Adds the BLAKE3 hash of everything so far.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// What was sealed, if it is still what was sealed.
pub(crate) fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    (blake3::hash(content).as_bytes() == hash).then_some(content)
}
