use alloy_primitives::keccak256;
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use synod_types::signature::Digest;

use super::curve::{Ark, Curve};
use super::hash::hash_solidity;
use super::point::{G1, G2};

/// Whether `signature` is that of `message` by the owner of `key`. The same check serves a sum
/// of signatures of one message and the sum of their keys.
pub fn verify(message: &G1, key: &G2, signature: &G1) -> bool {
    Ark::product(&signature.0, &[(message.0, key.0)]) == Ark::one()
}

/// Input of the pairing precompile (0x08) for the same check: (σ, −G2), (H, apk).
pub fn pairing_input(signature: &G1, message: &G1, key: &G2) -> Vec<u8> {
    let minus_g2 = G2(-G2Affine::generator());
    [
        signature.encode().as_slice(),
        minus_g2.encode().as_slice(),
        message.encode().as_slice(),
        key.encode().as_slice(),
    ]
    .concat()
}

/// Input of the pairing precompile for the contracts' combined check, which proves at once that
/// the G1 and G2 sums of keys belong together: (σ + γ·apk1, −G2), (H + γ·G1, apk2) with
/// γ = keccak(digest ‖ apk1 ‖ apk2 ‖ σ) mod r. `None` if a combination is the identity.
pub fn combined_pairing_input(
    digest: Digest,
    key_g1: &G1,
    key_g2: &G2,
    signature: &G1,
) -> Option<Vec<u8>> {
    let gamma = gamma_of(digest, key_g1, key_g2, signature);
    let [signature, message] = combined(gamma, &hash_solidity(digest), key_g1, signature);
    let (signature, message) = (G1::from_sum(signature)?, G1::from_sum(message)?);
    Some(pairing_input(&signature, &message, key_g2))
}

/// keccak(digest ‖ pk₁ ‖ pk₂ ‖ σ) mod r.
pub(super) fn gamma_of(digest: Digest, key_g1: &G1, key_g2: &G2, signature: &G1) -> Fr {
    let seed = [
        digest.0.to_vec(),
        key_g1.encode().to_vec(),
        key_g2.encode().to_vec(),
        signature.encode().to_vec(),
    ];
    Fr::from_be_bytes_mod_order(keccak256(seed.concat()).as_slice())
}

/// σ + γ·pk₁ and H + γ·g₁: what the check pairs that also shows that the halves of the key belong
/// together.
pub(super) fn combined(gamma: Fr, message: &G1, key_g1: &G1, signature: &G1) -> [G1Projective; 2] {
    [signature.0 + key_g1.0 * gamma, message.0 + G1Affine::generator() * gamma]
}
