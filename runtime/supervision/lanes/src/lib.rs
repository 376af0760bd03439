//! The lanes of a mailbox: many senders, one reader at a time, and nobody who waits in vain.
//!
//! ```text
//!   admit ─▶ Admission ─ accept ─▶ control │ high │ normal ─▶ poll_next ─▶ the reader's hand
//!              └ no room: Place waits                  └ nothing: the reader's waker is kept
//! ```
//!
//! All is guarded by one lock, held for a few instructions; wakers are called after it. The reader
//! looks at one atomic only, [`Lanes::is_urgent`], between two letters it has in hand.
//!
//! Promises, each checked under every interleaving by `tests/loom.rs`:
//! - a letter that was accepted is read, or still lies in its lane, in order of acceptance;
//! - a reader that waits is woken by the next letter or order, and once only;
//! - after [`Lanes::close`] nothing more is accepted from outside, and no letter that was accepted
//!   before is lost;
//! - room that is made wakes a sender that waits for it, also when the first one to be woken has
//!   gone away;
//! - an order to a life that is over does not reach the next.

mod admission;
mod place;
mod queue;
mod room;
mod several;

pub use admission::Admission;
pub use place::Place;
pub use queue::Queue;

use std::task::{Context, Poll, Waker};

use room::Room;
use synod_supervision_sync::{AtomicU64, Mutex, Ordering};

/// How many lanes there are. The last holds work, those before it what overtakes work.
pub const LANES: usize = 3;

const NORMAL: usize = LANES - 1;

/// See the crate. `T` is a letter, `E` why a life is to end.
#[derive(Debug)]
pub struct Lanes<T, E> {
    state: Mutex<State<T, E>>,
    /// Twice the life that reads, plus one if there is more to look at than the normal lane.
    /// Written under the lock only.
    urgency: AtomicU64,
}

#[derive(Debug)]
struct State<T, E> {
    queues: [Queue<T>; LANES],
    rooms: [Room; LANES],
    gate: Gate,
    accepted: u64,
    /// The reader, if it waits.
    reader: Option<Waker>,
    /// Which life reads, and what it does.
    life: u64,
    doing: Doing,
    /// What that life has been told: to read on until nothing is left, or to end.
    is_draining: bool,
    is_drain_told: bool,
    end: Option<E>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gate {
    Open,
    /// Nothing more from outside.
    Closed,
    /// Nothing more at all: nobody will ever look.
    Abandoned,
}

/// Nothing is accepted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shut;

/// What the reader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits, has not begun or is over.
    Nothing,
    /// It was woken and has not looked yet.
    Woken,
    /// It has letters and has not come back for more.
    Letters,
}

/// What a life is told beside its letters.
#[derive(Debug)]
pub enum Order<E> {
    /// Read on until nothing is left.
    Drain,
    /// End. The first such order counts.
    End(E),
    /// Work of its own has ended: if it drains, it looks again whether anything is left.
    Look,
}

/// What the reader is to do next.
#[derive(Debug)]
pub enum Next<T, E> {
    /// End.
    End(E),
    /// From now on it drains. Told once.
    Drain,
    /// An urgent letter, whatever is in hand.
    Letter(T),
    /// Nothing is urgent, and there are letters in hand.
    Hand,
    /// It drains and nothing is left.
    Drained,
    /// Another life has begun: this one reads no more.
    Over,
}

/// What the reader has in hand.
pub trait Reader<T> {
    /// Whose hand it is, as [`Lanes::begin`] said.
    fn life(&self) -> u64;

    /// Whether that is nothing.
    fn is_empty(&self) -> bool;

    /// Takes letters from the front of the normal lane, at least one if there is one. Under the
    /// lock.
    fn fill(&mut self, queue: &mut Queue<T>);

    /// Whether work of its own is under way, whose result will be a letter.
    fn is_expecting(&self) -> bool;
}

