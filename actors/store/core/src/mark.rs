use crate::SegmentId;

const MAGIC: &[u8; 4] = b"MARK";
const BYTES: usize = 24;
/// Slots lie in different sectors, so that a torn write spoils one at most.
const SLOT: usize = 512;

/// How far the journal was synced, as far as is known. Written after each sync and before its
/// appends are answered, alternately to two slots of a file, and not synced itself.
///
/// After the death of the process the mark is exact: whatever lies before it was acknowledged, so
/// damage there, or its absence, is never mistaken for a torn tail. After a power failure it may be
/// older, never newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The segment written last.
    pub segment: SegmentId,
    /// Everything before this byte of it was synced, and so was every earlier segment.
    pub offset: u64,
}

impl Mark {
    /// Size of the file.
    pub const FILE_BYTES: usize = SLOT + BYTES;

    /// The bytes, and where in the file the `turn`-th mark goes.
    pub fn encode(self, turn: u64) -> ([u8; BYTES], u64) {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.segment.0.to_le_bytes());
        bytes[16..].copy_from_slice(&self.offset.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        (bytes, (turn % 2) * SLOT as u64)
    }

    /// A file that says this in both slots.
    pub fn file(self) -> Vec<u8> {
        let mut file = vec![0; Self::FILE_BYTES];
        for turn in 0..2 {
            let (bytes, at) = self.encode(turn);
            // The offset is 0 or SLOT, so the slot lies within the file.
            file[at as usize..][..BYTES].copy_from_slice(&bytes);
        }
        file
    }

    /// The later of the two marks of a file; `None` if neither can be read.
    pub fn decode(file: &[u8]) -> Option<Self> {
        let slot = |at: usize| Self::decode_slot(file.get(at..at + BYTES)?);
        slot(0).max(slot(SLOT))
    }

    fn decode_slot(bytes: &[u8]) -> Option<Self> {
        let crc = u32::from_le_bytes(bytes[4..].first_chunk().copied()?);
        if !bytes.starts_with(MAGIC) || crc32c::crc32c(&bytes[8..]) != crc {
            return None;
        }
        let segment = SegmentId(u64::from_le_bytes(bytes[8..].first_chunk().copied()?));
        let offset = u64::from_le_bytes(bytes[16..].first_chunk().copied()?);
        Some(Self { segment, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_mark_leaves_the_one_before() {
        let early = Mark { segment: SegmentId(1), offset: 100 };
        let late = Mark { segment: SegmentId(2), offset: 32 };
        let mut file = early.file();
        let (bytes, at) = late.encode(1);
        file[at as usize..][..BYTES].copy_from_slice(&bytes);
        assert_eq!(Mark::decode(&file), Some(late));
        for byte in 0..BYTES {
            let mut torn = file.clone();
            torn[at as usize + byte] ^= 1;
            assert_eq!(Mark::decode(&torn), Some(early), "byte {byte}");
        }
        file[at as usize + 20] ^= 1;
        file[20] ^= 1;
        assert_eq!(Mark::decode(&file), None);
        assert_eq!(Mark::decode(&[]), None);
    }
}
