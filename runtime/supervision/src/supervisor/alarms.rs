//! The alarms of a supervisor: one task waits for the first of them, not one for each. Most are
//! outdated when they ring: a child that was ready in time.

use std::collections::BTreeSet;

use ractor::{ActorProcessingErr, ActorRef};
use synod_supervision_core::{AlarmToken, Event};
use synod_types::time::Moment;
use tokio::task::AbortHandle;

use super::{Order, State};

/// Invariant: if there is an alarm, one task waits until the first is due, or its word is on its way.
#[derive(Default)]
pub(super) struct Alarms {
    set: BTreeSet<(Moment, AlarmToken)>,
    /// What the task waits for.
    awaited: Option<(Moment, AbortHandle)>,
}

impl State {
    pub(super) fn set_alarm(&mut self, myself: &ActorRef<Order>, at: Moment, token: AlarmToken) {
        for at in self.rings_at(at) {
            self.alarms.set.insert((at, token));
        }
        self.await_alarm(myself);
    }

    /// When an alarm rings: tests have it ring late, early, or twice.
    #[cfg(not(test))]
    fn rings_at(&self, at: Moment) -> [Moment; 1] {
        [at]
    }

    #[cfg(test)]
    fn rings_at(&self, at: Moment) -> Vec<Moment> {
        let (now, delay) = (self.shared.clock.now(), self.shared.clock.until(at));
        self.shared.faults.rings(delay).map_or_else(
            || vec![at],
            |delays| delays.into_iter().map(|delay| now + delay).collect(),
        )
    }

    fn await_alarm(&mut self, myself: &ActorRef<Order>) {
        let Some(&(first, _)) = self.alarms.set.first() else { return };
        if self.alarms.awaited.as_ref().is_some_and(|(awaited, _)| *awaited <= first) {
            return;
        }
        self.await_no_alarm();
        let (delay, myself) = (self.shared.clock.until(first), myself.clone());
        let task = self.waits.spawn(async move {
            tokio::time::sleep(delay).await;
            drop(myself.cast(Order::Ring));
        });
        self.alarms.awaited = Some((first, task));
    }

    fn await_no_alarm(&mut self) {
        if let Some((_, task)) = self.alarms.awaited.take() {
            task.abort();
        }
    }

    /// Tells the core of every alarm that is due. A word that comes late finds none.
    pub(super) fn ring(&mut self, myself: &ActorRef<Order>) -> Result<(), ActorProcessingErr> {
        self.await_no_alarm();
        let now = self.shared.clock.now();
        while self.alarms.set.first().is_some_and(|&(at, _)| at <= now) {
            if let Some((_, token)) = self.alarms.set.pop_first() {
                self.step(myself, Event::Alarm { token })?;
            }
        }
        self.await_alarm(myself);
        Ok(())
    }
}
