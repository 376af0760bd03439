use synod_signature_core::{PathError, SecretError};

use crate::password::PasswordError;

/// Why a keystore cannot be read, opened or made. Never says what is inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// Not the JSON of a keystore.
    #[error("no keystore: line {line}, column {column} is not as JSON wants it")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A member that must be there is not, or is of the wrong type.
    #[error("no keystore: `{0}` is missing or of the wrong type")]
    Member(&'static str),
    /// Bytes are not in hexadecimal digits, or not as many as there must be.
    #[error("the keystore's `{0}` is malformed")]
    Malformed(&'static str),
    /// Made in a way that is not known here.
    #[error("the keystore's `{member}` is none of {known}")]
    Unknown {
        /// Which member says so.
        member: &'static str,
        /// What is known.
        known: &'static str,
    },
    /// Opening it would take more than is given, or so little that it protects nothing.
    #[error("the keystore's {factor} is {value}: refused, it must be {rule}")]
    Work {
        /// Which factor of the work.
        factor: &'static str,
        /// As the keystore has it.
        value: u64,
        /// As it may be.
        rule: &'static str,
    },
    /// The checksum does not fit.
    #[error("the password is wrong, or the keystore damaged")]
    WrongPassword,
    /// Not the 32 bytes of a secret.
    #[error("the keystore holds {0} bytes, which is no secret")]
    Length(usize),
    /// What is inside is no secret key of its scheme.
    #[error("the keystore does not hold a key of its scheme")]
    Secret(#[from] SecretError),
    /// The key inside is not the one whose public half stands beside it.
    #[error("the keystore names another public key than that of the key inside")]
    OtherKey,
    /// No password to protect a key with.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No path of a key.
    #[error(transparent)]
    Path(#[from] PathError),
}
