//! What guards remember, in a file that other guards can take: JSON in the manner of EIP-3076.
//!
//! A file holds every record of a key in the order of its journal, and the mark they lead to. So a
//! file from which a record is missing, or in which one is another, is told from a whole one.
//!
//! An import only adds records: what was refused stays refused. It never makes a guard that is
//! behind its key's mark look as if it were not: see [`merge`].

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, FixedBytes};
use serde::{Deserialize, Serialize};
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, PublicKey, Scheme};
use synod_types::task::TaskId;

use super::{GuardRecord, Mark, fingerprint};

/// What the files of this form call it.
const FORMAT: &str = "synod-signing-guard";
/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// What one key's guard remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecords {
    /// Whose.
    pub key: PublicKey,
    /// In the order of the journal.
    pub records: Vec<GuardRecord>,
}

/// Why a file is not taken. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterchangeError {
    /// No JSON of this form.
    #[error("no interchange file: {0}")]
    Malformed(String),
    /// Another form, or a version that is not known here.
    #[error("format {format:?} version {version}: only {FORMAT:?} version {VERSION} is read")]
    Version {
        /// Its form.
        format: String,
        /// Its version.
        version: u32,
    },
    /// Not as many bytes as a key of the scheme has.
    #[error("key {position}: {length} bytes are no key of {scheme}")]
    Key {
        /// Which of the file's keys, from 1.
        position: usize,
        /// The scheme it should be of.
        scheme: Scheme,
        /// Its length.
        length: usize,
    },
    /// A key is there twice.
    #[error("{0} is there twice")]
    Twice(Name),
    /// The records do not lead to the mark: some are missing or changed.
    #[error(
        "{key}: the records do not lead to the mark of {records} records: the file was changed or \
         cut; export it anew"
    )]
    Changed {
        /// Whose.
        key: Name,
        /// What the mark counts.
        records: u64,
    },
    /// Two digests for one duty, both in the file.
    #[error("{key}: the file holds two digests for one duty, {two}")]
    SelfConflict {
        /// Whose.
        key: Name,
        /// Which.
        two: Box<TwoDigests>,
    },
}

/// Why records are not taken into a guard. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    /// The guard holds another digest for the duty.
    #[error("{key}: conflict: one digest is on record here and the file brings another, {two}")]
    Conflict {
        /// Whose.
        key: Name,
        /// Which: the one on record here first.
        two: Box<TwoDigests>,
    },
    /// The guard is behind its key's mark, and the file does not bring what is missing.
    #[error(
        "{key}: lower mark: the key has signed by {mark} records, the guard here holds {held} and \
         the file {brought}, and together they are not those {mark}: bring the newest data \
         directory, or an export made from it"
    )]
    LowerMark {
        /// Whose.
        key: Name,
        /// What the mark counts.
        mark: u64,
        /// What the guard holds.
        held: u64,
        /// What the file holds.
        brought: u64,
    },
    /// The records are another key's.
    #[error("{0}: a record of another key")]
    Foreign(Name),
}

/// Two digests for one duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoDigests {
    /// For what.
    pub duty: Duty,
    /// One.
    pub first: Digest,
    /// The other.
    pub second: Digest,
}

impl std::fmt::Display for TwoDigests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} and {}", self.duty, self.first, self.second)
    }
}

/// A key as errors name it: scheme and [`fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    scheme: Scheme,
    fingerprint: B256,
}

impl Name {
    /// Of this key.
    pub fn of(key: &PublicKey) -> Self {
        Self { scheme: key.scheme(), fingerprint: fingerprint(key) }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} key {}", self.scheme, self.fingerprint)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    metadata: Metadata,
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    interchange_format: String,
    interchange_format_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    scheme: Scheme,
    /// BN254: G1 ‖ G2.
    public_key: Bytes,
    mark: Mark,
    records: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "domain", rename_all = "snake_case", deny_unknown_fields)]
enum Entry {
    TaskResult { task: B256, operator: Address, digest: B256 },
}

impl Entry {
    const fn of(record: &GuardRecord) -> Self {
        let GuardRecord::V1 { duty, digest, .. } = record;
        match duty {
            Duty::TaskResult(task, operator) => {
                Self::TaskResult { task: task.0, operator: operator.0, digest: digest.0 }
            }
        }
    }

    const fn record(&self, key: B256) -> GuardRecord {
        match self {
            Self::TaskResult { task, operator, digest } => {
                let duty = Duty::TaskResult(TaskId(*task), OperatorId(*operator));
                GuardRecord::V1 { key, duty, digest: Digest(*digest) }
            }
        }
    }
}

/// Writes what guards remember.
pub fn export(keys: &[KeyRecords]) -> String {
    let key = |KeyRecords { key, records }: &KeyRecords| Key {
        scheme: key.scheme(),
        public_key: match key {
            PublicKey::Bn254 { g1, g2 } => [g1.as_slice(), g2.as_slice()].concat().into(),
            PublicKey::Bls12381(key) => key.to_vec().into(),
            PublicKey::Ecdsa(address) => address.to_vec().into(),
        },
        mark: Mark::of(records),
        records: records.iter().map(Entry::of).collect(),
    };
    let metadata =
        Metadata { interchange_format: FORMAT.to_owned(), interchange_format_version: VERSION };
    let file = File { metadata, keys: keys.iter().map(key).collect() };
    #[expect(clippy::expect_used, reason = "text keys, and writing to memory cannot fail")]
    let text = serde_json::to_string_pretty(&file).expect("an interchange file can be written");
    text + "\n"
}

