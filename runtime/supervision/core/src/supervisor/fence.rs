//! Lives that do not end though they must.

use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Child, Phase, State, Supervisor};
use crate::event::{Effect, ExitReason, Generation, Report};

impl Child {
    /// From now on it is to be gone, and is fenced if it is not for long enough.
    pub(super) fn must_be_gone(&mut self, now: Moment) {
        let fencing = self.policy.fencing.filter(|_| self.last_breath.is_fenceable);
        if let Some(fencing) = fencing {
            self.last_breath.fence_at.get_or_insert(now + fencing.after);
        }
    }
}

impl Supervisor {
    /// Someone else has seen to it that this life ends. One that is started or stopped at the
    /// moment has an alarm that leads to a kill, if it comes to that.
    pub(super) fn dying(
        &mut self,
        now: Moment,
        index: usize,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        let child = &mut self.children[index];
        child.last_breath.told.get_or_insert(reason);
        child.must_be_gone(now);
        self.await_fence(now, index, effects);
    }

    /// Looks at a life that runs and must not when it is to be fenced.
    pub(super) fn await_fence(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
        let child = &self.children[index];
        if let Some(at) = child.last_breath.fence_at
            && child.state == State::Running
            && child.alarm.is_none()
        {
            self.wake(index, at.max(now), effects);
        }
    }

    /// The alarm of a life rang that was killed, or was to be gone by itself.
    pub(super) fn overdue(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) {
        if self.fences(now, index, effects) {
            return;
        }
        let breath = &self.children[index].last_breath;
        if let Some(grace_at) = breath.grace_at
            && !breath.is_unresponsive
        {
            if breath.fence_at.is_some() && now < grace_at {
                self.wake(index, grace_at, effects);
                return;
            }
            self.unresponsive(now, index, effects);
        }
        let child = &self.children[index];
        if child.is_live()
            && let Some(at) = child.last_breath.fence_at
            && now < at
        {
            self.wake(index, at, effects);
        }
    }

    /// Only so many fenced lives run now; one more may have a place.
    pub(super) fn fenced_lives(
        &mut self,
        now: Moment,
        child: &ActorId,
        running: u32,
        effects: &mut Vec<Effect>,
    ) {
        let Some(index) = self.find(child) else { return };
        self.children[index].fenced = running;
        self.fences(now, index, effects);
    }

    /// Fences the present life of a child if that is due and allowed. Whether it did.
    fn fences(&mut self, now: Moment, index: usize, effects: &mut Vec<Effect>) -> bool {
        let child = &mut self.children[index];
        let is_due = child.is_live() && child.last_breath.fence_at.is_some_and(|at| at <= now);
        let has_place =
            child.policy.fencing.is_some_and(|fencing| child.fenced < fencing.lives_max);
        if !is_due || !has_place || !matches!(self.phase, Phase::Up) {
            return false;
        }
        child.fenced += 1;
        let (id, generation): (ActorId, Generation) = (child.policy.id.clone(), child.generation);
        let told = child.last_breath.told.take().unwrap_or(ExitReason::Killed);
        effects.push(Effect::FenceChild { child: id.clone(), generation });
        effects.push(Effect::Report(Report::Fenced { child: id, generation }));
        let reason = self.reason_for(index, told);
        self.gone(now, index, ExitReason::Fenced(Box::new(reason)), effects);
        true
    }
}
