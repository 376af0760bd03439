//! Locks and atomics of what is proved with the model checker: parking_lot's and the standard
//! library's, or with `--cfg loom` those of loom.

#[cfg(loom)]
mod checked;

#[cfg(loom)]
pub use checked::Mutex;
#[cfg(loom)]
pub use loom::sync::MutexGuard;
#[cfg(loom)]
pub use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[cfg(not(loom))]
pub use parking_lot::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What the order of sequentially consistent accesses promises: the model checker knows that of
/// fences only. Nothing without it.
#[cfg(loom)]
pub fn fence_for_loom() {
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// Nothing: the order of sequentially consistent accesses promises it.
#[cfg(not(loom))]
pub const fn fence_for_loom() {}
