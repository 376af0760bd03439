//! What a supervisor says: to logs, watchers, metrics, and to those who look at the tree.

use ractor::{ActorProcessingErr, ActorRef};
use synod_supervision_core::{ExitReason, Outcome, ParkReason, Report};
use synod_types::actor::ActorId;
use synod_types::time::Moment;

use super::{Order, State};
use crate::actor::FailureError;
use crate::children::ChildError;
use crate::events::RuntimeEvent;

impl State {
    pub(super) fn finish(
        &mut self,
        myself: &ActorRef<Order>,
        outcome: Outcome,
    ) -> Result<(), ActorProcessingErr> {
        let outcome = self.exit.take().unwrap_or(outcome);
        let failure = why(&outcome);
        if let Some(tell) = self.outcome.take() {
            // The runtime may have been dropped; then nobody asks how it ended.
            drop(tell.send(outcome));
        }
        let Some(detail) = failure else {
            myself.stop(None);
            return Ok(());
        };
        crate::metrics::gave_up(&self.roster.id);
        let (at, supervisor) = (self.shared.clock.now(), self.roster.id.clone());
        tracing::error!(%supervisor, %detail, "supervisor gave up");
        let gave_up = RuntimeEvent::GaveUp { at, supervisor, detail: detail.clone() };
        self.shared.events.emit(gave_up);
        Err(Box::new(FailureError(detail)))
    }

    pub(super) fn report(&mut self, at: Moment, report: Report) {
        self.shared.followed(at, &report);
        match report.clone() {
            Report::Started { child, .. } => {
                self.held.remove(&child);
                self.answer(&child, &Ok(()));
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
            Report::Exited { child, reason, .. } => self.exited(at, child, &reason),
            Report::Unresponsive { child, .. } => self.shared.unresponsive(&child),
            Report::Fenced { child, .. } => self.was_fenced(at, child),
            Report::RestartScheduled { child, at, attempt } => {
                tracing::info!(actor = %child, %at, attempt, "will be restarted");
            }
            Report::Ended { child } => {
                tracing::info!(actor = %child, "ended and will not be restarted");
                self.has_ended(&child);
            }
            Report::GaveUp { child, reason } => {
                tracing::error!(actor = %child, %reason, "failed too often");
            }
            Report::Discarded { child, reason } => {
                tracing::warn!(actor = %child, %reason, "was added and did not start: forgotten");
                if self.held.remove(&child) {
                    self.roster.remove(&child);
                }
                self.answer(&child, &Err(ChildError::NotStarted(reason)));
            }
            Report::Isolated { child, reason } => {
                tracing::error!(actor = %child, %reason, "failed too often: left out for good");
                let detail = reason.to_string();
                self.shared.events.emit(RuntimeEvent::Isolated { at, actor: child, detail });
            }
            Report::Parked { child, why, until } => self.parked(at, child, why, until),
            Report::Opened { child, reason, until } => {
                let supervisor = self.roster.id.clone();
                tracing::error!(%supervisor, %child, %reason, %until, "too many failures: parked");
                self.parked(at, supervisor, ParkReason::Exceeded, Some(until));
            }
            Report::Probing | Report::Recovered => {
                let actor = self.roster.id.clone();
                let is_over = report == Report::Recovered;
                tracing::info!(supervisor = %actor, is_over, "children are tried again");
                self.shared.events.emit(RuntimeEvent::Unparked { at, actor, is_over });
            }
            Report::ShuttingDown { child } => {
                let supervisor = &self.roster.id;
                tracing::info!(%supervisor, %child, "a significant child ended: shutting down");
            }
        }
    }

    fn exited(&self, at: Moment, child: ActorId, reason: &ExitReason) {
        self.shared.judge(&child, reason);
        let (label, detail) = (reason.label(), reason.to_string());
        crate::metrics::exited(&child, label);
        if matches!(reason, ExitReason::Normal | ExitReason::Drained) {
            tracing::info!(actor = %child, "ended");
        } else {
            tracing::warn!(actor = %child, reason = label, %detail, "exited");
            self.shared.failed(at, &child, label, &detail);
        }
        let exited = RuntimeEvent::Exited { at, actor: child, reason: label, detail };
        self.shared.events.emit(exited);
    }

    fn was_fenced(&self, at: Moment, actor: ActorId) {
        let incarnation = self.shared.incarnation(&actor);
        let running = self.shared.mailbox(&actor).map_or(0, |mailbox| mailbox.fenced());
        tracing::error!(
            %actor,
            life = %incarnation,
            running,
            "held on to its thread and was fenced: the next life begins beside it"
        );
        self.shared.events.emit(RuntimeEvent::Fenced { at, actor, incarnation, running });
    }

    fn parked(&self, at: Moment, actor: ActorId, why: ParkReason, until: Option<Moment>) {
        let why = why.label();
        crate::metrics::parked(&actor, why);
        let until_ms = until.map(|until| until.unix_millis());
        tracing::warn!(%actor, why, ?until_ms, "parked");
        self.shared.events.emit(RuntimeEvent::Parked { at, actor, why, until_ms });
    }
}

/// In words, why a supervisor gave up; nothing if it was asked to end.
pub(crate) fn why(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Stopped | Outcome::AutoShutdown { .. } => None,
        Outcome::Exceeded { child, reason, restarts, period } => {
            let seconds = period.as_secs();
            Some(format!("{child} {reason}, failure {restarts} of its group in {seconds} s"))
        }
        Outcome::StartFailed { child, reason } => Some(format!("{child} {reason}")),
    }
}
