//! Incarnations, and the orders that are given to them.

use super::*;

/// An incarnation, from the order to start it to its exit.
#[derive(Clone, Debug)]
pub(in super::super) struct Life {
    pub(in super::super) generation: Generation,
    pub(in super::super) is_ready: bool,
    pub(super) ready_at: Option<Moment>,
    pub(in super::super) is_told: bool,
    pub(in super::super) is_killed: bool,
    /// Its group is being restarted, or it was dismissed.
    pub(super) must_go: bool,
    /// Killed, and known not to be gone.
    pub(super) stays: bool,
    /// Since when it is known that it has to be gone.
    pub(super) must_be_gone: Option<Moment>,
    /// Started under a policy that lets it be fenced.
    is_fenceable: bool,
}

/// A child.
#[derive(Clone)]
pub(in super::super) struct Row {
    pub(in super::super) policy: ChildPolicy,
    pub(in super::super) life: Option<Life>,
    pub(super) generation: u64,
    pub(super) was_ready: bool,
    pub(super) is_trial: bool,
    pub(super) is_dismissed: bool,
    pub(super) parks: u32,
    /// Fenced lives that still run.
    pub(in super::super) fenced: u32,
}

impl Row {
    pub(super) const fn new(policy: ChildPolicy) -> Self {
        Self {
            policy,
            life: None,
            generation: 0,
            was_ready: false,
            is_trial: false,
            is_dismissed: false,
            parks: 0,
            fenced: 0,
        }
    }

    /// When it is to be fenced at the earliest; none if it is not.
    pub(super) fn fence_at(&self) -> Option<Moment> {
        let life = self.life.as_ref().filter(|life| life.is_fenceable)?;
        let fencing = self.policy.fencing.filter(|fencing| self.fenced < fencing.lives_max)?;
        Some(life.must_be_gone? + fencing.after)
    }

    /// It says that it is ready.
    pub(super) fn is_up(&mut self, now: Moment) {
        let Some(life) = &mut self.life else { return };
        if !life.is_told && !life.is_killed && !life.is_ready {
            (life.is_ready, life.ready_at) = (true, Some(now));
            (self.was_ready, self.is_trial) = (true, false);
        }
    }
}

impl Judge {
    pub(super) fn current(&mut self, child: &ActorId, generation: Generation) -> Option<&mut Row> {
        let row = self.rows.iter_mut().find(|row| row.policy.id == *child)?;
        (row.life.as_ref()?.generation == generation).then_some(row)
    }

    /// Whoever cannot be killed is left behind.
    pub(super) fn ends(&mut self) {
        self.is_ending = true;
        for row in &mut self.rows {
            row.life.take_if(|life| life.stays);
        }
    }

