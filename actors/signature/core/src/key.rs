use std::fmt;

use alloy_primitives::{Bytes, FixedBytes};
use synod_types::signature::{Digest, PublicKey, Scheme, Signature};
use zeroize::Zeroizing;

use crate::bls12381;
use crate::bn254::{self, G1, PointError, PublicPair};
use crate::ecdsa::{self, EcdsaError};
use crate::error::{KeyError, SecretError};

/// A secret key of any scheme. Wiped when dropped, never shown.
pub enum SecretKey {
    /// Signs H_sol(digest).
    Bn254(bn254::SecretKey),
    /// Signs the digest's 32 bytes as the message.
    Bls12381(bls12381::SecretKey),
    /// Signs the digest as it is.
    Ecdsa(ecdsa::SecretKey),
}

impl SecretKey {
    /// From 32 big-endian bytes.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] for zero and from the scheme's group order upwards.
    pub fn from_bytes(scheme: Scheme, bytes: &[u8; 32]) -> Result<Self, SecretError> {
        match scheme {
            Scheme::Bn254 => bn254::SecretKey::from_bytes(bytes).map(Self::Bn254),
            Scheme::Bls12381 => bls12381::SecretKey::from_bytes(bytes).map(Self::Bls12381),
            Scheme::Ecdsa => ecdsa::SecretKey::from_bytes(bytes).map(Self::Ecdsa),
        }
    }

    /// The secret itself, for a file that keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        match self {
            Self::Bn254(key) => key.to_bytes(),
            Self::Bls12381(key) => key.to_bytes(),
            Self::Ecdsa(key) => key.to_bytes(),
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Bn254(key) => key.public().encode(),
            Self::Bls12381(key) => PublicKey::Bls12381(key.public().encode()),
            Self::Ecdsa(key) => PublicKey::Ecdsa(key.address()),
        }
    }

    /// Signs a digest as certificates want it. Same key, same digest, same bytes.
    ///
    /// Whoever calls this has been through the [`Guard`](crate::guard::Guard).
    pub fn sign(&self, digest: Digest) -> Signature {
        let (scheme, bytes) = match self {
            Self::Bn254(key) => {
                let point = key.sign(&bn254::hash_solidity(digest));
                (Scheme::Bn254, Bytes::from(point.encode()))
            }
            Self::Bls12381(key) => {
                let point = key.sign(digest.0.as_slice());
                (Scheme::Bls12381, Bytes::from(point.encode()))
            }
            Self::Ecdsa(key) => (Scheme::Ecdsa, Bytes::from(key.sign(digest))),
        };
        Signature { scheme, bytes }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bn254(key) => key.fmt(f),
            Self::Bls12381(key) => key.fmt(f),
            Self::Ecdsa(key) => key.fmt(f),
        }
    }
}

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// Made by another scheme than the key's.
    #[error("the signature is of scheme {0}")]
    Scheme(Scheme),
    /// Of the wrong length.
    #[error("a signature of {0} bytes")]
    Length(usize),
    /// No BN254 point.
    #[error("the signature is no BN254 point")]
    Point(#[from] PointError),
    /// No BLS12-381 point.
    #[error("the signature is no BLS12-381 point")]
    Bls12381(#[source] PointError),
    /// No ECDSA signature.
    #[error("the signature is no ECDSA signature")]
    Ecdsa(#[from] EcdsaError),
    /// The key it is checked against is unusable.
    #[error("the key is unusable")]
    Key(#[from] KeyError),
    /// Well-formed, and not the key's signature of the digest.
    #[error("the signature does not fit key and digest")]
    Mismatch,
}

/// Checks one signature of a digest, and the key too.
///
/// # Errors
/// See [`Fault`].
pub fn verify(key: &PublicKey, digest: Digest, signature: &Signature) -> Result<(), Fault> {
    if signature.scheme != key.scheme() {
        return Err(Fault::Scheme(signature.scheme));
    }
    let is_good = match key {
        PublicKey::Bn254 { g1, g2 } => {
            let key = PublicPair::decode(g1, g2)?;
            let signature = G1::decode(&fixed(&signature.bytes)?)?;
            bn254::verify(&bn254::hash_solidity(digest), key.g2(), &signature)
        }
        PublicKey::Bls12381(key) => {
            let key = bls12381::PublicKey::decode(key)?;
            let signature = bls12381::Signature::decode(&fixed(&signature.bytes)?)
                .map_err(|bls12381::NotASignature(why)| Fault::Bls12381(why))?;
            signature.verify(digest.0.as_slice(), &key)
        }
        PublicKey::Ecdsa(address) => ecdsa::recover(digest, &signature.bytes)?.signer == *address,
    };
    if is_good { Ok(()) } else { Err(Fault::Mismatch) }
}

/// A signature made elsewhere, checked, in the form in which [`SecretKey::sign`] makes it.
///
/// # Errors
/// See [`Fault`].
pub fn verified(key: &PublicKey, digest: Digest, bytes: &[u8]) -> Result<Signature, Fault> {
    let scheme = key.scheme();
    let signature = Signature { scheme, bytes: Bytes::copy_from_slice(bytes) };
    verify(key, digest, &signature)?;
    match key {
        PublicKey::Bn254 { .. } | PublicKey::Bls12381(_) => Ok(signature),
        PublicKey::Ecdsa(_) => {
            let bytes = Bytes::from(ecdsa::recover(digest, bytes)?.signature);
            Ok(Signature { scheme, bytes })
        }
    }
}

/// Exactly `N` bytes.
pub(crate) fn fixed<const N: usize>(bytes: &[u8]) -> Result<FixedBytes<N>, Fault> {
    bytes.try_into().map(FixedBytes).map_err(|_| Fault::Length(bytes.len()))
}

#[cfg(test)]
mod tests;
