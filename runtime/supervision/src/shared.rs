//! What all actors of one runtime have in common.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use ractor::{ActorCell, ActorRef};
use synod_supervision_core::{ParkReason, Report, Supervisor};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::sync::Semaphore;

use crate::breaker::Breaker;
use crate::clock::Clock;
use crate::dead_letters::{DeadLetters, DeadLimits};
use crate::events::{Events, RuntimeEvent};
use crate::failures::{Aftermath, FailureRecord, Failures};
use crate::mailbox::MailboxFacts;
use crate::roster::Roster;
use crate::runtime::RuntimeLimits;
use crate::supervisor::Order;
use crate::view::SupervisorFacts;

pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) limits: RuntimeLimits,
    pub(crate) events: Events,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) failures: Failures,
    pub(crate) threads: Arc<Semaphore>,
    pub(crate) mailboxes: Mutex<BTreeMap<ActorId, Arc<dyn MailboxFacts>>>,
    pub(crate) supervisors: Mutex<BTreeMap<ActorId, Arc<Mutex<Supervisor>>>>,
    pub(crate) breakers: Mutex<BTreeMap<String, Arc<Breaker>>>,
    /// The latest incarnation of every child, for kills and restarts on request.
    pub(crate) cells: Mutex<BTreeMap<ActorId, Known>>,
    /// The latest life of every supervisor, for wishes.
    pub(crate) shells: Mutex<BTreeMap<ActorId, ActorRef<Order>>>,
    /// What every supervisor is to run, as long as it is there or its own supervisor knows it.
    pub(crate) rosters: Mutex<BTreeMap<ActorId, Weak<Roster>>>,
    #[cfg(test)]
    pub(crate) faults: crate::faults::Faults,
}

/// A child's latest incarnation, and the supervisor that started it: ractor forgets who that was
/// when the incarnation ends.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) cell: ActorCell,
    pub(crate) supervisor: ActorCell,
}

impl Shared {
    pub(crate) fn new(clock: Clock, limits: RuntimeLimits) -> Self {
        Self {
            clock,
            limits,
            events: Events::new(limits.watch_backlog),
            dead_letters: DeadLetters::new(DeadLimits {
                named_max: limits.dead_letters_max,
                kept_max: limits.dead_letters_kept_max,
                quarantined_max: limits.quarantined_max,
            }),
            failures: Failures::default(),
            threads: Arc::new(Semaphore::new(limits.blocking_threads)),
            mailboxes: Mutex::default(),
            supervisors: Mutex::default(),
            breakers: Mutex::default(),
            cells: Mutex::default(),
            shells: Mutex::default(),
            rosters: Mutex::default(),
            #[cfg(test)]
            faults: crate::faults::Faults::default(),
        }
    }

    /// Says that an actor has ended, or been killed, and that part of it still runs.
    pub(crate) fn unresponsive(&self, actor: &ActorId) {
        tracing::error!(
            %actor,
            "ended and still not gone: a handler or piped work blocks its thread; it is not \
             started again beside it, unless its `replace_after` says so"
        );
        let at = self.clock.now();
        self.events.emit(RuntimeEvent::Unresponsive { at, actor: actor.clone() });
    }

    /// All supervisors, as they are now.
    pub(crate) fn facts(&self) -> BTreeMap<ActorId, SupervisorFacts> {
        let now = self.clock.now();
        let supervisors = self.supervisors.lock();
        let facts = |(id, core): (&ActorId, &Arc<Mutex<Supervisor>>)| {
            (id.clone(), SupervisorFacts::of(&core.lock(), now))
        };
        supervisors.iter().map(facts).collect()
    }

    /// Kills the incarnation of `id` and of all below it, the last started first. ractor kills
    /// those below a supervisor too, but in no order.
    pub(crate) fn kill_with_all_below(&self, id: &ActorId) -> Vec<ActorId> {
        let supervisors = self.facts();
        let (mut all, mut next) = (Vec::new(), vec![id]);
        while let Some(id) = next.pop() {
            all.push(id.clone());
            let below = supervisors.get(id).map(|facts| facts.children.iter());
            next.extend(below.into_iter().flatten().map(|child| &child.id));
        }
        all.iter().for_each(|id| self.kill(id));
        all
    }

