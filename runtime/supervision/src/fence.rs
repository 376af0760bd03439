//! Fences: what a life that cannot be ended still does, counts for nothing any more.
//!
//! ```text
//!   killed, and holds its thread ─ replace_after ─▶ fenced ─▶ the next life begins beside it
//!                                                     │
//!         its sends, answers, alarms and work: refused and counted
//!         the message in its hand: tried again or a dead letter, by its supervisor
//! ```
//!
//! Invariant: of one actor at most one life is not fenced, and once a fence stands no letter of the
//! fenced life is accepted anywhere. A sender looks at its epoch while it holds the lock of the
//! lanes it sends to; who fences ends the epoch first and then takes every such lock once. So a
//! letter was accepted before that, or its sender has seen that its epoch is over. Who is not
//! fenced pays a look at one word that hardly ever changes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::trace::TraceContext;

use crate::dead_letters::DeadReason;
use crate::events::RuntimeEvent;
use crate::failures::InHand;
use crate::mailbox::Mailbox;
use crate::matter::Matter;
use crate::message::Message;
use crate::quarantine::Spare;
use crate::shared::Shared;
use crate::supervisor::Order;

/// Fenced lives of this process that still run.
static FENCED: AtomicUsize = AtomicUsize::new(0);

/// The time in which what a life does counts. Only those have one that may be fenced.
#[derive(Debug)]
pub(crate) struct Epoch {
    actor: ActorId,
    is_over: AtomicBool,
}

/// What a fenced life is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Send,
    Reply,
    Alarm,
    Work,
}

impl Refused {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Reply => "reply",
            Self::Alarm => "alarm",
            Self::Work => "work",
        }
    }
}

impl Epoch {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Whether it is over: then what was asked for is refused, and counted.
    pub(crate) fn refuses(&self, what: Refused) -> bool {
        let is_over = self.is_over();
        if is_over {
            crate::metrics::fenced_refused(&self.actor, what.name());
            tracing::warn!(actor = %self.actor, what = what.name(), "a fenced life was refused");
        }
        is_over
    }
}

/// Whether the task that is polled on this thread belongs to a fenced life. Of what such a one
/// does nothing is accepted.
#[inline]
pub(crate) fn is_over() -> bool {
    FENCED.load(Ordering::Relaxed) != 0 && is_present_over()
}

#[cold]
fn is_present_over() -> bool {
    Matter::present(|present| present.epoch().is_some_and(Epoch::is_over)).unwrap_or_default()
}

/// As [`is_over`]; says and counts what is refused. Not to be asked under a lock.
pub(crate) fn refuses(what: Refused) -> bool {
    is_over()
        && Matter::present(|it| it.epoch().is_some_and(|epoch| epoch.refuses(what)))
            .unwrap_or_default()
}

/// What a life that may be fenced has in hand, where its supervisor can get at it.
pub(crate) struct Exposed<M> {
    pub(crate) epoch: Arc<Epoch>,
    held: Mutex<Held<M>>,
    /// Ends its alarms and piped work.
    work: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

enum Held<M> {
    Nothing,
    Message(InHand, Spare<M>),
    /// Its epoch is over.
    Fenced,
}

/// While it lasts, the life is not fenced.
pub(crate) struct Unfenced<'a, M>(Option<MutexGuard<'a, Held<M>>>);

impl<M: Message> Exposed<M> {
    pub(crate) fn new(actor: &ActorId) -> Self {
        let epoch = Epoch { actor: actor.clone(), is_over: AtomicBool::new(false) };
        Self { epoch: Arc::new(epoch), held: Mutex::new(Held::Nothing), work: Mutex::default() }
    }

    /// How its work is ended.
    pub(crate) fn ends_by(&self, end: impl FnOnce() + Send + 'static) {
        *self.work.lock() = Some(Box::new(end));
    }

