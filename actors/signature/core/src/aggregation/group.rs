use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use synod_types::operator::Stake;

use super::atomic::{Atomic, Attributed};
use super::job::{Item, Summed};

/// Those that gave the same answer.
///
/// Invariant: each of its members' signatures is in exactly one of `waiting`, `suspects`,
/// `chunks` (whose sum is `summed`), `verified` (whose sum is in `proven`), or is with the job
/// under way; or the member is attributed.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) output: Bytes,
    pub(super) message_hash: B256,
    /// The weight of its members who were not rejected and are no suspects.
    pub(super) claimed: Vec<Stake>,
    /// The weight of the suspects among them.
    pub(super) doubtful: Vec<Stake>,
    pub(super) waiting: Vec<Item>,
    pub(super) suspects: Vec<Item>,
    pub(super) summed: Option<Summed>,
    pub(super) chunks: Vec<Arc<Vec<Item>>>,
    pub(super) proven: Option<Atomic>,
    pub(super) verified: Vec<Arc<Vec<Item>>>,
    pub(super) attributed: Attributed,
}

impl Group {
    pub(super) fn new(output: Bytes, message_hash: B256, kinds: usize) -> Self {
        Self {
            output,
            message_hash,
            claimed: vec![Stake::ZERO; kinds],
            doubtful: vec![Stake::ZERO; kinds],
            waiting: Vec::new(),
            suspects: Vec::new(),
            summed: None,
            chunks: Vec::new(),
            proven: None,
            verified: Vec::new(),
            attributed: Attributed::default(),
        }
    }

    /// Whether anything is here that a verification could be about.
    pub(super) fn has_unverified(&self) -> bool {
        !(self.waiting.is_empty() && self.suspects.is_empty() && self.summed.is_none())
    }

    /// Whether of somebody here it is not known by itself that he signed.
    pub(super) fn has_unattributed(&self) -> bool {
        self.has_unverified() || !self.verified.is_empty()
    }

    /// Whether nobody is left in it.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_unattributed() && self.proven.is_none() && self.attributed.members().is_empty()
    }
}
