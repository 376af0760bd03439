//! Children that come and go, and policies that change, while the supervisor runs.

use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Cause, Child, Phase, State, Supervisor};
use crate::event::{Effect, Generation, Report};
use crate::policy::{ChildPolicy, Restart, SupervisorPolicy};
use crate::wish::{Refusal, Stay, Wish};

impl Supervisor {
    /// Grants a wish at `now`; says what must be done, in order.
    ///
    /// # Errors
    /// [`Refusal`] says why nothing has changed.
    pub fn ask(&mut self, now: Moment, wish: Wish) -> Result<Vec<Effect>, Refusal> {
        if !matches!(self.phase, Phase::Up) {
            return Err(Refusal::NotRunning);
        }
        let mut effects = Vec::new();
        match wish {
            Wish::Add { policy, before, stay } => self.add(policy, before.as_ref(), stay)?,
            Wish::Terminate(child) => self.terminate(self.known(&child)?, &mut effects),
            Wish::Delete(child) => self.delete(&child, &mut effects)?,
            Wish::Release(child, how) => {
                let index = self.known(&child)?;
                (self.children[index].leaves, self.children[index].stay) = (how, Stay::Forgotten);
                self.terminate(index, &mut effects);
            }
            Wish::Restore { policy, before } => {
                self.add(policy, before.as_ref(), Stay::Shown)?;
                self.children.iter_mut().filter(|it| it.serial + 1 == self.serial).for_each(
                    |child| {
                        child.is_trial = false;
                    },
                );
            }
            Wish::Order(order) => self.reorder(&order)?,
            Wish::Change(policy) => self.change(policy)?,
            Wish::ChangeChild(policy) => self.change_child(policy)?,
        }
        self.advance(now, &mut effects);
        Ok(effects)
    }

    fn known(&self, child: &ActorId) -> Result<usize, Refusal> {
        self.find(child).ok_or_else(|| Refusal::Unknown(child.clone()))
    }

    fn add(
        &mut self,
        policy: ChildPolicy,
        before: Option<&ActorId>,
        stay: Stay,
    ) -> Result<(), Refusal> {
        let index = match before {
            Some(before) => self.known(before)?,
            None => self.children.len(),
        };
        let mut policies: Vec<&ChildPolicy> = self.policies().collect();
        policies.push(&policy);
        self.policy.check(policies.into_iter())?;
        let is_temporary = policy.restart == Restart::Temporary;
        let mut child = Child::new(policy, self.serial);
        self.serial += 1;
        child.generation = self.forgotten;
        child.is_trial = true;
        child.stay = if is_temporary { Stay::Forgotten } else { stay };
        self.children.insert(index, child);
        Ok(())
    }

    fn terminate(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.is_wished = false;
        let was_ended = child.state == State::Ended;
        child.is_dismissed = true;
        match child.state {
            State::Starting
            | State::Running
            | State::Stopping { cause: Cause::StartTimeout, .. } => child.must_halt = true,
            State::Stopping { cause: Cause::Order, .. } => (),
            State::Waiting | State::Backoff { .. } | State::Parked { .. } | State::Ended => {
                self.ended(index, was_ended, effects);
            }
        }
    }

    /// A child has ended for good. It is forgotten if it was only passing.
    pub(super) fn ended(&mut self, index: usize, was_ended: bool, effects: &mut Vec<Effect>) {
        let child = &mut self.children[index];
        child.state = State::Ended;
        child.alarm = None;
        if !was_ended {
            effects.push(Effect::Report(Report::Ended { child: child.policy.id.clone() }));
        }
        if child.is_passing() {
            self.forget(index, effects);
        }
    }

    fn delete(&mut self, child: &ActorId, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
        let index = self.known(child)?;
        if self.children[index].state != State::Ended {
            return Err(Refusal::NotEnded(child.clone()));
        }
        self.forget(index, effects);
        Ok(())
    }

    pub(super) fn forget(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let child = self.children.remove(index);
        let Generation(last) = self.forgotten.max(child.generation);
        self.forgotten = Generation(last);
        self.window.forget(child.serial);
        effects.push(Effect::Forget { child: child.policy.id });
    }

    fn reorder(&mut self, order: &[ActorId]) -> Result<(), Refusal> {
        let place = |id: &ActorId| order.iter().position(|named| named == id);
        let mut places: Vec<_> = self.policies().map(|policy| place(&policy.id)).collect();
        places.sort_unstable();
        places.dedup();
        if places.len() != self.children.len()
            || places.len() != order.len()
            || places.contains(&None)
        {
            return Err(Refusal::Order);
        }
        self.children.sort_by_key(|child| place(&child.policy.id));
        Ok(())
    }

    fn change(&mut self, policy: SupervisorPolicy) -> Result<(), Refusal> {
        policy.check(self.policies().collect::<Vec<_>>().into_iter())?;
        self.window.change(policy.intensity);
        self.policy = policy;
        Ok(())
    }

    fn change_child(&mut self, policy: ChildPolicy) -> Result<(), Refusal> {
        let index = self.known(&policy.id)?;
        let mut policies: Vec<&ChildPolicy> = self.policies().collect();
        policies[index] = &policy;
        self.policy.check(policies.into_iter())?;
        self.children[index].policy = policy;
        Ok(())
    }

    fn policies(&self) -> impl Iterator<Item = &ChildPolicy> {
        self.children.iter().map(|child| &child.policy)
    }
}