    /// Shows what is taken in hand. False: it is not to be handled, the epoch is over.
    pub(crate) fn hold(
        &self,
        in_hand: InHand,
        spare: &mut Spare<M>,
        trace: Option<TraceContext>,
    ) -> bool {
        let mut held = self.held.lock();
        if matches!(*held, Held::Fenced) {
            return false;
        }
        let in_hand = InHand { lost: DeadReason::Fenced, ..in_hand };
        *held = Held::Message(in_hand, std::mem::take(spare).traced(trace));
        true
    }

    /// Ends the epoch. Gives what was in hand.
    fn end(&self) -> Option<(InHand, Spare<M>)> {
        let mut held = self.held.lock();
        self.epoch.is_over.store(true, Ordering::Release);
        match std::mem::replace(&mut *held, Held::Fenced) {
            Held::Message(in_hand, spare) => Some((in_hand, spare)),
            Held::Nothing | Held::Fenced => None,
        }
    }
}

/// Takes back what was shown, if `exposed` is one that may be fenced; none if it is fenced.
pub(crate) fn unfenced<'a, M>(
    exposed: Option<&'a Exposed<M>>,
    spare: &mut Spare<M>,
) -> Option<Unfenced<'a, M>> {
    let Some(exposed) = exposed else { return Some(Unfenced(None)) };
    let mut held = exposed.held.lock();
    match std::mem::replace(&mut *held, Held::Nothing) {
        Held::Message(_, shown) => *spare = shown,
        Held::Nothing => (),
        Held::Fenced => {
            *held = Held::Fenced;
            return None;
        }
    }
    Some(Unfenced(Some(held)))
}

impl<M> Drop for Unfenced<'_, M> {
    fn drop(&mut self) {
        self.0 = None;
    }
}

/// Ends the epoch of a life: see the module.
pub(crate) fn fence<M: Message>(
    mailbox: &Mailbox<M>,
    incarnation: Incarnation,
    exposed: &Exposed<M>,
) -> FencedLife {
    FENCED.fetch_add(1, Ordering::SeqCst);
    let life = FencedLife::begin(mailbox, incarnation);
    let held = exposed.end();
    let all: Vec<_> = mailbox.shared.mailboxes.lock().values().cloned().collect();
    all.iter().for_each(|other| other.settle());
    if let Some(end) = exposed.work.lock().take() {
        end();
    }
    mailbox.is_over(incarnation);
    if let Some((in_hand, spare)) = held {
        mailbox.fell(in_hand, spare);
    }
    life
}

/// Dropped when nothing of a fenced life runs any more.
pub(crate) struct FencedLife {
    actor: ActorId,
    incarnation: Incarnation,
    running: Arc<AtomicU32>,
    shared: Arc<Shared>,
}

impl fmt::Debug for FencedLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FencedLife({}#{})", self.actor, self.incarnation)
    }
}

impl FencedLife {
    fn begin<M>(mailbox: &Mailbox<M>, incarnation: Incarnation) -> Self {
        let (actor, running) = (mailbox.id.clone(), Arc::clone(&mailbox.fenced));
        running.fetch_add(1, Ordering::SeqCst);
        crate::metrics::fenced(&actor);
        Self { actor, incarnation, running, shared: Arc::clone(&mailbox.shared) }
    }
}

impl Drop for FencedLife {
    fn drop(&mut self) {
        FENCED.fetch_sub(1, Ordering::SeqCst);
        let running = self.running.fetch_sub(1, Ordering::SeqCst) - 1;
        crate::metrics::fence_over(&self.actor);
        let (actor, incarnation) = (self.actor.clone(), self.incarnation);
        tracing::info!(%actor, life = %incarnation, running, "a fenced life has let go");
        let at = self.shared.clock.now();
        self.shared.events.emit(RuntimeEvent::FenceOver {
            at,
            actor: actor.clone(),
            incarnation,
            running,
        });
        let known = self.shared.cells.lock().get(&actor).cloned();
        // A supervisor that is gone needs no place for the next.
        if let Some(known) = known {
            drop(known.supervisor.send_message(Order::FenceOver(actor)));
        }
    }
}
