//! The shell around the pure supervisor: performs its effects, feeds it what happened.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ractor::actor::messages::BoxedState;
use ractor::{ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use synod_supervision_core::{
    Effect, Event, ExitReason, Generation, KILL_GRACE, Outcome, Report, StopHow, Supervisor,
};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::actor::FailureError;
use crate::child::{ChildKind, Gone, Spawned, SupervisorSpec, spawn_supervisor};
use crate::events::RuntimeEvent;
use crate::shared::{Known, Shared};
use crate::view::SupervisorFacts;

pub(crate) struct SupervisorShell;

/// What a supervisor's shell is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Something happened.
    Event(Event),
    /// End, children first. `Halt` keeps their mailboxes open.
    Stop(StopHow),
    /// That life of a child is stuck, and is to make way for the next.
    Stuck { child: ActorId, incarnation: Incarnation },
    /// A start failed; parts of it may still run.
    Unborn(ActorId, Generation, String),
}

pub(crate) struct SupervisorBirth {
    pub(crate) spec: Arc<SupervisorSpec>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) gone: Gone,
    pub(crate) ready: oneshot::Sender<()>,
    /// Where the root says how it ended.
    pub(crate) outcome: Option<oneshot::Sender<Outcome>>,
}

/// A child that runs or is on its way.
struct Living {
    generation: Generation,
    cell: ActorCell,
    gone: Option<oneshot::Receiver<()>>,
    stop: Box<dyn Fn(StopHow) + Send + Sync>,
    /// Killed because it was stuck.
    is_stuck: bool,
}

pub(crate) struct State {
    spec: Arc<SupervisorSpec>,
    shared: Arc<Shared>,
    core: Supervisor,
    living: BTreeMap<ActorId, Living>,
    /// Waits for starts, alarms and last breaths; each ends with a cast to the shell.
    waits: JoinSet<()>,
    ready: Option<oneshot::Sender<()>>,
    outcome: Option<oneshot::Sender<Outcome>>,
    gone: Arc<Gone>,
}

impl ractor::Actor for SupervisorShell {
    type Msg = Order;
    type State = State;
    type Arguments = SupervisorBirth;

    async fn pre_start(
        &self,
        myself: ActorRef<Order>,
        birth: SupervisorBirth,
    ) -> Result<State, ActorProcessingErr> {
        let SupervisorBirth { spec, shared, gone, ready, outcome } = birth;
        let policies = spec.children.iter().map(|child| child.policy.clone()).collect();
        let core = Supervisor::new(spec.policy, policies)?;
        myself.cast(Order::Event(Event::Start))?;
        Ok(State {
            spec,
            shared,
            core,
            living: BTreeMap::new(),
            waits: JoinSet::new(),
            ready: Some(ready),
            outcome,
            gone: Arc::new(gone),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Order>,
        order: Order,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let event = match order {
            Order::Event(event) => event,
            Order::Stop(StopHow::Drain) => Event::Stop,
            Order::Stop(StopHow::Halt) => Event::Halt,
            Order::Stuck { child, incarnation } => {
                state.unstick(&child, incarnation);
                return Ok(());
            }
            Order::Unborn(child, generation, why) => {
                let reason = ExitReason::StartFailed(why);
                state.last_breath(&myself, (child, generation), reason, Remains(None));
                return Ok(());
            }
        };
        state.step(&myself, event)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Order>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (cell, reason, remains) = match event {
            SupervisionEvent::ActorTerminated(cell, remains, word) => {
                let reason = match word.as_deref() {
                    None => ExitReason::Normal,
                    Some("killed") => ExitReason::Killed,
                    Some(_) => ExitReason::Cancelled,
                };
                (cell, reason, remains)
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                let text = error.to_string();
                let is_error = error.downcast_ref::<FailureError>().is_some();
                let reason =
                    if is_error { ExitReason::Error(text) } else { ExitReason::Panic(text) };
                (cell, reason, None)
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {
                return Ok(());
            }
        };
        state.died(&myself, &cell, reason, Remains(remains));
        Ok(())
    }
}

/// The state of a child that has ended, which ractor hands to its supervisor: a foreign body. It
/// may take its time to be dropped, or panic.
struct Remains(Option<BoxedState>);

impl Drop for Remains {
    fn drop(&mut self) {
        let state = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(state))).is_err() {
            tracing::error!("an actor's state panicked when it was dropped");
        }
    }
}

/// ractor kills the children of a supervisor that ends, but only those that have started.
impl Drop for State {
    fn drop(&mut self) {
        for living in self.living.values() {
            living.cell.kill();
        }
    }
}

impl State {
    fn step(&mut self, myself: &ActorRef<Order>, event: Event) -> Result<(), ActorProcessingErr> {
        while self.waits.try_join_next().is_some() {}
        let now = self.shared.clock.now();
        let mut finished = None;
        for effect in self.core.step(now, event) {
            match effect {
                Effect::StartChild { child, generation } => self.start(myself, child, generation),
                Effect::StopChild { child, generation, how } => self.stop(&child, generation, how),
                Effect::KillChild { child, generation } => self.kill(&child, generation),
                Effect::WakeAt { token, at } => {
                    self.later(myself, at, Event::Alarm { token });
                }
                Effect::Report(report) => self.report(now, report),
                Effect::Ready => {
                    if let Some(Err(())) = self.ready.take().map(|ready| ready.send(())) {
                        tracing::debug!(supervisor = %self.spec.id, "nobody waits for readiness");
                    }
                }
                Effect::Finished(outcome) => finished = Some(outcome),
            }
        }
        self.publish(now);
        finished.map_or(Ok(()), |outcome| self.finish(myself, outcome))
    }

