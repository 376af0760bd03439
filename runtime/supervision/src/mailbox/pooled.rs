//! What the mailboxes of one pool do for one another.
//!
//! A pool's mailbox does not know its readers: who finds it empty rests in the [`Front`], and a
//! push calls one of those. A worker looks and rests under the front's lock, a push calls after it
//! has put its letter in: so no letter lies there while all rest. Locks are taken in this order:
//! the front, the lanes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use synod_supervision_core::{Crew, InvalidSize, worker_of};
use synod_supervision_lanes::Next;
use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{End, Letter, Mailbox, MailboxFacts};
use crate::capacity::Capacity;
use crate::message::Message;
use crate::metrics::PoolMetrics;
use crate::shared::Shared;
use crate::stamps::Stamps;

/// What a mailbox is to a pool.
pub(super) enum Part<M> {
    /// Nothing: it has one reader.
    Alone,
    /// Messages wait in it for whichever worker is free.
    Front(Front),
    /// Messages go on, by their key, to the mailbox of the worker that has it.
    Keyed(fn(&M) -> u64, Vec<Arc<Mailbox<M>>>),
    /// A worker's own, for results and alarms. Found empty, the pool's is looked at.
    Worker(Desk<M>),
}

/// Who reads a pool's mailbox.
pub(super) struct Front {
    rest: Mutex<Resting>,
    metrics: PoolMetrics,
}

struct Resting {
    crew: Crew,
    /// Of those that rest.
    wakers: Vec<Option<Waker>>,
    /// Those not given up for good.
    staying: BTreeSet<usize>,
    /// Those told to end in order, and how many letters each may still take: as many as waited
    /// then.
    leaving: BTreeMap<usize, usize>,
}

/// A worker's place at its pool.
pub(super) struct Desk<M> {
    pool: Arc<Mailbox<M>>,
    number: usize,
    /// The life of it that has rested since it last took something; 0 if none has. One that was
    /// fenced must not take the rest of its successor for its own.
    rested: AtomicU64,
}

impl Resting {
    /// Whom to wake for one more letter.
    fn call(&mut self) -> Option<Waker> {
        let called = self.crew.call()?;
        self.wakers.get_mut(called)?.take()
    }

    /// Whether all have been told to end.
    fn is_over(&self) -> bool {
        self.leaving.len() == self.crew.workers()
    }

    /// Whether `worker` may take one more letter. The last one takes all that is left.
    fn lets(&mut self, worker: usize) -> bool {
        let is_over = self.is_over();
        let left = self.leaving.get_mut(&worker).filter(|_| !is_over);
        let may = left.is_none_or(|left| {
            let may = 0 < *left;
            *left = left.saturating_sub(1);
            may
        });
        may && self.crew.employs(worker)
    }

    fn rise(&mut self, worker: usize) {
        self.crew.rise(worker);
        if let Some(waker) = self.wakers.get_mut(worker) {
            *waker = None;
        }
    }
}

impl Front {
    /// A letter was put in.
    pub(super) fn call(&self) {
        let called = self.rest.lock().call();
        if let Some(waker) = called {
            waker.wake();
        }
    }
}

impl<M: Message> Mailbox<M> {
    /// The mailbox of a pool with shared routing.
    pub(crate) fn of_pool(id: ActorId, capacity: Capacity, crew: Crew, all: &Arc<Shared>) -> Self {
        let (wakers, metrics) = (vec![None; crew.workers()], PoolMetrics::register(&id));
        let staying = (0..crew.workers()).collect();
        let leaving = BTreeMap::new();
        let rest = Mutex::new(Resting { crew, wakers, staying, leaving });
        let part = Part::Front(Front { rest, metrics });
        Self { part, ..Self::new(id, capacity, Arc::clone(all)) }
    }

    /// The front of a pool with keyed routing. Nothing waits in it.
    pub(crate) fn of_keys(
        id: ActorId,
        key: fn(&M) -> u64,
        workers: Vec<Arc<Self>>,
        all: &Arc<Shared>,
    ) -> Self {
        let capacity = Capacity { control: 0, high: 0, normal: 0 };
        Self { part: Part::Keyed(key, workers), ..Self::new(id, capacity, Arc::clone(all)) }
    }

    /// The mailbox of a worker of `pool`.
    pub(crate) fn of_worker(id: ActorId, pool: &Arc<Self>, number: usize) -> Self {
        let (capacity, shared) = (pool.capacity, Arc::clone(&pool.shared));
        let (pool, rested) = (Arc::clone(pool), AtomicU64::new(0));
        let part = Part::Worker(Desk { pool, number, rested });
        Self { part, ..Self::new(id, capacity, shared) }
    }

    /// In which mailbox `msg` is to wait.
    pub(crate) fn way(&self, msg: &M) -> &Self {
        let Part::Keyed(key, workers) = &self.part else { return self };
        workers.get(worker_of(key(msg), workers.len())).map_or(self, |worker| worker)
    }

