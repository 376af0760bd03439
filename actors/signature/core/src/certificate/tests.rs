use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::Value;
use synod_types::certificate::{
    Certificate, CertificateRule, TableMember, ecdsa_domain, message_hash,
};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::task::TaskId;

use super::*;
use crate::bn254::{SecretKey, hash_solidity, verify};
use crate::ecdsa::recover;
use crate::vectors::{bls, bytes, fixed, list, number, ponos, text};

fn stakes(value: &Value) -> Vec<Stake> {
    list(value).iter().map(|one| Stake(text(one).parse().unwrap())).collect()
}

/// A decimal, hexadecimal or numeric integer.
fn stake(value: &Value) -> Stake {
    Stake(text(value).parse::<U256>().unwrap())
}

#[test]
fn leaves_are_those_of_the_vectors() {
    for case in list(&ponos()["operator_info_leaf"]["cases"]) {
        let key = [fixed::<32>(&case["x"]).0, fixed::<32>(&case["y"]).0].concat();
        let row = OperatorRow {
            key: alloy_primitives::FixedBytes::from_slice(&key),
            weights: stakes(&case["weights"]),
        };
        assert_eq!(operator_leaf(&row), fixed::<32>(&case["leaf"]));
    }
}

#[test]
fn roots_and_proofs_are_those_of_the_vectors() {
    let vectors = ponos();
    for group in ["merkle_ponos_test", "merkle_keccak"] {
        for case in list(&vectors[group]["cases"]) {
            let leaves: Vec<B256> = list(&case["leaves"]).iter().map(fixed).collect();
            let tree = MerkleTree::new(leaves.clone());
            let root: B256 = fixed(&case["root"]);
            assert_eq!(tree.root(), root);
            let proofs = case.get("proofs").map_or(&[][..], |proofs| list(proofs));
            for (index, expected) in proofs.iter().enumerate() {
                let proof = tree.proof(index).unwrap();
                assert_eq!(proof, bytes(expected));
                assert!(is_proof(leaves[index], index, &proof, root));
                assert!(!is_proof(
                    leaves[index],
                    index + leaves.len().next_power_of_two(),
                    &proof,
                    root
                ));
                assert!(!is_proof(B256::repeat_byte(1), index, &proof, root));
            }
            assert_eq!(tree.proof(leaves.len()), None);
        }
    }
    assert_eq!(MerkleTree::new(Vec::new()).root(), B256::ZERO);
}

#[test]
fn digests_are_those_of_the_vectors() {
    for case in list(&bls()["bn254_eigenlayer"]["derived"]["certificate_digest"]) {
        let timestamp = number(&case["referenceTimestamp"]);
        let digest = CertificateRule::Bn254.digest_of(timestamp, fixed(&case["messageHash"]));
        assert_eq!(digest.0, fixed::<32>(&case["digest"]));
    }
}

/// The table of the BN254 case, and each member's secret.
fn bn254_table(case: &Value) -> (OperatorTable, Vec<SecretKey>) {
    let operators = list(&case["operators"]);
    let members = operators.iter().zip(1..).map(|(operator, n)| TableMember {
        operator: OperatorId(Address::repeat_byte(n)),
        key: PublicKey::Bn254 {
            g1: fixed(&operator["pk_g1_marshal"]),
            g2: fixed(&operator["pk_g2_marshal"]),
        },
        weights: stakes(&operator["weights"]),
    });
    let table = OperatorTable {
        reference_timestamp: number(&case["reference_timestamp"]),
        members: members.collect(),
    };
    let secret = |operator: &Value| SecretKey::from_bytes(&fixed(&operator["sk"]).0).unwrap();
    (table, operators.iter().map(secret).collect())
}

