//! The mailbox: bounded lanes that belong to the address, not to an incarnation.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use synod_supervision_core::Work;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::sync::Notify;

use crate::address::{RejectReason, Rejected};
use crate::capacity::Capacity;
use crate::carried::Carried;
use crate::dead_letters::DeadReason;
use crate::failures::InHand;
use crate::hand::Hand;
use crate::incarnation::{Poke, Signal};
use crate::message::{Lane, Message, Overflow};
use crate::metrics::MailboxMetrics;
use crate::pulse::Pulse;
use crate::shared::Shared;
use crate::stamps::Stamps;

/// A message and when it was accepted.
pub(crate) struct Letter<M> {
    pub(crate) msg: M,
    /// If it is not timed: when the last timed one before it was.
    pub(crate) at: Moment,
    pub(crate) is_timed: bool,
    /// For results and alarms: whose they are. No other incarnation is told of them.
    pub(crate) own: Option<Incarnation>,
    pub(crate) carried: Carried,
}

/// Invariant: if a lane holds a message and an incarnation is attached, then either the
/// incarnation is handling, or a poke is on its way to it. `idle` is only read and written under
/// the lock that guards the lanes, so no push can fall between “empty” and “idle”.
///
/// Invariant: what an incarnation has in hand is older than all that waits in the normal lane.
/// It goes back to the lane's front, in order, before the incarnation is gone, and so before the
/// next one takes anything.
struct Lanes<M> {
    queues: [VecDeque<Letter<M>>; 3],
    idle: bool,
    /// Nothing more from outside.
    closed: bool,
    /// Nothing more at all: nobody will ever look.
    abandoned: bool,
    poke: Option<Poke>,
    incarnation: Incarnation,
    accepted: u64,
    stamps: Stamps,
}

/// See the module.
pub(crate) struct Mailbox<M> {
    pub(crate) id: ActorId,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: MailboxMetrics,
    pub(crate) pulse: Pulse,
    capacity: Capacity,
    lanes: Mutex<Lanes<M>>,
    room: [Notify; 3],
    /// Senders that wait for room, or are about to.
    waiting: AtomicUsize,
    /// Whether the control or the high lane holds a message. Written under the lock only.
    is_urgent: AtomicBool,
    /// What an incarnation has in hand and does not handle yet. Written by it alone, as the next
    /// two are.
    held: AtomicUsize,
    handled: AtomicU64,
    progress: AtomicU64,
    /// Of accepted and handled messages, those that the counters know of.
    counted: Mutex<(u64, u64)>,
    /// What the last incarnation that ended with a message in hand had there.
    fell_with: Mutex<Option<InHand>>,
}

impl<M: Message> Mailbox<M> {
    pub(crate) fn new(id: ActorId, capacity: Capacity, shared: Arc<Shared>) -> Self {
        let lanes = Lanes {
            queues: [VecDeque::new(), VecDeque::new(), VecDeque::new()],
            idle: false,
            closed: false,
            abandoned: false,
            poke: None,
            incarnation: Incarnation::default(),
            accepted: 0,
            stamps: Stamps::new(),
        };
        Self {
            metrics: MailboxMetrics::register(&id),
            pulse: Pulse::new(),
            id,
            shared,
            capacity,
            lanes: Mutex::new(lanes),
            room: [Notify::new(), Notify::new(), Notify::new()],
            waiting: AtomicUsize::new(0),
            is_urgent: AtomicBool::new(false),
            held: AtomicUsize::new(0),
            handled: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            counted: Mutex::default(),
            fell_with: Mutex::default(),
        }
    }

    /// Accepts a message or gives it back, according to its own overflow policy.
    pub(crate) fn push(&self, msg: M) -> Result<(), Rejected<M>> {
        let lane = msg.lane();
        let overflow = msg.overflow();
        let mut lanes = self.lanes.lock();
        if lanes.closed {
            drop(lanes);
            self.metrics.refused.increment(1);
            return Err(Rejected { msg, reason: RejectReason::Closed });
        }
        let queue = &mut lanes.queues[lane as usize];
        let mut evicted = None;
        match overflow {
            Overflow::Coalesce(key) => {
                let same = |letter: &&mut Letter<M>| {
                    letter.msg.kind() == msg.kind()
                        && letter.msg.overflow() == Overflow::Coalesce(key)
                };
                if let Some(letter) = queue.iter_mut().rev().find(same) {
                    letter.carried = Carried::now();
                    let replaced = std::mem::replace(&mut letter.msg, msg);
                    drop(lanes);
                    self.metrics.coalesced.increment(1);
                    drop(replaced);
                    return Ok(());
                }
            }
            Overflow::DropOldest if self.capacity.of(lane) <= queue.len() => {
                evicted = queue.pop_front();
            }
            Overflow::DropOldest | Overflow::Wait | Overflow::Refuse => (),
        }
        if self.capacity.of(lane) <= queue.len() {
            drop(lanes);
            self.metrics.refused.increment(1);
            return Err(Rejected { msg, reason: RejectReason::Full });
        }
        self.accept(lanes, lane, (msg, None));
        if let Some(letter) = evicted {
            self.bury(letter.msg.kind(), DeadReason::DroppedOldest);
        }
        Ok(())
    }

