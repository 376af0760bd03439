//! Lanes that several read, each with lanes of its own besides.

use crate::{Doing, LANES, Lanes};

impl<T, E> Lanes<T, E> {
    /// The next letter, urgent ones first, for whoever asks. Who finds none is not woken by these
    /// lanes.
    pub fn take(&self) -> Option<T> {
        let mut state = self.state.lock();
        let lane = (0..LANES).find(|&lane| !state.queues[lane].is_empty())?;
        let letter = state.queues[lane].pop_front();
        let woken = state.rooms[lane].wake(1);
        drop(state);
        woken.wake();
        letter
    }

    /// This life found nothing here and something elsewhere: it does not wait.
    pub fn engage(&self, life: u64) {
        let mut state = self.state.lock();
        if state.life != life {
            return;
        }
        state.doing = Doing::Letters;
        let reader = state.reader.take();
        drop(state);
        drop(reader);
    }
}
