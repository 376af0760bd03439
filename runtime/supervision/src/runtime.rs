//! A runtime: one clock, one tree, one place to look at it.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use synod_supervision_core::{BreakerPolicy, Event, Outcome, StopHow};
use synod_types::actor::ActorId;
use tokio::sync::{broadcast, oneshot};

use crate::address::Address;
use crate::breaker::{Breaker, BreakerView, BreakerWatch};
use crate::capacity::Capacity;
use crate::child::{Gone, SupervisorSpec};
use crate::clock::Clock;
use crate::events::{RuntimeEvent, Sent, Tapped};
use crate::mailbox::{Mailbox, MailboxFacts};
use crate::message::Message;
use crate::shared::Shared;
use crate::supervisor::{Order, SupervisorBirth, SupervisorShell, why};
use crate::view::{TreeView, tree};

/// Limits that hold for every actor of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeLimits {
    /// Alarms set at once by one incarnation.
    pub alarms_max: usize,
    /// Piped futures under way at once in one incarnation.
    pub in_flight_max: usize,
    /// Threads for blocking work, all actors together.
    pub blocking_threads: usize,
    /// Dead letters remembered, those in quarantine apart.
    pub dead_letters_max: usize,
    /// Of those, how many with their message, to be sent again.
    pub dead_letters_kept_max: usize,
    /// Messages in quarantine.
    pub quarantined_max: usize,
    /// Events a watcher may lag behind before it misses some.
    pub watch_backlog: usize,
}

impl Default for RuntimeLimits {
    fn default() -> Self {
        Self {
            alarms_max: 65_536,
            in_flight_max: 4_096,
            blocking_threads: 4,
            dead_letters_max: 1_024,
            dead_letters_kept_max: 256,
            quarantined_max: 256,
            watch_backlog: 4_096,
        }
    }
}

/// See the module. Cheap to clone; clones are the same runtime.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) shared: Arc<Shared>,
}

/// A tree that has been started.
pub struct Running {
    runtime: Runtime,
    root: ActorId,
    shell: ractor::ActorRef<Order>,
    ready: Option<oneshot::Receiver<()>>,
    outcome: oneshot::Receiver<Outcome>,
    ended: Option<Ended>,
}

/// No actor or supervisor of that name runs here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no actor `{0}` runs here")]
pub struct NoSuchActor(pub String);

/// How a tree ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// It was asked to.
    #[error("stopped")]
    Stopped,
    /// The root gave up.
    #[error("{0}")]
    GaveUp(String),
}

impl Runtime {
    /// A runtime without actors. Install the metrics recorder before this.
    pub fn new(clock: Clock, limits: RuntimeLimits) -> Self {
        Self { shared: Arc::new(Shared::new(clock, limits)) }
    }

    /// Makes an address with its mailbox. Messages are accepted from now on and wait for the
    /// first incarnation.
    pub fn address<M: Message>(&self, id: ActorId, capacity: Capacity) -> Address<M> {
        self.open(Mailbox::new(id, capacity, Arc::clone(&self.shared)))
    }

    /// As [`Self::address`]; none if the name is taken.
    pub(crate) fn new_address<M: Message>(
        &self,
        id: ActorId,
        capacity: Capacity,
    ) -> Option<Address<M>> {
        let mut mailboxes = self.shared.mailboxes.lock();
        let Entry::Vacant(place) = mailboxes.entry(id.clone()) else { return None };
        let mailbox = Arc::new(Mailbox::new(id, capacity, Arc::clone(&self.shared)));
        let facts: Arc<dyn MailboxFacts> = mailbox.clone();
        place.insert(facts);
        Some(Address { mailbox })
    }

