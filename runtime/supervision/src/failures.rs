//! What actors ended of: the last failures of each, with the message that was in hand.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;
use serde::Serialize;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceId;

/// Failures kept of one actor or supervisor.
const KEPT_MAX: usize = 8;
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
}

/// The message that an incarnation had in hand when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InHand {
    pub(crate) incarnation: Incarnation,
    pub(crate) kind: &'static str,
    pub(crate) trace: Option<TraceId>,
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
        };
        failures.add(&actor, record.clone());
        failures.add(&actor, FailureRecord { cause: "x".to_owned() + &record.cause, ..record });
        let kept: Vec<String> = failures.of(&actor).into_iter().map(|kept| kept.cause).collect();
        assert_eq!(kept, ["ä".repeat(512), "x".to_owned() + &"ä".repeat(511)]);
    }
}
