//! Messages that were accepted and then not handled: counted, and the last ones kept by name.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde::Serialize;
use synod_types::actor::ActorId;
use synod_types::time::Moment;

/// A message that nobody handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// When it died.
    pub at: Moment,
    /// For whom it was.
    pub actor: ActorId,
    /// Its kind.
    pub kind: &'static str,
    /// How it died.
    pub reason: DeadReason,
}

/// How an accepted message died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// Its actor died with it in hand, or of it.
    InHand,
    /// A newer one took its place in a full lane, by policy.
    DroppedOldest,
    /// It still waited when the runtime ended.
    Abandoned,
}

impl DeadReason {
    /// Its name as a label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InHand => "in_hand",
            Self::DroppedOldest => "dropped_oldest",
            Self::Abandoned => "abandoned",
        }
    }
}

#[derive(Debug)]
pub(crate) struct DeadLetters {
    kept: Mutex<VecDeque<DeadLetter>>,
    kept_max: usize,
}

impl DeadLetters {
    pub(crate) const fn new(kept_max: usize) -> Self {
        Self { kept: Mutex::new(VecDeque::new()), kept_max }
    }

    pub(crate) fn add(&self, at: Moment, actor: &ActorId, kind: &'static str, reason: DeadReason) {
        crate::metrics::dead_letter(reason);
        tracing::warn!(%actor, kind, reason = reason.name(), "dead letter");
        let mut kept = self.kept.lock();
        if self.kept_max <= kept.len() {
            kept.pop_front();
        }
        kept.push_back(DeadLetter { at, actor: actor.clone(), kind, reason });
    }

    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        self.kept.lock().iter().cloned().collect()
    }
}
