use synod_types::store::Sequence;

use crate::frame::MAGIC;
use crate::{Frame, Place, SEGMENT_HEADER_BYTES, SegmentId, decode_frame};

/// Damage where everything was known to be synced. Never cut, never skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged at byte {offset}")]
pub struct Corruption {
    /// Where the first frame should be that is not.
    pub offset: u64,
}

/// Where the good frames of a segment end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// First byte after the last good frame.
    pub end: u64,
    /// Position of the record that would come next.
    pub next: Sequence,
    /// Bytes after `end` that are not just zeros written ahead: an unfinished write that nobody was
    /// told of. To be cut.
    pub torn: u64,
}

/// Walks the frames of a segment's file, header included in `bytes`.
///
/// A bad frame is one of two things. Either it belongs to the last write, whose sync never
/// returned: no answer was given for it, and it is cut. Or it had been synced: then something
/// damaged it later. It was synced if `synced` (from the [`Mark`](crate::Mark)) lies beyond it, or
/// if a good frame after it belongs to a later write, since a write begins only once the one before
/// is synced. That frame says so itself: it names the byte at which its write began.
///
/// # Errors
/// [`Corruption`] at the first byte that cannot be explained by an unfinished write.
pub fn scan<'a>(
    segment: SegmentId,
    first: Sequence,
    bytes: &'a [u8],
    synced: u64,
    mut visit: impl FnMut(&Frame<'a>) -> bool,
) -> Result<Tail, Corruption> {
    let length = bytes.len() as u64;
    let mut at = SEGMENT_HEADER_BYTES;
    let mut next = first;
    while let Some(frame) = frame_at(segment, bytes, at) {
        if frame.head.sequence != next || !visit(&frame) {
            return Err(Corruption { offset: at });
        }
        next = Sequence(next.0 + u64::from(frame.extent.count));
        at += u64::from(frame.extent.bytes);
    }
    let is_known_bad = at < synced || length < at;
    if is_known_bad || has_later_write(segment, bytes, at) {
        return Err(Corruption { offset: at });
    }
    let rest = usize::try_from(at).map_or(&[][..], |at| bytes.get(at..).unwrap_or_default());
    let torn = rest.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1);
    Ok(Tail { end: at, next, torn })
}

fn frame_at(segment: SegmentId, bytes: &[u8], offset: u64) -> Option<Frame<'_>> {
    let rest = bytes.get(usize::try_from(offset).ok()?..)?;
    decode_frame(rest, Place { segment, offset })
}

/// Whether a good frame beyond `bad` belongs to a write that began after it.
fn has_later_write(segment: SegmentId, bytes: &[u8], bad: u64) -> bool {
    let from = usize::try_from(bad).map_or(bytes.len(), |bad| bad.saturating_add(1));
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(MAGIC.len())
        .zip(bad + 1..)
        .filter(|(window, _)| window == MAGIC)
        .filter_map(|(_, offset)| frame_at(segment, bytes, offset))
        .any(|frame| bad < frame.head.group_at)
}

#[cfg(test)]
mod tests;