    fn start(&mut self, myself: &ActorRef<Order>, child: ActorId, generation: Generation) {
        let Some(spec) = self.spec.children.iter().find(|spec| *spec.id() == child) else { return };
        let (gone_below, gone) = Gone::below(Some(Arc::clone(&self.gone)));
        let spawned = match &spec.kind {
            ChildKind::Worker(worker) => worker.spawn(myself.get_cell(), gone_below),
            ChildKind::Supervisor(below) => {
                spawn_supervisor(below, &self.shared, myself.get_cell(), gone_below)
            }
        };
        let myself = myself.clone();
        match spawned {
            Ok(Spawned { cell, started, stop }) => {
                let known = Known { cell: cell.clone(), supervisor: myself.get_cell() };
                self.shared.cells.lock().insert(child.clone(), known);
                let gone = Some(gone);
                let living = Living { generation, cell, gone, stop, is_stuck: false };
                self.living.insert(child.clone(), living);
                self.waits.spawn(async move {
                    let order = match started.await {
                        Ok(()) => Order::Event(Event::Ready { child, generation }),
                        Err(ractor::SpawnErr::StartupFailed(cause)) => {
                            Order::Unborn(child, generation, cause.to_string())
                        }
                        Err(error) => Order::Unborn(child, generation, error.to_string()),
                    };
                    drop(myself.cast(order));
                });
            }
            Err(error) => {
                let reason = ExitReason::StartFailed(error.to_string());
                let event = Event::Exited { child, generation, reason };
                drop(myself.cast(Order::Event(event)));
            }
        }
    }

    fn stop(&self, child: &ActorId, generation: Generation, how: StopHow) {
        if let Some(living) = self.alive(child, generation) {
            (living.stop)(how);
        }
    }

    fn kill(&self, child: &ActorId, generation: Generation) {
        if self.alive(child, generation).is_some() {
            self.shared.with_all_below(child).iter().for_each(ActorCell::kill);
        }
    }

    /// Kills that life of a child, unless it has made way already.
    fn unstick(&mut self, child: &ActorId, incarnation: Incarnation) {
        let is_it = self.shared.incarnation(child) == incarnation;
        let Some(living) = self.living.get_mut(child).filter(|_| is_it) else { return };
        living.is_stuck = true;
        living.cell.kill();
    }

    fn alive(&self, child: &ActorId, generation: Generation) -> Option<&Living> {
        self.living.get(child).filter(|living| living.generation == generation)
    }

    /// A child's end counts once nothing of it is left, so that two incarnations never overlap.
    fn died(
        &mut self,
        myself: &ActorRef<Order>,
        cell: &ActorCell,
        reason: ExitReason,
        remains: Remains,
    ) {
        let of_cell = |living: &Living| living.cell.get_id() == cell.get_id();
        let Some((child, living)) = self.living.iter().find(|(_, living)| of_cell(living)) else {
            return;
        };
        let which = (child.clone(), living.generation);
        let was_stuck = living.is_stuck && reason == ExitReason::Killed;
        let reason = if was_stuck { ExitReason::Stuck } else { reason };
        self.last_breath(myself, which, reason, remains);
    }

