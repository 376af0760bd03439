use std::fmt;

use serde::{Deserialize, Serialize};
use synod_types::store::Sequence;

const MAGIC: &[u8; 8] = b"SYNODSEG";
const FORMAT: u32 = 1;

/// Bytes before the first frame of a segment.
pub const SEGMENT_HEADER_BYTES: u64 = 32;

/// Number of a segment: 1 for the first of a journal, ascending, never reused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SegmentId(pub u64);

impl SegmentId {
    /// The one after this.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Name of the file with its frames.
    pub fn file_name(self) -> String {
        format!("{:012}.segment", self.0)
    }

    /// Name of the file with its [`Directory`](crate::Directory), written when it is sealed.
    pub fn directory_name(self) -> String {
        format!("{:012}.index", self.0)
    }

    /// The segment whose file has this name.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let id = Self(name.strip_suffix(".segment")?.parse().ok()?);
        (id.file_name() == name).then_some(id)
    }

    /// The segment whose directory has this name.
    pub fn from_directory_name(name: &str) -> Option<Self> {
        let id = Self(name.strip_suffix(".index")?.parse().ok()?);
        (id.directory_name() == name).then_some(id)
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// First bytes of a segment's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Its number.
    pub segment: SegmentId,
    /// Position of the first record it may hold.
    pub first: Sequence,
}

impl SegmentHeader {
    /// As it is written.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.segment.0.to_le_bytes());
        bytes.extend_from_slice(&self.first.0.to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// From the first bytes of a file; `None` if they are not a header of this format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, rest) = bytes.split_at_checked(28)?;
        let crc = u32::from_le_bytes(rest.first_chunk().copied()?);
        let segment = SegmentId(u64::from_le_bytes(content[12..].first_chunk().copied()?));
        let first = Sequence(u64::from_le_bytes(content[20..].first_chunk().copied()?));
        let is_ours = content.starts_with(MAGIC)
            && content[8..].starts_with(&FORMAT.to_le_bytes())
            && crc32c::crc32c(content) == crc;
        is_ours.then_some(Self { segment, first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_in_a_header_goes_unseen() {
        let header = SegmentHeader { segment: SegmentId(3), first: Sequence(77) };
        let bytes = header.encode();
        assert_eq!(bytes.len() as u64, SEGMENT_HEADER_BYTES);
        assert_eq!(SegmentHeader::decode(&bytes), Some(header));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bad), None);
        }
        assert_eq!(SegmentHeader::decode(&bytes[..31]), None);
    }

    #[test]
    fn file_names_are_read_back_and_no_others() {
        let id = SegmentId(12);
        assert_eq!(SegmentId::from_file_name(&id.file_name()), Some(id));
        assert_eq!(SegmentId::from_directory_name(&id.directory_name()), Some(id));
        for other in ["12.segment", "000000000012.segment.tmp", "manifest", "+00000000012.segment"]
        {
            assert_eq!(SegmentId::from_file_name(other), None, "{other}");
        }
    }
}
