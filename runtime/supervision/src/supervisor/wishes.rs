//! Children that come and go while a supervisor runs, and the breakers they need.

use ractor::{ActorProcessingErr, ActorRef};
use synod_supervision_core::{BreakerState, ChildState, Event, Stay, Wish};
use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Order, State};
use crate::child::ChildSpec;
use crate::children::{Asked, ChildError};

impl State {
    /// Asks the core; if it grants the wish, the roster follows.
    pub(super) fn ask(
        &mut self,
        myself: &ActorRef<Order>,
        asked: Asked,
    ) -> Result<(), ActorProcessingErr> {
        let Asked { mut wish, child, is_held, tell } = asked;
        self.fit(&mut wish, child.as_ref());
        let now = self.shared.clock.now();
        let granted = self.core.lock().ask(now, wish.clone());
        let effects = match granted {
            Ok(effects) => effects,
            Err(refusal) => {
                // Who asked may have left.
                drop(tell.send(Err(refusal.into())));
                return Ok(());
            }
        };
        let mut needs = Vec::new();
        let waits_for = match wish {
            Wish::Add { policy, before, stay } => {
                let id = policy.id.clone();
                needs = policy.needs;
                if is_held {
                    self.held.insert(id.clone());
                }
                if let Some(child) = child {
                    self.roster.add(child, before.as_ref(), stay);
                }
                Some(id)
            }
            Wish::Terminate(child) => Some(child).filter(|child| !self.is_over(child)),
            Wish::Release(child, _) => {
                // Whoever asked for it has its specification, and decides about its mailbox.
                self.roster.remove(&child);
                Some(child)
            }
            Wish::Restore { policy, before } => {
                needs = policy.needs;
                if let Some(child) = child {
                    self.roster.add(child, before.as_ref(), Stay::Shown);
                }
                None
            }
            Wish::Order(order) => {
                self.roster.order(&order);
                None
            }
            Wish::Delete(_) => None,
            Wish::Change(policy) => {
                self.roster.change(policy);
                None
            }
            Wish::ChangeChild(policy) => {
                needs.clone_from(&policy.needs);
                self.roster.change_child(policy, child);
                None
            }
        };
        match waits_for {
            Some(child) => self.askers.entry(child).or_default().push(tell),
            None => self.answers.push((tell, Ok(()))),
        }
        let done = self.perform(myself, now, effects);
        self.watch(myself, &needs);
        done.and_then(|()| self.inherit_fenced(myself))
    }

    /// Takes from a wish what does not fit the child it is about.
    fn fit(&self, wish: &mut Wish, child: Option<&ChildSpec>) {
        if let Wish::Add { policy, .. } | Wish::Restore { policy, .. } | Wish::ChangeChild(policy) =
            wish
            && let Some(spec) = child.cloned().or_else(|| self.roster.child(&policy.id))
        {
            *policy = spec.fitting(policy.clone());
        }
    }

    /// Whether the child has ended, or is no more.
    fn is_over(&self, child: &ActorId) -> bool {
        let view = self.core.lock().children().find(|view| view.id == *child);
        view.is_none_or(|view| matches!(view.state, ChildState::Ended | ChildState::Dismissed))
    }

    /// Those who wait for this child learn what became of it.
    pub(super) fn answer(&mut self, child: &ActorId, answer: &Result<(), ChildError>) {
        for asker in self.askers.remove(child).into_iter().flatten() {
            self.answers.push((asker, answer.clone()));
        }
    }

    /// A child has ended for good.
    pub(super) fn has_ended(&mut self, child: &ActorId) {
        self.answer(child, &Ok(()));
        let view = self.core.lock().children().find(|view| view.id == *child);
        if view.is_none_or(|view| view.state == ChildState::Dismissed)
            && let Some(child) = self.roster.child(child)
        {
            child.close();
        }
    }

    /// A child is no more: its name is free, and nobody handles what it was told.
    pub(super) fn forget(&mut self, child: &ActorId) {
        self.living.remove(child);
        if let Some(spec) = self.roster.remove(child) {
            spec.forget(&self.shared);
        }
        self.answer(child, &Ok(()));
    }

    /// Learns how these breakers are, and from now on how they change.
    pub(super) fn watch(&mut self, myself: &ActorRef<Order>, needs: &[String]) {
        for name in needs {
            let Some(breaker) = self.shared.breakers.lock().get(name).cloned() else {
                tracing::warn!(supervisor = %self.roster.id, breaker = %name, "no such breaker");
                continue;
            };
            drop(myself.cast(Order::Breaker(name.clone())));
            if self.watched.insert(name.clone(), None).is_some() {
                continue;
            }
            let (mut watch, myself, name) = (breaker.watch(), myself.clone(), name.clone());
            self.waits.spawn(async move {
                while watch.changed().await.is_some() {
                    drop(myself.cast(Order::Breaker(name.clone())));
                }
            });
        }
    }

    /// Tells the core of a breaker that has changed since it was last told.
    pub(super) fn look_at(
        &mut self,
        myself: &ActorRef<Order>,
        name: &str,
    ) -> Result<(), ActorProcessingErr> {
        let breaker = self.shared.breakers.lock().get(name).cloned();
        let (Some(breaker), Some(known)) = (breaker, self.watched.get_mut(name)) else {
            return Ok(());
        };
        let open_until = open_until(breaker.state());
        if *known == Some(open_until) {
            return Ok(());
        }
        *known = Some(open_until);
        self.step(myself, Event::Breaker { name: name.to_owned(), open_until })
    }

    pub(super) fn look_at_all(
        &mut self,
        myself: &ActorRef<Order>,
    ) -> Result<(), ActorProcessingErr> {
        if self.watched.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = self.watched.keys().cloned().collect();
        names.iter().try_for_each(|name| self.look_at(myself, name))
    }
}

/// Until when no call goes through.
const fn open_until(state: BreakerState) -> Option<Moment> {
    match state {
        BreakerState::Open { until } => Some(until),
        BreakerState::ForcedOpen => Some(Moment::MAX),
        BreakerState::Closed | BreakerState::HalfOpen | BreakerState::ForcedClosed => None,
    }
}
