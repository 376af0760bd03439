use std::error::Error;
use std::io;
use std::sync::Arc;

use synod_signature_core::guard::Mark;
use synod_signature_core::{SecretError, SecretKey};
use synod_types::signature::Scheme;

/// Where a signer's key comes from. Asked once per incarnation, on a thread that may wait.
pub trait KeySource: Send + Sync + 'static {
    /// The key.
    ///
    /// # Errors
    /// See [`KeySourceError`]. Never contains the secret.
    fn load(&self) -> Result<SecretKey, KeySourceError>;

    /// The key's mark: how far its guard had come when it last signed; that of a guard without
    /// records if it never did. None if no mark can be kept where the key is. A guard that did not
    /// pass through it is an older one, or another.
    ///
    /// # Errors
    /// See [`KeySourceError`].
    fn mark(&self) -> Result<Option<Mark>, KeySourceError>;

    /// Raises the mark from `from` to `to`; done already is done. Told before a signature is made.
    ///
    /// # Errors
    /// [`KeySourceError::MovedMark`] if it is neither of the two: somebody else signs with this
    /// key. It is never lowered. See [`KeySourceError`].
    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError>;
}

/// Why there is no key. Says where it was looked for, never what was found.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The place cannot be read or written.
    #[error("{place}: cannot be reached")]
    Unreachable {
        /// Where.
        place: String,
        /// Why.
        #[source]
        cause: Arc<io::Error>,
    },
    /// Others could have read or replaced it.
    #[error("{place}: mode {mode:o} lets others at the key; say `chmod 600 {place}`")]
    Exposed {
        /// Where.
        place: String,
        /// The permission bits.
        mode: u32,
    },
    /// It is a directory, or something else that holds no bytes.
    #[error("{place}: is no file")]
    NotAFile {
        /// Where.
        place: String,
    },
    /// Longer than anything that belongs there.
    #[error("{place}: longer than {bytes_max} bytes")]
    TooLong {
        /// Where.
        place: String,
        /// The limit.
        bytes_max: u64,
    },
    /// What is there is no key.
    #[error(
        "{place}: no secret of 64 hexadecimal digits after 0x (a keystore needs its password named)"
    )]
    Malformed {
        /// Where.
        place: String,
    },
    /// What is there is a number, and not one of the scheme's secrets.
    #[error("{place}: not a key of the scheme")]
    NotASecret {
        /// Where.
        place: String,
        /// Why.
        #[source]
        cause: SecretError,
    },
    /// What is there is no keystore, or does not open.
    #[error("{place}: the keystore cannot be used")]
    Keystore {
        /// Where.
        place: String,
        /// Why.
        #[source]
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// The keystore opens, and holds a key of another scheme.
    #[error("{place}: a key of {found}, and {wanted} is wanted")]
    OtherScheme {
        /// Where.
        place: String,
        /// Of the key that is there.
        found: Scheme,
        /// Of the key that should be there.
        wanted: Scheme,
    },
    /// There is no password to be had.
    #[error("{place}: {why}")]
    Password {
        /// Where it was looked for.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// What should be the mark is none. Without it nobody knows whether the guard is whole.
    #[error(
        "{place}: no count of guard records; restore the file with the newest data directory, or \
         remove it if this key has never signed with a newer one"
    )]
    MalformedMark {
        /// Where.
        place: String,
    },
    /// The mark is not where this signer left it.
    #[error(
        "{place}: counts {found} guard records and not the {known} that this signer left: another \
         daemon signs with this key; end one of them"
    )]
    MovedMark {
        /// Where.
        place: String,
        /// Records it counts.
        found: u64,
        /// Records it should count.
        known: u64,
    },
    /// Something is there already, and is not overwritten.
    #[error("{place}: is there already")]
    Exists {
        /// Where.
        place: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    NoRandomness(String),
}
