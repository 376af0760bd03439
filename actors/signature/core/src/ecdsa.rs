//! ECDSA on secp256k1 over a digest as it is, r‖s‖v with v 27 or 28 and low s, as contracts
//! recover it. Deterministic by RFC 6979.

use std::fmt;

use alloy_primitives::{Address, keccak256};
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};
use synod_types::signature::Digest;
use zeroize::Zeroizing;

use crate::error::SecretError;

/// A secret key. Wiped when dropped, never shown.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 big-endian bytes.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] for zero and from the group order upwards.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretError> {
        SigningKey::from_slice(bytes).map(Self).map_err(|_| SecretError::OutOfRange)
    }

    /// The secret itself, for a file that keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The key's address. Not the address of the operator who holds it.
    pub fn address(&self) -> Address {
        address(self.0.verifying_key())
    }

    /// Signs the digest itself: no prefix, no further hash.
    pub fn sign(&self, digest: Digest) -> [u8; 65] {
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.0.as_slice());
        encode(&signature, recovery)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ecdsa::SecretKey(redacted)")
    }
}

/// Why bytes are no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EcdsaError {
    /// Not 65 bytes.
    #[error("{0} bytes are no ECDSA signature")]
    Length(usize),
    /// v is none of 0, 1, 27, 28.
    #[error("v is {0}")]
    RecoveryId(u8),
    /// s is in the upper half: whoever sees a signature can make this one from it.
    #[error("s is in the upper half of the group order")]
    HighS,
    /// r or s is out of range, or no key signed like that.
    #[error("no key made this signature")]
    Unrecoverable,
}

/// A signature whose signer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The address of the key.
    pub signer: Address,
    /// r‖s‖v with v 27 or 28, whichever it came with.
    pub signature: [u8; 65],
}

/// Finds out whose signature of `digest` this is.
///
/// # Errors
/// See [`EcdsaError`].
pub fn recover(digest: Digest, signature: &[u8]) -> Result<Recovered, EcdsaError> {
    let (scalars, &v) = match signature.split_last() {
        Some((v, scalars)) if scalars.len() == 64 => (scalars, v),
        Some(_) | None => return Err(EcdsaError::Length(signature.len())),
    };
    let is_odd = match v {
        0 | 27 => false,
        1 | 28 => true,
        _ => return Err(EcdsaError::RecoveryId(v)),
    };
    let scalars = Signature::from_slice(scalars).map_err(|_| EcdsaError::Unrecoverable)?;
    if scalars.normalize_s() != scalars {
        return Err(EcdsaError::HighS);
    }
    let recovery = RecoveryId::new(is_odd, false);
    let key = VerifyingKey::recover_from_prehash(digest.0.as_slice(), &scalars, recovery)
        .map_err(|_| EcdsaError::Unrecoverable)?;
    Ok(Recovered { signer: address(&key), signature: encode(&scalars, recovery) })
}

fn encode(signature: &Signature, recovery: RecoveryId) -> [u8; 65] {
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + u8::from(recovery.is_y_odd());
    bytes
}

fn address(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    Address::from_slice(&keccak256(&point.as_bytes()[1..])[12..])
}

#[cfg(test)]
mod tests;
