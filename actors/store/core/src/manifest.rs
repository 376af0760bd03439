use serde::{Deserialize, Serialize};
use synod_types::store::{StreamId, Version};

use crate::SegmentId;
use crate::seal::{seal, unseal};

const MAGIC: &[u8; 8] = b"SYNODMAN";

/// Which segments count, and which records were dropped with others. Replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Ascending; the last one is written to.
    pub segments: Vec<SegmentId>,
    /// Streams whose records up to a version were dropped because a snapshot stands for them.
    pub floors: Vec<(StreamId, Version)>,
}

impl Manifest {
    /// As it is written.
    ///
    /// # Errors
    /// Never in practice: only if an item cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(self, MAGIC.to_vec()).map(seal)
    }

    /// From a file's bytes; `None` if they are damaged or of another format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let manifest: Self = postcard::from_bytes(unseal(bytes)?.strip_prefix(MAGIC)?).ok()?;
        manifest.segments.is_sorted_by(|a, b| a < b).then_some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_goes_unseen() {
        let manifest = Manifest {
            segments: vec![SegmentId(2), SegmentId(5)],
            floors: vec![("a".into(), Version(9))],
        };
        let bytes = manifest.encode().unwrap();
        assert_eq!(Manifest::decode(&bytes), Some(manifest));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Manifest::decode(&bad), None);
        }
    }

    #[test]
    fn segments_ascend_and_none_stands_there_twice() {
        for segments in [[2, 2], [5, 2]] {
            let segments = segments.map(SegmentId).to_vec();
            let bytes = Manifest { segments, floors: Vec::new() }.encode().unwrap();
            assert_eq!(Manifest::decode(&bytes), None);
        }
    }
}
