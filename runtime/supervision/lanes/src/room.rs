//! Senders that wait for room in one lane, first come, first woken.

use std::collections::VecDeque;
use std::task::Waker;

/// Tickets rise, so the queue is sorted by them.
#[derive(Debug, Default)]
pub(crate) struct Room {
    issued: u64,
    waiting: VecDeque<(u64, Waker)>,
}

impl Room {
    /// Queues up, or stays where `ticket` stands.
    pub(crate) fn wait(&mut self, ticket: Option<u64>, waker: &Waker) -> u64 {
        if let Some((ticket, at)) = ticket.and_then(|ticket| Some((ticket, self.find(ticket)?))) {
            self.waiting[at].1.clone_from(waker);
            return ticket;
        }
        self.issued += 1;
        self.waiting.push_back((self.issued, waker.clone()));
        self.issued
    }

    /// Leaves the queue. None: was woken already.
    pub(crate) fn leave(&mut self, ticket: u64) -> Option<Waker> {
        self.find(ticket).and_then(|at| self.waiting.remove(at)).map(|(_, waker)| waker)
    }

    /// Whether it still waits to be woken.
    pub(crate) fn holds(&self, ticket: u64) -> bool {
        self.find(ticket).is_some()
    }

    fn find(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |&(ticket, _)| ticket).ok()
    }

    /// Those to be woken for so many new places.
    pub(crate) fn wake(&mut self, places: usize) -> Woken {
        let woken = places.min(self.waiting.len());
        if woken == 0 {
            return Woken(Vec::new());
        }
        Woken(self.waiting.drain(..woken).map(|(_, waker)| waker).collect())
    }
}

/// Taken out under the lock, woken when it is released.
#[must_use = "who is not woken waits for ever"]
pub(crate) struct Woken(Vec<Waker>);

impl Woken {
    pub(crate) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}
