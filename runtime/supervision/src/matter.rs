//! On whose behalf a task of an actor works: what the calls it makes inherit.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use parking_lot::Mutex;
use synod_supervision_waits::SeatId;
use synod_types::actor::ActorId;
use synod_types::time::Moment;
use synod_types::trace::{TraceContext, TraceId};

use crate::carried::{Carried, set_laden};
use crate::fence::Epoch;
use crate::trace;
use crate::waits::{Asker, Waiting};

/// What one task of an actor has in hand: a message, or piped work on behalf of one. Written by
/// that task alone.
#[derive(Debug)]
pub(crate) struct Matter {
    /// When who asked stops waiting; the end of time if nobody asked, or has been answered.
    deadline: AtomicU64,
    /// Which call it answers.
    call: AtomicU64,
    /// Whether it belongs to a trace: then see there.
    is_traced: AtomicBool,
    trace: Mutex<Option<TraceContext>>,
    /// Whose task it is.
    actor: Option<ActorId>,
    /// Of the life whose task it is, if that may be fenced.
    epoch: Option<Arc<Epoch>>,
    /// How the actor waits for answers to calls it makes in this task.
    waiting: Option<Waiting>,
    /// The seat of who waits in a handler for the answer to the question in hand; 0: nobody.
    asker: AtomicU32,
}

thread_local! {
    /// Of the task that is being polled on this thread.
    static PRESENT: RefCell<Option<Arc<Matter>>> = const { RefCell::new(None) };
}

impl Matter {
    pub(crate) fn new() -> Self {
        Self {
            deadline: AtomicU64::new(Moment::MAX.unix_nanos()),
            call: AtomicU64::new(0),
            is_traced: AtomicBool::new(false),
            trace: Mutex::new(None),
            actor: None,
            epoch: None,
            waiting: None,
            asker: AtomicU32::new(0),
        }
    }

    /// What the handler of `actor`, at `seat`, has in hand: nothing yet.
    pub(crate) fn of(actor: &ActorId, seat: Option<SeatId>) -> Self {
        let waiting = seat.map(Waiting::Held);
        Self { actor: Some(actor.clone()), waiting, ..Self::new() }
    }

    /// The same, in that epoch.
    pub(crate) fn within(self, epoch: Option<&Arc<Epoch>>) -> Self {
        Self { epoch: epoch.cloned(), ..self }
    }

    pub(crate) fn epoch(&self) -> Option<&Epoch> {
        self.epoch.as_deref()
    }

    /// Whose task is being polled on this thread.
    pub(crate) fn speaker() -> Option<ActorId> {
        Self::present(|present| present.actor.clone()).flatten()
    }

    /// Work that belongs to a trace.
    pub(crate) fn traced(context: TraceContext) -> Self {
        Self { is_traced: AtomicBool::new(true), trace: Mutex::new(Some(context)), ..Self::new() }
    }

    /// What work inherits that is begun now, to go on beside the handler.
    pub(crate) fn beside() -> Self {
        let mut beside = Self { actor: Self::speaker(), ..Self::later() };
        Self::present(|present| {
            beside.set_deadline(present.deadline());
            beside.waiting = present.waiting.map(Waiting::beside);
        });
        beside
    }

    /// What work inherits that is begun now, to be done when nobody waits for it any more.
    pub(crate) fn later() -> Self {
        Self::present(Self::trace).flatten().map_or_else(Self::new, Self::traced)
    }

    /// Does work that is a task of its own.
    pub(crate) async fn work<T>(matter: Self, work: impl Future<Output = T>) -> T {
        let mut matter = Some(Arc::new(matter));
        let mut work = pin!(work);
        poll_fn(|cx| Self::poll(&mut matter, work.as_mut(), cx)).await
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

    /// Takes a message in hand, in the present task.
    pub(crate) fn take_up(&self, carried: &Carried) {
        self.set_deadline(carried.deadline);
        self.call.store(carried.call, Ordering::Relaxed);
        if let Some((asker, asked)) = carried.asker {
            self.answers(Asker::new(asker, carried.call), asked);
        }
        if let Some(trace) = &carried.trace {
            *self.trace.lock() = Some(trace::below(**trace));
            self.is_traced.store(true, Ordering::Relaxed);
            set_laden(true);
        }
    }

    /// Has nothing in hand any more, in the present task.
    pub(crate) fn put_down(&self) {
        self.end();
        set_laden(false);
    }

    /// Never has anything in hand again.
    pub(crate) fn end(&self) {
        self.set_deadline(Moment::MAX);
        if let Some(seat) = SeatId::numbered(self.asker.load(Ordering::Relaxed)) {
            self.asker.store(0, Ordering::Relaxed);
            Asker::new(seat, self.call.load(Ordering::Relaxed)).released();
        }
        self.call.store(0, Ordering::Relaxed);
        if self.is_traced.load(Ordering::Relaxed) {
            self.is_traced.store(false, Ordering::Relaxed);
            *self.trace.lock() = None;
        }
    }

    /// Someone waits in its handler for the answer to the question in hand, which was put to the
    /// actor at `asked`: perhaps to the pool of this one.
    fn answers(&self, asker: Asker, asked: SeatId) {
        if let Some(Waiting::Held(seat)) = self.waiting
            && seat != asked
        {
            asker.waits_for(seat);
        }
        self.asker.store(asker.seat().number(), Ordering::Relaxed);
    }

    pub(crate) const fn waiting(&self) -> Option<Waiting> {
        self.waiting
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

    pub(crate) fn trace(&self) -> Option<TraceContext> {
        if self.is_traced.load(Ordering::Relaxed) { *self.trace.lock() } else { None }
    }

    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.trace().map(|context| context.trace)
    }

    fn set_deadline(&self, deadline: Moment) {
        self.deadline.store(deadline.unix_nanos(), Ordering::Relaxed);
    }
}

struct Scope<'a> {
    matter: &'a mut Option<Arc<Matter>>,
    was_laden: bool,
}

impl<'a> Scope<'a> {
    fn begin(matter: &'a mut Option<Arc<Matter>>) -> Self {
        let is_traced = |matter: &Arc<Matter>| matter.is_traced.load(Ordering::Relaxed);
        let was_laden = set_laden(matter.as_ref().is_some_and(is_traced));
        PRESENT.with_borrow_mut(|present| std::mem::swap(present, matter));
        Self { matter, was_laden }
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        PRESENT.with_borrow_mut(|present| std::mem::swap(present, self.matter));
        set_laden(self.was_laden);
    }
}
