//! What an incarnation has taken out of its mailbox, under one lock, and not handled yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use synod_supervision_lanes::{Queue, Reader};
use synod_types::actor::Incarnation;
use synod_types::time::Moment;

use crate::mailbox::Letter;
use crate::message::{Message, Overflow};
use crate::stamps::{Pace, Stamps};

/// Letters of the normal lane, oldest first.
pub(crate) struct Hand<M> {
    letters: VecDeque<Letter<M>>,
    taken: usize,
    /// The most it takes at once.
    share: usize,
    incarnation: Incarnation,
    /// Piped work under way.
    in_flight: Arc<AtomicUsize>,
    pace: Pace,
}

impl Hand<()> {
    /// The most that is taken at once.
    pub(crate) const MAX: usize = Queue::BLOCK;
    /// For so many a unit of tokio's budget is paid: there are 128 in a turn.
    const UNIT: usize = 8;
}

impl<M: Message> Hand<M> {
    /// One that takes up to `share` letters at once. With a share of one it is empty while a letter
    /// is handled.
    pub(crate) fn of(incarnation: Incarnation, in_flight: Arc<AtomicUsize>, share: usize) -> Self {
        let (letters, pace) = (VecDeque::new(), Pace::default());
        Self { letters, taken: 0, share, incarnation, in_flight, pace }
    }

    pub(crate) const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// What the last handful costs, in units of tokio's budget.
    pub(crate) const fn price(&self) -> usize {
        1 + self.taken / Hand::UNIT
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Letter<M>> {
        self.letters.pop_front()
    }

    /// Gives all back, oldest first.
    pub(crate) fn drain(&mut self) -> impl DoubleEndedIterator<Item = Letter<M>> {
        self.letters.drain(..)
    }

    /// Notes that a timed message, the `handled`th, was handled at `now`.
    pub(crate) fn timed(&mut self, stamps: &Stamps, now: Moment, handled: u64) {
        stamps.timed(&mut self.pace, (now, handled), self.taken);
    }
}

/// A hand that reaches into the lanes.
pub(crate) struct Reading<'a, M> {
    pub(crate) hand: &'a mut Hand<M>,
    /// What it holds, for those who ask.
    pub(crate) held: &'a AtomicUsize,
    pub(crate) stamps: &'a Stamps,
}

impl<M: Message> Reader<Letter<M>> for Reading<'_, M> {
    fn life(&self) -> u64 {
        self.hand.incarnation.0
    }

    fn is_empty(&self) -> bool {
        self.hand.letters.is_empty()
    }

    /// One that a later one may replace is taken alone: in the lane it can be found.
    fn fill(&mut self, queue: &mut Queue<Letter<M>>) {
        let stays = |letter: &Letter<M>| matches!(letter.msg.overflow(), Overflow::Coalesce(_));
        let (share, letters) = (self.hand.share, &mut self.hand.letters);
        let free = queue.first_block().take(share).take_while(|letter| !stays(letter)).count();
        // There is nothing in hand.
        if queue.first_block().len() <= free {
            queue.take_block(letters);
        } else {
            for _ in 0..free.max(1) {
                letters.extend(queue.pop_front());
            }
        }
        self.hand.taken = letters.len();
        self.held.store(letters.len(), Ordering::Relaxed);
        self.stamps.taken(letters.len());
    }

    fn is_expecting(&self) -> bool {
        0 < self.hand.in_flight.load(Ordering::SeqCst)
    }
}