/// Reads a file. What comes back is whole and agrees with itself.
///
/// # Errors
/// [`InterchangeError`].
pub fn parse(text: &[u8]) -> Result<Vec<KeyRecords>, InterchangeError> {
    let malformed = |error: serde_json::Error| InterchangeError::Malformed(error.to_string());
    // Another version may have another shape: so it is looked at first.
    #[derive(Deserialize)]
    struct Head {
        metadata: Metadata,
    }
    let Head { metadata } = serde_json::from_slice(text).map_err(malformed)?;
    let (format, version) = (metadata.interchange_format, metadata.interchange_format_version);
    if (format.as_str(), version) != (FORMAT, VERSION) {
        return Err(InterchangeError::Version { format, version });
    }
    let file: File = serde_json::from_slice(text).map_err(malformed)?;
    let mut keys: Vec<KeyRecords> = Vec::new();
    for (at, Key { scheme, public_key, mark, records }) in file.keys.into_iter().enumerate() {
        let length = public_key.len();
        let wrong = InterchangeError::Key { position: at + 1, scheme, length };
        let key = public(scheme, &public_key).ok_or(wrong)?;
        let name = Name::of(&key);
        if keys.iter().any(|other| other.key == key) {
            return Err(InterchangeError::Twice(name));
        }
        let records: Vec<_> = records.iter().map(|entry| entry.record(name.fingerprint)).collect();
        if Mark::of(&records) != mark {
            return Err(InterchangeError::Changed { key: name, records: mark.records });
        }
        if let Some(two) = two_digests(&records) {
            return Err(InterchangeError::SelfConflict { key: name, two: Box::new(two) });
        }
        keys.push(KeyRecords { key, records });
    }
    Ok(keys)
}

fn public(scheme: Scheme, bytes: &[u8]) -> Option<PublicKey> {
    match scheme {
        Scheme::Bn254 => {
            let (g1, g2) = bytes.split_at_checked(64)?;
            Some(PublicKey::Bn254 { g1: g1.try_into().ok()?, g2: g2.try_into().ok()? })
        }
        Scheme::Bls12381 => bytes.try_into().map(FixedBytes).map(PublicKey::Bls12381).ok(),
        Scheme::Ecdsa => Address::try_from(bytes).map(PublicKey::Ecdsa).ok(),
    }
}

/// The first duty for which there is a second digest.
fn two_digests(records: &[GuardRecord]) -> Option<TwoDigests> {
    let mut digests = BTreeMap::new();
    records.iter().find_map(|GuardRecord::V1 { duty, digest, .. }| {
        let first = *digests.entry(*duty).or_insert(*digest);
        let two = TwoDigests { duty: *duty, first, second: *digest };
        (first != *digest).then_some(two)
    })
}

/// What must be appended to the journal of a guard that holds `held`, so that it refuses whatever
/// it or the file refuses. `mark` is the key's, none if none is kept.
///
/// A guard that has passed through the mark takes what it does not hold yet. One that has not
/// lacks records that the key has signed by: it takes the file only if that continues what the
/// guard holds and leads through the mark, so that nothing is missing afterwards. Records from
/// elsewhere, however many, do not make up for those.
///
/// # Errors
/// [`MergeRefusal`].
pub fn merge(
    held: &[GuardRecord],
    brought: &KeyRecords,
    mark: Option<Mark>,
) -> Result<Vec<GuardRecord>, MergeRefusal> {
    let key = Name::of(&brought.key);
    let mut all = held.iter().chain(&brought.records);
    if all.any(|GuardRecord::V1 { key: owner, .. }| *owner != key.fingerprint) {
        return Err(MergeRefusal::Foreign(key));
    }
    // A duty that two digests poison here conflicts with one of them.
    let mut digests: BTreeMap<Duty, Vec<Digest>> = BTreeMap::new();
    for GuardRecord::V1 { duty, digest, .. } in held {
        digests.entry(*duty).or_default().push(*digest);
    }
    for GuardRecord::V1 { duty, digest, .. } in &brought.records {
        let other = digests.get(duty).and_then(|held| held.iter().find(|held| *held != digest));
        if let Some(held) = other {
            let two = TwoDigests { duty: *duty, first: *held, second: *digest };
            return Err(MergeRefusal::Conflict { key, two: Box::new(two) });
        }
    }
    if mark.is_none_or(|mark| mark.is_passed_by(held)) {
        let is_new = |GuardRecord::V1 { duty, .. }: &&GuardRecord| !digests.contains_key(duty);
        return Ok(brought.records.iter().filter(is_new).copied().collect());
    }
    let is_continued = brought.records.starts_with(held);
    match mark {
        Some(mark) if !is_continued || !mark.is_passed_by(&brought.records) => {
            Err(MergeRefusal::LowerMark {
                key,
                mark: mark.records,
                held: held.len() as u64,
                brought: brought.records.len() as u64,
            })
        }
        Some(_) | None => Ok(brought.records[held.len()..].to_vec()),
    }
}

#[cfg(test)]
mod tests;
