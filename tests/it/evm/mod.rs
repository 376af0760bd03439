//! Our certificates before the judge that counts: the EVM.
//!
//! The judge is a contract of the tests, `tests/chain/CertificateVerifier.sol`, which does what the
//! certificate verifier does on chain: decodes the certificate, takes each witness' Merkle proof to
//! the root, subtracts its key from the sum of all, and checks signature and keys in one product of
//! two pairings.

mod bls12381;
mod judge;
mod random;

use judge::{Case, Judge, Verdict};
use synod_signature_core::bn254::{G1, G2, SecretKey, hash_solidity};
use synod_types::certificate::CertificateRule;
use synod_types::operator::Stake;
use synod_types::task::TaskId;
use synod_types::{B256, U256};

/// A certificate of a table of `count` by those for whom `signs` holds.
fn certified(count: u8, signs: impl Fn(usize) -> bool) -> Case {
    let keys: Vec<SecretKey> =
        (1..=count).map(|n| SecretKey::from_seed(&[n; 32]).unwrap()).collect();
    let weights = (1..=u64::from(count)).map(|n| vec![Stake(U256::from(n)), Stake(U256::from(1))]);
    let members: Vec<_> = keys.iter().zip(weights).collect();
    Case::of(&members, TaskId(B256::repeat_byte(7)), signs)
}

#[test]
fn the_evm_believes_certificates_with_any_number_of_absent_signers() {
    let judge = Judge::new();
    for count in [1_u8, 2, 4, 7] {
        for absent in 0..count {
            let case = certified(count, |index| index >= usize::from(absent));
            assert_eq!(judge.judge(&case), Verdict::Signed(case.signed.clone()));
        }
    }
}

type Tamper = fn(&mut Case);

#[test]
fn the_evm_refuses_every_tampered_field_and_says_why() {
    let judge = Judge::new();
    let fresh = || certified(5, |index| index != 1 && index != 3);
    let tampered: [(Tamper, &str); 10] = [
        (|case| case.certificate.reference_timestamp += 1, "ReferenceTimestampDoesNotExist"),
        (|case| case.certificate.message_hash.0[0] ^= 1, "VerificationFailed"),
        (|case| case.certificate.signature = G1::generator().encode(), "VerificationFailed"),
        (|case| case.certificate.apk_g2 = G2::generator().encode(), "VerificationFailed"),
        (|case| drop(case.certificate.non_signers.pop()), "VerificationFailed"),
        (|case| case.certificate.non_signers.swap(0, 1), "NonSignerIndicesNotSorted"),
        (|case| case.certificate.non_signers[0].index += 1, "VerificationFailed"),
        (|case| case.certificate.non_signers[0].index += 8, "InvalidOperatorIndex"),
        (
            |case| case.certificate.non_signers[0].row.weights[0] = Stake(U256::ZERO),
            "VerificationFailed",
        ),
        (
            |case| case.certificate.non_signers[0].row.key = G1::generator().encode(),
            "VerificationFailed",
        ),
    ];
    for (number, (tamper, why)) in tampered.into_iter().enumerate() {
        let mut case = fresh();
        tamper(&mut case);
        assert_eq!(judge.judge(&case), Verdict::Refused(why), "{number}");
    }
}

/// Each word of a certificate's bytes means something.
#[test]
fn the_evm_refuses_a_certificate_with_any_one_word_changed() {
    let judge = Judge::new();
    let case = certified(6, |index| index != 1 && index < 4);
    let encoded = case.encoded();
    for word in 0..encoded.len() / 32 {
        for bit in [0, 255] {
            let mut bytes = encoded.to_vec();
            bytes[32 * word + 31 - bit / 8] ^= 1 << (bit % 8);
            let verdict = judge.judge_bytes(&case, bytes);
            assert!(verdict.is_refused(), "word {word}, bit {bit}: {verdict:?}");
        }
    }
    for bytes in [&encoded[..encoded.len() - 32], &[&encoded[..], &[0; 32]].concat()] {
        assert!(judge.judge_bytes(&case, bytes.to_vec()).is_refused());
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
    assert_eq!(Judge::new().judge(&case), Verdict::Refused("VerificationFailed"));
}

/// What the deployed contracts refused, as the vectors tell it; those of its cases that a
/// certificate alone can show.
#[test]
fn the_evm_refuses_as_the_deployed_contracts_do() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/ponos.json")).unwrap();
    let judge = Judge::new();
    let cases: [(&str, Tamper); 4] = [
        ("nonsigner witness pubkey = first 64 bytes of the G2 marshal", |case| {
            let whole = case.keys[1].public().g2().encode();
            case.certificate.non_signers[0].row.key.0.copy_from_slice(&whole[..64]);
        }),
        ("a signer also listed as nonsigner", |case| {
            let other = certified(5, |index| index > 1);
            case.certificate.non_signers.insert(0, other.certificate.non_signers[0].clone());
        }),
        ("nonsigner witnesses not strictly increasing", |case| {
            let again = case.certificate.non_signers[0].clone();
            case.certificate.non_signers.insert(0, again);
        }),
        ("nonsigner left out", |case| drop(case.certificate.non_signers.remove(0))),
    ];
    for (name, tamper) in cases {
        let told = vectors["contract_negative"]["cases"].as_array().unwrap().iter();
        let told = told.clone().find(|one| one["case"].as_str().unwrap().starts_with(name));
        let why = told.unwrap()["revert"].as_str().unwrap().trim_end_matches("()");
        let mut case = certified(5, |index| index != 1 && index != 3);
        tamper(&mut case);
        let verdict = judge.judge(&case);
        assert!(matches!(verdict, Verdict::Refused(said) if said == why), "{name}: {verdict:?}");
    }
}
