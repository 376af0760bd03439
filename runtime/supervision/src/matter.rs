//! On whose behalf a task of an actor works: what the calls it makes inherit.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use synod_types::time::Moment;

use crate::carried::Carried;

/// What one task of an actor has in hand: a message, or piped work on behalf of one. Written by
/// that task alone.
#[derive(Debug)]
pub(crate) struct Matter {
    /// When who asked stops waiting; the end of time if nobody asked, or has been answered.
    deadline: AtomicU64,
    /// Which call it answers.
    call: AtomicU64,
}

thread_local! {
    /// Of the task that is being polled on this thread.
    static PRESENT: RefCell<Option<Arc<Matter>>> = const { RefCell::new(None) };
}

impl Matter {
    pub(crate) fn new() -> Self {
        Self { deadline: AtomicU64::new(Moment::MAX.unix_nanos()), call: AtomicU64::new(0) }
    }

    /// What work inherits that is begun now, to go on beside the handler.
    pub(crate) fn beside() -> Self {
        let beside = Self::new();
        Self::present(|present| beside.set_deadline(present.deadline()));
        beside
    }

    /// Polls a future whose task has `matter` in hand.
    pub(crate) fn poll<F: Future>(
        matter: &mut Option<Arc<Self>>,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _scope = Scope::begin(matter);
        future.poll(cx)
    }

    /// Tells `look` of what the present task has in hand, if it is an actor's.
    pub(crate) fn present<T>(look: impl FnOnce(&Self) -> T) -> Option<T> {
        PRESENT.with_borrow(|present| present.as_deref().map(look))
    }

    /// Takes a message in hand.
    pub(crate) fn take_up(&self, carried: &Carried) {
        self.set_deadline(carried.deadline);
        self.call.store(carried.call, Ordering::Relaxed);
    }

    /// Has nothing in hand any more.
    pub(crate) fn put_down(&self) {
        self.set_deadline(Moment::MAX);
        self.call.store(0, Ordering::Relaxed);
    }

    /// What is done after the answer, nobody waits for.
    pub(crate) fn answered(&self, call: u64) {
        if call != 0 && self.call.load(Ordering::Relaxed) == call {
            self.set_deadline(Moment::MAX);
        }
    }

    pub(crate) fn deadline(&self) -> Moment {
        Moment::from_unix_nanos(self.deadline.load(Ordering::Relaxed))
    }

    fn set_deadline(&self, deadline: Moment) {
        self.deadline.store(deadline.unix_nanos(), Ordering::Relaxed);
    }
}

struct Scope<'a>(&'a mut Option<Arc<Matter>>);

impl<'a> Scope<'a> {
    fn begin(matter: &'a mut Option<Arc<Matter>>) -> Self {
        PRESENT.with_borrow_mut(|present| std::mem::swap(present, matter));
        Self(matter)
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        PRESENT.with_borrow_mut(|present| std::mem::swap(present, self.0));
    }
}
