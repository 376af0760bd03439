//! The mailbox: bounded lanes that belong to the address, not to an incarnation.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::sync::Notify;

use crate::address::{RejectReason, Rejected};
use crate::dead_letters::DeadReason;
use crate::incarnation::{Poke, Signal};
use crate::message::{Lane, Message, Overflow};
use crate::metrics::MailboxMetrics;
use crate::shared::Shared;

/// How many messages each lane holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Control lane.
    pub control: usize,
    /// High lane.
    pub high: usize,
    /// Normal lane.
    pub normal: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { control: 64, high: 256, normal: 1024 }
    }
}

impl Capacity {
    const fn of(&self, lane: Lane) -> usize {
        match lane {
            Lane::Control => self.control,
            Lane::High => self.high,
            Lane::Normal => self.normal,
        }
    }

    /// Room in all lanes together.
    pub const fn total(&self) -> usize {
        self.control + self.high + self.normal
    }
}

/// A message and when it was accepted.
pub(crate) struct Letter<M> {
    pub(crate) msg: M,
    pub(crate) at: Moment,
    /// For results and alarms: whose they are. No other incarnation is told of them.
    own: Option<Incarnation>,
}

/// Invariant: if a lane holds a message and an incarnation is attached, then either the
/// incarnation is handling, or a poke is on its way to it. `idle` is only read and written under
/// the lock that guards the lanes, so no push can fall between “empty” and “idle”.
struct Lanes<M> {
    queues: [VecDeque<Letter<M>>; 3],
    idle: bool,
    /// Nothing more from outside.
    closed: bool,
    /// Nothing more at all: nobody will ever look.
    abandoned: bool,
    poke: Option<Poke>,
    incarnation: Incarnation,
}

/// See the module.
pub(crate) struct Mailbox<M> {
    pub(crate) id: ActorId,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: MailboxMetrics,
    capacity: Capacity,
    lanes: Mutex<Lanes<M>>,
    room: [Notify; 3],
    handled: AtomicU64,
    progress: AtomicU64,
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
        };
        Self {
            metrics: MailboxMetrics::register(&id),
            id,
            shared,
            capacity,
            lanes: Mutex::new(lanes),
            room: [Notify::new(), Notify::new(), Notify::new()],
            handled: AtomicU64::new(0),
            progress: AtomicU64::new(0),
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
        queue.push_back(Letter { msg, at: self.shared.clock.now(), own: None });
        let poke = Self::wake(&mut lanes);
        drop(lanes);
        if let Some(poke) = poke {
            poke.send(Signal::Poke);
        }
        self.metrics.accepted.increment(1);
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
        queue.push_back(Letter { msg, at: self.shared.clock.now(), own: Some(incarnation) });
        let poke = Self::wake(&mut lanes);
        drop(lanes);
        if let Some(poke) = poke {
            poke.send(Signal::Poke);
        }
        self.metrics.accepted.increment(1);
        Ok(())
    }

    fn wake(lanes: &mut Lanes<M>) -> Option<Poke> {
        if !lanes.idle {
            return None;
        }
        lanes.idle = false;
        lanes.poke.clone()
    }

    /// The next message; without one the mailbox turns idle and the next push pokes.
    pub(crate) fn next(&self) -> Option<Letter<M>> {
        loop {
            let (letter, is_stale) = self.pop()?;
            if !is_stale {
                return Some(letter);
            }
        }
    }

    /// Also tells whether it is the result or alarm of an incarnation that is gone.
    fn pop(&self) -> Option<(Letter<M>, bool)> {
        let mut lanes = self.lanes.lock();
        for lane in Lane::ALL {
            if let Some(letter) = lanes.queues[lane as usize].pop_front() {
                let is_stale = letter.own.is_some_and(|own| own != lanes.incarnation);
                drop(lanes);
                self.room[lane as usize].notify_one();
                return Some((letter, is_stale));
            }
        }
        lanes.idle = true;
        None
    }

    /// Gives a new incarnation its number.
    pub(crate) fn begin(&self) -> Incarnation {
        let mut lanes = self.lanes.lock();
        lanes.incarnation = lanes.incarnation.next();
        lanes.incarnation
    }

    /// From now on this incarnation is poked, and at once, for what has queued up meanwhile.
    pub(crate) fn attach(&self, poke: Poke) {
        let mut lanes = self.lanes.lock();
        lanes.poke = Some(poke.clone());
        lanes.idle = false;
        drop(lanes);
        poke.send(Signal::Poke);
    }

    /// The incarnation is gone; unless a later one has taken its place, messages now wait.
    pub(crate) fn detach(&self, incarnation: Incarnation) {
        let mut lanes = self.lanes.lock();
        if lanes.incarnation == incarnation {
            lanes.poke = None;
            lanes.idle = false;
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

    /// Notes a handled message.
    pub(crate) fn progressed(&self, now: Moment) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        self.progress.store(now.unix_nanos(), Ordering::Relaxed);
    }

    /// Makes a dead letter.
    pub(crate) fn bury(&self, kind: &'static str, reason: DeadReason) {
        self.shared.dead_letters.add(self.shared.clock.now(), &self.id, kind, reason);
    }
}

/// What anyone may know of a mailbox, whatever its messages.
pub(crate) trait MailboxFacts: Send + Sync {
    fn incarnation(&self) -> Incarnation;
    fn depth(&self) -> usize;
    fn bound(&self) -> usize;
    fn handled(&self) -> u64;
    fn last_progress(&self) -> Option<Moment>;
    /// Buries all that still waits: at the end of everything.
    fn abandon(&self);
    fn publish(&self);
}

impl<M: Message> MailboxFacts for Mailbox<M> {
    fn incarnation(&self) -> Incarnation {
        self.lanes.lock().incarnation
    }

    fn depth(&self) -> usize {
        self.lanes.lock().queues.iter().map(VecDeque::len).sum()
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
        self.metrics.publish(self.depth(), self.bound(), self.incarnation(), self.last_progress());
    }
}
