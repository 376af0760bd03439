use std::fmt;

use alloy_primitives::{B256, keccak256};
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use hkdf::Hkdf;
use sha2::Sha256;
use synod_signature_bn254::{G1Affine, G2Affine, Scalar};
use synod_types::signature::{Bn254G1, Bn254G2, PublicKey};
use zeroize::Zeroizing;

use super::pairing::verify;
use super::point::{G1, G2};
use crate::error::{KeyError, SecretError};

/// A secret scalar in 1..r. Wiped when dropped, never shown.
///
/// Points are multiplied by it on the path of our own arithmetic that neither branches on a secret
/// nor reads memory at its word: ark's running time would tell about it.
pub struct SecretKey {
    /// Big-endian, below the group order.
    scalar: Zeroizing<[u8; 32]>,
}

impl SecretKey {
    /// From 32 big-endian bytes.
    ///
    /// # Errors
    /// [`SecretError::OutOfRange`] for zero and from the group order upwards.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretError> {
        let is_in_range = Scalar::from_be_bytes(bytes).is_some_and(|scalar| !scalar.is_zero());
        if !is_in_range {
            return Err(SecretError::OutOfRange);
        }
        Ok(Self { scalar: Zeroizing::new(*bytes) })
    }

    /// From a seed of at least 32 bytes: HKDF-SHA256 without salt, reduced by the group order.
    ///
    /// # Errors
    /// [`SecretError::ShortSeed`], or [`SecretError::OutOfRange`] if the seed leads to zero.
    pub fn from_seed(seed: &[u8]) -> Result<Self, SecretError> {
        if seed.len() < 32 {
            return Err(SecretError::ShortSeed);
        }
        Self::checked(derived(seed, b"BN254-SeedGeneration"))
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
        let big_endian = Zeroizing::new(scalar.into_bigint().to_bytes_be());
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&big_endian);
        Self::from_bytes(&bytes)
    }

    /// The secret itself, for a file that keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.scalar.clone()
    }

    /// Both public halves.
    pub fn public(&self) -> PublicPair {
        let secret = self.secret();
        PublicPair {
            g1: g1(&G1Affine::generator_times_secret(&secret)),
            g2: g2(&G2Affine::generator_times_secret(&secret)),
        }
    }

    /// The signature of what was hashed to `message`. Same key, same message, same signature.
    pub fn sign(&self, message: &G1) -> G1 {
        let point = G1Affine::decode(&message.encode().0).unwrap_or(G1Affine::IDENTITY);
        g1(&point.multiply_secret(&self.secret()))
    }

    fn secret(&self) -> Scalar {
        Scalar::from_be_bytes_reduced(&self.scalar)
    }
}

/// A point of prime order times 1..r is one too.
#[expect(clippy::expect_used, reason = "both libraries know the same points")]
fn g1(point: &G1Affine) -> G1 {
    G1::decode(&Bn254G1::new(point.encode())).expect("a point on the curve, and not the identity")
}

/// As [`g1`].
#[expect(clippy::expect_used, reason = "both libraries know the same points")]
fn g2(point: &G2Affine) -> G2 {
    G2::decode(&Bn254G2::new(point.encode())).expect("a point of the subgroup, not the identity")
}

/// HKDF-SHA256 without salt, 32 bytes, as an integer modulo the group order.
fn derived(secret: &[u8], info: &[u8]) -> Fr {
    let mut bytes = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(None, secret).expand(info, bytes.as_mut_slice());
    assert!(expanded.is_ok(), "32 bytes are within HKDF's 255 blocks");
    Fr::from_be_bytes_mod_order(bytes.as_slice())
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
