//! The mailbox: bounded lanes that belong to the address, not to an incarnation.

mod facts;
mod lives;
mod pooled;
mod push;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use synod_supervision_lanes::{Lanes, Next, Order};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceContext;
use tokio::task::coop;
use tracing::level_filters::LevelFilter;

pub(crate) use facts::MailboxFacts;

use crate::actor::Failure;
use crate::capacity::Capacity;
use crate::carried::Carried;
use crate::dead_letters::{DeadReason, Obituary};
use crate::failures::InHand;
use crate::hand::{Hand, Reading};
use crate::message::Message;
use crate::metrics::MailboxMetrics;
use crate::pulse::Pulse;
use crate::quarantine::{Quarantine, kept};
use crate::shared::Shared;
use crate::stamps::Stamps;
use crate::waits::Chair;

use pooled::Part;

/// A message and when it was accepted.
pub(crate) struct Letter<M> {
    pub(crate) msg: M,
    /// When it was accepted; the beginning of time if it is not timed.
    pub(crate) at: Moment,
    /// For results and alarms: whose they are. No other incarnation is told of them. 0: nobody's.
    pub(crate) own: Incarnation,
    pub(crate) carried: Carried,
    /// Not 0 if an incarnation has died with it in hand and it has no fingerprint.
    pub(crate) number: u32,
}

impl<M> Letter<M> {
    /// When it was accepted, if it is timed.
    pub(crate) fn timed_at(&self) -> Option<Moment> {
        (self.at != Moment::default()).then_some(self.at)
    }

    /// One that an incarnation died with, to be tried again in the same trace.
    pub(crate) fn again(msg: M, number: u32, trace: Option<TraceContext>) -> Self {
        let (at, own) = (Moment::default(), Incarnation::default());
        let carried = Carried { trace: trace.map(Box::new), ..Carried::NOTHING };
        Self { msg, at, own, carried, number }
    }

    /// Whether there is nothing to be known of it but what it says.
    pub(crate) fn is_plain(&self) -> bool {
        let is_timed = self.at != Moment::default();
        !(is_timed || self.is_own()) && self.carried.is_nothing() && self.number == 0
    }

    /// Whether it is the result or alarm of an incarnation.
    pub(crate) const fn is_own(&self) -> bool {
        self.own.0 != 0
    }

    /// Whether it is the result or alarm of another incarnation than this.
    pub(crate) fn is_stale(&self, incarnation: Incarnation) -> bool {
        self.own.0 != 0 && self.own != incarnation
    }
}

/// How an incarnation is told to end.
#[derive(Debug)]
pub(crate) enum End {
    /// In order; the mail stays.
    Halt,
    /// As a failure.
    Fail(Failure),
    /// It has been killed and does not know yet: it handles nothing more.
    Kill,
}

/// See the module.
///
/// Invariant: what an incarnation has in hand is older than all that waits in the normal lane.
/// It goes back to the lane's front, in order, before the incarnation is gone, and so before the
/// next one takes anything.
pub(crate) struct Mailbox<M> {
    pub(crate) id: ActorId,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: MailboxMetrics,
    stamps: Stamps,
    pub(crate) pulse: Pulse,
    pub(crate) chair: Chair,
    pub(crate) quarantine: Quarantine<M>,
    capacity: Capacity,
    part: Part<M>,
    pub(crate) lanes: Lanes<Letter<M>, End>,
    /// What an incarnation has in hand and does not handle yet. Written by it alone, as the next
    /// two are.
    held: AtomicUsize,
    handled: AtomicU64,
    progress: AtomicU64,
    counted: Mutex<Counted>,
    /// Fenced lives that still run.
    pub(crate) fenced: Arc<AtomicU32>,
    /// What the last incarnation that ended with a message in hand had there.
    fell_with: Mutex<Option<InHand>>,
}

/// What the metrics know.
#[derive(Default)]
struct Counted {
    accepted: u64,
    handled: u64,
    /// When they were told.
    at: Moment,
}

impl<M: Message> Mailbox<M> {
    pub(crate) fn new(id: ActorId, capacity: Capacity, shared: Arc<Shared>) -> Self {
        Self {
            metrics: MailboxMetrics::register(&id),
            pulse: Pulse::default(),
            chair: Chair::of(&id),
            quarantine: Quarantine::new(),
            id,
            shared,
            stamps: Stamps::new(),
            capacity,
            part: Part::Alone,
            lanes: Lanes::new(),
            held: AtomicUsize::new(0),
            handled: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            counted: Mutex::default(),
            fenced: Arc::default(),
            fell_with: Mutex::default(),
        }
    }

