//! What all actors of one runtime have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use ractor::ActorCell;
use synod_types::actor::{ActorId, Incarnation};
use tokio::sync::Semaphore;

use crate::breaker::Breaker;
use crate::clock::Clock;
use crate::dead_letters::DeadLetters;
use crate::events::{Events, RuntimeEvent};
use crate::mailbox::MailboxFacts;
use crate::runtime::RuntimeLimits;
use crate::view::SupervisorFacts;

pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) limits: RuntimeLimits,
    pub(crate) events: Events,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) threads: Arc<Semaphore>,
    pub(crate) mailboxes: Mutex<BTreeMap<ActorId, Arc<dyn MailboxFacts>>>,
    pub(crate) supervisors: Mutex<BTreeMap<ActorId, SupervisorFacts>>,
    pub(crate) breakers: Mutex<BTreeMap<String, Arc<Breaker>>>,
    /// The latest incarnation of every child, for kills on request.
    pub(crate) cells: Mutex<BTreeMap<ActorId, ActorCell>>,
}

impl Shared {
    pub(crate) fn new(clock: Clock, limits: RuntimeLimits) -> Self {
        Self {
            clock,
            limits,
            events: Events::new(limits.watch_backlog),
            dead_letters: DeadLetters::new(limits.dead_letters_max),
            threads: Arc::new(Semaphore::new(limits.blocking_threads)),
            mailboxes: Mutex::default(),
            supervisors: Mutex::default(),
            breakers: Mutex::default(),
            cells: Mutex::default(),
        }
    }

    /// Says that an actor has ended, or been killed, and that part of it still runs.
    pub(crate) fn unresponsive(&self, actor: &ActorId) {
        tracing::error!(
            %actor,
            "ended and still not gone: a handler or piped work blocks its thread; it will not be \
             started again beside it"
        );
        let at = self.clock.now();
        self.events.emit(RuntimeEvent::Unresponsive { at, actor: actor.clone() });
    }

    /// Which life an actor is in; 0 for supervisors, which have no mailbox.
    pub(crate) fn incarnation(&self, id: &ActorId) -> Incarnation {
        let mailboxes = self.mailboxes.lock();
        mailboxes.get(id).map(|mailbox| mailbox.incarnation()).unwrap_or_default()
    }
}