    /// Reports an end once nothing is left of it. The first report of a generation counts.
    fn last_breath(
        &mut self,
        myself: &ActorRef<Order>,
        (child, generation): (ActorId, Generation),
        reason: ExitReason,
        remains: Remains,
    ) {
        let living = self.living.get_mut(&child).filter(|living| living.generation == generation);
        let Some(mut gone) = living.and_then(|living| living.gone.take()) else { return };
        let (myself, shared) = (myself.clone(), Arc::clone(&self.shared));
        self.waits.spawn(async move {
            drop(remains);
            // Resolves with an error when the sender is dropped: that is the word we wait for.
            if tokio::time::timeout(KILL_GRACE, &mut gone).await.is_err() {
                shared.unresponsive(&child);
                drop(gone.await);
            }
            drop(myself.cast(Order::Event(Event::Exited { child, generation, reason })));
        });
    }

    fn later(&mut self, myself: &ActorRef<Order>, at: Moment, event: Event) {
        let (delay, myself) = (self.shared.clock.until(at), myself.clone());
        self.waits.spawn(async move {
            tokio::time::sleep(delay).await;
            drop(myself.cast(Order::Event(event)));
        });
    }

    fn finish(
        &mut self,
        myself: &ActorRef<Order>,
        outcome: Outcome,
    ) -> Result<(), ActorProcessingErr> {
        let failure = why(&outcome);
        if let Some(tell) = self.outcome.take() {
            // The runtime may have been dropped; then nobody asks how it ended.
            drop(tell.send(outcome));
        }
        let Some(detail) = failure else {
            myself.stop(None);
            return Ok(());
        };
        crate::metrics::gave_up(&self.spec.id);
        let (at, supervisor) = (self.shared.clock.now(), self.spec.id.clone());
        tracing::error!(%supervisor, %detail, "supervisor gave up");
        let gave_up = RuntimeEvent::GaveUp { at, supervisor, detail: detail.clone() };
        self.shared.events.emit(gave_up);
        Err(Box::new(FailureError(detail)))
    }

    fn report(&self, at: Moment, report: Report) {
        match report {
            Report::Started { child, .. } => {
                let incarnation = self.shared.incarnation(&child);
                tracing::info!(actor = %child, %incarnation, "started");
                self.shared.events.emit(RuntimeEvent::Started { at, actor: child, incarnation });
            }
            Report::Restarted { child, .. } => {
                crate::metrics::restarted(&child);
                let incarnation = self.shared.incarnation(&child);
                tracing::info!(actor = %child, %incarnation, "restarted");
                self.shared.events.emit(RuntimeEvent::Restarted { at, actor: child, incarnation });
            }
            Report::Exited { child, reason, .. } => {
                let (label, detail) = (reason.label(), reason.to_string());
                crate::metrics::exited(&child, label);
                if reason == ExitReason::Normal {
                    tracing::info!(actor = %child, "ended");
                } else {
                    tracing::warn!(actor = %child, reason = label, %detail, "exited");
                    self.shared.failed(at, &child, label, &detail);
                }
                let exited = RuntimeEvent::Exited { at, actor: child, reason: label, detail };
                self.shared.events.emit(exited);
            }
            Report::Unresponsive { child, .. } => self.shared.unresponsive(&child),
            Report::RestartScheduled { child, at, attempt } => {
                tracing::info!(actor = %child, %at, attempt, "will be restarted");
            }
            Report::Ended { child } => {
                tracing::info!(actor = %child, "ended and will not be restarted");
            }
            Report::GaveUp { child, reason } => {
                tracing::error!(actor = %child, %reason, "failed too often");
            }
        }
    }

    fn publish(&self, now: Moment) {
        let used = self.core.intensity_used(now);
        crate::metrics::intensity(&self.spec.id, used);
        let facts = SupervisorFacts {
            strategy: self.spec.policy.strategy,
            intensity_used: used,
            restarts_max: self.spec.policy.intensity.restarts_max,
            children: self.core.children().collect(),
        };
        self.shared.supervisors.lock().insert(self.spec.id.clone(), facts);
    }
}

/// In words, why a supervisor gave up; nothing if it was asked to end.
pub(crate) fn why(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Stopped => None,
        Outcome::Exceeded { child, reason, restarts, period } => {
            let seconds = period.as_secs();
            Some(format!("{child} {reason}, failure {restarts} of its group in {seconds} s"))
        }
        Outcome::StartFailed { child, reason } => Some(format!("{child} {reason}")),
    }
}
