//! The journal on a disk: segments of frames, one writer, one sync a group.
//!
//! ```text
//!   submit ──▶ queue ──▶ writer thread: group ▸ write ▸ fdatasync ▸ mark ▸ commit ▸ answers
//!                          └──▶ readers: pages, snapshots, backups (behind earlier appends)
//!
//!   <data_dir>/lock                       held while a process has it open
//!   <data_dir>/journal/manifest           which segments count; replaced as a whole
//!   <data_dir>/journal/mark               how far the last one was synced
//!   <data_dir>/journal/N.segment          frames, each written once, one behind the other
//!   <data_dir>/journal/N.index            what a sealed segment holds
//!   <data_dir>/journal/snapshots/…        states that stand for dropped records
//! ```
//!
//! Invariants:
//!
//! 1. **Answered means synced.** An append is answered after `fdatasync` of its bytes returned and
//!    the mark passed them. Readers are shown what is synced and nothing else.
//! 2. **One writer.** The lock keeps out other processes; within the process a [`Journal`] has one
//!    writer thread, which alone writes to the active segment.
//! 3. **The journal outlives incarnations.** The threads belong to the [`Journal`], which all
//!    incarnations of the store share. What was taken is carried out, whoever dies meanwhile.
//! 4. **A failed write is final.** After an error of a write, a sync or a rename nobody knows what is
//!    on the disk, and asking again may be answered wrongly; so nothing is written until the process
//!    starts anew and reads what is there. Reads go on.
//! 5. **Bytes before the mark are never cut.** Only an unfinished last write is; anything else is
//!    corruption, and the journal does not open.
//! 6. **Zeros may stand behind the last frame** of the active segment: space written ahead, because a
//!    sync takes longer when the file has become longer. No frame is all zeros.
//! 7. **A segment is dropped after a manifest without it is durable**, and that only after the
//!    snapshots that stand for its records were read back whole.

mod backup;
mod disk;
mod error;
mod files;
mod journal;
mod lock;
mod read;
mod recover;
mod shared;
mod snapshots;
mod writer;

pub use disk::{Disk, RealDisk};
pub use error::OpenError;
pub use journal::{Journal, Verified, verify};
pub use synod_store_core::Limits;
