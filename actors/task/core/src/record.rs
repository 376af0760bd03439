use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The form of everything this core journals. A new form is a new variant; old ones stay.
#[derive(Serialize, Deserialize)]
enum Versioned<T> {
    V1(T),
}

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a journal record of this version: {0}")]
pub struct Damaged(String);

/// A record or snapshot as the journal keeps it.
///
/// # Panics
/// Never: the encoding of these types into memory cannot fail.
#[expect(clippy::expect_used, reason = "plain data into a growing buffer")]
pub fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    postcard::to_stdvec(&Versioned::V1(record)).expect("plain data always encodes")
}

/// A record or snapshot from the journal.
///
/// # Errors
/// [`Damaged`] if the bytes are none of ours.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damaged> {
    match postcard::from_bytes(bytes) {
        Ok(Versioned::V1(record)) => Ok(record),
        Err(error) => Err(Damaged(error.to_string())),
    }
}
