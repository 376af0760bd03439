//! The watchdog: looks at all actors from a thread of its own, so that it sees what happens when
//! the threads that run actors do not come to anything any more.
//!
//! It watches what actors do with their mail. Not watched: a start and a stop, which have
//! timeouts of their own; piped and blocking work; supervisors, which wait for nothing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use synod_supervision_core::{Finding, OnStuck, Stamp, Watch, WatchPolicy};
use synod_types::actor::{ActorId, Incarnation};

use crate::events::RuntimeEvent;
use crate::runtime::{NoSuchActor, Runtime};
use crate::shared::Shared;
use crate::supervisor::Order;

/// A thread that looks. It ends when this is dropped.
#[derive(Debug)]
pub struct Watchdog {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the watchdog panicked; nobody looked for stuck actors");
            }
        }
    }
}

impl Runtime {
    /// Says how an actor is watched; until then, as [`WatchPolicy::default`] says.
    ///
    /// # Errors
    /// [`NoSuchActor`]: nobody made an address of that name.
    pub fn watch_over(&self, id: &ActorId, policy: WatchPolicy) -> Result<(), NoSuchActor> {
        let mailboxes = self.shared.mailboxes.lock();
        let missing = || NoSuchActor(id.to_string());
        mailboxes.get(id).ok_or_else(missing)?.pulse().set_policy(policy);
        Ok(())
    }

    /// Starts the watchdog.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn watchdog(&self) -> io::Result<Watchdog> {
        let is_over = Arc::new(AtomicBool::new(false));
        let (runtime, ends) = (self.clone(), Arc::clone(&is_over));
        let thread = std::thread::Builder::new().name("synod-watchdog".to_owned());
        let thread = thread.spawn(move || {
            let mut watch = Watch::new();
            while !ends.load(Ordering::Acquire) {
                runtime.look(&mut watch);
                std::thread::park_timeout(watch.pause());
            }
        })?;
        Ok(Watchdog { is_over, thread: Some(thread) })
    }

    /// Looks at all actors once, as the watchdog does, and does what follows from what is found.
    pub fn look(&self, watch: &mut Watch) {
        let shared = &self.shared;
        let mailboxes = shared.mailboxes.lock();
        let stamps: Vec<(ActorId, Stamp)> =
            mailboxes.iter().map(|(id, mailbox)| (id.clone(), mailbox.stamp())).collect();
        drop(mailboxes);
        for finding in watch.look(shared.clock.now(), &stamps) {
            act(shared, finding);
        }
    }
}

fn act(shared: &Shared, finding: Finding) {
    let at = shared.clock.now();
    match finding {
        Finding::Stuck { actor, incarnation, work, lasted, on_stuck } => {
            let Some(mailbox) = shared.mailboxes.lock().get(&actor).cloned() else { return };
            let stuck = mailbox.pulse().stick(work, mailbox.handled(), lasted);
            crate::metrics::stuck(&actor, work);
            let (how, kind) = (stuck.how, stuck.kind.unwrap_or("unknown"));
            tracing::error!(%actor, %incarnation, how, kind, ?lasted, ?on_stuck, "actor is stuck");
            let event = RuntimeEvent::Stuck { at, actor: actor.clone(), incarnation, stuck };
            shared.events.emit(event);
            if on_stuck != OnStuck::Report {
                restart(shared, &actor, incarnation);
            }
        }
        Finding::Immovable { actor, .. } => {
            shared.unresponsive(&actor);
        }
        Finding::Recovered { actor, incarnation, lasted } => {
            if let Some(mailbox) = shared.mailboxes.lock().get(&actor) {
                mailbox.pulse().free();
            }
            tracing::info!(%actor, %incarnation, ?lasted, "actor is not stuck any more");
            shared.events.emit(RuntimeEvent::Unstuck { at, actor, incarnation });
        }
    }
}

fn restart(shared: &Shared, actor: &ActorId, incarnation: Incarnation) {
    // Its supervisor may have to wait for the thread that it blocks.
    if let Some(mailbox) = shared.mailboxes.lock().get(actor) {
        mailbox.doom(incarnation);
    }
    let Some(known) = shared.cells.lock().get(actor).cloned() else { return };
    let order = Order::Stuck { child: actor.clone(), incarnation };
    if known.supervisor.send_message(order).is_err() {
        tracing::warn!(%actor, %incarnation, "its supervisor is gone: nobody restarts it");
    }
}
