use std::fmt;

use alloy_primitives::{B256, keccak256};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use hkdf::Hkdf;
use sha2::Sha256;
use synod_types::signature::{Bn254G1, Bn254G2, PublicKey};
use zeroize::{Zeroize, Zeroizing};

use super::pairing::verify;
use super::point::{G1, G2, integer};
use crate::error::{KeyError, SecretError};

/// A secret scalar in 1..r. Wiped when dropped, never shown.
///
/// Multiplications by it are split in two by a mask made from secret and point, so that their
/// running time, which ark does not keep constant, tells about the mask and not about the key.
pub struct SecretKey {
    scalar: Fr,
}

impl SecretKey {
    /// From 32 big-endian bytes.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] for zero and from the group order upwards.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretError> {
        let scalar = Fr::from_bigint(integer(bytes)).ok_or(SecretError::OutOfRange)?;
        Self::checked(scalar)
    }

    /// From a seed of at least 32 bytes: HKDF-SHA256 without salt, reduced by the group order.
    ///
    /// # Errors
    /// [`SecretError::ShortSeed`], or [`SecretError::OutOfRange`] if the seed leads to zero.
    pub fn from_seed(seed: &[u8]) -> Result<Self, SecretError> {
        if seed.len() < 32 {
            return Err(SecretError::ShortSeed);
        }
        Self::checked(derived(seed, &[b"BN254-SeedGeneration"]))
    }

    /// From big-endian bytes of any number, reduced by the group order: what older keystores of
    /// this curve mean by the bytes they hold.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] if that leaves zero.
    pub fn from_bytes_reduced(bytes: &[u8]) -> Result<Self, SecretError> {
        Self::checked(Fr::from_be_bytes_mod_order(bytes))
    }

    fn checked(scalar: Fr) -> Result<Self, SecretError> {
        if scalar == Fr::ZERO { Err(SecretError::OutOfRange) } else { Ok(Self { scalar }) }
    }

    /// The secret itself, for a file that keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let big_endian = Zeroizing::new(self.scalar.into_bigint().to_bytes_be());
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&big_endian);
        bytes
    }

    /// Both public halves.
    pub fn public(&self) -> PublicPair {
        let (mask, rest) = self.shares(b"public");
        let g1 = G1Projective::from(G1::generator().0);
        let g2 = G2Projective::from(G2::generator().0);
        PublicPair {
            g1: G1((g1 * rest + g1 * mask).into_affine()),
            g2: G2((g2 * rest + g2 * mask).into_affine()),
        }
    }

    /// The signature of what was hashed to `message`. Same key, same message, same signature.
    pub fn sign(&self, message: &G1) -> G1 {
        let (mask, rest) = self.shares(message.encode().as_slice());
        let point = message.0.into_group();
        G1((point * rest + point * mask).into_affine())
    }

    /// Two scalars whose sum is the secret.
    fn shares(&self, use_of: &[u8]) -> (Fr, Fr) {
        let bytes = self.to_bytes();
        let mask = derived(bytes.as_slice(), &[b"synod bn254 mask", use_of]);
        (mask, self.scalar - mask)
    }
}

/// HKDF-SHA256 without salt, 32 bytes, as an integer modulo the group order.
fn derived(secret: &[u8], info: &[&[u8]]) -> Fr {
    let mut bytes = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(None, secret).expand_multi_info(info, bytes.as_mut_slice());
    assert!(expanded.is_ok(), "32 bytes are within HKDF's 255 blocks");
    Fr::from_be_bytes_mod_order(bytes.as_slice())
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.scalar.zeroize();
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bn254::SecretKey(redacted)")
    }
}

/// The two public halves of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicPair {
    g1: G1,
    g2: G2,
}

impl PublicPair {
    /// Decodes both halves and checks, by pairing, that they have the same secret.
    ///
    /// # Errors
    /// [`KeyError::Point`], or [`KeyError::HalvesDiffer`].
    pub fn decode(g1: &Bn254G1, g2: &Bn254G2) -> Result<Self, KeyError> {
        let pair = Self { g1: G1::decode(g1)?, g2: G2::decode(g2)? };
        let is_same = verify(&G1::generator(), &pair.g2, &pair.g1);
        if is_same { Ok(pair) } else { Err(KeyError::HalvesDiffer) }
    }

    /// sk·G1, which contracts add up.
    pub const fn g1(&self) -> &G1 {
        &self.g1
    }

    /// sk·G2, which signatures are checked against.
    pub const fn g2(&self) -> &G2 {
        &self.g2
    }

    /// As it travels.
    pub fn encode(&self) -> PublicKey {
        PublicKey::Bn254 { g1: self.g1.encode(), g2: self.g2.encode() }
    }
}

/// keccak(X ‖ Y): how the middleware's registry names the owner of a key.
pub fn operator_id(key: &G1) -> B256 {
    keccak256(key.encode())
}
