//! The shell around the pure supervisor: performs its effects, feeds it what happened.

mod alarms;
mod ends;
mod tell;
mod wishes;

pub(crate) use tell::why;

use ends::unborn;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::Mutex;
use ractor::actor::messages::BoxedState;
use ractor::{ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use synod_supervision_core::{Effect, Event, ExitReason, Generation, Outcome, StopHow, Supervisor};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::actor::FailureError;
use crate::child::{ChildKind, Gone, Spawned, Tether, Under, spawn_supervisor};
use crate::children::{Asked, ChildError};
use crate::fence::FencedLife;
use crate::roster::Roster;
use crate::shared::{Known, Shared};

use alarms::Alarms;

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
    /// That life of a child has been killed on request.
    Doomed { child: ActorId, incarnation: Incarnation },
    /// A fenced life of a child is gone.
    FenceOver(ActorId),
    /// A start failed; parts of it may still run.
    Unborn(ActorId, Generation, ExitReason),
    /// An alarm may be due.
    Ring,
    /// Someone wishes for other children or another policy.
    Ask(Box<Asked>),
    /// This breaker is to be looked at: it is new here, or has changed.
    Breaker(String),
    /// To the root: everything is to end, for this reason.
    Exit(Outcome),
}

pub(crate) struct SupervisorBirth {
    pub(crate) roster: Arc<Roster>,
    pub(crate) shared: Arc<Shared>,
    /// None: this is the root.
    pub(crate) root: Option<ActorRef<Order>>,
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
    /// Asked to end for good.
    is_draining: bool,
    /// The core knows that it has started.
    is_ready: bool,
    tether: Tether,
    fence: Option<Box<dyn FnOnce() -> FencedLife + Send + Sync>>,
}

/// Until when a breaker lets nothing through; none if it does.
type OpenUntil = Option<Moment>;

/// Waits to hear what became of its wish.
type Asker = oneshot::Sender<Result<(), ChildError>>;

