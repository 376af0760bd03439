//! What contracts are shown: read back by a decoder of another make; and proofs of the operator
//! table.

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use synod_signature_core::certificate::{
    MerkleTree, ecdsa_certificate, encode_bn254, encode_ecdsa, is_proof, submit_result,
};
use synod_signature_core::ecdsa::recover;
use synod_types::certificate::{Bn254Certificate, Certificate, NonSignerWitness, OperatorRow};
use synod_types::operator::Stake;
use synod_types::signature::Scheme;
use synod_types::task::TaskId;

use super::input::Input;

#[allow(missing_docs, unreachable_pub, reason = "written by the macro")]
mod sol {
    alloy_sol_types::sol! {
        struct Point { bytes32 x; bytes32 y; }
        struct Twist { bytes32[2] x; bytes32[2] y; }
        struct Row { Point pubkey; uint256[] weights; }
        struct Witness { uint32 index; bytes proof; Row row; }
        struct Bn254 { uint32 at; bytes32 hash; Point signature; Twist apk; Witness[] absent; }
        struct Ecdsa { uint32 at; bytes32 hash; bytes signatures; }
    }
}

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => bn254(&certificate(&mut input)),
        1 => foreign(input.0),
        2 => ecdsa(&mut input),
        _ => proofs(&mut input),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        (0..12).map(|n| [vec![n % 4, n], vec![n; 400]].concat()).collect();
    for n in 0..3_u8 {
        let certificate = certificate(&mut Input(&[n; 600]));
        seeds.push([vec![1], encode_bn254(&certificate).to_vec()].concat());
    }
    seeds
}

/// Any certificate of up to seven witnesses.
fn certificate(input: &mut Input<'_>) -> Bn254Certificate {
    let witnesses = input.byte() % 8;
    let witness = |_| {
        let weights =
            (0..input.byte() % 4).map(|_| Stake(U256::from_be_bytes(input.array::<32>())));
        let row = OperatorRow { weights: weights.collect(), key: input.array().into() };
        let length = usize::from(input.byte()) % 100;
        let proof = vec![input.byte(); length].into();
        NonSignerWitness { index: u32::from_be_bytes(input.array()), proof, row }
    };
    let non_signers = (0..witnesses).map(witness).collect();
    Bn254Certificate {
        reference_timestamp: u32::from_be_bytes(input.array()),
        message_hash: input.array().into(),
        signature: input.array().into(),
        apk_g2: input.array().into(),
        non_signers,
    }
}

/// Every field is where a contract looks for it, and the calldata holds the certificate.
fn bn254(certificate: &Bn254Certificate) {
    let encoded = encode_bn254(certificate);
    let read = sol::Bn254::abi_decode_validate(&encoded).unwrap();
    assert_eq!(encode_bn254(&certificate_of(&read)), encoded);
    assert_eq!(&certificate_of(&read), certificate);
    assert_eq!(read.abi_encode(), encoded);
    let (task, result) = (TaskId(certificate.message_hash), Bytes::from(vec![7; 33]));
    let call = submit_result(task, &Certificate::Bn254(certificate.clone()), &result).unwrap();
    let (id, inner, output) =
        <(B256, Bytes, Bytes)>::abi_decode_params_validate(&call[4..]).unwrap();
    assert_eq!((id, inner, output), (task.0, encoded, result));
}

/// Bytes that somebody else calls a certificate.
fn foreign(bytes: &[u8]) {
    if let Ok(read) = sol::Bn254::abi_decode_validate(bytes) {
        bn254(&certificate_of(&read));
    }
}

fn certificate_of(read: &sol::Bn254) -> Bn254Certificate {
    let join = |words: &[B256]| words.iter().flat_map(|word| word.0).collect::<Vec<u8>>();
    let point = |point: &sol::Point| join(&[point.x, point.y]).as_slice().try_into().unwrap();
    let witness = |witness: &sol::Witness| NonSignerWitness {
        index: witness.index,
        proof: witness.proof.clone(),
        row: OperatorRow {
            key: point(&witness.row.pubkey),
            weights: witness.row.weights.iter().copied().map(Stake).collect(),
        },
    };
    let [x, y] = [read.apk.x, read.apk.y];
    Bn254Certificate {
        reference_timestamp: read.at,
        message_hash: read.hash,
        signature: point(&read.signature),
        apk_g2: join(&[x[0], x[1], y[0], y[1]]).as_slice().try_into().unwrap(),
        non_signers: read.absent.iter().map(witness).collect(),
    }
}

/// Each signer once, ascending; each signature recovers to its own.
fn ecdsa(input: &mut Input<'_>) {
    let digest = input.digest();
    let mut signatures = Vec::new();
    for _ in 0..input.byte() % 8 {
        let mut bytes = input.key(Scheme::Ecdsa).sign(digest).bytes.to_vec();
        input.spoil(&mut bytes);
        signatures.extend(recover(digest, &bytes));
    }
    let mut signers: Vec<_> = signatures.iter().map(|found| found.signer).collect();
    signers.sort_unstable();
    signers.dedup();
    let certificate = ecdsa_certificate(u32::from(input.byte()), digest.0, signatures);
    let each = certificate.signatures.chunks(65);
    let found: Vec<_> = each.map(|one| recover(digest, one).unwrap().signer).collect();
    assert_eq!(found, signers);
    let read = sol::Ecdsa::abi_decode_validate(&encode_ecdsa(&certificate)).unwrap();
    let told = (read.at, read.hash, read.signatures);
    assert_eq!(
        told,
        (certificate.reference_timestamp, certificate.message_hash, certificate.signatures)
    );
}

/// A leaf is proven by its own proof, at its own place, and by nothing else.
fn proofs(input: &mut Input<'_>) {
    let count = 1 + usize::from(input.byte()) % 20;
    let leaves: Vec<B256> =
        (0..count).map(|n| B256::left_padding_from(&[n as u8 + 1, input.byte()])).collect();
    let at = usize::from(input.byte()) % count;
    let tree = MerkleTree::new(leaves.clone());
    let whole = tree.proof(at).unwrap();
    assert!(is_proof(leaves[at], at, &whole, tree.root()));
    let mut bytes = whole.to_vec();
    input.spoil(&mut bytes);
    assert_eq!(is_proof(leaves[at], at, &bytes, tree.root()), bytes == whole);
    let other = usize::from(u16::from_be_bytes(input.array()));
    assert_eq!(is_proof(leaves[at], other, &whole, tree.root()), other == at);
    assert_eq!(tree.proof(count), None);
}
