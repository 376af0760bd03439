use crate::{Lanes, NORMAL, Queue, State, wake};
use synod_supervision_sync::MutexGuard;

/// Leave to put one letter in. The lock is held.
pub struct Admission<'a, T, E> {
    pub(crate) lanes: &'a Lanes<T, E>,
    pub(crate) state: MutexGuard<'a, State<T, E>>,
}

impl<T, E> Admission<'_, T, E> {
    /// Letters that wait in `lane`, oldest first.
    pub fn queue(&mut self, lane: usize) -> &mut Queue<T> {
        &mut self.state.queues[lane]
    }

    /// Letters accepted so far.
    pub fn accepted(&self) -> u64 {
        self.state.accepted
    }

    /// Puts the letter last in its lane and wakes the reader if it waits.
    #[inline]
    pub fn accept(mut self, lane: usize, letter: T) {
        self.state.queues[lane].push_back(letter);
        self.state.accepted += 1;
        if lane != NORMAL {
            self.lanes.set_urgent(&self.state, true);
        }
        let reader = self.state.wake();
        drop(self.state);
        wake(reader);
    }
}
