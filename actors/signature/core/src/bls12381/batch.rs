//! Many signatures, each of its own message, in one check.

use blst::min_pk;

use super::{PublicKey, SIGN, Signature, is_success};

/// Bits of a weight: a batch with a forgery in it passes once in 2^64.
const WEIGHT_BITS: usize = 64;

/// A signature, and what it is said to be of.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The message.
    pub message: &'a [u8],
    /// By whose key.
    pub key: PublicKey,
    /// The signature.
    pub signature: Signature,
}

/// Whether each claim is true: Π e(rᵢ·pkᵢ, H(mᵢ)) = e(g₁, Σ rᵢ·σᵢ). `weights` are the rᵢ, one
/// for each claim: random, secret until all claims are known, and not zero. With them every
/// signature stands for itself, so claims may be parted afterwards. False without claims, or with
/// another number of weights, or a weight of zero.
///
/// The construction is that of “Efficient verification of BLS multi-signatures” (Buterin, 2018).
pub fn verify_batch(claims: &[Claim<'_>], weights: &[u64]) -> bool {
    if claims.is_empty() || claims.len() != weights.len() || weights.contains(&0) {
        return false;
    }
    let messages: Vec<&[u8]> = claims.iter().map(|claim| claim.message).collect();
    let keys: Vec<&min_pk::PublicKey> = claims.iter().map(|claim| &claim.key.0).collect();
    let signatures: Vec<&min_pk::Signature> =
        claims.iter().map(|claim| &claim.signature.0).collect();
    let scalars: Vec<blst::blst_scalar> = weights.iter().copied().map(scalar).collect();
    // Keys and signatures were checked when they were decoded.
    is_success(min_pk::Signature::verify_multiple_aggregate_signatures(
        &messages,
        SIGN,
        &keys,
        false,
        &signatures,
        false,
        &scalars,
        WEIGHT_BITS,
    ))
}

fn scalar(weight: u64) -> blst::blst_scalar {
    let mut b = [0; 32];
    b[..8].copy_from_slice(&weight.to_le_bytes());
    blst::blst_scalar { b }
}
