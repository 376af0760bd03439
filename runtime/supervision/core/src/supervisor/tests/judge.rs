//! A world of children that knows the rules but not how a supervisor keeps them.

use std::collections::BTreeMap;

use super::*;
use crate::policy::Restart;

/// An incarnation, from the order to start it to its exit.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) generation: Generation,
    pub(super) is_ready: bool,
    pub(super) is_told: bool,
    pub(super) is_killed: bool,
    /// Its group is being restarted.
    must_go: bool,
    /// Killed, and known not to be gone.
    stays: bool,
}

/// Performs the supervisor's orders and objects to those that break a rule.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) supervisor: Supervisor,
    policy: SupervisorPolicy,
    children: Vec<ChildPolicy>,
    pub(super) lives: Vec<Option<Life>>,
    generations: Vec<u64>,
    were_ready: Vec<bool>,
    pub(super) alarms: BTreeMap<AlarmToken, Moment>,
    failures: Vec<Moment>,
    pub(super) now: Moment,
    is_begun: bool,
    is_ending: bool,
    was_ready: bool,
}

impl Judge {
    pub(super) fn new(policy: SupervisorPolicy, children: Vec<ChildPolicy>) -> Self {
        let count = children.len();
        Self {
            supervisor: Supervisor::new(policy, children.clone()).unwrap(),
            policy,
            children,
            lives: vec![None; count],
            generations: vec![0; count],
            were_ready: vec![false; count],
            alarms: BTreeMap::new(),
            failures: Vec::new(),
            now: Moment::from_unix_seconds(1),
            is_begun: false,
            is_ending: false,
            was_ready: false,
        }
    }

    pub(super) fn id(&self, index: usize) -> ActorId {
        self.children[index].id.clone()
    }

    pub(super) fn ready(&self, index: usize, life: &Life) -> Event {
        Event::Ready { child: self.id(index), generation: life.generation }
    }

    pub(super) fn exited(&self, index: usize, life: &Life, reason: ExitReason) -> Event {
        Event::Exited { child: self.id(index), generation: life.generation, reason }
    }

    /// Rings an alarm, when it is due at the earliest.
    pub(super) fn ring(&mut self, token: AlarmToken) -> Event {
        let at = self.alarms.remove(&token).unwrap();
        self.now = self.now.max(at);
        Event::Alarm { token }
    }

    /// Tells the supervisor and judges what it orders.
    pub(super) fn tell(&mut self, event: Event) {
        let was_finished = self.supervisor.is_finished();
        let expected = self.happens(&event);
        let effects = self.supervisor.step(self.now, event);
        assert!(!was_finished || effects.is_empty(), "after the end: {effects:?}");

        let is_failure = |effect: &&Effect| {
            matches!(
                effect,
                Effect::Report(Report::RestartScheduled { .. } | Report::GaveUp { .. })
            )
        };
        let failures: Vec<&Effect> = effects.iter().filter(is_failure).collect();
        assert_eq!(failures.len(), usize::from(expected.is_some()), "one end, one failure");
        if let Some(index) = expected {
            let has_given_up = matches!(failures[0], Effect::Report(Report::GaveUp { .. }));
            self.counts(index, has_given_up);
        }
        for effect in effects {
            self.perform(effect);
        }
        let period = self.policy.intensity.period;
        let used = self.failures.iter().filter(|&&then| self.now.since(then) <= period).count();
        assert_eq!(self.supervisor.intensity_used(self.now) as usize, used);
    }

    /// What the event does to the world; the child whose failure has to be counted.
    fn happens(&mut self, event: &Event) -> Option<usize> {
        let is_up = self.is_begun && !self.is_ending;
        match event {
            Event::Start => self.is_begun = true,
            Event::Stop | Event::Halt => self.ends(),
            Event::Alarm { .. } => (),
            Event::Ready { child, generation } => {
                let index = self.current(child, *generation)?;
                let life = self.lives[index].as_mut()?;
                if !life.is_told && !life.is_killed {
                    life.is_ready = true;
                    self.were_ready[index] = true;
                }
            }
            Event::Exited { child, generation, reason } => {
                let index = self.current(child, *generation)?;
                let life = self.lives[index].take()?;
                let is_late = life.is_killed && !life.is_told;
                let returns = match self.children[index].restart {
                    Restart::Permanent => true,
                    Restart::Transient => is_late || *reason != ExitReason::Normal,
                    Restart::Temporary => false,
                };
                return (is_up && !life.is_told && !life.must_go && returns).then_some(index);
            }
            Event::RestartChild { child } => {
                let index = self.children.iter().position(|known| known.id == *child)?;
                if is_up && self.lives[index].is_some() {
                    self.must_go_with(index);
                }
            }
        }
        None
    }

    fn current(&self, child: &ActorId, generation: Generation) -> Option<usize> {
        let index = self.children.iter().position(|known| known.id == *child)?;
        let life = self.lives[index].as_ref()?;
        (life.generation == generation).then_some(index)
    }

    fn counts(&mut self, index: usize, has_given_up: bool) {
        let Intensity { restarts_max, period } = self.policy.intensity;
        self.failures.push(self.now);
        let recent = self.failures.iter().filter(|&&then| self.now.since(then) <= period).count();
        assert_eq!(has_given_up, recent > restarts_max as usize, "gives up at one too many");
        if has_given_up {
            self.ends();
        } else {
            self.must_go_with(index);
        }
    }

    /// Whoever cannot be killed is left behind.
    fn ends(&mut self) {
        self.is_ending = true;
        for life in &mut self.lives {
            life.take_if(|life| life.stays);
        }
    }

