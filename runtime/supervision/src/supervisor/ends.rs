//! How lives end, and what is done about those that do not.

use std::sync::Arc;

use ractor::{ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use synod_supervision_core::{Event, ExitReason, Generation, KILL_GRACE};
use synod_types::actor::{ActorId, Incarnation};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::task::JoinError;

use super::{Living, Order, Remains, State};

/// What ractor says of one that was killed before it had started.
const KILLED: &str = "Actor killed during startup";

/// Why a start came to nothing.
pub(super) fn unborn(error: &SpawnErr) -> ExitReason {
    let SpawnErr::StartupFailed(cause) = error else {
        return ExitReason::StartFailed(error.to_string());
    };
    let text = cause.to_string();
    let is_cancelled = cause.downcast_ref::<JoinError>().is_some_and(JoinError::is_cancelled);
    match text.as_str() {
        _ if is_cancelled => ExitReason::Cancelled,
        KILLED => ExitReason::Killed,
        _ => ExitReason::StartFailed(text),
    }
}

impl State {
    /// A child's end counts once nothing of it is left, or it is fenced, so that two incarnations
    /// that count never overlap.
    pub(super) fn died(
        &mut self,
        myself: &ActorRef<Order>,
        cell: &ActorCell,
        reason: ExitReason,
        remains: Remains,
    ) -> Result<(), ActorProcessingErr> {
        let of_cell = |living: &Living| living.cell.get_id() == cell.get_id();
        let Some((child, living)) = self.living.iter().find(|(_, living)| of_cell(living)) else {
            // Of one that was fenced: whatever becomes of it, nobody waits for that.
            if remains.0.is_some() {
                self.waits.spawn(async move { drop(remains) });
            }
            return Ok(());
        };
        let which = (child.clone(), living.generation);
        let (was_stuck, was_drained) = (living.is_stuck, living.is_draining);
        let reason = match reason {
            ExitReason::Killed if was_stuck => ExitReason::Stuck,
            ExitReason::Normal if was_drained => ExitReason::Drained,
            reason => reason,
        };
        self.last_breath(myself, which, reason, remains)
    }

    /// Reports an end once nothing is left of it. The first report of a generation counts.
    pub(super) fn last_breath(
        &mut self,
        myself: &ActorRef<Order>,
        (child, generation): (ActorId, Generation),
        reason: ExitReason,
        remains: Remains,
    ) -> Result<(), ActorProcessingErr> {
        let living = self.living.get_mut(&child).filter(|living| living.generation == generation);
        let Some(living) = living else { return Ok(()) };
        let Some(mut gone) = living.gone.take() else { return Ok(()) };
        // Before it is known to be ready its end has to queue up behind that word.
        let may_be_gone = living.is_ready && remains.0.is_none();
        if may_be_gone && matches!(gone.try_recv(), Err(TryRecvError::Closed)) {
            return self.step(myself, Event::Exited { child, generation, reason });
        }
        let dying = Event::Dying { child: child.clone(), generation, reason: reason.clone() };
        let told = self.step(myself, dying);
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
        told
    }

    /// Kills that life of a child, unless it has made way already.
    pub(super) fn unstick(
        &mut self,
        myself: &ActorRef<Order>,
        child: &ActorId,
        incarnation: Incarnation,
    ) -> Result<(), ActorProcessingErr> {
        let is_it = self.shared.incarnation(child) == incarnation;
        let Some(living) = self.living.get_mut(child).filter(|_| is_it) else { return Ok(()) };
        living.is_stuck = true;
        self.shared.kill(child);
        self.dying(myself, (child.clone(), incarnation), ExitReason::Stuck)
    }

    /// That life of a child has been killed, and is to go.
    pub(super) fn dying(
        &mut self,
        myself: &ActorRef<Order>,
        (child, incarnation): (ActorId, Incarnation),
        reason: ExitReason,
    ) -> Result<(), ActorProcessingErr> {
        let is_it = self.shared.incarnation(&child) == incarnation;
        let Some(living) = self.living.get(&child).filter(|_| is_it) else { return Ok(()) };
        let generation = living.generation;
        self.step(myself, Event::Dying { child, generation, reason })
    }

    /// Ends the epoch of that life. What it had in hand is judged with its exit, which follows.
    pub(super) fn fence(&mut self, child: &ActorId, generation: Generation) {
        if self.living.get(child).is_none_or(|living| living.generation != generation) {
            return;
        }
        let Some(living) = self.living.remove(child) else { return };
        match living.fence {
            Some(fence) => living.tether.fence(fence()),
            // The core fences only whom it started under a policy that says so, as this did.
            None => tracing::error!(actor = %child, "cannot be fenced and should be"),
        }
    }

    /// Tells the core how many fenced lives of a child run now.
    pub(super) fn count_fenced(
        &mut self,
        myself: &ActorRef<Order>,
        child: &ActorId,
    ) -> Result<(), ActorProcessingErr> {
        let Some(mailbox) = self.shared.mailbox(child) else { return Ok(()) };
        let event = Event::FencedLives { child: child.clone(), running: mailbox.fenced() };
        self.step(myself, event)
    }

    /// Fenced lives are left from an earlier life of this supervisor, or of the child elsewhere.
    pub(super) fn inherit_fenced(
        &mut self,
        myself: &ActorRef<Order>,
    ) -> Result<(), ActorProcessingErr> {
        let children: Vec<ActorId> = self.core.lock().children().map(|child| child.id).collect();
        let has_fenced = |child: &&ActorId| {
            self.shared.mailbox(child).is_some_and(|mailbox| 0 < mailbox.fenced())
        };
        let those: Vec<ActorId> = children.iter().filter(has_fenced).cloned().collect();
        those.iter().try_for_each(|child| self.count_fenced(myself, child))
    }
}
