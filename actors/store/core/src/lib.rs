//! The journal without a disk: what its bytes mean, what may follow what, what may be forgotten.
//!
//! ```text
//!   append ──▶ Group::admit ──▶ bytes of one write ──(synced)──▶ Index::commit
//!   bytes of a file ──▶ scan ──▶ frames, and where the good ones end
//! ```
//!
//! One append is one [`Frame`]: its records become visible together or not at all. Frames stand in
//! segments; a segment that is full is sealed with a [`Directory`] of what it holds. The
//! [`Manifest`] lists the segments that count, the [`Mark`] how far the last one was synced.
//!
//! Which bytes may be cut from the end of a journal after a crash, and which mean that something
//! else went wrong, is decided in [`scan()`] and nowhere else.

mod directory;
mod frame;
mod group;
mod index;
mod limits;
mod manifest;
mod mark;
mod refusal;
mod scan;
mod seal;
mod segment;
mod snapshot;
mod track;

pub use directory::{Directory, DirectoryEntry, TrackLocation};
pub use frame::{Frame, FrameHead, Place, decode_frame, encode_frame};
pub use group::{Admission, Group};
pub use index::{Inconsistent, Index, Part, SealedSegment};
pub use limits::Limits;
pub use manifest::Manifest;
pub use mark::Mark;
pub use refusal::Refusal;
pub use scan::{Corruption, Tail, scan};
pub use segment::{SEGMENT_HEADER_BYTES, SegmentHeader, SegmentId};
pub use snapshot::{SnapshotName, decode_snapshot, encode_snapshot};
pub use track::{Extent, Track};