    /// Like [`Self::push`], but waits for room whatever the policy. `own`: from that incarnation
    /// of the actor itself, admitted while draining too, and of no use to the next one.
    pub(crate) async fn push_waiting(
        &self,
        mut msg: M,
        own: Option<Incarnation>,
    ) -> Result<(), Rejected<M>> {
        let lane = msg.lane() as usize;
        // Counted before it looks: who makes room later, under the lock, sees that it waits.
        let _waits = Waits::begin(&self.waiting);
        loop {
            let room = self.room[lane].notified();
            tokio::pin!(room);
            room.as_mut().enable();
            let pushed = match own {
                Some(incarnation) => self.push_own(msg, incarnation),
                None => self.push(msg),
            };
            match pushed {
                Ok(()) => return Ok(()),
                Err(Rejected { msg: back, reason: RejectReason::Full }) => msg = back,
                Err(rejected) => return Err(rejected),
            }
            room.await;
        }
    }

    fn push_own(&self, msg: M, incarnation: Incarnation) -> Result<(), Rejected<M>> {
        let lane = msg.lane();
        let mut lanes = self.lanes.lock();
        if lanes.abandoned {
            return Err(Rejected { msg, reason: RejectReason::Closed });
        }
        let queue = &mut lanes.queues[lane as usize];
        if self.capacity.of(lane) <= queue.len() {
            return Err(Rejected { msg, reason: RejectReason::Full });
        }
        self.accept(lanes, lane, (msg, Some(incarnation)));
        Ok(())
    }

    /// There is room. Pokes an idle incarnation.
    fn accept(
        &self,
        mut lanes: MutexGuard<'_, Lanes<M>>,
        lane: Lane,
        (msg, own): (M, Option<Incarnation>),
    ) {
        let (at, is_timed) = lanes.stamps.next(|| self.shared.clock.now());
        lanes.queues[lane as usize].push_back(Letter {
            msg,
            at,
            is_timed,
            own,
            carried: Carried::now(),
        });
        lanes.accepted += 1;
        if lane != Lane::Normal {
            self.is_urgent.store(true, Ordering::Release);
        }
        if lanes.idle {
            lanes.idle = false;
            self.pulse.set(Work::Waiting);
            let poke = lanes.poke.clone();
            drop(lanes);
            if let Some(poke) = poke {
                poke.send(Signal::Poke);
            }
        }
    }

    /// The next message; without one the mailbox turns idle and the next push pokes.
    pub(crate) fn next(&self, hand: &mut Hand<M>) -> Option<Letter<M>> {
        loop {
            let urgent = self.is_urgent.load(Ordering::Acquire);
            let letter =
                if urgent { self.take(hand) } else { hand.pop().or_else(|| self.take(hand)) };
            self.held.store(hand.len(), Ordering::Relaxed);
            let letter = letter?;
            if !hand.is_stale(&letter) {
                return Some(letter);
            }
        }
    }

    /// Looks into the lanes: an urgent message, or what is in hand, or a new handful.
    fn take(&self, hand: &mut Hand<M>) -> Option<Letter<M>> {
        let was_fast = hand.is_empty().then(|| hand.was_fast(&self.shared.clock));
        let mut lanes = self.lanes.lock();
        for lane in [Lane::Control, Lane::High] {
            if let Some(letter) = lanes.queues[lane as usize].pop_front() {
                self.pulse.set(Work::Busy);
                drop(lanes);
                self.make_room(lane, 1);
                return Some(letter);
            }
        }
        self.is_urgent.store(false, Ordering::Release);
        let Some(was_fast) = was_fast else {
            drop(lanes);
            return hand.pop();
        };
        lanes.stamps.set_sparse(was_fast);
        let share = self.capacity.share();
        let taken = hand.fill(&mut lanes.queues[Lane::Normal as usize], share);
        lanes.idle = taken == 0;
        self.pulse.set(if lanes.idle { Work::Idle } else { Work::Busy });
        self.held.store(taken, Ordering::Relaxed);
        drop(lanes);
        self.make_room(Lane::Normal, taken);
        if 0 < taken {
            hand.begin(&self.shared.clock);
        }
        hand.pop()
    }

    fn make_room(&self, lane: Lane, places: usize) {
        for _ in 0..places.min(self.waiting.load(Ordering::Relaxed)) {
            self.room[lane as usize].notify_one();
        }
    }

    /// Takes back what an incarnation had in hand when it ended.
    pub(crate) fn put_back(&self, hand: &mut Hand<M>) {
        let mut lanes = self.lanes.lock();
        if !lanes.abandoned {
            hand.empty_into(&mut lanes.queues[Lane::Normal as usize]);
        }
        self.held.store(0, Ordering::Relaxed);
        drop(lanes);
        while let Some(letter) = hand.pop() {
            self.bury(letter.msg.kind(), DeadReason::Abandoned);
        }
    }

