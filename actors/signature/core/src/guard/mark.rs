use alloy_primitives::{B256, Keccak256};
use serde::{Deserialize, Serialize};

use super::GuardRecord;

/// How far a guard has come: how many records, and which ones.
///
/// The chain of a guard without records is zero; each record makes it
/// keccak(chain ‖ record as the journal keeps it). So a guard that holds the records a mark stands
/// for has passed through that very mark, and one that holds as many others has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// How many records.
    pub records: u64,
    /// Which ones, in their order.
    pub chain: B256,
}

impl Mark {
    /// Where these records lead.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a GuardRecord>) -> Self {
        records.into_iter().fold(Self::default(), Self::after)
    }

    /// Whether a guard that holds these records passed through this mark.
    pub fn is_passed_by(self, records: &[GuardRecord]) -> bool {
        let first = usize::try_from(self.records).ok().and_then(|counted| records.get(..counted));
        first.is_some_and(|first| Self::of(first) == self)
    }

    /// The mark after one record more.
    #[must_use]
    pub fn after(self, record: &GuardRecord) -> Self {
        let mut hasher = Keccak256::new();
        hasher.update(self.chain);
        hasher.update(record.encode());
        Self { records: self.records.saturating_add(1), chain: hasher.finalize() }
    }
}
