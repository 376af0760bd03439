use bytes::Bytes;
use synod_types::store::Version;

use super::*;
use crate::{FrameHead, SegmentHeader, encode_frame};

const ID: SegmentId = SegmentId(2);
const FIRST: Sequence = Sequence(11);

/// A segment of writes with so many frames each, one record a frame; where each frame begins.
fn segment(writes: &[usize]) -> (Vec<u8>, Vec<u64>) {
    let mut bytes = SegmentHeader { segment: ID, first: FIRST }.encode();
    let mut starts = Vec::new();
    for &frames in writes {
        let group_at = bytes.len() as u64;
        for _ in 0..frames {
            let n = starts.len() as u64;
            let offset = bytes.len() as u64;
            let head = FrameHead {
                sequence: Sequence(FIRST.0 + n),
                stream: "s".into(),
                after: Version(n),
                group_at,
            };
            let record = Bytes::from(vec![n as u8; 20]);
            encode_frame(&mut bytes, Place { segment: ID, offset }, &head, &[record]);
            starts.push(offset);
        }
    }
    (bytes, starts)
}

fn run(bytes: &[u8], synced: u64) -> Result<Tail, Corruption> {
    scan(ID, FIRST, bytes, synced, |_| true)
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_to_the_last_whole_frame() {
    let (bytes, starts) = segment(&[2, 2]);
    let last_write = starts[2];
    let ends: Vec<u64> = starts[1..].iter().copied().chain([bytes.len() as u64]).collect();
    for end in last_write..=bytes.len() as u64 {
        let tail = run(&bytes[..end as usize], last_write).unwrap();
        let whole = ends.iter().filter(|&&frame_end| frame_end <= end).count();
        assert_eq!(tail.end, ends[whole - 1]);
        let has_rest = bytes[tail.end as usize..end as usize].iter().any(|&byte| byte != 0);
        assert_eq!(0 < tail.torn, has_rest);
        assert!(tail.torn <= end - tail.end);
        assert_eq!(tail.next, Sequence(FIRST.0 + whole as u64));
    }
}

#[test]
fn a_synced_tail_cut_at_any_byte_is_corruption() {
    let (bytes, _) = segment(&[2, 2]);
    let synced = bytes.len() as u64;
    for end in 32..bytes.len() {
        assert!(run(&bytes[..end], synced).is_err(), "cut at {end}");
    }
}

#[test]
fn a_flip_before_a_later_write_is_corruption_even_without_a_mark() {
    let (bytes, starts) = segment(&[2, 2]);
    for at in starts[0]..starts[2] {
        let mut bad = bytes.clone();
        bad[at as usize] ^= 0x40;
        let offset = if at < starts[1] { starts[0] } else { starts[1] };
        assert_eq!(run(&bad, 0), Err(Corruption { offset }), "byte {at}");
    }
}

#[test]
fn sectors_of_the_last_write_may_be_missing_in_any_order() {
    let (bytes, starts) = segment(&[2, 3]);
    let mut bad = bytes.clone();
    bad[starts[2] as usize..starts[3] as usize].fill(0);
    let tail = run(&bad, starts[2]).unwrap();
    assert_eq!((tail.end, tail.torn), (starts[2], bytes.len() as u64 - starts[2]));
}

#[test]
fn zeros_written_ahead_are_no_torn_write() {
    let (mut bytes, _) = segment(&[2, 2]);
    let end = bytes.len() as u64;
    bytes.resize(bytes.len() + 5_000, 0);
    assert_eq!(run(&bytes, end).map(|tail| (tail.end, tail.torn)), Ok((end, 0)));
    bytes[end as usize + 100] = 7;
    assert_eq!(run(&bytes, end).map(|tail| (tail.end, tail.torn)), Ok((end, 101)));
}

#[test]
fn a_flip_in_the_last_write_is_corruption_once_the_mark_has_passed_it() {
    let (bytes, starts) = segment(&[2, 2]);
    for at in starts[2]..bytes.len() as u64 {
        let mut bad = bytes.clone();
        bad[at as usize] ^= 1;
        assert!(run(&bad, bytes.len() as u64).is_err());
        assert!(run(&bad, starts[2]).is_ok());
    }
}

#[test]
fn a_frame_inside_a_record_is_not_taken_for_one() {
    let (inner, _) = segment(&[1, 1]);
    let (mut bytes, _) = segment(&[1]);
    let offset = bytes.len() as u64;
    let head = FrameHead {
        sequence: Sequence(FIRST.0 + 1),
        stream: "s".into(),
        after: Version(1),
        group_at: offset,
    };
    encode_frame(&mut bytes, Place { segment: ID, offset }, &head, &[Bytes::from(inner)]);
    bytes.truncate(bytes.len() - 1);
    assert_eq!(run(&bytes, offset).map(|tail| tail.end), Ok(offset));
}

#[test]
fn a_good_frame_that_does_not_follow_is_corruption() {
    let (bytes, starts) = segment(&[1, 1]);
    let later = scan(ID, Sequence(FIRST.0 + 1), &bytes, 0, |_| true);
    assert_eq!(later, Err(Corruption { offset: starts[0] }));
    let second = |frame: &Frame<'_>| frame.extent.offset == starts[1];
    let refused = scan(ID, FIRST, &bytes, 0, |frame| !second(frame));
    assert_eq!(refused, Err(Corruption { offset: starts[1] }));
}

#[test]
fn less_than_a_header_is_corruption() {
    let (bytes, _) = segment(&[]);
    let header = SEGMENT_HEADER_BYTES;
    assert_eq!(run(&bytes, header).map(|tail| (tail.end, tail.torn)), Ok((header, 0)));
    assert_eq!(run(&bytes[..31], 0), Err(Corruption { offset: header }));
}
