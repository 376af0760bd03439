//! Certificates: what a contract is shown so that it believes a result.

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, keccak256};
use serde::{Deserialize, Serialize};

use crate::operator::{OperatorId, Stake};
use crate::signature::{Bn254G1, Bn254G2, Digest, PublicKey, Scheme};
use crate::task::TaskId;

/// keccak(abi.encode(bytes32 taskHash, bytes output)): what a certificate speaks of.
pub fn message_hash(task: TaskId, output: &[u8]) -> B256 {
    let padding = output.len().next_multiple_of(32) - output.len();
    let mut encoded = Vec::with_capacity(96 + output.len() + padding);
    encoded.extend_from_slice(task.0.as_slice());
    encoded.extend_from_slice(&word(64));
    encoded.extend_from_slice(&U256::from(output.len()).to_be_bytes::<32>());
    encoded.extend_from_slice(output);
    encoded.resize(encoded.len() + padding, 0);
    keccak256(encoded)
}

/// Which contract a certificate is for, and with it what operators sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case")]
pub enum CertificateRule {
    /// `BN254CertificateVerifier`: the digest has no EIP-712 domain.
    Bn254,
    /// No contract: shaped like the BN254 rule, under a type name of its own.
    Bls12381,
    /// `ECDSACertificateVerifier`: an EIP-712 domain without chain id.
    Ecdsa {
        /// First character of the contract's version, as in `"1"`.
        major_version: char,
        /// The contract.
        verifier: Address,
    },
}

impl CertificateRule {
    /// The scheme of every signature under this rule.
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Bn254 => Scheme::Bn254,
            Self::Bls12381 => Scheme::Bls12381,
            Self::Ecdsa { .. } => Scheme::Ecdsa,
        }
    }

    /// What an operator signs for `output` of `task`, and an aggregator looks for.
    pub fn digest(self, reference_timestamp: u32, task: TaskId, output: &[u8]) -> Digest {
        self.digest_of(reference_timestamp, message_hash(task, output))
    }

    /// The bytes whose keccak is [`Self::digest`]: for a signer that hashes what it is given.
    pub fn preimage(self, reference_timestamp: u32, task: TaskId, output: &[u8]) -> Bytes {
        self.preimage_of(reference_timestamp, message_hash(task, output)).into()
    }

    /// The digest over a message hash.
    pub fn digest_of(self, reference_timestamp: u32, message_hash: B256) -> Digest {
        Digest(keccak256(self.preimage_of(reference_timestamp, message_hash)))
    }

    fn preimage_of(self, reference_timestamp: u32, message_hash: B256) -> Vec<u8> {
        let name = match self {
            Self::Bn254 => "BN254Certificate",
            Self::Bls12381 => "BLS12381Certificate",
            Self::Ecdsa { .. } => "ECDSACertificate",
        };
        let members = "(uint32 referenceTimestamp,bytes32 messageHash)";
        let type_hash = keccak256(format!("{name}{members}"));
        let timestamp = word(reference_timestamp);
        let body = [type_hash.0, timestamp, message_hash.0].concat();
        match self {
            Self::Bn254 | Self::Bls12381 => body,
            Self::Ecdsa { major_version, verifier } => {
                let (domain, body) = (ecdsa_domain(major_version, verifier), keccak256(body));
                [&[0x19, 0x01], domain.as_slice(), body.as_slice()].concat()
            }
        }
    }
}

/// The domain separator of an `ECDSACertificateVerifier`.
pub fn ecdsa_domain(major_version: char, verifier: Address) -> B256 {
    let type_hash = keccak256("EIP712Domain(string name,string version,address verifyingContract)");
    let name = keccak256("EigenLayer");
    let version = keccak256(major_version.encode_utf8(&mut [0; 4]));
    keccak256([type_hash, name, version, verifier.into_word()].concat())
}

fn word(value: u32) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

/// One member of an operator table: who, by which key, with how much weight.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableMember {
    /// The operator.
    pub operator: OperatorId,
    /// Its signing key.
    pub key: PublicKey,
    /// Its weight per stake type.
    pub weights: Vec<Stake>,
}

/// The operators of a set and what they weighed at one time. A member's position is its index
/// in the contract's table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OperatorTable {
    /// When: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// The rows, in the contract's order.
    pub members: Vec<TableMember>,
}

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

/// A BLS12-381 certificate. No contract takes it; who holds the table can check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bls12381Certificate {
    /// Which operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// keccak(abi.encode(taskHash, output)).
    pub message_hash: B256,
    /// Sum of the signers' signatures, compressed.
    pub signature: FixedBytes<96>,
}

/// A certificate of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certificate {
    /// By an aggregate signature.
    Bn254(Bn254Certificate),
    /// By an aggregate signature.
    Bls12381(Bls12381Certificate),
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
