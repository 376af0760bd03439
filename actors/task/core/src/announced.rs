use std::collections::BTreeSet;
use std::time::Duration;

use synod_types::Address;
use synod_types::chain::{BlockId, ChainId, Log};
use synod_types::task::{Task, TaskCreated};
use synod_types::time::Moment;

/// Why something in a batch of events was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// Applied before.
    Repeated,
    /// Events before this one never came.
    Gap,
    /// A log of another contract or another event.
    Foreign,
    /// A `TaskCreated` that is not encoded as one.
    Malformed,
    /// Its payload is empty or too long, or its reference timestamp is zero.
    Unacceptable,
    /// For an AVS, or in an executor a set, that is not configured.
    OtherAvs,
    /// A task that is known already.
    Known,
}

impl Skip {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::Gap => "gap",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
            Self::Unacceptable => "unacceptable",
            Self::OtherAvs => "other_avs",
            Self::Known => "known",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Repeated,
        Self::Gap,
        Self::Foreign,
        Self::Malformed,
        Self::Unacceptable,
        Self::OtherAvs,
        Self::Known,
    ];
}

/// A log of `block` as an announcement by one of `mailboxes`.
pub(crate) fn read(
    mailboxes: &BTreeSet<(ChainId, Address)>,
    payload_bytes_max: usize,
    (chain, block): (ChainId, BlockId),
    log: &Log,
) -> Result<Task, Skip> {
    if !mailboxes.contains(&(chain, log.address)) {
        return Err(Skip::Foreign);
    }
    let created = match TaskCreated::decode(&log.topics, &log.data) {
        Ok(Some(created)) => created,
        Ok(None) => return Err(Skip::Foreign),
        Err(_) => return Err(Skip::Malformed),
    };
    let is_acceptable = created.reference_timestamp != 0
        && (1..=payload_bytes_max).contains(&created.payload.len());
    if is_acceptable { Ok(created.into_task(chain, block)) } else { Err(Skip::Unacceptable) }
}

/// When a task accepted at `now` is given up: as announced, but after `window` at the latest.
pub(crate) fn deadline(task: &Task, now: Moment, window: Duration) -> Moment {
    let announced = u64::try_from(task.deadline).unwrap_or(u64::MAX);
    Moment::from_unix_seconds(announced).min(now + window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_names_of_their_own() {
        let names: BTreeSet<_> = Skip::ALL.into_iter().map(Skip::name).collect();
        assert_eq!(names.len(), Skip::ALL.len());
        let is_name =
            |name: &&str| !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'_'));
        assert!(names.iter().all(is_name), "{names:?}");
    }
}