    pub(super) fn must_go_with(&mut self, index: usize) {
        let last = self.rows.len() - 1;
        let group = match self.policy.strategy {
            Strategy::OneForOne => index..=index,
            Strategy::OneForAll => 0..=last,
            Strategy::RestForOne => index..=last,
        };
        for life in self.rows[group].iter_mut().flat_map(|row| &mut row.life) {
            life.must_go = true;
        }
    }

    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartChild { child, generation } => self.starts(&child, generation),
            Effect::StopChild { child, generation, how } => self.is_told(&child, generation, how),
            Effect::KillChild { child, generation } => self.is_killed(&child, generation),
            // Judged before: it is an end, and what follows is an answer to that.
            Effect::FenceChild { .. } => (),
            Effect::WakeAt { token, at } => {
                assert!(at >= self.now);
                assert!(self.alarms.insert(token, at).is_none(), "an alarm of the same name");
            }
            Effect::Ready => {
                assert!(!std::mem::replace(&mut self.was_ready, true), "ready twice");
                let is_busy = |view: ChildView| {
                    use ChildState::{Backoff, Starting, Stopping};
                    matches!(view.state, Starting | Stopping | Backoff { .. })
                };
                assert!(!self.supervisor.children().any(is_busy));
            }
            Effect::Forget { child } => {
                let index = self.rows.iter().position(|row| row.policy.id == child).unwrap();
                let row = self.rows.remove(index);
                assert!(row.life.is_none(), "{child} is forgotten and runs");
                self.forgotten = self.forgotten.max(row.generation);
                self.failures.retain(|(_, who)| *who != child);
            }
            Effect::Exit(_) => assert!(self.is_exiting),
            Effect::Report(Report::Unresponsive { child, generation }) => {
                let life = self.current(&child, generation).unwrap().life.as_mut().unwrap();
                assert!(life.is_killed && !life.stays);
                life.stays = true;
                if self.is_ending {
                    self.ends();
                }
            }
            Effect::Report(Report::Probing) => {
                assert!(std::mem::replace(&mut self.is_parked, false), "probes for nothing");
                let OnExceeded::Park { probes, .. } = self.policy.on_exceeded else { panic!() };
                self.probation = Some(probes);
            }
            Effect::Report(Report::Recovered) => {
                assert!(self.probation.take().is_some(), "recovers from nothing");
                self.parks = 0;
            }
            Effect::Report(_) => (),
            Effect::Finished(_) => {
                assert!(self.supervisor.is_finished());
                assert!(self.rows.iter().all(|row| row.life.is_none()), "someone still runs");
            }
        }
    }

    /// Which life was fenced, and what its end is called.
    pub(super) fn fenced(
        &mut self,
        effects: &[Effect],
    ) -> Option<((ActorId, Generation), ExitReason)> {
        let mut fences = effects.iter().enumerate().filter_map(|(at, effect)| match effect {
            Effect::FenceChild { child, generation } => Some((at, child, *generation)),
            _ => None,
        });
        let (at, child, generation) = fences.next()?;
        assert!(fences.next().is_none(), "two at once");
        assert!(self.is_up(), "nobody is started in its place");
        let now = self.now;
        let row = self.current(child, generation).expect("only the living are fenced");
        assert!(row.fence_at().is_some_and(|at| at <= now), "{child} is fenced too early");
        row.fenced += 1;
        let Effect::Report(Report::Exited { reason, .. }) = &effects[at + 2] else {
            panic!("no end of it: {effects:?}")
        };
        assert_eq!(reason.label(), "fenced");
        Some(((child.clone(), generation), reason.clone()))
    }

    fn is_told(&mut self, child: &ActorId, generation: Generation, how: StopHow) {
        self.current(child, generation).expect("only the living are stopped");
        let index = self.rows.iter().position(|row| row.policy.id == *child).unwrap();
        self.stops_in_order(index);
        let is_ending = self.is_ending;
        let row = &mut self.rows[index];
        if !is_ending {
            assert_eq!(how == StopHow::Drain, row.is_dismissed, "{child} {how:?}");
        }
        let life = row.life.as_mut().unwrap();
        assert!(!life.is_told && !life.is_killed, "{child} is stopped twice");
        life.is_told = true;
    }

    fn is_killed(&mut self, child: &ActorId, generation: Generation) {
        let (is_ending, now) = (self.is_ending, self.now);
        let row = self.current(child, generation).expect("only the living are killed");
        let is_orderly = row.policy.stop_timeout.is_zero();
        let life = row.life.as_mut().unwrap();
        assert!(!life.is_killed, "{child} is killed twice");
        life.is_killed = true;
        life.must_be_gone.get_or_insert(now);
        // Ready, or ordered to go while it was starting: not a start that took too long.
        if is_orderly && (life.is_ready || life.must_go || is_ending) {
            life.is_told = true;
        }
    }

    fn starts(&mut self, child: &ActorId, generation: Generation) {
        let index = self.rows.iter().position(|row| row.policy.id == *child).unwrap();
        let row = &self.rows[index];
        assert!(self.is_up(), "{child} starts at the wrong time");
        assert!(row.life.is_none(), "two generations of {child}");
        assert!(!row.is_dismissed, "{child} was dismissed");
        assert_eq!(generation.0, row.generation + 1);
        let is_group = self.policy.strategy != Strategy::OneForOne;
        if is_group || !(row.was_ready || row.is_trial) {
            for (former, view) in self.supervisor.children().take(index).enumerate() {
                let is_ready =
                    self.rows[former].life.as_ref().is_some_and(|l| l.is_ready && !l.is_told);
                let is_no_matter = match view.state {
                    ChildState::Ended | ChildState::Dismissed => true,
                    ChildState::Parked { why, .. } => !is_group || why != ParkReason::Breaker,
                    _ => false,
                };
                assert!(is_ready || is_no_matter, "{child} before {}", view.id);
            }
        }
        if is_group {
            let leaves = |life: &Life| life.is_told || life.is_killed || life.must_go;
            let mut lives = self.rows.iter().filter_map(|row| row.life.as_ref());
            assert!(!lives.any(leaves), "{child} starts among the leaving");
        }
        let row = &mut self.rows[index];
        row.generation = generation.0;
        row.life = Some(Life {
            generation,
            is_ready: false,
            ready_at: None,
            is_told: false,
            is_killed: false,
            must_go: false,
            stays: false,
            must_be_gone: None,
            is_fenceable: row.policy.fencing.is_some(),
        });
    }

    /// The last started first, and one after another; one that is dismissed, at any time.
    fn stops_in_order(&self, index: usize) {
        if self.policy.strategy == Strategy::OneForOne && !self.is_ending {
            return;
        }
        let is_dismissed = self.rows[index].is_dismissed && !self.is_ending;
        let later_are_gone = self.rows[index + 1..].iter().all(|row| row.life.is_none());
        assert!(is_dismissed || later_are_gone, "out of order");
        let mut lives = self.rows.iter().filter_map(|row| row.life.as_ref());
        assert!(!lives.any(|life| life.is_told || life.is_killed), "two stop at once");
    }
}
