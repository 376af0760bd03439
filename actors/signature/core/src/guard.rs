//! The signing guard: for one key and one duty there is one digest, for ever.
//!
//! ```text
//!            admit: Record            committed
//!   (none) ───────────────▶ Pending ────────────▶ Durable ──▶ sign, again and again
//!                                                     │ replay of another digest
//!                                                     ▼
//!                                                 Poisoned ──▶ never sign again
//! ```
//!
//! A record of the digest is durable before the signature exists. What is not certainly
//! permitted is refused: a full guard, a foreign record, two digests for one duty.

pub mod interchange;
mod mark;

pub use mark::Mark;

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use synod_types::signature::{Digest, Duty, GuardRefusal, PublicKey};

/// What the journal keeps of a permission to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardRecord {
    /// The key with this fingerprint may sign this digest for this duty, and no other.
    V1 {
        /// See [`fingerprint`].
        key: B256,
        /// What for.
        duty: Duty,
        /// What.
        digest: Digest,
    },
}

impl GuardRecord {
    /// As the journal keeps it.
    pub fn encode(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "fixed fields into a growing buffer cannot fail")]
        postcard::to_stdvec(self).expect("a guard record can be written")
    }

    /// Bytes of a record, at most.
    pub const BYTES_MAX: usize = 160;

    /// From the journal.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ReplayError> {
        match postcard::take_from_bytes(bytes) {
            Ok((record, [])) => Ok(record),
            Ok(_) | Err(_) => Err(ReplayError::Unreadable),
        }
    }
}

/// Names a key by scheme and bytes: keccak(scheme ‖ public key).
pub fn fingerprint(key: &PublicKey) -> B256 {
    let mut bytes = key.scheme().name().as_bytes().to_vec();
    match key {
        PublicKey::Bn254 { g1, g2 } => {
            bytes.extend_from_slice(&[g1.as_slice(), g2.as_slice()].concat())
        }
        PublicKey::Bls12381(key) => bytes.extend_from_slice(key.as_slice()),
        PublicKey::Ecdsa(address) => bytes.extend_from_slice(address.as_slice()),
    }
    keccak256(bytes)
}

/// What a request to sign must do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Make this record durable, tell [`Guard::committed`], then sign.
    Record(GuardRecord),
    /// The record is durable: sign.
    Recorded,
    /// The record is on its way: wait with whoever asked first.
    Pending,
}

/// Why a journal cannot be this guard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReplayError {
    /// No guard record.
    #[error("the record is no guard record")]
    Unreadable,
    /// The record of another key.
    #[error("the record belongs to another key")]
    ForeignKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Pending(Digest),
    Durable(Digest),
    Poisoned,
}

/// Every duty of one key.
#[derive(Debug)]
pub struct Guard {
    key: B256,
    duties: BTreeMap<Duty, Entry>,
    duties_max: usize,
    mark: Mark,
}

impl Guard {
    /// A guard without duties, for `key`, of at most `duties_max`.
    pub fn new(key: &PublicKey, duties_max: usize) -> Self {
        let (duties, mark) = (BTreeMap::new(), Mark::default());
        Self { key: fingerprint(key), duties, duties_max, mark }
    }

    /// How far the guard has come: the records that are durable, in the order of the journal.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// How many duties are on record or on their way.
    pub fn duties_len(&self) -> usize {
        self.duties.len()
    }

    /// Whether `digest` may be signed for `duty`, and what must happen first.
    ///
    /// # Errors
    /// See [`GuardRefusal`]. A refusal changes nothing.
    pub fn admit(&mut self, duty: Duty, digest: Digest) -> Result<Admission, GuardRefusal> {
        let record = GuardRecord::V1 { key: self.key, duty, digest };
        let duties = self.duties.len();
        match self.duties.get(&duty) {
            None if self.duties_max <= duties => Err(GuardRefusal::Full { duties }),
            None => {
                self.duties.insert(duty, Entry::Pending(digest));
                Ok(Admission::Record(record))
            }
            Some(Entry::Poisoned) => Err(GuardRefusal::Poisoned),
            Some(Entry::Pending(first) | Entry::Durable(first)) if *first != digest => {
                Err(GuardRefusal::Conflict { first: *first, second: digest })
            }
            Some(Entry::Pending(_)) => Ok(Admission::Pending),
            Some(Entry::Durable(_)) => Ok(Admission::Recorded),
        }
    }

    /// The record of `duty` is durable: told in the order of the journal, and once for each
    /// record. Says which digest may be signed now.
    pub fn committed(&mut self, duty: Duty) -> Option<Digest> {
        let entry = self.duties.get_mut(&duty)?;
        match *entry {
            Entry::Pending(digest) => {
                *entry = Entry::Durable(digest);
                self.mark = self.mark.after(&GuardRecord::V1 { key: self.key, duty, digest });
                Some(digest)
            }
            Entry::Durable(digest) => Some(digest),
            Entry::Poisoned => None,
        }
    }

    /// Takes a record from the journal. A second, different digest for a duty poisons it.
    ///
    /// # Errors
    /// [`ReplayError::ForeignKey`]: then this journal is not this key's, and nothing may be
    /// signed by it.
    pub fn replay(&mut self, record: GuardRecord) -> Result<(), ReplayError> {
        let GuardRecord::V1 { key, duty, digest } = record;
        if key != self.key {
            return Err(ReplayError::ForeignKey);
        }
        self.mark = self.mark.after(&record);
        let entry = self.duties.entry(duty).or_insert(Entry::Durable(digest));
        match *entry {
            Entry::Durable(first) | Entry::Pending(first) => {
                let is_same = first == digest;
                *entry = if is_same { Entry::Durable(digest) } else { Entry::Poisoned };
            }
            Entry::Poisoned => (),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
