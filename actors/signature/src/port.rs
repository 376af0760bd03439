use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use synod_protocol::signature::RemoteError;
use synod_signature_core::guard::Mark;
use synod_signature_core::{SecretError, SecretKey};
use synod_supervision::Breaker;
use synod_types::Bytes;
use synod_types::signature::{Digest, PublicKey, Scheme};

/// Where a signer's key comes from. Asked once per incarnation, on a thread that may wait.
pub trait KeySource: Send + Sync + 'static {
    /// The key, or who has it.
    ///
    /// # Errors
    /// See [`KeySourceError`]. Never contains the secret.
    fn load(&self) -> Result<Key, KeySourceError>;

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

/// What a signer signs with.
pub enum Key {
    /// A secret in this process.
    Held(SecretKey),
    /// A secret elsewhere.
    Remote(RemoteKey),
}

impl Key {
    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Held(key) => key.public(),
            Self::Remote(key) => key.public,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(key) => key.fmt(f),
            Self::Remote(key) => write!(f, "Remote({})", key.signer.place()),
        }
    }
}

impl From<SecretKey> for Key {
    fn from(key: SecretKey) -> Self {
        Self::Held(key)
    }
}

/// A key of which only the public half is here.
#[derive(Clone)]
pub struct RemoteKey {
    /// What every signature is checked against before anybody sees it.
    pub public: PublicKey,
    /// Who has the secret.
    pub signer: Arc<dyn RemoteSigner>,
    /// Around every call.
    pub breaker: Arc<Breaker>,
    /// How it is asked.
    pub terms: RemoteTerms,
}

/// How a remote signer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteTerms {
    /// How long one answer may take.
    pub timeout: Duration,
    /// Calls at once; further duties wait their turn.
    pub calls_max: usize,
    /// How often it is looked at whether it is there and has the key.
    pub check_every: Duration,
}

/// An answer on its way. Nothing is asked before it is first polled: a breaker may drop it.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, RemoteError>> + Send + 'a>>;

/// Somebody who holds one key and signs with it. What it says is not believed.
pub trait RemoteSigner: Send + Sync + 'static {
    /// Where it is, without secrets.
    fn place(&self) -> &str;

    /// Whether it is there and has the key. Has nothing signed.
    fn check(&self) -> Asking<'_, ()>;

    /// The bytes that it says are the key's signature of `digest`, which is the keccak of
    /// `preimage` where that is given.
    fn sign(&self, digest: Digest, preimage: Option<Bytes>) -> Asking<'_, Bytes>;
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
    /// The remote signer cannot be asked as the configuration wants it.
    #[error("{place}: {why}")]
    Remote {
        /// Where it is, or the file that is wrong.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    NoRandomness(String),
}