    /// Makes a mailbox known.
    pub(crate) fn open<M: Message>(&self, mailbox: Mailbox<M>) -> Address<M> {
        let mailbox = Arc::new(mailbox);
        let facts: Arc<dyn MailboxFacts> = mailbox.clone();
        self.shared.mailboxes.lock().insert(mailbox.id.clone(), facts);
        Address { mailbox }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Makes an address that nobody sees in the tree or the metrics before its actor starts. For
    /// what may yet come to nothing.
    pub fn unlisted_address<M: Message>(&self, id: ActorId, capacity: Capacity) -> Address<M> {
        Address { mailbox: Arc::new(Mailbox::new(id, capacity, Arc::clone(&self.shared))) }
    }

    /// Makes a breaker that nobody finds by its name before it is listed.
    pub fn unlisted_breaker(&self, name: &str, policy: BreakerPolicy) -> Arc<Breaker> {
        Arc::new(Breaker::new(name, policy, Arc::clone(&self.shared)))
    }

    /// Lets these breakers, and no others, be found by their names.
    pub fn list_breakers(&self, breakers: impl IntoIterator<Item = Arc<Breaker>>) {
        let listed = breakers.into_iter().map(|breaker| (breaker.name().to_owned(), breaker));
        *self.shared.breakers.lock() = listed.collect();
    }

    /// The breaker of that name; made with `policy` if it is new.
    pub fn breaker(&self, name: &str, policy: BreakerPolicy) -> Arc<Breaker> {
        let mut breakers = self.shared.breakers.lock();
        let breaker = breakers
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Breaker::new(name, policy, Arc::clone(&self.shared))));
        Arc::clone(breaker)
    }

    /// Starts a tree; its children start in order, each after the one before is ready.
    ///
    /// # Errors
    /// The root's children are not a valid set (a name twice).
    pub async fn start(&self, root: SupervisorSpec) -> Result<Running, crate::Failure> {
        let (ready, is_ready) = oneshot::channel();
        let (tell, outcome) = oneshot::channel();
        let id = root.id.clone();
        let (gone, _, _) = Gone::below(None);
        let birth = SupervisorBirth {
            roster: root.enrolled(),
            shared: Arc::clone(&self.shared),
            root: None,
            gone,
            ready,
            outcome: Some(tell),
        };
        let (shell, _) = ractor::Actor::spawn(None, SupervisorShell, birth)
            .await
            .map_err(|error| crate::Failure::because(error.to_string()))?;
        let runtime = self.clone();
        Ok(Running { runtime, root: id, shell, ready: Some(is_ready), outcome, ended: None })
    }

    /// The clock all actors are told.
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Kills the present incarnation of an actor, as a crash would end it.
    ///
    /// # Errors
    /// [`NoSuchActor`].
    pub fn kill(&self, id: &ActorId) -> Result<(), NoSuchActor> {
        if !self.shared.cells.lock().contains_key(id) {
            return Err(NoSuchActor(id.to_string()));
        }
        crate::metrics::killed(id);
        let at = self.shared.clock.now();
        self.shared.events.emit(RuntimeEvent::Killed { at, actor: id.clone() });
        for killed in self.shared.kill_with_all_below(id) {
            let known = self.shared.cells.lock().get(&killed).cloned();
            let incarnation = self.shared.incarnation(&killed);
            let order = Order::Doomed { child: killed, incarnation };
            // A supervisor that is gone waits for nobody.
            if let Some(known) = known {
                drop(known.supervisor.send_message(order));
            }
        }
        Ok(())
    }

    /// Ends the present incarnation of an actor in order; its supervisor starts the next. Does
    /// not count as a failure.
    ///
    /// # Errors
    /// [`NoSuchActor`].
    pub fn restart(&self, id: &ActorId) -> Result<(), NoSuchActor> {
        let missing = || NoSuchActor(id.to_string());
        let known = self.shared.cells.lock().get(id).cloned().ok_or_else(missing)?;
        let order = Order::Event(Event::RestartChild { child: id.clone() });
        known.supervisor.send_message(order).map_err(|_| missing())
    }

    /// What happens from now on.
    pub fn watch(&self) -> broadcast::Receiver<RuntimeEvent> {
        self.shared.events.watch()
    }

    /// Every message handled from now on.
    pub fn tap(&self) -> broadcast::Receiver<Tapped> {
        self.shared.events.watch_taps()
    }

    /// Every message that an actor sends and that is accepted, from now on.
    pub fn tap_sent(&self) -> broadcast::Receiver<Sent> {
        self.shared.events.watch_sent()
    }

    /// All breakers, by name.
    pub fn breakers(&self) -> Vec<BreakerView> {
        self.shared.breakers.lock().values().map(|breaker| breaker.view()).collect()
    }

    /// The breaker of that name.
    pub fn find_breaker(&self, name: &str) -> Option<Arc<Breaker>> {
        self.shared.breakers.lock().get(name).cloned()
    }

    /// The state of the breaker of that name, and its changes from now on. None: no such breaker
    /// has been made.
    pub fn watch_breaker(&self, name: &str) -> Option<BreakerWatch> {
        self.find_breaker(name).map(|breaker| breaker.watch())
    }

    /// Brings gauges up to date; call before metrics are read.
    pub fn publish_metrics(&self) {
        crate::metrics::remembered(self.shared.dead_letters.len());
        for mailbox in self.shared.mailboxes.lock().values() {
            mailbox.publish();
        }
        for breaker in self.shared.breakers.lock().values() {
            breaker.publish();
        }
        for (id, facts) in &self.shared.facts() {
            crate::metrics::intensity(id, facts.intensity_used);
            crate::metrics::parking(id, facts.parking);
        }
    }

    /// The tree below the supervisor `root`, as it is now.
    pub fn tree(&self, root: &ActorId) -> TreeView {
        tree(&self.shared, root)
    }
}

impl Running {
    /// Waits until every actor has been ready once. False: the tree ended before. Dropped before
    /// it is done, it can be asked again.
    pub async fn ready(&mut self) -> bool {
        let Some(ready) = &mut self.ready else { return true };
        let is_ready = ready.await.is_ok();
        self.ready = None;
        is_ready
    }

    /// The root's name.
    pub const fn root(&self) -> &ActorId {
        &self.root
    }

    /// Waits until the tree has ended by itself.
    pub async fn ended(&mut self) -> Ended {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let ended = match (&mut self.outcome).await {
            Ok(outcome) => why(&outcome).map_or(Ended::Stopped, Ended::GaveUp),
            Err(_) => Ended::GaveUp("the root supervisor was lost".to_owned()),
        };
        self.ended = Some(ended.clone());
        ended
    }

    /// Asks the tree to end: children in reverse order, each handling what is queued first.
    pub fn stop(&self) {
        // A tree that has ended needs no order.
        drop(self.shell.cast(Order::Stop(StopHow::Drain)));
    }

    /// Ends what is left and buries what was not handled. Call once the tree has ended, or when
    /// it does not end in time.
    pub fn abandon(&self) {
        self.shell.kill();
        let mailboxes: Vec<_> = self.runtime.shared.mailboxes.lock().values().cloned().collect();
        for mailbox in mailboxes {
            mailbox.abandon();
        }
    }
}
