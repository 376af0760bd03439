//! Certificates: what a contract is shown so that it believes a result.

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

use crate::operator::{OperatorId, Stake};
use crate::signature::{Bn254G1, Bn254G2, Digest};
use crate::task::TaskId;

/// One row of an operator table, as its Merkle leaf commits to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRow {
    /// The operator's G1 key.
    pub key: Bn254G1,
    /// Its weight per stake type.
    pub weights: Vec<Stake>,
}

/// Proof that an operator which did not sign is in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonSignerWitness {
    /// Position in the operator table.
    pub index: u32,
    /// Sibling hashes from the leaf to the root, concatenated.
    pub proof: Bytes,
    /// The row itself.
    pub row: OperatorRow,
}

/// A BN254 certificate, as `BN254CertificateVerifier` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bn254Certificate {
    /// Which operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// keccak(abi.encode(taskHash, output)).
    pub message_hash: B256,
    /// Sum of the signers' signatures.
    pub signature: Bn254G1,
    /// Sum of the signers' G2 keys.
    pub apk_g2: Bn254G2,
    /// Strictly ascending by table index.
    pub non_signers: Vec<NonSignerWitness>,
}

/// An ECDSA certificate: 65-byte signatures, ascending by recovered signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcdsaCertificate {
    /// Which operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// keccak(abi.encode(taskHash, output)).
    pub message_hash: B256,
    /// The signatures, concatenated.
    pub signatures: Bytes,
}

/// A certificate of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certificate {
    /// By an aggregate signature.
    Bn254(Bn254Certificate),
    /// By a list of signatures.
    Ecdsa(EcdsaCertificate),
}

/// What was certified, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedResult {
    /// The task.
    pub task: TaskId,
    /// The agreed output.
    pub output: Bytes,
    /// What all signers signed.
    pub digest: Digest,
    /// Who signed, ascending.
    pub signers: Vec<OperatorId>,
    /// The proof.
    pub certificate: Certificate,
}
