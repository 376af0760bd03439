//! How the following stands, for whoever asks.

use synod_types::chain::{ChainIdentity, ChainPhase, ChainStatus};

use super::Follower;

impl Follower {
    /// How it stands.
    pub fn status(&self) -> ChainStatus {
        ChainStatus {
            chain: self.rules.chain,
            phase: self.phase(),
            head: self.head,
            committed: self.window.tip(),
            last_event: self.outbox.last(),
            answered: self.outbox.answered(),
            undelivered: self.outbox.len(),
            endpoints: Vec::new(),
            backfills: Vec::new(),
        }
    }

    /// Which chain is followed, once that is known for good.
    pub fn identity(&self) -> Option<ChainIdentity> {
        self.began.map(|(identity, _)| identity)
    }

    pub(super) fn phase(&self) -> ChainPhase {
        if let Some(halt) = &self.halted {
            return ChainPhase::Halted(halt.to_string());
        }
        let Some(head) = self.head else { return ChainPhase::Starting };
        if self.short_since.is_some() {
            ChainPhase::NodeBehind
        } else if self.is_full() {
            ChainPhase::Blocked
        } else if self.confirmed(head).is_some_and(|confirmed| self.next_number() <= confirmed) {
            ChainPhase::CatchingUp
        } else {
            ChainPhase::Following
        }
    }
}
