//! What is signed, by which scheme, and the bytes that come of it.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, FixedBytes};
use serde::{Deserialize, Serialize};

use crate::operator::OperatorId;
use crate::task::TaskId;

/// 32 bytes to be signed: a hash of what is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub B256);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// BLS on BN254, signatures in G1, as EigenLayer's contracts verify it.
    Bn254,
    /// BLS on BLS12-381, keys in G1, signatures in G2, with proof of possession.
    Bls12381,
    /// ECDSA on secp256k1, recoverable, low s.
    Ecdsa,
}

impl Scheme {
    /// Its name in configuration, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bn254 => "bn254",
            Self::Bls12381 => "bls12-381",
            Self::Ecdsa => "ecdsa",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A BN254 G1 point: X ‖ Y, big-endian, as the precompiles of EIP-196 take it. Not checked.
pub type Bn254G1 = FixedBytes<64>;

/// A BN254 G2 point: X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0, big-endian, as EIP-197 takes it. Not checked.
pub type Bn254G2 = FixedBytes<128>;

/// The public half of a key, by scheme. Bytes as they came; whoever uses them checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PublicKey {
    /// Both halves of a BN254 key; they must belong to the same secret.
    Bn254 {
        /// sk·G1, used by contracts for sums.
        g1: Bn254G1,
        /// sk·G2, used in the pairing check.
        g2: Bn254G2,
    },
    /// Compressed G1 point of BLS12-381.
    Bls12381(FixedBytes<48>),
    /// The address of a secp256k1 key.
    Ecdsa(Address),
}

impl PublicKey {
    /// The scheme it belongs to.
    pub const fn scheme(&self) -> Scheme {
        match self {
            Self::Bn254 { .. } => Scheme::Bn254,
            Self::Bls12381(_) => Scheme::Bls12381,
            Self::Ecdsa(_) => Scheme::Ecdsa,
        }
    }
}

/// Signature bytes, by scheme: BN254 64 (G1), BLS12-381 96 (compressed G2), ECDSA 65 (r‖s‖v).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signature {
    /// The scheme that made it.
    pub scheme: Scheme,
    /// The bytes, not checked.
    pub bytes: Bytes,
}

/// What a signature is for. For one key and duty there is one digest, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Duty {
    /// The result of a task, in the name of an operator.
    TaskResult(TaskId, OperatorId),
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TaskResult(task, operator) => write!(f, "result of {task} by {operator}"),
        }
    }
}

/// Why the signing guard permits no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum GuardRefusal {
    /// The duty has another digest already.
    #[error("another digest, {first}, is on record for the duty: {second} is never signed")]
    Conflict {
        /// On record.
        first: Digest,
        /// Asked for.
        second: Digest,
    },
    /// The journal holds two digests for the duty: something is broken, nothing is signed.
    #[error("the journal holds two digests for the duty")]
    Poisoned,
    /// At the limit. Nothing is forgotten to make room.
    #[error("the guard holds {duties} duties and takes no more")]
    Full {
        /// How many it holds.
        duties: usize,
    },
}

/// Why a signer did not sign. An answer: no signature exists because of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum SignRefusal {
    /// The guard does not permit it.
    #[error(transparent)]
    Guard(#[from] GuardRefusal),
    /// The journal did not take the guard's record.
    #[error("the guard's record could not be made durable")]
    NotDurable,
    /// As many requests as the signer takes wait already.
    #[error("{waiting} requests wait for this signer already")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The key is elsewhere, and no signature came from there.
    #[error("the remote signer did not sign: {0}")]
    Remote(#[from] RemoteRefusal),
}

/// Why no signature came from whoever holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum RemoteRefusal {
    /// There was no connection, or it broke.
    #[error("it cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// It was not asked: its breaker is open.
    #[error("its breaker lets no call through")]
    Withheld,
    /// It is overloaded, or something in it failed.
    #[error("it is overloaded or failing")]
    Failing,
    /// It does not want to, or does not want us to ask.
    #[error("it refused")]
    Refused,
    /// It has no such key.
    #[error("it does not know the key")]
    UnknownKey,
    /// What came is no signature.
    #[error("its answer is no signature")]
    Garbage,
    /// What came is a signature, but not the key's of the digest.
    #[error("its signature is not the key's of the digest")]
    WrongSignature,
    /// It hashes what it is given, and the bytes behind the digest were not given.
    #[error("it hashes by itself, and what the digest is the hash of is not known")]
    NoPreimage,
}

impl RemoteRefusal {
    /// Its name in logs and metrics.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreachable => "remote_unreachable",
            Self::Timeout => "remote_timeout",
            Self::Withheld => "remote_withheld",
            Self::Failing => "remote_failing",
            Self::Refused => "remote_refused",
            Self::UnknownKey => "remote_unknown_key",
            Self::Garbage => "remote_garbage",
            Self::WrongSignature => "remote_wrong_signature",
            Self::NoPreimage => "remote_no_preimage",
        }
    }

    /// Whether time alone may mend it. The others last until somebody acts.
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Unreachable | Self::Timeout | Self::Withheld | Self::Failing => true,
            Self::Refused
            | Self::UnknownKey
            | Self::Garbage
            | Self::WrongSignature
            | Self::NoPreimage => false,
        }
    }
}

/// What is known against a signer. Nothing: it signs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignerStatus {
    /// Why it cannot sign now; it may by itself be able to later.
    pub degraded: Option<Arc<str>>,
    /// Why it signs nothing until somebody acts.
    pub halted: Option<Arc<str>>,
}

impl SignRefusal {
    /// Its name in logs and metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Guard(GuardRefusal::Conflict { .. }) => "conflict",
            Self::Guard(GuardRefusal::Poisoned) => "poisoned",
            Self::Guard(GuardRefusal::Full { .. }) => "full",
            Self::NotDurable => "not_durable",
            Self::Busy { .. } => "busy",
            Self::Remote(refusal) => refusal.reason(),
        }
    }

    /// Whether the same request may succeed later. Whatever is wrong with a remote signer, it may
    /// be mended while the task waits: nothing is given up for it.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Guard(GuardRefusal::Conflict { .. } | GuardRefusal::Poisoned) => false,
            Self::Guard(GuardRefusal::Full { .. })
            | Self::NotDurable
            | Self::Busy { .. }
            | Self::Remote(_) => true,
        }
    }
}
