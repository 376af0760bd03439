//! A sender's place among those that wait for room.

use std::task::{Context, Poll};

use crate::{Admission, Gate, Lanes, Shut};

/// Given up when it is dropped: then the next sender has it.
#[derive(Debug)]
pub struct Place<'a, T, E> {
    lanes: &'a Lanes<T, E>,
    lane: usize,
    bound: usize,
    ticket: Option<u64>,
    shut: Gate,
}

impl<T, E> Lanes<T, E> {
    /// A place for a sender outside, for a letter to `lane`, which holds `bound`.
    pub const fn place(&self, lane: usize, bound: usize) -> Place<'_, T, E> {
        Place { lanes: self, lane, bound, ticket: None, shut: Gate::Closed }
    }

    /// A place for the reader's own work.
    pub const fn own_place(&self, lane: usize, bound: usize) -> Place<'_, T, E> {
        Place { lanes: self, lane, bound, ticket: None, shut: Gate::Abandoned }
    }
}

impl<'a, T, E> Place<'a, T, E> {
    /// Leave to put a letter in, once there is room.
    ///
    /// # Errors
    /// [`Shut`]: there never will be.
    pub fn poll_admit(&mut self, cx: &Context<'_>) -> Poll<Result<Admission<'a, T, E>, Shut>> {
        let mut admission = match self.lanes.admit_until(self.shut) {
            Ok(admission) => admission,
            Err(shut) => return Poll::Ready(Err(shut)),
        };
        let state = &mut *admission.state;
        let room = &mut state.rooms[self.lane];
        if self.bound <= state.queues[self.lane].len() {
            self.ticket = Some(room.wait(self.ticket, cx.waker()));
            return Poll::Pending;
        }
        // Still in the queue: it leaves when it is dropped. Woken: it has used what it was woken for.
        self.ticket = self.ticket.filter(|&ticket| room.holds(ticket));
        Poll::Ready(Ok(admission))
    }
}

impl<T, E> Drop for Place<'_, T, E> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.lanes.state.lock();
        let room = &mut state.rooms[self.lane];
        let left = room.leave(ticket);
        // Woken, and gone before it looked: the next one looks.
        let woken = room.wake(usize::from(left.is_none()));
        drop(state);
        drop(left);
        woken.wake();
    }
}