    /// The next message in hand, unless something is more urgent.
    #[inline]
    pub(crate) fn in_hand(&self, hand: &mut Hand<M>) -> Option<Letter<M>> {
        if self.lanes.is_urgent(hand.incarnation().0) {
            return None;
        }
        self.pop(hand)
    }

    /// The next message in hand.
    #[inline]
    pub(crate) fn pop(&self, hand: &mut Hand<M>) -> Option<Letter<M>> {
        while let Some(letter) = hand.pop() {
            self.held.store(hand.len(), Ordering::Relaxed);
            if !letter.is_stale(hand.incarnation()) {
                return Some(letter);
            }
        }
        None
    }

    /// Whether someone looks at every message: who watches, who logs, or who looks for what the
    /// actor died of.
    #[inline]
    pub(crate) fn is_looked_at(&self) -> bool {
        self.shared.events.is_tapped()
            || self.quarantine.is_alert()
            || LevelFilter::DEBUG <= LevelFilter::current()
    }

    /// What the incarnation is to do next. What was in hand is paid for with tokio's budget, so
    /// that other tasks of the thread have their turn.
    pub(crate) fn poll_next(
        &self,
        cx: &mut Context<'_>,
        hand: &mut Hand<M>,
    ) -> Poll<Next<Letter<M>, End>> {
        for _ in 0..hand.price() {
            ready!(coop::poll_proceed(cx)).made_progress();
        }
        loop {
            let own = self.lanes.poll_next(cx, &mut self.reading(hand));
            match ready!(self.or_from_pool(cx, hand.incarnation().0, own)) {
                Next::Letter(letter) if letter.is_stale(hand.incarnation()) => (),
                next => return Poll::Ready(next),
            }
        }
    }

    fn reading<'a>(&'a self, hand: &'a mut Hand<M>) -> Reading<'a, M> {
        Reading { hand, held: &self.held, stamps: &self.stamps }
    }

    /// Tells an incarnation something; nothing, if it is over.
    pub(crate) fn order(&self, incarnation: Incarnation, order: Order<End>) {
        self.lanes.order(incarnation.0, order);
    }

    /// Messages from outside are accepted, unless it was abandoned.
    pub(crate) fn open(&self) {
        self.lanes.open();
        self.open_pool();
    }

    /// No more messages from outside.
    pub(crate) fn close(&self) {
        self.lanes.close();
        self.close_pool();
    }

    /// Notes a handled message, each by itself because the watchdog looks for it, and says how many
    /// that makes. Only the living incarnation does, so nothing is lost between load and store.
    pub(crate) fn handled_one(&self) -> u64 {
        let handled = self.handled.load(Ordering::Relaxed) + 1;
        self.handled.store(handled, Ordering::Relaxed);
        handled
    }

    /// Notes which message is being handled, of those that are looked at.
    pub(crate) fn begun_one(&self, kind: &'static str) {
        self.pulse.timed(self.handled.load(Ordering::Relaxed), kind);
    }

    /// Notes when the last timed message was handled.
    pub(crate) fn progressed(&self, now: Moment) {
        self.progress.store(now.unix_nanos(), Ordering::Relaxed);
        self.pool_progressed(now);
    }

    /// Drops a question whose time is over: who asked is told, so it is no dead letter.
    pub(crate) fn expire(&self, msg: M) {
        self.metrics.expired.increment(1);
        tracing::debug!(actor = %self.id, kind = msg.kind(), "the question came too late");
        crate::call::expire(msg);
    }

    /// Makes a dead letter.
    pub(crate) fn bury(&self, letter: &Letter<M>, reason: DeadReason) {
        let Letter { msg, carried, .. } = letter;
        let is_last = reason == DeadReason::Abandoned;
        let kept = if is_last { None } else { kept(msg) };
        let (trace, print) = (carried.trace_id(), msg.digest());
        let it = Obituary { trace, print, kept, ..Obituary::of(msg.kind(), reason) };
        self.shared.bury(&self.id, it);
    }
}