#[test]
fn a_bn254_certificate_is_what_the_contract_took() {
    let vectors = ponos();
    let case = &vectors["bn254_cert"];
    let (task, result) = (TaskId(fixed(&case["task_hash"])), bytes(&case["result"]));
    let (table, secrets) = bn254_table(case);
    let hash = message_hash(task, &result);
    assert_eq!(hash, fixed::<32>(&case["message_hash"]));
    let digest = CertificateRule::Bn254.digest(table.reference_timestamp, task, &result);
    assert_eq!(digest.0, fixed::<32>(&case["digest"]));

    let message = hash_solidity(digest);
    let signatures: Vec<G1> = secrets.iter().map(|secret| secret.sign(&message)).collect();
    let tree = operator_tree(&table).unwrap();
    assert_eq!(tree.root(), fixed::<32>(&case["operator_info_tree_root"]));
    for (index, operator) in list(&case["operators"]).iter().enumerate() {
        assert_eq!(signatures[index].encode(), fixed(&operator["result_sig"]));
        assert_eq!(operator_leaf(&row(&table, index).unwrap()), fixed::<32>(&operator["leaf"]));
        assert_eq!(tree.proof(index).unwrap(), bytes(&operator["proof"]));
        let public = secrets[index].public();
        assert_eq!(public.encode(), table.members[index].key);
        assert!(verify(&message, public.g2(), &signatures[index]));
    }
    let keys: Vec<_> = secrets.iter().map(SecretKey::public).collect();
    let all = G1::sum(keys.iter().map(|pair| pair.g1())).unwrap();
    assert_eq!(all.encode(), fixed(&case["aggregate_pubkey_g1"]));

    let expected = &case["cert_signers_0_1_2"];
    let sigma = G1::sum(&signatures[..3]).unwrap();
    let apk = G2::sum(keys[..3].iter().map(|pair| pair.g2())).unwrap();
    assert_eq!(sigma.encode(), fixed(&expected["signature"]));
    assert_eq!(apk.encode(), fixed(&expected["apk_g2"]));
    let certificate = bn254_certificate(&table, hash, (&sigma, &apk), |index| index < 3).unwrap();
    assert_eq!(encode_bn254(&certificate), bytes(&expected["abi_encoded"]));
    let calldata = submit_result(task, &Certificate::Bn254(certificate), &result);
    assert_eq!(calldata.unwrap(), bytes(&expected["submit_result_calldata"]));
}

#[test]
fn an_ecdsa_certificate_is_what_the_contract_took() {
    let vectors = ponos();
    let case = &vectors["ecdsa_cert"];
    let verifier: Address = text(&case["verifier"]).parse().unwrap();
    let major_version = text(&case["version"]).chars().next().unwrap();
    assert_eq!(ecdsa_domain(major_version, verifier), fixed::<32>(&case["domain_separator"]));
    let timestamp = number(&case["reference_timestamp"]);
    let (task, result) = (TaskId(fixed(&case["task_hash"])), bytes(&case["result"]));
    let rule = CertificateRule::Ecdsa { major_version, verifier };
    let digest = rule.digest(timestamp, task, &result);
    assert_eq!(digest.0, fixed::<32>(&case["digest"]));

    let signatures = list(&case["operators"]).iter().rev();
    let recovered = signatures.map(|one| {
        let mut signature = bytes(&one["sig"]).to_vec();
        signature[64] -= 27;
        recover(digest, &signature).unwrap()
    });
    let hash = message_hash(task, &result);
    let certificate = ecdsa_certificate(timestamp, hash, recovered.collect());
    assert_eq!(encode_ecdsa(&certificate), bytes(&case["abi_encoded_all"]));
    let calldata = submit_result(task, &Certificate::Ecdsa(certificate), &result).unwrap();
    assert!(calldata.starts_with(&[0xa5, 0xfa, 0xbc, 0x81]));
}

#[test]
fn thresholds_are_met_as_on_chain() {
    for case in list(&ponos()["threshold"]["cases"]) {
        let rule = ThresholdRule::bips(number(&case["bips"])).unwrap();
        let met = case.get("met").or_else(|| case.get("met_contract")).unwrap();
        let is_met = rule.is_met(stake(&case["signed"]), stake(&case["total"]));
        assert_eq!(is_met, met.as_bool().unwrap(), "{case}");
    }
    for case in list(&ponos()["ecdsa_cert"]["submit_cases"]) {
        let vectors = ponos();
        let operators = list(&vectors["ecdsa_cert"]["operators"]);
        let sum = |chosen: &[usize]| {
            let weights = chosen.iter().map(|&index| stake(&operators[index]["weight"]).0);
            Stake(weights.fold(U256::ZERO, |sum, weight| sum + weight))
        };
        let signers: Vec<usize> = list(&case["signers"]).iter().map(number).collect();
        let rule = ThresholdRule::bips(number(&case["bips"])).unwrap();
        let is_met = rule.is_met(sum(&signers), sum(&[0, 1, 2]));
        assert_eq!(is_met, text(&case["result"]) == "ok", "{case}");
    }
}

#[test]
fn no_contract_takes_a_bls12381_certificate() {
    let certificate = Certificate::Bls12381(synod_types::certificate::Bls12381Certificate {
        reference_timestamp: 1,
        message_hash: B256::ZERO,
        signature: alloy_primitives::FixedBytes([0; 96]),
    });
    assert_eq!(submit_result(TaskId(B256::ZERO), &certificate, &Bytes::new()), None);
}
