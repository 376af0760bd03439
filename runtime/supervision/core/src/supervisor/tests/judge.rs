//! A world of children that knows the rules but not how a supervisor keeps them.

mod life;
mod settle;

use std::collections::BTreeMap;

use super::*;
use crate::policy::{OPEN_MAX, Restart};
use crate::wish::Refusal;
pub(super) use life::{Life, Row};

/// Performs the supervisor's orders and objects to those that break a rule.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) supervisor: Supervisor,
    pub(super) policy: SupervisorPolicy,
    pub(super) rows: Vec<Row>,
    pub(super) alarms: BTreeMap<AlarmToken, Moment>,
    failures: Vec<(Moment, ActorId)>,
    pub(super) now: Moment,
    is_begun: bool,
    /// The end of everything was asked for.
    is_exiting: bool,
    is_ending: bool,
    was_ready: bool,
    /// Until when the one breaker is open.
    pub(super) open_until: Option<Moment>,
    /// Failures left on probation.
    probation: Option<u32>,
    /// How often in a row all were parked.
    parks: u32,
    is_parked: bool,
    forgotten: u64,
}

/// What must follow an event.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    /// This child's failure is answered by its supervisor.
    Failure(ActorId),
    /// This child waits for its breaker.
    Wait(ActorId),
    /// This child, just added, is forgotten.
    Discard(ActorId),
    /// The end.
    Shutdown(ActorId),
}

impl Judge {
    pub(super) fn new(policy: SupervisorPolicy, children: Vec<ChildPolicy>) -> Self {
        Self {
            supervisor: Supervisor::new(policy, children.clone()).unwrap(),
            policy,
            rows: children.into_iter().map(Row::new).collect(),
            alarms: BTreeMap::new(),
            failures: Vec::new(),
            now: Moment::from_unix_seconds(1),
            is_begun: false,
            is_exiting: false,
            is_ending: false,
            was_ready: false,
            open_until: None,
            probation: None,
            parks: 0,
            is_parked: false,
            forgotten: 0,
        }
    }

    pub(super) fn id(&self, index: usize) -> ActorId {
        self.rows[index].policy.id.clone()
    }

    pub(super) fn ready(&self, index: usize) -> Event {
        let generation = self.rows[index].life.as_ref().unwrap().generation;
        Event::Ready { child: self.id(index), generation }
    }

    pub(super) fn exited(&self, index: usize, reason: ExitReason) -> Event {
        let generation = self.rows[index].life.as_ref().unwrap().generation;
        Event::Exited { child: self.id(index), generation, reason }
    }

    /// Rings an alarm, when it is due at the earliest.
    pub(super) fn ring(&mut self, token: AlarmToken) -> Event {
        let at = self.alarms.remove(&token).unwrap();
        self.now = self.now.max(at);
        Event::Alarm { token }
    }

    const fn is_up(&self) -> bool {
        self.is_begun && !self.is_exiting && !self.is_ending
    }

    /// Tells the supervisor and judges what it orders.
    pub(super) fn tell(&mut self, event: Event) {
        let was_finished = self.supervisor.is_finished();
        let mut due = self.happens(&event);
        let effects = self.supervisor.step(self.now, event);
        if let Some((child, reason)) = self.fenced(&effects) {
            assert_eq!(due, Due::Nothing, "one event, one end");
            due = self.exits(&child.0, child.1, &reason);
        }
        assert!(!was_finished || effects.is_empty(), "after the end: {effects:?}");
        self.answers(&due, &effects);
        self.perform_all(effects);
    }

    /// Asks the supervisor and judges what it answers.
    pub(super) fn ask(&mut self, wish: Wish) {
        let refusal = self.refusal(&wish);
        let before = self.supervisor.children().collect::<Vec<_>>();
        match self.supervisor.ask(self.now, wish.clone()) {
            Ok(effects) => {
                assert_eq!(refusal, None, "granted: {wish:?}");
                self.grant(wish.clone());
                self.perform_all(effects);
                // As the shell does: it may not have been told, for nobody needed it.
                if let (Wish::Add { .. } | Wish::ChangeChild(_), Some(_)) = (wish, self.open_until)
                {
                    let open_until = self.open_until;
                    self.tell(Event::Breaker { name: "node".to_owned(), open_until });
                }
            }
            Err(told) => {
                assert_eq!(Some(told), refusal);
                assert_eq!(before, self.supervisor.children().collect::<Vec<_>>());
            }
        }
    }

