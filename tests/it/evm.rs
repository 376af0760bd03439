//! Our BN254 certificates before the judge that counts: the precompiles of the EVM.
//!
//! The judge here does what the certificate verifier does on chain, from the certificate's bytes
//! alone: takes each witness' Merkle proof to the root, subtracts its key from the sum of all
//! (0x06), and checks signature and keys in one product of two pairings (0x06, 0x07, 0x08).

use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::EmptyDB;
use revm::primitives::{Address, Bytes, TxKind};
use revm::{ExecuteEvm, MainBuilder, MainContext};
use synod_signature_core::bn254::{G1, G2, SecretKey, hash_solidity};
use synod_signature_core::certificate::{bn254_certificate, operator_leaf, operator_tree};
use synod_types::certificate::{
    Bn254Certificate, CertificateRule, OperatorTable, TableMember, message_hash,
};
use synod_types::operator::{OperatorId, Stake};
use synod_types::task::TaskId;
use synod_types::{B256, U256, keccak256};

const ADD: u8 = 0x06;
const MUL: u8 = 0x07;
const PAIRING: u8 = 0x08;

/// The curve's field.
const P: U256 = U256::from_limbs([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);
/// The order of its groups.
const R: U256 = U256::from_limbs([
    0x43e1_f593_f000_0001,
    0x2833_e848_79b9_7091,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

/// What a precompile answers; `None` if it reverts.
fn call(precompile: u8, input: Vec<u8>) -> Option<Vec<u8>> {
    let context: Context<BlockEnv, TxEnv, CfgEnv, EmptyDB> = Context::mainnet();
    let mut evm = context.build_mainnet();
    let to = Address::with_last_byte(precompile);
    let tx = TxEnv::builder()
        .kind(TxKind::Call(to))
        .gas_limit(10_000_000)
        .data(Bytes::from(input))
        .build()
        .unwrap();
    let result = evm.transact(tx).unwrap().result;
    result.is_success().then(|| result.output().map(|output| output.to_vec()).unwrap_or_default())
}

fn negated(point: &[u8]) -> Vec<u8> {
    let y = U256::from_be_slice(&point[32..]);
    let minus_y = if y.is_zero() { y } else { P - y };
    [&point[..32], &minus_y.to_be_bytes::<32>()].concat()
}

fn add(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    call(ADD, [a, b].concat())
}

fn times(point: &[u8], scalar: U256) -> Option<Vec<u8>> {
    call(MUL, [point, &scalar.to_be_bytes::<32>()].concat())
}

/// Where a Merkle proof leads.
fn climb(leaf: B256, mut index: u32, proof: &[u8]) -> B256 {
    let mut node = leaf;
    for sibling in proof.chunks(32) {
        let pair = if index.is_multiple_of(2) {
            [node.as_slice(), sibling].concat()
        } else {
            [sibling, node.as_slice()].concat()
        };
        node = keccak256(pair);
        index /= 2;
    }
    node
}

/// Whether a contract that knows the table's root and key sum believes the certificate.
fn believes(certificate: &Bn254Certificate, root: B256, all_keys: &[u8]) -> bool {
    judge(certificate, root, all_keys) == Some(true)
}

fn judge(certificate: &Bn254Certificate, root: B256, all_keys: &[u8]) -> Option<bool> {
    let mut signers = all_keys.to_vec();
    let mut last = None;
    for witness in &certificate.non_signers {
        let leaf = operator_leaf(&witness.row);
        let is_ascending = last < Some(witness.index);
        if !is_ascending || climb(leaf, witness.index, &witness.proof) != root {
            return Some(false);
        }
        last = Some(witness.index);
        signers = add(&signers, &negated(witness.row.key.as_slice()))?;
    }
    let rule = CertificateRule::Bn254;
    let digest = rule.digest_of(certificate.reference_timestamp, certificate.message_hash);
    let message = hash_solidity(digest).encode();
    let (signature, apk_g2) = (certificate.signature.as_slice(), certificate.apk_g2.as_slice());
    let seed = [digest.0.as_slice(), &signers, apk_g2, signature].concat();
    let gamma = U256::from_be_bytes(keccak256(seed).0) % R;
    let left = add(signature, &times(&signers, gamma)?)?;
    let generator = G1::generator().encode();
    let right = add(message.as_slice(), &times(generator.as_slice(), gamma)?)?;
    let minus_left = negated(&left);
    let g2 = G2::generator().encode();
    let input = [&minus_left, g2.as_slice(), &right, apk_g2].concat();
    Some(call(PAIRING, input)?.last() == Some(&1))
}

/// A table of `count` operators with different keys and weights.
fn table(count: u8) -> (OperatorTable, Vec<SecretKey>) {
    let keys: Vec<SecretKey> =
        (1..=count).map(|n| SecretKey::from_seed(&[n; 32]).unwrap()).collect();
    let members = keys.iter().zip(1_u8..).map(|(key, n)| TableMember {
        operator: OperatorId(Address::repeat_byte(n)),
        key: key.public().encode(),
        weights: vec![Stake(U256::from(n)), Stake(U256::from(1))],
    });
    (OperatorTable { reference_timestamp: 1_700_000_000, members: members.collect() }, keys)
}

struct Case {
    certificate: Bn254Certificate,
    root: B256,
    all_keys: Vec<u8>,
}

/// A certificate of a table of `count` by those for whom `signs` holds.
fn certified(count: u8, signs: impl Fn(usize) -> bool) -> Case {
    let (table, keys) = table(count);
    let task = TaskId(B256::repeat_byte(7));
    let hash = message_hash(task, b"forty-two");
    let digest = CertificateRule::Bn254.digest_of(table.reference_timestamp, hash);
    let message = hash_solidity(digest);
    let signers: Vec<&SecretKey> =
        keys.iter().enumerate().filter(|(index, _)| signs(*index)).map(|(_, key)| key).collect();
    let signatures: Vec<G1> = signers.iter().map(|key| key.sign(&message)).collect();
    let signature = G1::sum(&signatures).unwrap();
    let apk_g2: Vec<G2> = signers.iter().map(|key| *key.public().g2()).collect();
    let apk_g2 = G2::sum(&apk_g2).unwrap();
    let all: Vec<G1> = keys.iter().map(|key| *key.public().g1()).collect();
    Case {
        certificate: bn254_certificate(&table, hash, (&signature, &apk_g2), signs).unwrap(),
        root: operator_tree(&table).unwrap().root(),
        all_keys: G1::sum(&all).unwrap().encode().to_vec(),
    }
}

#[track_caller]
fn check(case: &Case, expected: bool) {
    assert_eq!(believes(&case.certificate, case.root, &case.all_keys), expected);
}

#[test]
fn the_evm_believes_certificates_with_any_number_of_absent_signers() {
    for count in [1_u8, 2, 4, 7] {
        for absent in 0..count {
            check(&certified(count, |index| index >= usize::from(absent)), true);
        }
    }
}

#[test]
fn the_evm_refuses_every_tampered_field() {
    let fresh = || certified(5, |index| index != 1 && index != 3);
    let tampered: [fn(&mut Case); 9] = [
        |case| case.certificate.reference_timestamp += 1,
        |case| case.certificate.message_hash.0[0] ^= 1,
        |case| case.certificate.signature = G1::generator().encode(),
        |case| case.certificate.apk_g2 = G2::generator().encode(),
        |case| drop(case.certificate.non_signers.pop()),
        |case| case.certificate.non_signers.swap(0, 1),
        |case| case.certificate.non_signers[0].index += 1,
        |case| case.certificate.non_signers[0].row.weights[0] = Stake(U256::ZERO),
        |case| case.certificate.non_signers[0].row.key = G1::generator().encode(),
    ];
    check(&fresh(), true);
    for tamper in tampered {
        let mut case = fresh();
        tamper(&mut case);
        check(&case, false);
    }
}

#[test]
fn the_evm_refuses_a_sum_that_a_stranger_added_to() {
    let mut case = certified(4, |_| true);
    let stranger = SecretKey::from_seed(&[99; 32]).unwrap();
    let rule = CertificateRule::Bn254;
    let digest =
        rule.digest_of(case.certificate.reference_timestamp, case.certificate.message_hash);
    let extra = stranger.sign(&hash_solidity(digest));
    let signature = G1::decode(&case.certificate.signature).unwrap();
    case.certificate.signature = G1::sum(&[signature, extra]).unwrap().encode();
    check(&case, false);
}