    /// What a worker does next, which may be what its own mailbox says: `own`.
    pub(super) fn or_from_pool(
        &self,
        cx: &Context<'_>,
        life: u64,
        own: Poll<Next<Letter<M>, End>>,
    ) -> Poll<Next<Letter<M>, End>> {
        let Part::Worker(desk) = &self.part else { return own };
        let from_pool = match &own {
            Poll::Pending => desk.pool.take_for(desk.number, Some(cx.waker())),
            // Nothing is left for it alone. What is left for all must not stay behind.
            Poll::Ready(Next::Drained) => desk.pool.take_for(desk.number, None),
            Poll::Ready(_) => {
                desk.takes_own(life);
                return own;
            }
        };
        let rests = from_pool.is_none() && own.is_pending();
        desk.rested.store(if rests { life } else { 0 }, Ordering::Relaxed);
        let Some(letter) = from_pool else { return own };
        self.lanes.engage(life);
        Poll::Ready(Next::Letter(letter))
    }

    /// A worker's incarnation is gone.
    pub(super) fn leave(&self) {
        if let Part::Worker(desk) = &self.part {
            desk.pool.rise(desk.number);
        }
    }

    /// `worker` does not rest; if it had been called, another is.
    fn rise(&self, worker: usize) {
        let Part::Front(front) = &self.part else { return };
        let mut rest = front.rest.lock();
        rest.rise(worker);
        let called = if self.lanes.is_empty() { None } else { rest.call() };
        drop(rest);
        if let Some(waker) = called {
            waker.wake();
        }
    }

    /// The next message, for `worker`; without one it rests until it is called.
    fn take_for(&self, worker: usize, waker: Option<&Waker>) -> Option<Letter<M>> {
        let Part::Front(front) = &self.part else { return None };
        let mut rest = front.rest.lock();
        rest.rise(worker);
        let may = rest.lets(worker);
        let letter = if may { self.lanes.take() } else { None };
        if letter.is_some() {
            self.handled.fetch_add(1, Ordering::Relaxed);
            return letter;
        }
        if let (Some(waker), Some(own)) = (waker, rest.wakers.get_mut(worker)) {
            // Kept for one that is not employed, too: it is told when it is.
            *own = Some(waker.clone());
        }
        if may && waker.is_some() {
            rest.crew.rest(worker);
            return None;
        }
        // It may have been called before it was told to leave.
        let called = if self.lanes.is_empty() { None } else { rest.call() };
        drop(rest);
        if let Some(waker) = called {
            waker.wake();
        }
        None
    }

    /// Employs the first `size` workers of the pool.
    pub(crate) fn resize(&self, size: usize) -> Result<(), InvalidSize> {
        let Part::Front(front) = &self.part else { return Err(InvalidSize::Keyed) };
        let mut rest = front.rest.lock();
        let new = rest.crew.resize(size)?;
        let wakers: Vec<Waker> = rest.wakers[new].iter_mut().filter_map(Option::take).collect();
        drop(rest);
        // They look for themselves what there is to do.
        wakers.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Workers employed, and those of them that rest. Nothing, if workers do not rest together.
    pub(crate) fn crew(&self) -> Option<(usize, usize)> {
        let Part::Front(front) = &self.part else { return None };
        let rest = front.rest.lock();
        Some((rest.crew.size(), rest.crew.resting()))
    }

    pub(super) fn publish_crew(&self) {
        if let (Part::Front(front), Some((size, resting))) = (&self.part, self.crew()) {
            front.metrics.publish(size, resting);
        }
    }

    /// The pool that this is a worker's of.
    fn pool(&self) -> Option<&Self> {
        match &self.part {
            Part::Worker(desk) => Some(&desk.pool),
            Part::Alone | Part::Front(_) | Part::Keyed(..) => None,
        }
    }

    /// How the messages are timed that its reader handles.
    pub(crate) fn stamps(&self) -> &Stamps {
        &self.pool().unwrap_or(self).stamps
    }

    /// A worker's progress is its pool's.
    pub(super) fn pool_progressed(&self, now: Moment) {
        if let Some(pool) = self.pool() {
            pool.progressed(now);
        }
    }

    /// A worker that starts again may be the first to.
    pub(super) fn open_pool(&self) {
        let Part::Worker(desk) = &self.part else { return };
        let Part::Front(front) = &desk.pool.part else { return };
        front.rest.lock().leaving.remove(&desk.number);
        desk.pool.lanes.open();
    }

    /// Who never comes back takes nothing any more. Once that is true of all, nobody will.
    pub(super) fn abandon_pool(&self) {
        let Part::Worker(desk) = &self.part else { return };
        let Part::Front(front) = &desk.pool.part else { return };
        let mut rest = front.rest.lock();
        rest.staying.remove(&desk.number);
        let is_over = rest.staying.is_empty();
        drop(rest);
        if is_over {
            MailboxFacts::abandon(&*desk.pool);
        }
    }

    /// A worker is told to end: it takes as much as waits now, so that all help while a pool ends
    /// and one that goes alone does go. The last one closes the door and takes the rest.
    pub(super) fn close_pool(&self) {
        let Part::Worker(desk) = &self.part else { return };
        let Part::Front(front) = &desk.pool.part else { return };
        let mut rest = front.rest.lock();
        rest.leaving.insert(desk.number, desk.pool.lanes.len());
        let is_over = rest.is_over();
        drop(rest);
        if is_over {
            desk.pool.close();
        }
    }
}

impl<M: Message> Desk<M> {
    /// It found a message in its own mailbox. If it was called for one of the pool, another has
    /// to come for that.
    fn takes_own(&self, life: u64) {
        let (own, relaxed) = (life, Ordering::Relaxed);
        if self.rested.compare_exchange(own, 0, relaxed, relaxed).is_ok() {
            self.pool.rise(self.number);
        }
    }
}
