//! What is signed, by which scheme, and the bytes that come of it.

use std::fmt;

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
        }
    }

    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Guard(GuardRefusal::Conflict { .. } | GuardRefusal::Poisoned) => false,
            Self::Guard(GuardRefusal::Full { .. }) | Self::NotDurable | Self::Busy { .. } => true,
        }
    }
}