    fn must_go_with(&mut self, index: usize) {
        let last = self.lives.len() - 1;
        let group = match self.policy.strategy {
            Strategy::OneForOne => index..=index,
            Strategy::OneForAll => 0..=last,
            Strategy::RestForOne => index..=last,
        };
        for life in self.lives[group].iter_mut().flatten() {
            life.must_go = true;
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartChild { child, generation } => self.starts(&child, generation),
            Effect::StopChild { child, generation, how } => {
                let index = self.current(&child, generation).expect("only the living are stopped");
                self.stops_in_order(index);
                assert!(how == StopHow::Halt || self.is_ending, "{child} drains for a restart");
                let life = self.lives[index].as_mut().unwrap();
                assert!(!life.is_told && !life.is_killed, "{child} is stopped twice");
                life.is_told = true;
            }
            Effect::KillChild { child, generation } => {
                let index = self.current(&child, generation).expect("only the living are killed");
                let is_orderly = self.children[index].stop_timeout.is_zero();
                let life = self.lives[index].as_mut().unwrap();
                assert!(!life.is_killed, "{child} is killed twice");
                life.is_killed = true;
                // Ready, or ordered to go while it was starting: not a start that took too long.
                if is_orderly && (life.is_ready || life.must_go || self.is_ending) {
                    life.is_told = true;
                }
            }
            Effect::WakeAt { token, at } => {
                assert!(at >= self.now);
                assert!(self.alarms.insert(token, at).is_none(), "an alarm of the same name");
            }
            Effect::Ready => {
                assert!(!std::mem::replace(&mut self.was_ready, true), "ready twice");
                assert!(self.supervisor.children().all(|child| is_settled(&child)));
            }
            Effect::Report(Report::Unresponsive { child, generation }) => {
                let index = self.current(&child, generation).unwrap();
                let life = self.lives[index].as_mut().unwrap();
                assert!(life.is_killed && !life.stays);
                life.stays = true;
                if self.is_ending {
                    self.ends();
                }
            }
            Effect::Report(_) => (),
            Effect::Finished(_) => {
                assert!(self.supervisor.is_finished());
                assert!(self.lives.iter().all(Option::is_none), "someone still runs");
            }
        }
    }

    fn starts(&mut self, child: &ActorId, generation: Generation) {
        let index = self.children.iter().position(|known| known.id == *child).unwrap();
        assert!(self.is_begun && !self.is_ending, "{child} starts at the wrong time");
        assert!(self.lives[index].is_none(), "two generations of {child}");
        assert_eq!(generation.0, self.generations[index] + 1);
        let is_group = self.policy.strategy != Strategy::OneForOne;
        if is_group || !self.were_ready[index] {
            for (former, view) in self.supervisor.children().take(index).enumerate() {
                let is_ready =
                    self.lives[former].as_ref().is_some_and(|l| l.is_ready && !l.is_told);
                assert!(is_ready || view.state == ChildState::Ended, "{child} before {}", view.id);
            }
        }
        if is_group {
            let leaves = |life: &Life| life.is_told || life.is_killed || life.must_go;
            assert!(!self.lives.iter().flatten().any(leaves), "{child} starts among the leaving");
        }
        self.generations[index] = generation.0;
        self.lives[index] = Some(Life {
            generation,
            is_ready: false,
            is_told: false,
            is_killed: false,
            must_go: false,
            stays: false,
        });
    }

    /// The last started first, and one after another.
    fn stops_in_order(&self, index: usize) {
        if self.policy.strategy == Strategy::OneForOne && !self.is_ending {
            return;
        }
        assert!(self.lives[index + 1..].iter().all(Option::is_none), "out of order");
        let leaving = self.lives.iter().flatten().any(|life| life.is_told || life.is_killed);
        assert!(!leaving, "two stop at once");
    }

    /// Asked to stop, it ends, and in time, whether its children do as they are told or never
    /// answer again.
    pub(super) fn must_finish(mut self, children_obey: bool) {
        let asked_at = self.now;
        self.tell(Event::Stop);
        while !self.supervisor.is_finished() {
            let leaving = self.leaving().filter(|_| children_obey);
            let event = match leaving {
                Some((index, life)) => self.exited(index, &life, ExitReason::Normal),
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

    /// If nothing fails any more, everyone is up in the end, or everything is over.
    pub(super) fn must_settle(mut self) {
        for _ in 0..100 {
            let starting = self.lives.iter().position(|l| l.as_ref().is_some_and(|l| !l.is_ready));
            let in_backoff = |view: &ChildView| matches!(view.state, ChildState::Backoff { .. });
            let event = if let Some((index, life)) = self.leaving() {
                self.exited(index, &life, ExitReason::Normal)
            } else if let Some(index) = starting {
                self.ready(index, self.lives[index].as_ref().unwrap())
            } else if self.supervisor.children().any(|view| in_backoff(&view)) {
                let token = *self.alarms.iter().min_by_key(|&(_, at)| at).unwrap().0;
                self.ring(token)
            } else {
                break;
            };
            self.tell(event);
        }
        assert_eq!(self.supervisor.is_finished(), self.is_ending);
        for (view, life) in self.supervisor.children().zip(&self.lives) {
            assert!(is_settled(&view), "{} hangs: {:?}", view.id, view.state);
            assert_eq!(life.is_some(), view.state == ChildState::Running);
        }
        assert!(self.was_ready || self.is_ending || !self.is_begun);
    }

    fn leaving(&self) -> Option<(usize, Life)> {
        let leaves = |life: &Life| life.is_told || life.is_killed;
        let mut lives = self.lives.iter().enumerate();
        lives.find_map(|(index, life)| Some((index, life.clone().filter(leaves)?)))
    }
}

fn is_settled(view: &ChildView) -> bool {
    matches!(view.state, ChildState::Running | ChildState::Ended)
}
