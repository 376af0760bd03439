//! Proofs that whoever registers a key knows its secret. Without one, a rogue could register the
//! difference of his own key and another's, and sign for both.
//!
//! Two generations of registries want them, over different digests and bound by different γ; each
//! checks e(σ + γ·pk₁, −g₂) · e(H(digest) + γ·g₁, pk₂) = 1, so that one product also shows that
//! the halves of the key have the same secret.

use alloy_primitives::{Address, B256, U256, keccak256};
use ark_bn254::Fr;
use ark_ec::CurveGroup;
use ark_ff::PrimeField;
use synod_types::signature::Digest;

use super::curve::{Ark, Curve};
use super::hash::hash_solidity;
use super::key::PublicPair;
use super::pairing::{combined, gamma_of};
use super::point::G1;

/// What the digests of one registry are bound to: the domain of EIP-712.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryDomain<'a> {
    /// The contract's name for itself in EIP-712.
    pub name: &'a str,
    /// The version, as the contract writes it into its domain.
    pub version: &'a str,
    /// The chain it stands on.
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
}

impl RegistryDomain<'_> {
    /// The domain separator.
    pub fn separator(&self) -> B256 {
        let domain = "EIP712Domain(string name,string version,uint256 chainId,address \
                      verifyingContract)";
        let words = [
            keccak256(domain),
            keccak256(self.name),
            keccak256(self.version),
            U256::from(self.chain_id).into(),
            self.contract.into_word(),
        ];
        keccak256(words.concat())
    }

    fn digest(&self, body: B256) -> Digest {
        let bytes = [&[0x19, 0x01], self.separator().as_slice(), body.as_slice()].concat();
        Digest(keccak256(bytes))
    }
}

/// To whom a key is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// With a middleware's `BLSApkRegistry`: one key for all its quorums.
    ApkRegistry {
        /// Whose key it is.
        operator: Address,
    },
    /// With the `KeyRegistrar`: one key for one operator set.
    KeyRegistrar {
        /// Whose key it is.
        operator: Address,
        /// Whose operator set it is.
        avs: Address,
        /// Which of its sets.
        operator_set: u32,
    },
}

impl Registration {
    /// What the secret signs, by H_sol, to register `pair`.
    pub fn digest(&self, domain: &RegistryDomain<'_>, pair: &PublicPair) -> Digest {
        let body = match self {
            Self::ApkRegistry { operator } => {
                let of = keccak256("BN254PubkeyRegistration(address operator)");
                [of, operator.into_word()].concat()
            }
            Self::KeyRegistrar { operator, avs, operator_set } => {
                let of = keccak256(
                    "BN254KeyRegistration(address operator,address avs,uint32 \
                     operatorSetId,bytes keyData)",
                );
                let key = keccak256(key_data(pair));
                let set = U256::from(*operator_set).into();
                [of, operator.into_word(), avs.into_word(), set, key].concat()
            }
        };
        domain.digest(keccak256(body))
    }

    /// Whether `proof` shows that whoever registers `pair` knows its secret: as the registry
    /// checks it.
    pub fn is_proven(&self, domain: &RegistryDomain<'_>, pair: &PublicPair, proof: &G1) -> bool {
        let digest = self.digest(domain, pair);
        let message = hash_solidity(digest);
        let gamma = match self {
            Self::ApkRegistry { .. } => apk_registry_gamma(pair, proof, &message),
            Self::KeyRegistrar { .. } => gamma_of(digest, pair.g1(), pair.g2(), proof),
        };
        let [left, right] = combined(gamma, &message, pair.g1(), proof);
        G1::from_sum(right).is_some_and(|right| {
            Ark::product(&left.into_affine(), &[(right.0, pair.g2().0)]) == Ark::one()
        })
    }
}

/// A key as contracts store it: G1 ‖ G2.
fn key_data(pair: &PublicPair) -> Vec<u8> {
    [pair.g1().encode().as_slice(), pair.g2().encode().as_slice()].concat()
}

/// keccak(σ ‖ pk₁ ‖ pk₂ ‖ H(digest)) mod r.
pub(super) fn apk_registry_gamma(pair: &PublicPair, proof: &G1, message: &G1) -> Fr {
    let seed = [proof.encode().to_vec(), key_data(pair), message.encode().to_vec()].concat();
    Fr::from_be_bytes_mod_order(keccak256(seed).as_slice())
}
