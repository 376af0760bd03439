//! What actors ended of: the last failures of each, with the message that was in hand.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;
use serde::Serialize;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceId;

use crate::dead_letters::DeadReason;

/// Failures kept of one actor or supervisor.
const KEPT_MAX: usize = 8;
/// Steps kept of what was done about a failure.
const STEPS_MAX: usize = 4;
/// Bytes kept of a cause.
const CAUSE_BYTES_MAX: usize = 1_024;

/// One end that was no orderly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureRecord {
    /// When nothing was left of the incarnation.
    pub at: Moment,
    /// Which life ended; 0 for a supervisor.
    pub incarnation: Incarnation,
    /// `error`, `panic`, `killed`, `start_failed`, …
    pub reason: &'static str,
    /// What is known of it: at most 1,024 bytes.
    pub cause: String,
    /// The kind of the message that was being handled; none if none was.
    pub message: Option<&'static str>,
    /// The trace that message belonged to.
    pub trace: Option<TraceId>,
    /// What its supervisor did about it, in order.
    pub then: Vec<Aftermath>,
}

/// What a supervisor did about a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aftermath {
    /// When, or when it will.
    pub at: Moment,
    /// In words: `to be restarted, attempt 2`, `restarted as life 3`, …
    pub what: String,
    /// Whether nothing follows.
    #[serde(skip)]
    pub(crate) is_last: bool,
}

/// The message that an incarnation had in hand when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InHand {
    pub(crate) incarnation: Incarnation,
    pub(crate) kind: &'static str,
    pub(crate) trace: Option<TraceId>,
    /// What its dead letter says if it is lost.
    pub(crate) lost: DeadReason,
}

/// The last failures of every actor and supervisor, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<BTreeMap<ActorId, VecDeque<FailureRecord>>>);

impl Failures {
    pub(crate) fn add(&self, actor: &ActorId, mut record: FailureRecord) {
        let end = record.cause.floor_char_boundary(CAUSE_BYTES_MAX);
        record.cause.truncate(end);
        let mut all = self.0.lock();
        let kept = all.entry(actor.clone()).or_default();
        if KEPT_MAX <= kept.len() {
            kept.pop_front();
        }
        kept.push_back(record);
    }

    pub(crate) fn forget(&self, actor: &ActorId) {
        self.0.lock().remove(actor);
    }

    /// Adds what became of the last failure of `actor`, unless that is told already.
    pub(crate) fn followed(&self, actor: &ActorId, step: Aftermath) {
        let mut all = self.0.lock();
        let Some(last) = all.get_mut(actor).and_then(VecDeque::back_mut) else { return };
        let is_over = last.then.last().is_some_and(|step| step.is_last);
        if !is_over && last.then.len() < STEPS_MAX {
            last.then.push(step);
        }
    }

    pub(crate) fn of(&self, actor: &ActorId) -> Vec<FailureRecord> {
        self.0.lock().get(actor).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cause_is_cut_between_characters() {
        let (failures, actor) = (Failures::default(), ActorId::new("a").unwrap());
        let record = FailureRecord {
            at: Moment::default(),
            incarnation: Incarnation(1),
            reason: "error",
            cause: "ä".repeat(513) + "x",
            message: None,
            trace: None,
            then: Vec::new(),
        };
        failures.add(&actor, record.clone());
        failures.add(&actor, FailureRecord { cause: "x".to_owned() + &record.cause, ..record });
        let kept: Vec<String> = failures.of(&actor).into_iter().map(|kept| kept.cause).collect();
        assert_eq!(kept, ["ä".repeat(512), "x".to_owned() + &"ä".repeat(511)]);
    }

    #[test]
    fn what_follows_a_restart_belongs_to_no_failure() {
        let (failures, actor) = (Failures::default(), ActorId::new("a").unwrap());
        let step = |what: &str, is_last| Aftermath {
            at: Moment::default(),
            what: what.to_owned(),
            is_last,
        };
        failures.followed(&actor, step("nothing to follow", true));
        assert_eq!(failures.of(&actor), []);
        failures.add(
            &actor,
            FailureRecord {
                at: Moment::default(),
                incarnation: Incarnation(1),
                reason: "error",
                cause: "x".to_owned(),
                message: None,
                trace: None,
                then: Vec::new(),
            },
        );
        for (what, is_last) in [("planned", false), ("restarted", true), ("ended", true)] {
            failures.followed(&actor, step(what, is_last));
        }
        let then: Vec<String> =
            failures.of(&actor)[0].then.iter().map(|step| step.what.clone()).collect();
        assert_eq!(then, ["planned", "restarted"]);
    }
}
