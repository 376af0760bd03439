use serde::{Deserialize, Serialize};
use synod_types::store::{Sequence, StreamId, Version};

use crate::seal::{seal, unseal};
use crate::{SegmentId, Track};

const MAGIC: &[u8; 8] = b"SYNODIDX";

/// What a sealed segment holds, so that a restart need not read it.
///
/// ```text
///   magic 8 · length 4 · directory, sealed · tracks
/// ```
/// The directory has a checksum of its own, each track has one in its entry: a track is read when
/// someone reads its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The segment.
    pub segment: SegmentId,
    /// Position of its first record.
    pub first: Sequence,
    /// Position after its last record.
    pub next: Sequence,
    /// Size of the segment's file.
    pub length: u64,
    /// One a stream, ascending.
    pub entries: Vec<DirectoryEntry>,
}

/// A stream's part in a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The stream.
    pub stream: StreamId,
    /// Its version before the segment.
    pub after: Version,
    /// Its version with the segment.
    pub through: Version,
    /// Where its track stands.
    pub track: TrackLocation,
}

/// Where an encoded [`Track`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackLocation {
    /// First byte, counted from the first track.
    pub at: u64,
    /// Size.
    pub bytes: u32,
    /// CRC-32C of the encoded track.
    pub crc: u32,
}

impl TrackLocation {
    /// Whether `encoded` is the track that stood there.
    pub fn is_of(&self, encoded: &[u8]) -> bool {
        crc32c::crc32c(encoded) == self.crc
    }
}

impl Directory {
    /// Bytes that tell how long the directory is.
    pub const HEAD_BYTES: usize = 12;

    /// The entries and the encoded tracks, one behind the other.
    pub fn lay_out<'a>(
        tracks: impl IntoIterator<Item = (&'a StreamId, &'a Track)>,
    ) -> (Vec<DirectoryEntry>, Vec<u8>) {
        let mut encoded = Vec::new();
        let entries = tracks.into_iter().map(|(stream, track)| {
            let at = encoded.len() as u64;
            encoded.extend_from_slice(track.encoded());
            // A segment has fewer than 4 GiB, so a track of it has too.
            let bytes = track.encoded().len() as u32;
            let track_location = TrackLocation { at, bytes, crc: crc32c::crc32c(track.encoded()) };
            let (after, through) = (track.after(), track.through());
            DirectoryEntry { stream: stream.clone(), after, through, track: track_location }
        });
        (entries.collect(), encoded)
    }

    /// The whole file.
    ///
    /// # Errors
    /// Never in practice: only if an item cannot be encoded.
    pub fn encode(&self, tracks: &[u8]) -> Result<Vec<u8>, postcard::Error> {
        let directory = seal(postcard::to_stdvec(self)?);
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        file.extend_from_slice(&directory);
        file.extend_from_slice(tracks);
        Ok(file)
    }

    /// From the first [`HEAD_BYTES`](Self::HEAD_BYTES) of a file: how many bytes the directory has.
    /// The tracks begin after it.
    pub fn length(head: &[u8]) -> Option<u32> {
        Some(u32::from_le_bytes(*head.strip_prefix(MAGIC)?.first_chunk()?))
    }

    /// From the bytes after the head; `None` if they are damaged.
    pub fn decode(directory: &[u8]) -> Option<Self> {
        postcard::from_bytes(unseal(directory)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extent;

    #[test]
    fn a_directory_finds_its_tracks_and_no_flipped_bit_goes_unseen() {
        let extent = Extent { after: Version(3), count: 2, offset: 32, bytes: 70 };
        let mut track = Track::new(Version(3));
        track.push(extent);
        let stream = StreamId::from("a");
        let (entries, tracks) = Directory::lay_out([(&stream, &track), (&"b".into(), &track)]);
        let first = Sequence(1);
        let directory =
            Directory { segment: SegmentId(1), first, next: Sequence(5), length: 102, entries };
        let file = directory.encode(&tracks).unwrap();

        let length = Directory::length(&file[..12]).unwrap() as usize;
        let (sealed, tracks) = file[12..].split_at(length);
        assert_eq!(Directory::decode(sealed).as_ref(), Some(&directory));
        let entry = &directory.entries[1];
        let encoded = &tracks[entry.track.at as usize..][..entry.track.bytes as usize];
        assert!(entry.track.is_of(encoded));
        assert_eq!(Track::extents(entry.after, encoded).collect::<Vec<_>>(), [extent]);
        assert!(!entry.track.is_of(&encoded[1..]));
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Directory::decode(&bad), None);
        }
    }
}
