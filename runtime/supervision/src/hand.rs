//! What an incarnation has taken out of its mailbox, under one lock, and not handled yet.

use std::collections::VecDeque;
use std::time::Duration;

use synod_types::actor::Incarnation;
use synod_types::time::Moment;

use crate::clock::Clock;
use crate::mailbox::Letter;
use crate::message::{Message, Overflow};

/// Letters of the normal lane, oldest first.
pub(crate) struct Hand<M> {
    letters: VecDeque<Letter<M>>,
    taken: usize,
    taken_at: Moment,
    incarnation: Incarnation,
    /// When the last timed message was handled, and how many since the last one recorded.
    timed_at: Moment,
    unrecorded: u32,
}

impl Hand<()> {
    /// The most that is taken at once.
    pub(crate) const MAX: usize = 64;
    /// Fewer say nothing of how fast messages come.
    const TELLING: usize = 16;
    /// Handled faster than this, a message is not worth being timed: that takes 0.2 µs.
    const FAST: Duration = Duration::from_micros(10);
    const UNRECORDED: u32 = 16;
}

impl<M: Message> Hand<M> {
    pub(crate) fn of(incarnation: Incarnation) -> Self {
        let (letters, taken_at) = (VecDeque::new(), Moment::default());
        Self {
            letters,
            taken: 0,
            taken_at,
            incarnation,
            timed_at: Moment::default(),
            unrecorded: 0,
        }
    }

    /// Whether it is the result or alarm of an incarnation that is gone.
    pub(crate) fn is_stale(&self, letter: &Letter<M>) -> bool {
        letter.own.is_some_and(|own| own != self.incarnation)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(crate) fn pop(&mut self) -> Option<Letter<M>> {
        self.letters.pop_front()
    }

    /// Takes up to `max` letters from the front of `queue`, and says how many. One that a later
    /// one may replace is taken alone: in the lane it can be found.
    pub(crate) fn fill(&mut self, queue: &mut VecDeque<Letter<M>>, max: usize) -> usize {
        let stays = |letter: &Letter<M>| matches!(letter.msg.overflow(), Overflow::Coalesce(_));
        let free = queue.iter().take(max).take_while(|letter| !stays(letter)).count();
        self.taken = free.max(1).min(queue.len());
        self.letters.extend(queue.drain(..self.taken));
        self.taken
    }

    /// Notes when many were taken.
    pub(crate) fn begin(&mut self, clock: &Clock) {
        if Hand::TELLING <= self.taken {
            self.taken_at = clock.now();
        }
    }

    /// Whether times are to be recorded of a message handled at `now`: unless many messages come
    /// fast one by one; then of every [`Hand::UNRECORDED`]th.
    pub(crate) fn records(&mut self, now: Moment) -> bool {
        let is_fast = now.since(std::mem::replace(&mut self.timed_at, now)) < Hand::FAST;
        self.unrecorded += 1;
        let skips = is_fast && self.taken < Hand::TELLING && self.unrecorded < Hand::UNRECORDED;
        if !skips {
            self.unrecorded = 0;
        }
        !skips
    }

    /// Whether the last handful was handled so fast that most of the next need not be timed.
    pub(crate) fn was_fast(&self, clock: &Clock) -> bool {
        let taken = u32::try_from(self.taken).unwrap_or(u32::MAX);
        Hand::TELLING <= self.taken && clock.now().since(self.taken_at) < Hand::FAST * taken
    }

    /// Puts all back where it came from.
    pub(crate) fn empty_into(&mut self, queue: &mut VecDeque<Letter<M>>) {
        while let Some(letter) = self.letters.pop_back() {
            queue.push_front(letter);
        }
    }
}
