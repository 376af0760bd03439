use bytes::Bytes;
use synod_types::store::{StreamId, Version};

use crate::seal::{seal, unseal};

const MAGIC: &[u8; 8] = b"SYNODSNA";

/// A snapshot's name: which stream, at which version. The file's name is made of both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName {
    /// The stream.
    pub stream: StreamId,
    /// The version.
    pub at: Version,
}

impl SnapshotName {
    /// Names of streams hold no `+`, so `/` can be told from it on the way back.
    pub fn file_name(&self) -> String {
        format!("{}.{:020}.snapshot", self.stream.0.replace('/', "+"), self.at.0)
    }

    /// What the file of this name is a snapshot of.
    pub fn from_file_name(file: &str) -> Option<Self> {
        let (stream, at) = file.strip_suffix(".snapshot")?.rsplit_once('.')?;
        let stream = StreamId(stream.replace('+', "/").into());
        let name = Self { stream, at: Version(at.parse().ok()?) };
        (name.file_name() == file).then_some(name)
    }
}

/// The bytes of a snapshot's file.
///
/// # Errors
/// Never in practice: only if a name cannot be encoded.
pub fn encode_snapshot(name: &SnapshotName, state: &[u8]) -> Result<Vec<u8>, postcard::Error> {
    let head = (&name.stream, name.at);
    let mut bytes = postcard::to_extend(&head, MAGIC.to_vec())?;
    bytes.extend_from_slice(state);
    Ok(seal(bytes))
}

/// The state in a file's bytes; `None` if they are damaged or not of that name.
pub fn decode_snapshot(name: &SnapshotName, bytes: &[u8]) -> Option<Bytes> {
    let content = unseal(bytes)?.strip_prefix(MAGIC)?;
    let ((stream, at), state): ((StreamId, Version), _) =
        postcard::take_from_bytes(content).ok()?;
    (stream == name.stream && at == name.at).then(|| Bytes::copy_from_slice(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_what_was_saved_under_its_own_name_or_nothing() {
        let name = SnapshotName { stream: "op-1/guard.v2".into(), at: Version(7) };
        let bytes = encode_snapshot(&name, b"state").unwrap();
        assert_eq!(decode_snapshot(&name, &bytes).as_deref(), Some(&b"state"[..]));
        let other = SnapshotName { at: Version(8), ..name.clone() };
        assert_eq!(decode_snapshot(&other, &bytes), None);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_snapshot(&name, &bad), None);
        }
        for end in 0..bytes.len() {
            assert_eq!(decode_snapshot(&name, &bytes[..end]), None);
        }
    }

    #[test]
    fn names_survive_the_way_through_a_file_name() {
        let name = SnapshotName { stream: "op-1/guard.v2".into(), at: Version(u64::MAX) };
        assert_eq!(SnapshotName::from_file_name(&name.file_name()), Some(name));
        assert_eq!(SnapshotName::from_file_name("a.7.snapshot"), None);
    }
}