impl<T, E> State<T, E> {
    /// The reader, if it waits: it is to be woken when the lock is released.
    #[inline]
    fn wake(&mut self) -> Option<Waker> {
        // Mostly nobody waits: then nothing is written.
        self.reader.as_ref()?;
        self.doing = Doing::Woken;
        self.reader.take()
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T, E> Default for Lanes<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> Lanes<T, E> {
    /// Empty lanes that nobody reads yet.
    pub fn new() -> Self {
        let state = State {
            queues: std::array::from_fn(|_| Queue::default()),
            rooms: std::array::from_fn(|_| Room::default()),
            gate: Gate::Open,
            accepted: 0,
            reader: None,
            life: 0,
            doing: Doing::Nothing,
            is_draining: false,
            is_drain_told: false,
            end: None,
        };
        Self { state: Mutex::new(state), urgency: AtomicU64::new(0) }
    }

    /// Leave to put a letter in, from outside.
    ///
    /// # Errors
    /// [`Shut`] once the lanes are closed.
    #[inline]
    pub fn admit(&self) -> Result<Admission<'_, T, E>, Shut> {
        self.admit_until(Gate::Closed)
    }

    /// Leave to put a letter in, from the reader's own work: when closed too.
    ///
    /// # Errors
    /// [`Shut`] once the lanes are abandoned.
    pub fn admit_own(&self) -> Result<Admission<'_, T, E>, Shut> {
        self.admit_until(Gate::Abandoned)
    }

