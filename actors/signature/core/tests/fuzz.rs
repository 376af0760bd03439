//! Bytes from outside, mangled: every decoder at the border answers each of them, with an error of
//! its name or with what encodes to the same bytes again, and never panics.
//!
//! `SIGNATURE_FUZZ_CASES` says how many cases each target gets; without coverage to go by, cases
//! are made from whole ones by the ways in which bytes go wrong.
#![allow(clippy::unwrap_used, missing_docs)]

use alloy_primitives::{Address, B256, FixedBytes, U256};
use proptest::prelude::*;
use synod_signature_core::bn254::{self, G1, G2, PointError, PublicPair};
use synod_signature_core::ecdsa::{self, EcdsaError};
use synod_signature_core::guard::GuardRecord;
use synod_signature_core::guard::interchange::{KeyRecords, export, parse};
use synod_signature_core::{Fault, KeyError, SecretKey, bls12381, certificate, verify};
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, PublicKey, Scheme, Signature};
use synod_types::task::TaskId;

/// The modulus of BN254's field.
const P: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
/// The order of secp256k1.
const N: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn cases() -> ProptestConfig {
    let told = std::env::var("SIGNATURE_FUZZ_CASES");
    let cases = told.map_or(256, |cases| cases.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn number(text: &str) -> U256 {
    U256::from_str_radix(text, 16).unwrap()
}

/// One way in which bytes go wrong.
#[derive(Clone, Debug)]
enum Wrong {
    Flip(usize, u8),
    Cut(usize),
    More(Vec<u8>),
    /// Two words of 32 bytes, one in the place of the other.
    Swap(usize, usize),
    /// Another number for a word: zero, small, large, the moduli and what is next to them.
    Word(usize, U256),
    /// The modulus added to a word: the same element, written otherwise.
    Plus(usize, U256),
    Anything(Vec<u8>),
}

fn wrong() -> impl Strategy<Value = Wrong> {
    let (p, n) = (number(P), number(N));
    let one = U256::from(1);
    let words = vec![U256::ZERO, one, p - one, p, p + one, n - one, n, U256::MAX];
    prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, with)| Wrong::Flip(at, with)),
        1 => any::<usize>().prop_map(Wrong::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Wrong::More),
        1 => (0..6_usize, 0..6_usize).prop_map(|(one, other)| Wrong::Swap(one, other)),
        2 => (0..6_usize, prop::sample::select(words)).prop_map(|(at, word)| Wrong::Word(at, word)),
        1 => (0..6_usize, prop::sample::select(vec![p, n])).prop_map(|(at, by)| Wrong::Plus(at, by)),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Wrong::Anything),
    ]
}

fn wrongs() -> impl Strategy<Value = Vec<Wrong>> {
    prop::collection::vec(wrong(), 0..4)
}

fn mangled(mut bytes: Vec<u8>, wrongs: &[Wrong]) -> Vec<u8> {
    for wrong in wrongs {
        let (length, words) = (bytes.len(), bytes.len() / 32);
        match wrong {
            Wrong::Flip(at, with) if 0 < length => bytes[at % length] ^= with,
            Wrong::Cut(at) => bytes.truncate(at % (length + 1)),
            Wrong::More(more) => bytes.extend(more),
            Wrong::Swap(one, other) if 0 < words => {
                for byte in 0..32 {
                    bytes.swap(32 * (one % words) + byte, 32 * (other % words) + byte);
                }
            }
            Wrong::Word(at, word) if 0 < words => {
                let from = 32 * (at % words);
                bytes[from..from + 32].copy_from_slice(&word.to_be_bytes::<32>());
            }
            Wrong::Plus(at, by) if 0 < words => {
                let from = 32 * (at % words);
                let word = U256::from_be_slice(&bytes[from..from + 32]).wrapping_add(*by);
                bytes[from..from + 32].copy_from_slice(&word.to_be_bytes::<32>());
            }
            Wrong::Anything(other) => bytes.clone_from(other),
            Wrong::Flip(..) | Wrong::Swap(..) | Wrong::Word(..) | Wrong::Plus(..) => (),
        }
    }
    bytes
}

/// `N` of these bytes, padded with zeros.
fn fixed<const N: usize>(bytes: &[u8]) -> FixedBytes<N> {
    let mut fixed = [0; N];
    let length = bytes.len().min(N);
    fixed[..length].copy_from_slice(&bytes[..length]);
    FixedBytes(fixed)
}

fn key(scheme: Scheme, seed: u8) -> SecretKey {
    SecretKey::from_bytes(scheme, &[seed.clamp(1, 0x20); 32]).unwrap()
}

fn digest(seed: u8) -> Digest {
    Digest(B256::repeat_byte(seed))
}