    /// Kills the incarnation of `id`.
    pub(crate) fn kill(&self, id: &ActorId) {
        let mailbox = self.mailboxes.lock().get(id).cloned();
        let cell = self.cells.lock().get(id).map(|known| known.cell.clone());
        if let Some(mailbox) = mailbox {
            mailbox.doom(mailbox.incarnation());
        }
        if let Some(cell) = cell {
            cell.kill();
        }
    }

    /// Keeps why an actor or supervisor has ended, before its next incarnation begins.
    pub(crate) fn failed(&self, at: Moment, id: &ActorId, reason: &'static str, cause: &str) {
        let in_hand = self.mailboxes.lock().get(id).and_then(|mailbox| mailbox.fell_with());
        let record = FailureRecord {
            at,
            incarnation: self.incarnation(id),
            reason,
            cause: cause.to_owned(),
            message: in_hand.map(|in_hand| in_hand.kind),
            trace: in_hand.and_then(|in_hand| in_hand.trace),
            then: Vec::new(),
        };
        self.failures.add(id, record);
    }

    /// What a supervisor is to run.
    pub(crate) fn roster(&self, id: &ActorId) -> Option<Arc<Roster>> {
        self.rosters.lock().get(id).and_then(Weak::upgrade)
    }

    /// Nobody of that name is here any more.
    pub(crate) fn forget(&self, id: &ActorId) {
        self.mailboxes.lock().remove(id);
        self.supervisors.lock().remove(id);
        self.cells.lock().remove(id);
        self.shells.lock().remove(id);
        self.rosters.lock().remove(id);
        self.failures.forget(id);
    }

    /// Keeps what a supervisor does about a failure.
    pub(crate) fn followed(&self, at: Moment, report: &Report) {
        let (child, at, what, is_last) = match report {
            Report::RestartScheduled { child, at, attempt } => (
                child,
                *at,
                format!("to be restarted, attempt {}", attempt.saturating_add(1)),
                false,
            ),
            Report::Restarted { child, .. } => {
                let what = match self.incarnation(child) {
                    Incarnation(0) => "restarted".to_owned(),
                    life => format!("restarted as life {life}"),
                };
                (child, at, what, true)
            }
            Report::Ended { child } => (child, at, "not restarted, by policy".to_owned(), true),
            Report::GaveUp { child, .. } => {
                (child, at, "too many failures: its supervisor gave up".to_owned(), true)
            }
            Report::Parked { child, why, until } => {
                let what = format!("parked until told otherwise: {}", why.label());
                let until = until.map_or((at, what), |until| (until, parked_until(*why)));
                (child, until.0, until.1, false)
            }
            Report::Isolated { child, .. } => {
                (child, at, "too many failures: left out for good".to_owned(), true)
            }
            Report::Opened { child, until, .. } => {
                (child, *until, parked_until(ParkReason::Exceeded), false)
            }
            Report::Started { .. }
            | Report::Exited { .. }
            | Report::Fenced { .. }
            | Report::Unresponsive { .. }
            | Report::Discarded { .. }
            | Report::Probing
            | Report::Recovered
            | Report::ShuttingDown { .. } => return,
        };
        self.failures.followed(child, Aftermath { at, what, is_last });
    }

    /// Which life an actor is in; 0 for supervisors, which have no mailbox.
    pub(crate) fn incarnation(&self, id: &ActorId) -> Incarnation {
        let mailboxes = self.mailboxes.lock();
        mailboxes.get(id).map(|mailbox| mailbox.incarnation()).unwrap_or_default()
    }
}

fn parked_until(why: ParkReason) -> String {
    format!("parked until then: {}", why.label())
}