pub(crate) struct State {
    roster: Arc<Roster>,
    shared: Arc<Shared>,
    root: ActorRef<Order>,
    /// Those who look at the tree read it.
    core: Arc<Mutex<Supervisor>>,
    living: BTreeMap<ActorId, Living>,
    /// Waits for starts, alarms and last breaths; each ends with a cast to the shell.
    waits: JoinSet<()>,
    alarms: Alarms,
    ready: Option<oneshot::Sender<()>>,
    outcome: Option<oneshot::Sender<Outcome>>,
    /// Why the root was told to end everything.
    exit: Option<Outcome>,
    /// Those who wait for a child to be ready or to end.
    askers: BTreeMap<ActorId, Vec<Asker>>,
    /// Answers that are due.
    answers: Vec<(Asker, Result<(), ChildError>)>,
    /// Those on trial whose mailboxes are not theirs alone: they stay if the trial fails.
    held: BTreeSet<ActorId>,
    /// Breakers that are watched, and until when each lets nothing through, as the core was last
    /// told.
    watched: BTreeMap<String, Option<OpenUntil>>,
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
        let SupervisorBirth { roster, shared, root, gone, ready, outcome } = birth;
        let policies = roster.policies();
        let needs = policies.iter().flat_map(|child| child.needs.clone()).collect::<Vec<_>>();
        let core = Arc::new(Mutex::new(Supervisor::new(roster.policy(), policies)?));
        shared.supervisors.lock().insert(roster.id.clone(), Arc::clone(&core));
        shared.shells.lock().insert(roster.id.clone(), myself.clone());
        shared.rosters.lock().insert(roster.id.clone(), Arc::downgrade(&roster));
        let mut state = State {
            roster,
            shared,
            root: root.unwrap_or_else(|| myself.clone()),
            core,
            living: BTreeMap::new(),
            waits: JoinSet::new(),
            alarms: Alarms::default(),
            ready: Some(ready),
            outcome,
            exit: None,
            askers: BTreeMap::new(),
            answers: Vec::new(),
            held: BTreeSet::new(),
            watched: BTreeMap::new(),
            gone: Arc::new(gone),
        };
        state.watch(&myself, &needs);
        state.inherit_fenced(&myself)?;
        myself.cast(Order::Event(Event::Start))?;
        Ok(state)
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
                return state.unstick(&myself, &child, incarnation);
            }
            Order::Doomed { child, incarnation } => {
                return state.dying(&myself, (child, incarnation), ExitReason::Killed);
            }
            Order::FenceOver(child) => return state.count_fenced(&myself, &child),
            Order::Unborn(child, generation, reason) => {
                return state.last_breath(&myself, (child, generation), reason, Remains(None));
            }
            Order::Ring => return state.ring(&myself),
            Order::Ask(asked) => return state.ask(&myself, *asked),
            Order::Breaker(name) => return state.look_at(&myself, &name),
            Order::Exit(outcome) => {
                state.exit = Some(outcome);
                Event::Stop
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
        state.died(&myself, &cell, reason, Remains(remains))
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
        if matches!(event, Event::Exited { .. }) {
            // Is it the fault of a dependency? The word of that may still be on its way.
            self.look_at_all(myself)?;
        }
        let now = self.shared.clock.now();
        self.seen_ready(&event);
        let effects = self.core.lock().step(now, event);
        self.perform(myself, now, effects)
    }

    fn perform(
        &mut self,
        myself: &ActorRef<Order>,
        now: Moment,
        effects: Vec<Effect>,
    ) -> Result<(), ActorProcessingErr> {
        while self.waits.try_join_next().is_some() {}
        let mut finished = None;
        for effect in effects {
            match effect {
                Effect::StartChild { child, generation } => self.start(myself, child, generation),
                Effect::StopChild { child, generation, how } => self.stop(&child, generation, how),
                Effect::KillChild { child, generation } => self.kill(&child, generation),
                Effect::FenceChild { child, generation } => self.fence(&child, generation),
                Effect::WakeAt { token, at } => {
                    self.set_alarm(myself, at, token);
                }
                Effect::Report(report) => self.report(now, report),
                Effect::Ready => {
                    if let Some(Err(())) = self.ready.take().map(|ready| ready.send(())) {
                        tracing::debug!(supervisor = %self.roster.id, "nobody waits for readiness");
                    }
                }
                Effect::Forget { child } => self.forget(&child),
                Effect::Exit(outcome) => {
                    // A root that is gone has ended everything.
                    drop(self.root.cast(Order::Exit(outcome)));
                }
                Effect::Finished(outcome) => finished = Some(outcome),
            }
        }
        // Who is told sees in the tree what it is told of.
        for (asker, answer) in self.answers.drain(..) {
            drop(asker.send(answer));
        }
        finished.map_or(Ok(()), |outcome| self.finish(myself, outcome))
    }

    fn start(&mut self, myself: &ActorRef<Order>, child: ActorId, generation: Generation) {
        let Some(spec) = self.roster.child(&child) else { return };
        let (gone_below, gone, tether) = Gone::below(Some(Arc::clone(&self.gone)));
        let spawned = match &spec.kind {
            ChildKind::Worker(worker) => {
                let (supervisor, fencing) = (myself.get_cell(), spec.policy.fencing);
                worker.spawn(Under { supervisor, fencing }, gone_below)
            }
            ChildKind::Supervisor(below) => {
                spawn_supervisor(below, (&self.shared, &self.root), myself.get_cell(), gone_below)
            }
        };
        let myself = myself.clone();
        match spawned {
            Ok(Spawned { cell, started, stop, fence }) => {
                let known = Known { cell: cell.clone(), supervisor: myself.get_cell() };
                self.shared.cells.lock().insert(child.clone(), known);
                let (is_stuck, is_draining, is_ready) = (false, false, false);
                let gone = Some(gone);
                let living = Living {
                    generation,
                    cell,
                    gone,
                    stop,
                    is_stuck,
                    is_draining,
                    is_ready,
                    tether,
                    fence,
                };
                self.living.insert(child.clone(), living);
                self.waits.spawn(async move {
                    let order = match started.await {
                        Ok(()) => Order::Event(Event::Ready { child, generation }),
                        Err(error) => Order::Unborn(child, generation, unborn(&error)),
                    };
                    drop(myself.cast(order));
                });
            }
            Err(error) => {
                let reason = unborn(&error);
                let event = Event::Exited { child, generation, reason };
                drop(myself.cast(Order::Event(event)));
            }
        }
    }

    fn stop(&mut self, child: &ActorId, generation: Generation, how: StopHow) {
        let living = self.living.get_mut(child).filter(|living| living.generation == generation);
        if let Some(living) = living {
            living.is_draining = how == StopHow::Drain;
            (living.stop)(how);
        }
    }

    fn kill(&self, child: &ActorId, generation: Generation) {
        if self.living.get(child).is_some_and(|living| living.generation == generation) {
            self.shared.kill_with_all_below(child);
        }
    }

    fn seen_ready(&mut self, event: &Event) {
        let Event::Ready { child, generation } = event else { return };
        let living = self.living.get_mut(child).filter(|living| living.generation == *generation);
        if let Some(living) = living {
            living.is_ready = true;
        }
    }
}
