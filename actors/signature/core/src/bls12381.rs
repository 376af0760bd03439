//! BLS on BLS12-381, keys in G1, signatures in G2, with proof of possession: the ciphersuite
//! `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`.
//!
//! Aggregates are sound only among keys whose owners have proven possession.

mod batch;
mod eip2537;

pub use batch::{Claim, verify_batch};
pub use eip2537::pairing_input;

use std::fmt;

use alloy_primitives::FixedBytes;
use blst::BLST_ERROR;
use blst::min_pk;
use zeroize::Zeroizing;

use crate::bn254::PointError;
use crate::error::{KeyError, SecretError};
use crate::path::KeyPath;

const SIGN: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const POSSESS: &[u8] = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// A secret scalar in 1..r. Wiped when dropped, never shown.
pub struct SecretKey(min_pk::SecretKey);

impl SecretKey {
    /// From 32 big-endian bytes.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] for zero and from the group order upwards.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretError> {
        min_pk::SecretKey::from_bytes(bytes).map(Self).map_err(|_| SecretError::OutOfRange)
    }

    /// By the standard's `KeyGen`, from at least 32 bytes.
    ///
    /// # Errors
    /// [`SecretError::ShortSeed`].
    pub fn from_seed(seed: &[u8]) -> Result<Self, SecretError> {
        min_pk::SecretKey::key_gen(seed, &[]).map(Self).map_err(|_| SecretError::ShortSeed)
    }

    /// The key at `path` of the tree that grows from a seed of at least 32 bytes (EIP-2333).
    ///
    /// # Errors
    /// [`SecretError::ShortSeed`].
    pub fn derive(seed: &[u8], path: &KeyPath) -> Result<Self, SecretError> {
        let root = min_pk::SecretKey::derive_master_eip2333(seed);
        let root = root.map_err(|_| SecretError::ShortSeed)?;
        let steps = path.steps().iter();
        Ok(Self(steps.fold(root, |parent, &step| parent.derive_child_eip2333(step))))
    }

    /// The secret itself, for a file that keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.sk_to_pk())
    }

    /// Signs a message. Same key, same message, same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message, SIGN, &[]))
    }

    /// Shows that this secret is known to whoever shows its public half.
    pub fn prove_possession(&self) -> Signature {
        Signature(self.0.sign(self.public().encode().as_slice(), POSSESS, &[]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bls12381::SecretKey(redacted)")
    }
}

/// A public key: a point of G1's subgroup other than the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(min_pk::PublicKey);

impl PublicKey {
    /// From its compressed form.
    ///
    /// # Errors
    /// [`KeyError::Bls12381`].
    pub fn decode(bytes: &FixedBytes<48>) -> Result<Self, KeyError> {
        let key = min_pk::PublicKey::key_validate(bytes.as_slice());
        key.map(Self).map_err(|error| KeyError::Bls12381(wrong(error, bytes.as_slice())))
    }

    /// From its compressed form, if its owner proves to know the secret.
    ///
    /// # Errors
    /// [`KeyError::Bls12381`], [`KeyError::NotPossessed`].
    pub fn decode_proven(bytes: &FixedBytes<48>, proof: &Signature) -> Result<Self, KeyError> {
        let key = Self::decode(bytes)?;
        let outcome = proof.0.verify(false, bytes.as_slice(), POSSESS, &[], &key.0, false);
        if is_success(outcome) { Ok(key) } else { Err(KeyError::NotPossessed) }
    }

    /// The compressed form.
    pub fn encode(&self) -> FixedBytes<48> {
        FixedBytes(self.0.to_bytes())
    }

    /// The sum. `None` without keys.
    pub fn sum(keys: &[Self]) -> Option<Self> {
        let keys: Vec<&min_pk::PublicKey> = keys.iter().map(|key| &key.0).collect();
        let sum = min_pk::AggregatePublicKey::aggregate(&keys, false).ok()?;
        Some(Self(sum.to_public_key()))
    }
}

/// Bytes that are no point of G2's subgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the signature is no BLS12-381 point")]
pub struct NotASignature(#[source] pub PointError);

/// A point of G2's subgroup. The identity is one, and no key's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(min_pk::Signature);

impl Signature {
    /// From its compressed form.
    ///
    /// # Errors
    /// [`NotASignature`].
    pub fn decode(bytes: &FixedBytes<96>) -> Result<Self, NotASignature> {
        let signature = min_pk::Signature::sig_validate(bytes.as_slice(), false);
        signature.map(Self).map_err(|error| NotASignature(wrong(error, bytes.as_slice())))
    }

    /// The compressed form.
    pub fn encode(&self) -> FixedBytes<96> {
        FixedBytes(self.0.to_bytes())
    }

    /// The sum. `None` without signatures.
    pub fn sum(signatures: &[Self]) -> Option<Self> {
        let signatures: Vec<&min_pk::Signature> = signatures.iter().map(|one| &one.0).collect();
        let sum = min_pk::AggregateSignature::aggregate(&signatures, false).ok()?;
        Some(Self(sum.to_signature()))
    }

    /// Whether `key` signed `message`.
    pub fn verify(&self, message: &[u8], key: &PublicKey) -> bool {
        is_success(self.0.verify(false, message, SIGN, &[], &key.0, false))
    }

    /// Whether this is the sum of the signatures of all `keys` of one message.
    pub fn fast_aggregate_verify(&self, message: &[u8], keys: &[PublicKey]) -> bool {
        PublicKey::sum(keys).is_some_and(|sum| self.verify(message, &sum))
    }

    /// Whether this is the sum of the signatures of each key of its own message.
    pub fn aggregate_verify(&self, signed: &[(&[u8], PublicKey)]) -> bool {
        let messages: Vec<&[u8]> = signed.iter().map(|(message, _)| *message).collect();
        let keys: Vec<&min_pk::PublicKey> = signed.iter().map(|(_, key)| &key.0).collect();
        !signed.is_empty()
            && is_success(self.0.aggregate_verify(false, &messages, SIGN, &keys, false))
    }
}

/// What is wrong with a compressed point.
fn wrong(error: BLST_ERROR, bytes: &[u8]) -> PointError {
    match error {
        BLST_ERROR::BLST_POINT_NOT_ON_CURVE => PointError::NotOnCurve,
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => PointError::NotInSubgroup,
        BLST_ERROR::BLST_PK_IS_INFINITY => PointError::Identity,
        _ if bytes.first().is_some_and(|first| first & 0b1100_0000 == 0b1000_0000) => {
            PointError::NotCanonical
        }
        _ => PointError::Flags,
    }
}

fn is_success(outcome: BLST_ERROR) -> bool {
    outcome == BLST_ERROR::BLST_SUCCESS
}

#[cfg(test)]
mod tests;
