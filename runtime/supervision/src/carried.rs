//! What a message carries beside itself, from the task that sends it to the one that handles it.
//!
//! A call says what its question carries just before that is accepted, on the same thread, and the
//! task that is being polled says its trace; nobody in between need know.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use synod_supervision_waits::SeatId;
use synod_types::time::Moment;
use synod_types::trace::{TraceContext, TraceId};

use crate::matter::Matter;

/// On its way with a message.
#[derive(Debug)]
pub(crate) struct Carried {
    /// When who asked stops waiting. [`Moment::MAX`]: not a call.
    pub(crate) deadline: Moment,
    /// Tells calls apart. 0: not a call.
    pub(crate) call: u64,
    /// Who waits for the answer so that a cycle of waits may close, and for whom.
    pub(crate) asker: Option<(SeatId, SeatId)>,
    /// The piece of work it was sent in.
    pub(crate) trace: Option<Box<TraceContext>>,
}

thread_local! {
    /// Whether what is sent now carries anything: one look, and most messages are done.
    static IS_LADEN: Cell<bool> = const { Cell::new(false) };
    /// Of the call whose question is being sent.
    static ASKING: RefCell<Option<Carried>> = const { RefCell::new(None) };
    static LAST_CALL: Cell<u64> = const { Cell::new(0) };
}

impl Carried {
    pub(crate) const NOTHING: Self =
        Self { deadline: Moment::MAX, call: 0, asker: None, trace: None };

    /// What a message that is accepted now carries.
    #[inline]
    pub(crate) fn now() -> Self {
        if IS_LADEN.get() { Self::laden() } else { Self::NOTHING }
    }

    #[cold]
    fn laden() -> Self {
        let asking = ASKING.with_borrow_mut(Option::take).unwrap_or(Self::NOTHING);
        Self { trace: Matter::present(Matter::trace).flatten().map(Box::new), ..asking }
    }

    /// A question put until then.
    pub(crate) const fn question(
        call: u64,
        deadline: Moment,
        asker: Option<(SeatId, SeatId)>,
    ) -> Self {
        Self { deadline, call, asker, trace: None }
    }

    /// The trace of the piece of work it was sent in.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.trace.as_ref().map(|context| context.trace)
    }

    /// Whether that is nothing.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.call == 0 && self.trace.is_none()
    }
}

/// Says whether what this thread sends carries anything; gives back whether it did.
pub(crate) fn set_laden(is_laden: bool) -> bool {
    IS_LADEN.replace(is_laden)
}

/// While it lasts, the next message that this thread sends is the question of a call.
pub(crate) struct Asking<'a> {
    carried: &'a mut Option<Carried>,
    was_laden: bool,
}

impl<'a> Asking<'a> {
    pub(crate) fn begin(carried: &'a mut Option<Carried>) -> Self {
        ASKING.with_borrow_mut(|asking| std::mem::swap(asking, carried));
        Self { carried, was_laden: IS_LADEN.replace(true) }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        ASKING.with_borrow_mut(|asking| std::mem::swap(asking, self.carried));
        IS_LADEN.set(self.was_laden);
    }
}

/// A number that no other call of this process has. Threads take them by the block.
pub(crate) fn number() -> u64 {
    const BLOCK: u64 = 1 << 20;
    static BLOCKS: AtomicU64 = AtomicU64::new(0);
    let mut next = LAST_CALL.get() + 1;
    if next % BLOCK == 1 {
        next = BLOCKS.fetch_add(BLOCK, Ordering::Relaxed) + 1;
    }
    LAST_CALL.set(next);
    next
}
