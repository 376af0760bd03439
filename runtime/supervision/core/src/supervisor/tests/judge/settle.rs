//! What must be possible at any time: to end, and to come to rest.

use super::*;

impl Judge {
    /// Asked to stop, it ends, and in time, whether its children do as they are told or never
    /// answer again.
    pub(in super::super) fn must_finish(mut self, children_obey: bool) {
        let asked_at = self.now;
        self.tell(Event::Stop);
        while !self.supervisor.is_finished() {
            let leaving = self.leaving().filter(|_| children_obey);
            let event = match leaving {
                Some(index) => self.exited(index, ExitReason::Normal),
                None => {
                    let next = self.alarms.iter().min_by_key(|&(_, at)| at).expect("nothing due");
                    let token = *next.0;
                    self.ring(token)
                }
            };
            self.tell(event);
        }
        assert!(!children_obey || self.now == asked_at);
        assert!(self.now.since(asked_at) <= self.supervisor.stop_time_max());
    }

    /// If nothing fails any more and the breaker closes, everyone is up in the end, or
    /// everything is over.
    pub(in super::super) fn must_settle(mut self) {
        self.tell(Event::Breaker { name: "node".to_owned(), open_until: None });
        for _ in 0..200 {
            if self.is_exiting && !self.is_ending {
                self.tell(Event::Stop);
            }
            let is_starting = |row: &Row| row.life.as_ref().is_some_and(|life| !life.is_ready);
            let starting = self.rows.iter().position(is_starting);
            let waits = |view: &ChildView| {
                matches!(view.state, ChildState::Backoff { .. } | ChildState::Parked { .. })
            };
            let is_closed = self.supervisor.parking() == Parking::Closed;
            let event = if let Some(index) = self.leaving() {
                self.exited(index, ExitReason::Normal)
            } else if let Some(index) = starting {
                self.ready(index)
            } else if self.is_begun
                && (!is_closed || self.supervisor.children().any(|view| waits(&view)))
            {
                let token = *self.alarms.iter().min_by_key(|&(_, at)| at).unwrap().0;
                self.ring(token)
            } else {
                break;
            };
            self.tell(event);
        }
        assert_eq!(self.supervisor.is_finished(), self.is_ending);
        assert_eq!(self.supervisor.parking(), Parking::Closed);
        for (view, row) in self.supervisor.children().zip(&self.rows) {
            assert!(is_settled(&view) || !self.is_begun, "{} hangs: {:?}", view.id, view.state);
            assert_eq!(row.life.is_some(), view.state == ChildState::Running);
        }
        assert!(self.was_ready || self.is_ending || !self.is_begun);
    }

    /// Whoever has to be gone and may be fenced is, though nobody ever says that it has gone.
    pub(in super::super) fn must_fence(mut self) {
        for _ in 0..400 {
            let is_due = |row: &Row| row.fence_at().is_some();
            if !self.is_up() || !self.rows.iter().any(is_due) {
                return;
            }
            let next = self.alarms.iter().min_by_key(|&(_, at)| at).expect("nothing due");
            let token = *next.0;
            let event = self.ring(token);
            self.tell(event);
        }
        panic!("someone hangs who may be fenced");
    }

    pub(in super::super) fn leaving(&self) -> Option<usize> {
        let leaves = |life: &Life| life.is_told || life.is_killed || life.must_be_gone.is_some();
        self.rows.iter().position(|row| row.life.as_ref().is_some_and(leaves))
    }
}
