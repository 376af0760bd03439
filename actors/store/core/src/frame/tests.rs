use proptest::prelude::*;

use super::*;

const PLACE: Place = Place { segment: SegmentId(3), offset: 4_096 };

fn head() -> FrameHead {
    FrameHead { sequence: Sequence(9), stream: "op-1".into(), after: Version(4), group_at: 4_000 }
}

fn frame(records: &[Bytes]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_frame(&mut bytes, PLACE, &head(), records);
    bytes
}

#[test]
fn any_flipped_byte_is_seen() {
    let bytes =
        frame(&[Bytes::from_static(b"first"), Bytes::from_static(b""), Bytes::from(vec![7; 90])]);
    assert!(decode_frame(&bytes, PLACE).is_some());
    for at in 0..bytes.len() {
        for flip in 1..=255 {
            let mut bad = bytes.clone();
            bad[at] ^= flip;
            assert_eq!(decode_frame(&bad, PLACE), None, "byte {at} flipped by {flip:#x}");
            // The same with more bytes behind it, in case the length is what was damaged.
            bad.extend_from_slice(&[0; 300]);
            assert_eq!(decode_frame(&bad, PLACE), None, "byte {at} flipped by {flip:#x}");
        }
    }
}

#[test]
fn a_frame_cut_short_is_no_frame() {
    let bytes = frame(&[Bytes::from_static(b"only")]);
    for end in 0..bytes.len() {
        assert_eq!(decode_frame(&bytes[..end], PLACE), None);
    }
}

#[test]
fn a_frame_is_good_at_its_own_place_only() {
    let bytes = frame(&[Bytes::from_static(b"only")]);
    for place in [Place { offset: 4_097, ..PLACE }, Place { segment: SegmentId(4), ..PLACE }] {
        assert_eq!(decode_frame(&bytes, place), None);
    }
}

/// A frame with a right checksum whose inside is not what its head says.
#[track_caller]
fn check_lie(lie: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = frame(&[Bytes::from_static(b"first"), Bytes::from_static(b"second")]);
    lie(&mut bytes);
    let length = (bytes.len() - HEADER_BYTES) as u32;
    bytes[8..12].copy_from_slice(&length.to_le_bytes());
    let crc = crc32c::crc32c_append(PLACE.seed(), &bytes[8..]);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(decode_frame(&bytes, PLACE), None);
}

#[test]
fn a_frame_that_lies_is_no_frame() {
    // Fewer and more records than there are.
    check_lie(|bytes| bytes[12] = 1);
    check_lie(|bytes| bytes[12] = 3);
    check_lie(|bytes| bytes[12] = 0);
    check_lie(|bytes| bytes.push(0));
    // No records, and none said.
    check_lie(|bytes| {
        bytes.truncate(HEADER_BYTES + 1 + 4);
        bytes[12] = 0;
    });
    // The last version there is, and two more.
    check_lie(|bytes| bytes[24..32].fill(0xff));
    // The last position there is, and one more: the next would have none.
    check_lie(|bytes| bytes[16..24].fill(0xff));
    // A group that begins after its own frame.
    check_lie(|bytes| bytes[32..40].copy_from_slice(&4_097_u64.to_le_bytes()));
    // A name that is no text, and one longer than the frame.
    check_lie(|bytes| bytes[HEADER_BYTES + 1] = 0xff);
    check_lie(|bytes| bytes[HEADER_BYTES] = 0xff);
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..8),
        tail in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let records: Vec<Bytes> = records.into_iter().map(Bytes::from).collect();
        let mut bytes = frame(&records);
        let length = bytes.len();
        prop_assert_eq!(length as u64, frame_bytes(&head().stream, &records));
        bytes.extend(tail);
        let read = decode_frame(&bytes, PLACE).unwrap();
        prop_assert_eq!(&read.head, &head());
        prop_assert_eq!(read.extent.bytes as usize, length);
        prop_assert_eq!(read.records().map(Bytes::copy_from_slice).collect::<Vec<_>>(), records);
    }

    #[test]
    fn nonsense_is_no_frame_and_no_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(start) = bytes.first_chunk_mut() {
            *start = *MAGIC;
        }
        prop_assert_eq!(decode_frame(&bytes, PLACE), None);
    }
}