    fn perform_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.perform(effect);
        }
        let period = self.policy.intensity.period;
        let counts = |then: &Moment| self.now.since(*then) <= period;
        let used = self.failures.iter().filter(|(then, _)| counts(then)).count();
        assert_eq!(self.supervisor.intensity_used(self.now) as usize, used);
        let shown = self.supervisor.children().map(|view| view.id);
        assert!(shown.eq(self.rows.iter().map(|row| row.policy.id.clone())), "other children");
    }

    fn refusal(&self, wish: &Wish) -> Option<Refusal> {
        let find = |id: &ActorId| self.rows.iter().find(|row| row.policy.id == *id);
        let missing = |id: &ActorId| find(id).is_none().then(|| Refusal::Unknown(id.clone()));
        if !self.is_up() {
            return Some(Refusal::NotRunning);
        }
        match wish {
            Wish::Add { policy, before, .. } => {
                let (count, max) = (self.rows.len() + 1, self.policy.children_max);
                if let Some(refusal) = before.as_ref().and_then(missing) {
                    return Some(refusal);
                }
                if max < count {
                    return Some(crate::InvalidTree::TooManyChildren { count, max }.into());
                }
                let twice = find(&policy.id).is_some();
                twice.then(|| crate::InvalidTree::Duplicate(policy.id.clone()).into())
            }
            Wish::Terminate(id) => missing(id),
            Wish::Delete(id) => missing(id).or_else(|| {
                let view = self.supervisor.children().find(|view| view.id == *id)?;
                let has_ended = matches!(view.state, ChildState::Ended | ChildState::Dismissed);
                (!has_ended).then(|| Refusal::NotEnded(id.clone()))
            }),
            Wish::Change(_) => None,
            Wish::ChangeChild(policy) => missing(&policy.id),
            Wish::Release(..) | Wish::Restore { .. } | Wish::Order(_) => {
                panic!("not among the wishes that are drawn: tests of their own hold them")
            }
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Add { policy, before, .. } => {
                let is_before = |row: &Row| Some(&row.policy.id) == before.as_ref();
                let index = self.rows.iter().position(is_before).unwrap_or(self.rows.len());
                let mut row = Row::new(policy);
                (row.is_trial, row.generation) = (true, self.forgotten);
                self.rows.insert(index, row);
            }
            Wish::Terminate(id) => {
                let row = self.rows.iter_mut().find(|row| row.policy.id == id).unwrap();
                row.is_dismissed = true;
                if let Some(life) = &mut row.life {
                    life.must_go = true;
                }
            }
            Wish::Delete(_) => (),
            Wish::Change(policy) => {
                self.policy = policy;
                let max = policy.intensity.restarts_max as usize;
                let excess = self.failures.len().saturating_sub(max);
                self.failures.drain(..excess);
            }
            Wish::Release(..) | Wish::Restore { .. } | Wish::Order(_) => {
                panic!("not among the wishes that are drawn: tests of their own hold them")
            }
            Wish::ChangeChild(policy) => {
                let row = self.rows.iter_mut().find(|row| row.policy.id == policy.id).unwrap();
                row.policy = policy;
            }
        }
    }

    /// What the event does to the world, and what must follow.
    fn happens(&mut self, event: &Event) -> Due {
        match event {
            Event::Start => self.is_begun = true,
            Event::Stop | Event::Halt => self.ends(),
            Event::Alarm { .. } => (),
            Event::Dying { child, generation, .. } => {
                let now = self.now;
                if let Some(life) = self.current(child, *generation).and_then(|it| it.life.as_mut())
                {
                    life.must_be_gone.get_or_insert(now);
                }
            }
            Event::FencedLives { child, running } => {
                if let Some(row) = self.rows.iter_mut().find(|row| row.policy.id == *child) {
                    row.fenced = *running;
                }
            }
            Event::Breaker { open_until, .. } => self.open_until = *open_until,
            Event::Ready { child, generation } => {
                let now = self.now;
                let Some(row) = self.current(child, *generation) else { return Due::Nothing };
                row.is_up(now);
            }
            Event::Exited { child, generation, reason } => {
                return self.exits(child, *generation, reason);
            }
            Event::RestartChild { child } => self.is_wished(child),
        }
        Due::Nothing
    }

    fn is_wished(&mut self, child: &ActorId) {
        let is_up = self.is_up();
        let Some(index) = self.rows.iter().position(|row| row.policy.id == *child) else { return };
        if is_up {
            self.rows[index].is_dismissed = false;
            if self.rows[index].life.is_some() {
                self.must_go_with(index);
            }
        }
    }

    fn exits(&mut self, child: &ActorId, generation: Generation, reason: &ExitReason) -> Due {
        let (is_up, now) = (self.is_up(), self.now);
        let open = self.open_until.is_some_and(|until| now < until);
        let reset_after = self.policy.backoff.reset_after;
        let auto_shutdown = self.policy.auto_shutdown;
        let Some(row) = self.current(child, generation) else { return Due::Nothing };
        let Some(life) = row.life.take() else { return Due::Nothing };
        if life.ready_at.is_some_and(|at| reset_after <= now.since(at)) {
            row.parks = 0;
        }
        if !is_up || life.is_told || life.must_go {
            return Due::Nothing;
        }
        let is_late = life.is_killed;
        let returns = match row.policy.restart {
            Restart::Permanent => true,
            Restart::Transient => is_late || !reason.is_orderly(),
            Restart::Temporary => false,
        };
        if row.is_trial {
            return Due::Discard(child.clone());
        }
        if returns && open && !row.policy.needs.is_empty() {
            return Due::Wait(child.clone());
        }
        if returns {
            return Due::Failure(child.clone());
        }
        let is_significant = row.policy.is_significant;
        let others = self.supervisor.children().zip(&self.rows).all(|(view, row)| {
            let has_ended = matches!(view.state, ChildState::Ended | ChildState::Dismissed);
            has_ended || !row.policy.is_significant || view.id == *child
        });
        let is_over = match auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => others,
        };
        if is_significant && is_over { Due::Shutdown(child.clone()) } else { Due::Nothing }
    }

    /// What is due must be answered, once, and nothing that is not due.
    fn answers(&mut self, due: &Due, effects: &[Effect]) {
        let is_answer = |effect: &&Effect| {
            use Report::{Discarded, GaveUp, Isolated, Opened, RestartScheduled, ShuttingDown};
            matches!(
                effect,
                Effect::Report(
                    Discarded { .. }
                        | GaveUp { .. }
                        | Isolated { .. }
                        | Opened { .. }
                        | RestartScheduled { .. }
                        | ShuttingDown { .. }
                        | Report::Parked { why: ParkReason::Degraded, .. }
                )
            )
        };
        let answers: Vec<&Effect> = effects.iter().filter(is_answer).collect();
        let is_parked = |effect: &Effect| {
            matches!(effect, Effect::Report(Report::Parked { why: ParkReason::Breaker, .. }))
        };
        match due {
            Due::Nothing => assert!(answers.is_empty(), "for nothing: {answers:?}"),
            Due::Wait(child) => {
                assert!(answers.is_empty() && effects.iter().any(is_parked), "{effects:?}");
                let index = self.rows.iter().position(|row| row.policy.id == *child).unwrap();
                self.must_go_with(index);
            }
            Due::Discard(_) => {
                assert!(matches!(answers[..], [Effect::Report(Report::Discarded { .. })]));
            }
            Due::Shutdown(_) => {
                assert!(matches!(answers[..], [Effect::Report(Report::ShuttingDown { .. })]));
                self.ends();
            }
            Due::Failure(child) => {
                assert_eq!(answers.len(), 1, "one end, one failure: {effects:?}");
                self.fails(child, answers[0]);
            }
        }
    }

    fn fails(&mut self, child: &ActorId, answer: &Effect) {
        let index = self.rows.iter().position(|row| row.policy.id == *child).unwrap();
        let Intensity { restarts_max, period } = self.policy.intensity;
        let is_one_too_many = match &mut self.probation {
            Some(left) => {
                *left -= 1;
                *left == 0
            }
            None => {
                self.failures.push((self.now, child.clone()));
                let counts = |then: &Moment| self.now.since(*then) <= period;
                let recent = self.failures.iter().filter(|(then, _)| counts(then)).count();
                recent > restarts_max as usize
            }
        };
        let Effect::Report(answer) = answer else { unreachable!() };
        if !is_one_too_many && self.rows[index].parks == 0 {
            assert!(matches!(answer, Report::RestartScheduled { .. }), "too early: {answer:?}");
            self.must_go_with(index);
            return;
        }
        match (self.rows[index].policy.recovery, self.policy.on_exceeded) {
            (Recovery::Degrade { retry_after }, _) => {
                self.failures.retain(|(_, who)| who != child);
                let after = retry_after.saturating_mul(1 << self.rows[index].parks.min(20));
                let expected = Some(self.now + after.min(OPEN_MAX));
                assert!(matches!(answer, Report::Parked { until, .. } if *until == expected));
                self.rows[index].parks += 1;
            }
            (Recovery::Isolate, _) => {
                self.failures.retain(|(_, who)| who != child);
                assert!(matches!(answer, Report::Isolated { .. }), "{answer:?}");
                self.rows[index].is_dismissed = true;
            }
            (Recovery::Restart, OnExceeded::Escalate) => {
                assert!(matches!(answer, Report::GaveUp { .. }), "{answer:?}");
                self.ends();
            }
            (Recovery::Restart, OnExceeded::Exit) => {
                assert!(matches!(answer, Report::GaveUp { .. }), "{answer:?}");
                self.is_exiting = true;
            }
            (Recovery::Restart, OnExceeded::Park { open, .. }) => {
                let after = open.saturating_mul(1 << self.parks.min(20)).min(OPEN_MAX);
                let expected = self.now + after;
                assert!(matches!(answer, Report::Opened { until, .. } if *until == expected));
                self.failures.clear();
                (self.is_parked, self.probation) = (true, None);
                self.parks += 1;
                self.rows.iter_mut().flat_map(|row| &mut row.life).for_each(|l| l.must_go = true);
            }
        }
    }
}

pub(super) const fn is_settled(view: &ChildView) -> bool {
    matches!(view.state, ChildState::Running | ChildState::Ended | ChildState::Dismissed)
}
