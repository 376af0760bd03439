//! The journal's frames, and a whole segment as it is found after a crash.

use bytes::Bytes;
use synod_store_core::{
    FrameHead, Place, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentId, decode_frame, encode_frame,
    scan,
};
use synod_types::store::{Sequence, StreamId, Version};

use super::input::Input;

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => raw(input.0),
        1 => {
            let mut bytes = input.0.to_vec();
            mend(&mut bytes);
            raw(&bytes);
        }
        2 => header(&mut input),
        _ => segment(&mut input),
    }
}

const PLACE: Place = Place { segment: SegmentId(1), offset: SEGMENT_HEADER_BYTES };

/// What is a frame is written as it was read, and no bit of it may be another.
fn raw(bytes: &[u8]) {
    let Some(frame) = decode_frame(bytes, PLACE) else { return };
    let records: Vec<Bytes> = frame.records().map(Bytes::copy_from_slice).collect();
    assert_eq!(records.len(), frame.extent.count as usize);
    let mut again = Vec::new();
    assert_eq!(encode_frame(&mut again, PLACE, &frame.head, &records), frame.extent);
    assert_eq!(again, bytes[..frame.extent.bytes as usize], "accepted, and written otherwise");
    let elsewhere = Place { offset: PLACE.offset + 1, ..PLACE };
    assert_eq!(decode_frame(bytes, elsewhere), None);
    let first = SegmentHeader { segment: PLACE.segment, first: frame.head.sequence };
    let file = [first.encode(), bytes.to_vec()].concat();
    // Whatever follows it is told or refused, and never makes a frame of it twice.
    let mut seen = 0;
    let tail = scan(PLACE.segment, frame.head.sequence, &file, 0, |_| {
        seen += 1;
        true
    });
    assert!(0 < seen || tail.is_err());
}

/// Writes length and checksum into bytes that begin anyhow, so that what lies behind is reached.
fn mend(bytes: &mut [u8]) {
    let Some(length) = bytes.len().checked_sub(40) else { return };
    bytes[..4].copy_from_slice(b"\xF0Sy1");
    bytes[8..12].copy_from_slice(&(length as u32).to_le_bytes());
    let seed = crc32c::crc32c(&PLACE.segment.0.to_le_bytes());
    let seed = crc32c::crc32c_append(seed, &PLACE.offset.to_le_bytes());
    let sum = crc32c::crc32c_append(seed, &bytes[8..]);
    bytes[4..8].copy_from_slice(&sum.to_le_bytes());
}

fn header(input: &mut Input<'_>) {
    let segment = SegmentId(u64::from_le_bytes(input.array()));
    let whole = SegmentHeader { segment, first: Sequence(u64::from_le_bytes(input.array())) };
    let mut bytes = whole.encode();
    input.spoil(&mut bytes);
    if let Some(header) = SegmentHeader::decode(&bytes) {
        assert_eq!(header.encode(), bytes[..SEGMENT_HEADER_BYTES as usize]);
    }
    assert_eq!(SegmentHeader::decode(&whole.encode()), Some(whole));
}

/// A segment of some writes, spoilt: what was synced is all there, or the damage is told.
fn segment(input: &mut Input<'_>) {
    let first = Sequence(u64::from(input.byte()) + 1);
    let mut file = SegmentHeader { segment: PLACE.segment, first }.encode();
    let (mut next, mut ends) = (first, vec![file.len()]);
    for write in 0..input.byte() % 5 {
        let group_at = file.len() as u64;
        for _ in 0..1 + input.byte() % 3 {
            let stream = StreamId::from(["a", "guard/ecdsa/1"][usize::from(input.byte() % 2)]);
            let size = usize::from(input.byte() % 60);
            let records = vec![Bytes::from(vec![write; size]); 1 + usize::from(write % 2)];
            let place = Place { offset: file.len() as u64, ..PLACE };
            let head = FrameHead { sequence: next, stream, after: Version(next.0), group_at };
            encode_frame(&mut file, place, &head, &records);
            next = Sequence(next.0 + records.len() as u64);
        }
        ends.push(file.len());
    }
    let synced = ends[usize::from(input.byte()) % ends.len()];
    let whole = file.clone();
    match input.byte() % 3 {
        0 => file.truncate(file.len() - usize::from(input.byte()) % (file.len() - 31)),
        1 => {
            let at = 32 + usize::from(u16::from_be_bytes(input.array()));
            if let Some(byte) = file.get_mut(at) {
                *byte ^= input.byte();
            }
        }
        _ => file.extend(input.0.iter().copied()),
    }
    judge(first, &whole, &file, (synced, &ends));
}

fn judge(first: Sequence, whole: &[u8], file: &[u8], (synced, ends): (usize, &[usize])) {
    let same = whole.iter().zip(file).take_while(|(one, other)| one == other).count();
    let read = scan(PLACE.segment, first, file, synced as u64, |_| true);
    match read {
        Ok(tail) => {
            let end = tail.end as usize;
            assert!(synced <= end, "what was synced is cut");
            let last = ends.iter().rposition(|&end| end <= same).map_or(0, |n| ends[n]);
            assert!(last <= end, "a whole write is cut");
            assert_eq!(file[..end.min(whole.len())], whole[..end.min(whole.len())]);
        }
        Err(damage) => {
            let offset = damage.offset as usize;
            assert!(same < whole.len() || file.len() > whole.len(), "nothing is wrong");
            assert!(offset <= file.len().max(whole.len()));
        }
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let records = [Bytes::from_static(b"one"), Bytes::from_static(b"")];
    let head = FrameHead {
        sequence: Sequence(1),
        stream: "a".into(),
        after: Version(0),
        group_at: PLACE.offset,
    };
    let mut frame = vec![0];
    encode_frame(&mut frame, PLACE, &head, &records);
    let mut mended = frame.clone();
    mended[0] = 1;
    let of = |n: u8| vec![3, n, n, n, n, 9, n, 4, n, 5, n, 1, n % 3, n, 50 * n, n, 1, 2, 3, n, n];
    let header = [vec![2], vec![1; 16], vec![1, 0, 3, 4]].concat();
    [frame, mended, header].into_iter().chain((0..5).map(of)).collect()
}