fn bn254_halves(seed: u8) -> (FixedBytes<64>, FixedBytes<128>) {
    match key(Scheme::Bn254, seed).public() {
        PublicKey::Bn254 { g1, g2 } => (g1, g2),
        PublicKey::Bls12381(_) | PublicKey::Ecdsa(_) => panic!("a key of another scheme"),
    }
}

/// A duty's record, from nothing but small numbers.
fn record(key: B256, n: u8) -> GuardRecord {
    let duty =
        Duty::TaskResult(TaskId(B256::repeat_byte(n)), OperatorId(Address::repeat_byte(n % 3)));
    GuardRecord::V1 { key, duty, digest: digest(n) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn target_1_points_of_bn254_g1(seed: u8, wrongs in wrongs()) {
        let whole = bn254_halves(seed).0;
        let bytes: FixedBytes<64> = fixed(&mangled(whole.to_vec(), &wrongs));
        let words = [0, 32].map(|at| U256::from_be_slice(&bytes[at..at + 32]));
        match G1::decode(&bytes) {
            Ok(point) => prop_assert_eq!(point.encode(), bytes),
            Err(PointError::NotCanonical) => {
                prop_assert!(words.iter().any(|word| number(P) <= *word));
            }
            Err(PointError::Identity) => prop_assert_eq!(words, [U256::ZERO; 2]),
            Err(PointError::NotOnCurve) => prop_assert_ne!(bytes, whole),
            Err(PointError::NotInSubgroup) => panic!("all of BN254's first curve is the subgroup"),
        }
    }

    #[test]
    fn target_2_points_of_bn254_g2(seed: u8, wrongs in wrongs()) {
        let whole = bn254_halves(seed).1;
        let bytes: FixedBytes<128> = fixed(&mangled(whole.to_vec(), &wrongs));
        let words = [0, 32, 64, 96].map(|at| U256::from_be_slice(&bytes[at..at + 32]));
        match G2::decode(&bytes) {
            Ok(point) => prop_assert_eq!(point.encode(), bytes),
            Err(PointError::NotCanonical) => {
                prop_assert!(words.iter().any(|word| number(P) <= *word));
            }
            Err(PointError::Identity) => prop_assert_eq!(words, [U256::ZERO; 4]),
            Err(PointError::NotOnCurve | PointError::NotInSubgroup) => {
                prop_assert_ne!(bytes, whole);
            }
        }
    }

    #[test]
    fn target_3_pairs_of_halves(seed: u8, other: u8, wrongs in wrongs()) {
        let (g1, g2) = bn254_halves(seed);
        let strange = bn254_halves(other);
        // A rogue key: a half of one's own, and a half of another's.
        let rogue = PublicPair::decode(&strange.0, &g2);
        let is_same = strange.0 == g1;
        prop_assert_eq!(rogue.is_ok(), is_same);
        prop_assert!(is_same || rogue == Err(KeyError::HalvesDiffer));
        let mangled_g2 = fixed(&mangled(g2.to_vec(), &wrongs));
        prop_assert_eq!(PublicPair::decode(&g1, &mangled_g2).is_ok(), mangled_g2 == g2);
    }

    #[test]
    fn target_4_keys_of_bls12_381(seed: u8, wrongs in wrongs()) {
        let PublicKey::Bls12381(whole) = key(Scheme::Bls12381, seed).public() else { panic!() };
        let bytes: FixedBytes<48> = fixed(&mangled(whole.to_vec(), &wrongs));
        match bls12381::PublicKey::decode(&bytes) {
            Ok(key) => prop_assert_eq!(key.encode(), bytes),
            Err(error) => {
                prop_assert_eq!(error, KeyError::Bls12381);
                prop_assert_ne!(bytes, whole);
            }
        }
    }

    #[test]
    fn target_5_signatures_of_bls12_381(seed: u8, wrongs in wrongs()) {
        let whole = key(Scheme::Bls12381, seed).sign(digest(seed)).bytes;
        let bytes: FixedBytes<96> = fixed(&mangled(whole.to_vec(), &wrongs));
        match bls12381::Signature::decode(&bytes) {
            Ok(signature) => prop_assert_eq!(signature.encode(), bytes),
            Err(bls12381::NotASignature) => prop_assert_ne!(bytes.as_slice(), &whole[..]),
        }
    }

    #[test]
    fn target_6_signatures_of_ecdsa(seed: u8, wrongs in wrongs()) {
        let whole = key(Scheme::Ecdsa, seed).sign(digest(seed)).bytes.to_vec();
        let bytes = mangled(whole, &wrongs);
        let scalars = || [0, 32].map(|at| U256::from_be_slice(&bytes[at..at + 32]));
        match ecdsa::recover(digest(seed), &bytes) {
            Ok(recovered) => prop_assert_eq!(&recovered.signature[..64], &bytes[..64]),
            Err(EcdsaError::Length(length)) => {
                prop_assert_eq!(length, bytes.len());
                prop_assert_ne!(length, 65);
            }
            Err(EcdsaError::RecoveryId(v)) => prop_assert!(![0, 1, 27, 28].contains(&v)),
            Err(EcdsaError::HighS) => prop_assert!(number(N) / U256::from(2) < scalars()[1]),
            Err(EcdsaError::Unrecoverable) => (),
        }
    }

    /// The other signature that anybody can make from one is refused by its name.
    #[test]
    fn target_7_malleable_ecdsa(seed: u8, of: u8) {
        let mut bytes = key(Scheme::Ecdsa, seed).sign(digest(of)).bytes.to_vec();
        let s = U256::from_be_slice(&bytes[32..64]);
        bytes[32..64].copy_from_slice(&(number(N) - s).to_be_bytes::<32>());
        bytes[64] ^= 7;
        prop_assert!(bytes[64] == 27 || bytes[64] == 28);
        prop_assert_eq!(ecdsa::recover(digest(of), &bytes), Err(EcdsaError::HighS));
    }

    /// Of any scheme, with any key: right is only what the key made.
    #[test]
    fn target_8_signatures_and_whose_they_are(
        seed: u8,
        of: u8,
        scheme in prop::sample::select(vec![Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa]),
        wrongs in wrongs(),
    ) {
        let key = key(scheme, seed);
        let whole = key.sign(digest(of));
        let bytes = mangled(whole.bytes.to_vec(), &wrongs);
        let signature = Signature { scheme, bytes: bytes.clone().into() };
        let length = signature.bytes.len();
        match verify(&key.public(), digest(of), &signature) {
            // Either name of an ECDSA signature's parity.
            Ok(()) => prop_assert_eq!(&bytes[..64], &whole.bytes[..64]),
            Err(Fault::Length(told) | Fault::Ecdsa(EcdsaError::Length(told))) => {
                prop_assert_eq!(told, length);
                prop_assert_ne!(length, whole.bytes.len());
            }
            Err(Fault::Scheme(_) | Fault::Key(_)) => panic!("scheme and key are right"),
            Err(_) => prop_assert_ne!(signature.bytes, whole.bytes),
        }
    }

    #[test]
    fn target_9_records_of_the_journal(n: u8, wrongs in wrongs()) {
        let whole = record(B256::repeat_byte(9), n);
        let bytes = mangled(whole.encode(), &wrongs);
        if let Ok(record) = GuardRecord::decode(&bytes) {
            prop_assert_eq!(GuardRecord::decode(&record.encode()), Ok(record));
        }
        prop_assert_eq!(GuardRecord::decode(&whole.encode()), Ok(whole));
    }

    #[test]
    fn target_10_interchange_files(ns in prop::collection::btree_set(any::<u8>(), 0..6), wrongs in wrongs()) {
        let key = key(Scheme::Ecdsa, 3).public();
        let owner = synod_signature_core::guard::fingerprint(&key);
        let records: Vec<_> = ns.into_iter().map(|n| record(owner, n)).collect();
        let whole = vec![KeyRecords { key, records }];
        let text = export(&whole);
        prop_assert_eq!(parse(text.as_bytes()), Ok(whole));
        let bytes = mangled(text.into_bytes(), &wrongs);
        if let Ok(keys) = parse(&bytes) {
            prop_assert_eq!(parse(export(&keys).as_bytes()), Ok(keys));
        }
    }

    #[test]
    fn target_11_proofs_of_the_operator_table(
        leaves in prop::collection::vec(any::<[u8; 32]>(), 1..9),
        at: usize,
        wrongs in wrongs(),
    ) {
        let leaves: Vec<B256> = leaves.into_iter().map(B256::from).collect();
        let at = at % leaves.len();
        let tree = certificate::MerkleTree::new(leaves.clone());
        let whole = tree.proof(at).unwrap();
        prop_assert!(certificate::is_proof(leaves[at], at, &whole, tree.root()));
        let bytes = mangled(whole.to_vec(), &wrongs);
        let is_proof = certificate::is_proof(leaves[at], at, &bytes, tree.root());
        prop_assert_eq!(is_proof, bytes == whole.to_vec());
    }

    #[test]
    fn target_12_hashes_to_the_curve(message in prop::collection::vec(any::<u8>(), 0..200)) {
        let point = bn254::hash_svdw(&message, bn254::PONOS_DST).unwrap();
        prop_assert_eq!(G1::decode(&point.encode()), Ok(point));
        let digest = Digest(fixed(&message));
        let point = bn254::hash_solidity(digest);
        prop_assert_eq!(G1::decode(&point.encode()), Ok(point));
    }
}