    /// Gives a new incarnation its number.
    pub(crate) fn begin(&self) -> Incarnation {
        let mut lanes = self.lanes.lock();
        lanes.incarnation = lanes.incarnation.next();
        self.pulse.begin(lanes.incarnation);
        lanes.incarnation
    }

    /// From now on this incarnation is poked, and at once, for what has queued up meanwhile.
    pub(crate) fn attach(&self, poke: Poke) {
        let mut lanes = self.lanes.lock();
        lanes.poke = Some(poke.clone());
        lanes.idle = false;
        self.pulse.set(Work::Waiting);
        drop(lanes);
        poke.send(Signal::Poke);
    }

    /// The incarnation is gone; unless a later one has taken its place, messages now wait.
    pub(crate) fn detach(&self, incarnation: Incarnation) {
        let mut lanes = self.lanes.lock();
        if lanes.incarnation == incarnation {
            lanes.poke = None;
            lanes.idle = false;
            self.pulse.set(Work::Idle);
        }
    }

    /// No more messages from outside.
    pub(crate) fn close(&self) {
        self.lanes.lock().closed = true;
        for room in &self.room {
            room.notify_waiters();
        }
    }

    /// Whether anything waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.lock().queues.iter().all(VecDeque::is_empty)
    }

    /// Notes a handled message: each by itself, because the watchdog looks for it. Only the
    /// living incarnation does, so nothing is lost between load and store.
    pub(crate) fn handled_one(&self) {
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Notes which message is being handled, of those that are looked at.
    pub(crate) fn begun_one(&self, kind: &'static str) {
        self.pulse.timed(self.handled.load(Ordering::Relaxed), kind);
    }

    /// Notes when the last timed message was handled.
    pub(crate) fn progressed(&self, now: Moment) {
        self.progress.store(now.unix_nanos(), Ordering::Relaxed);
    }

    /// Drops a question whose time is over: who asked is told, so it is no dead letter.
    pub(crate) fn expire(&self, msg: M) {
        self.metrics.expired.increment(1);
        tracing::debug!(actor = %self.id, kind = msg.kind(), "the question came too late");
        crate::call::expire(msg);
    }

    /// Makes a dead letter of what an ending incarnation has in hand.
    pub(crate) fn fell(&self, in_hand: InHand) {
        *self.fell_with.lock() = Some(in_hand);
        self.bury(in_hand.kind, DeadReason::InHand);
    }

    /// Makes a dead letter.
    pub(crate) fn bury(&self, kind: &'static str, reason: DeadReason) {
        self.shared.dead_letters.add(self.shared.clock.now(), &self.id, kind, reason);
    }
}

/// A sender among those that wait, however its waiting ends.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What anyone may know of a mailbox, whatever its messages.
pub(crate) trait MailboxFacts: Send + Sync {
    fn incarnation(&self) -> Incarnation;
    /// What the present incarnation, which has ended, had in hand.
    fn fell_with(&self) -> Option<InHand>;
    fn depth(&self) -> usize;
    fn bound(&self) -> usize;
    fn handled(&self) -> u64;
    fn last_progress(&self) -> Option<Moment>;
    fn pulse(&self) -> &Pulse;
    /// Median and 99th percentile of its handling times lately.
    fn handling(&self) -> (Option<Duration>, Option<Duration>);
    /// Buries all that still waits: at the end of everything.
    fn abandon(&self);
    fn publish(&self);
}

impl<M: Message> MailboxFacts for Mailbox<M> {
    fn incarnation(&self) -> Incarnation {
        self.lanes.lock().incarnation
    }

    fn fell_with(&self) -> Option<InHand> {
        let incarnation = self.incarnation();
        self.fell_with.lock().filter(|in_hand| in_hand.incarnation == incarnation)
    }

    fn depth(&self) -> usize {
        let lanes = self.lanes.lock();
        let waiting: usize = lanes.queues.iter().map(VecDeque::len).sum();
        waiting + self.held.load(Ordering::Relaxed)
    }

    fn bound(&self) -> usize {
        self.capacity.total()
    }

    fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    fn last_progress(&self) -> Option<Moment> {
        let nanos = self.progress.load(Ordering::Relaxed);
        (nanos != 0).then(|| Moment::from_unix_nanos(nanos))
    }

    fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    fn handling(&self) -> (Option<Duration>, Option<Duration>) {
        self.metrics.handling()
    }

    fn abandon(&self) {
        let mut lanes = self.lanes.lock();
        (lanes.closed, lanes.abandoned) = (true, true);
        let queues = std::mem::take(&mut lanes.queues);
        drop(lanes);
        self.close();
        for letter in queues.into_iter().flatten() {
            self.bury(letter.msg.kind(), DeadReason::Abandoned);
        }
    }

    fn publish(&self) {
        let (accepted, handled) = (self.lanes.lock().accepted, self.handled());
        let mut counted = self.counted.lock();
        self.metrics.count(accepted - counted.0, handled - counted.1);
        *counted = (accepted, handled);
        drop(counted);
        self.metrics.stuck(self.pulse.stuck().is_some());
        self.metrics.publish(self.depth(), self.bound(), self.incarnation(), self.last_progress());
    }
}
