//! What contracts are shown: leaves and proofs of the operator table, certificates, calldata.

mod abi;
mod merkle;

pub use abi::{encode_bn254, encode_ecdsa, operator_leaf, submit_result};
pub use merkle::{MerkleTree, is_proof};

use alloy_primitives::{B256, Bytes};
use synod_types::certificate::{
    Bn254Certificate, EcdsaCertificate, NonSignerWitness, OperatorRow, OperatorTable,
};
use synod_types::signature::{Bn254G1, Bn254G2, PublicKey};

use crate::bn254::{G1, G2};
use crate::ecdsa::Recovered;

/// The row of a table as its Merkle leaf commits to it; `None` where the key is not BN254.
fn row(table: &OperatorTable, index: usize) -> Option<OperatorRow> {
    let member = table.members.get(index)?;
    match member.key {
        PublicKey::Bn254 { g1, .. } => {
            Some(OperatorRow { key: g1, weights: member.weights.clone() })
        }
        PublicKey::Bls12381(_) | PublicKey::Ecdsa(_) => None,
    }
}

/// The Merkle tree over a table of BN254 keys; `None` where another key is in it.
pub fn operator_tree(table: &OperatorTable) -> Option<MerkleTree> {
    let rows = (0..table.members.len()).map(|index| row(table, index));
    let leaves: Option<Vec<B256>> = rows.map(|row| row.map(|row| operator_leaf(&row))).collect();
    leaves.map(MerkleTree::new)
}

/// The certificate over `message_hash` by the members for whom `has_signed` holds, whose
/// signatures and G2 keys add up to `signature` and `apk_g2`. `None` where the table holds a key
/// of another scheme.
pub fn bn254_certificate(
    table: &OperatorTable,
    message_hash: B256,
    (signature, apk_g2): (&G1, &G2),
    has_signed: impl Fn(usize) -> bool,
) -> Option<Bn254Certificate> {
    let sums = (signature.encode(), apk_g2.encode());
    bn254_certificate_of(table, &operator_tree(table)?, message_hash, sums, has_signed)
}

/// The same, over a tree that is made, of sums as they travel.
pub(crate) fn bn254_certificate_of(
    table: &OperatorTable,
    tree: &MerkleTree,
    message_hash: B256,
    (signature, apk_g2): (Bn254G1, Bn254G2),
    has_signed: impl Fn(usize) -> bool,
) -> Option<Bn254Certificate> {
    let absent = (0..table.members.len()).filter(|&index| !has_signed(index));
    let witness = |index: usize| {
        let proof = tree.proof(index)?;
        let row = row(table, index)?;
        Some(NonSignerWitness { index: u32::try_from(index).ok()?, proof, row })
    };
    Some(Bn254Certificate {
        reference_timestamp: table.reference_timestamp,
        message_hash,
        signature,
        apk_g2,
        non_signers: absent.map(witness).collect::<Option<_>>()?,
    })
}

/// The certificate over `message_hash` by the signers of `signatures`, ascending by signer as
/// the contract wants them.
pub fn ecdsa_certificate(
    reference_timestamp: u32,
    message_hash: B256,
    mut signatures: Vec<Recovered>,
) -> EcdsaCertificate {
    signatures.sort_by_key(|recovered| recovered.signer);
    signatures.dedup_by_key(|recovered| recovered.signer);
    let signatures: Vec<u8> =
        signatures.into_iter().flat_map(|recovered| recovered.signature).collect();
    EcdsaCertificate { reference_timestamp, message_hash, signatures: Bytes::from(signatures) }
}

#[cfg(test)]
mod tests;