    #[inline]
    fn admit_until(&self, shut: Gate) -> Result<Admission<'_, T, E>, Shut> {
        let state = self.state.lock();
        if shut <= state.gate {
            return Err(Shut);
        }
        Ok(Admission { lanes: self, state })
    }

    /// Whether a life must look into the lanes before it goes on with what it has in hand.
    #[inline]
    pub fn is_urgent(&self, life: u64) -> bool {
        self.urgency.load(Ordering::Acquire) != 2 * life
    }

    fn set_urgent(&self, state: &State<T, E>, is_urgent: bool) {
        self.urgency.store(2 * state.life + u64::from(is_urgent), Ordering::Release);
    }

    /// What the reader is to do next. Without anything it is woken when there is something.
    pub fn poll_next(&self, cx: &Context<'_>, reader: &mut impl Reader<T>) -> Poll<Next<T, E>> {
        let mut state = self.state.lock();
        if state.life != reader.life() {
            return Poll::Ready(Next::Over);
        }
        if let Some(end) = state.end.take() {
            state.doing = Doing::Nothing;
            return Poll::Ready(Next::End(end));
        }
        if state.is_draining && !state.is_drain_told {
            state.is_drain_told = true;
            return Poll::Ready(Next::Drain);
        }
        for lane in 0..NORMAL {
            if let Some(letter) = state.queues[lane].pop_front() {
                let woken = state.rooms[lane].wake(1);
                state.doing = Doing::Letters;
                drop(state);
                woken.wake();
                return Poll::Ready(Next::Letter(letter));
            }
        }
        self.set_urgent(&state, false);
        if !reader.is_empty() {
            return Poll::Ready(Next::Hand);
        }
        let before = state.queues[NORMAL].len();
        if 0 < before {
            reader.fill(&mut state.queues[NORMAL]);
            let taken = before - state.queues[NORMAL].len();
            let woken = state.rooms[NORMAL].wake(taken);
            state.doing = Doing::Letters;
            drop(state);
            woken.wake();
            return Poll::Ready(Next::Hand);
        }
        state.doing = Doing::Nothing;
        if state.is_draining && !reader.is_expecting() {
            return Poll::Ready(Next::Drained);
        }
        let replaced = state.reader.replace(cx.waker().clone());
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Puts letters back to the front of the normal lane, the last one given first. Gives back
    /// those that nobody will ever read.
    pub fn put_back(&self, letters: impl DoubleEndedIterator<Item = T>) -> Vec<T> {
        let mut state = self.state.lock();
        if state.gate == Gate::Abandoned {
            drop(state);
            return letters.collect();
        }
        letters.rev().for_each(|letter| state.queues[NORMAL].push_front(letter));
        Vec::new()
    }

    /// Puts a letter first in its lane. Gives it back if nobody will ever read it.
    pub fn put_first(&self, lane: usize, letter: T) -> Option<T> {
        let mut state = self.state.lock();
        if state.gate == Gate::Abandoned {
            return Some(letter);
        }
        state.queues[lane].push_front(letter);
        self.set_urgent(&state, true);
        let reader = state.wake();
        drop(state);
        wake(reader);
        None
    }

    /// A new life reads from now on; what the last one was told does not concern it.
    pub fn begin(&self) -> u64 {
        let mut state = self.state.lock();
        state.life += 1;
        (state.is_draining, state.is_drain_told) = (false, false);
        let (end, reader) = (state.end.take(), state.reader.take());
        state.doing = Doing::Nothing;
        let life = state.life;
        self.set_urgent(&state, true);
        drop(state);
        drop(end);
        // It is over, and is told so.
        wake(reader);
        life
    }

    /// Takes letters from outside again, unless the lanes are abandoned.
    pub fn open(&self) {
        let mut state = self.state.lock();
        state.gate = if state.gate == Gate::Abandoned { Gate::Abandoned } else { Gate::Open };
    }

    /// This life has started and comes to look.
    pub fn ready(&self, life: u64) {
        let mut state = self.state.lock();
        if state.life == life {
            state.doing = Doing::Woken;
        }
    }

    /// This life reads no more.
    pub fn detach(&self, life: u64) {
        let mut state = self.state.lock();
        if state.life != life {
            return;
        }
        state.doing = Doing::Nothing;
        let reader = state.reader.take();
        drop(state);
        drop(reader);
    }

    /// Which life reads, or read last, and what it does.
    pub fn glance(&self) -> (u64, Doing) {
        let state = self.state.lock();
        (state.life, state.doing)
    }

    /// Tells a life something; one that is over is told nothing.
    pub fn order(&self, life: u64, order: Order<E>) {
        let mut state = self.state.lock();
        if state.life != life {
            return;
        }
        match order {
            Order::Drain => state.is_draining = true,
            Order::End(end) if state.end.is_none() => state.end = Some(end),
            Order::Look if !state.is_draining => return,
            Order::End(_) | Order::Look => (),
        }
        self.set_urgent(&state, true);
        let reader = state.wake();
        drop(state);
        wake(reader);
    }

    /// Accepts nothing more from outside.
    pub fn close(&self) {
        drop(self.shut(Gate::Closed));
    }

    /// Accepts nothing more at all, and gives up all that waits.
    pub fn abandon(&self) -> impl Iterator<Item = T> {
        self.shut(Gate::Abandoned).into_iter().flat_map(Queue::into_letters)
    }

    fn shut(&self, gate: Gate) -> [Queue<T>; LANES] {
        let mut state = self.state.lock();
        state.gate = state.gate.max(gate);
        let woken = state.rooms.each_mut().map(|room| room.wake(usize::MAX));
        let left = match gate {
            Gate::Abandoned => std::mem::take(&mut state.queues),
            Gate::Open | Gate::Closed => Default::default(),
        };
        drop(state);
        woken.into_iter().for_each(room::Woken::wake);
        left
    }

    /// Whether nobody will ever look.
    pub fn is_abandoned(&self) -> bool {
        self.state.lock().gate == Gate::Abandoned
    }

    /// Letters that wait.
    pub fn len(&self) -> usize {
        self.state.lock().queues.iter().map(Queue::len).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Letters accepted so far.
    pub fn accepted(&self) -> u64 {
        self.state.lock().accepted
    }
}
