//! Aggregators who verify each signature by itself.

use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::One;
use synod_signature_core::bn254::hash_solidity;
use synod_types::aggregation::CertificateOrder;
use synod_types::signature::{Digest, PublicKey};

use super::scenario::Scenario;
use crate::points::{ark_g1, ark_g2};

/// Someone who makes certificates of a scenario's answers.
pub struct Rival<'a> {
    /// In the head of the table.
    pub name: String,
    /// Once for all tasks; ends when the last is certified.
    pub certify: Box<dyn FnMut() + 'a>,
}

impl<'a> Rival<'a> {
    /// See [`Rival`].
    pub fn new(name: &str, certify: impl FnMut() + 'a) -> Self {
        Self { name: name.to_owned(), certify: Box::new(certify) }
    }
}

/// Each signature by one product of two pairings; a message is mapped once for its task, and the
/// lines of −G2 are known. Then the sum.
pub fn each_verified(scenario: &Scenario) -> Rival<'_> {
    let minus = <Bn254 as Pairing>::G2Prepared::from(-G2Affine::generator());
    singly("singly on ark", scenario, move |claim| {
        let lines = [minus.clone(), claim.key.into()];
        Bn254::multi_pairing([claim.signature, claim.message], lines).0.is_one()
    })
}

/// Each signature by two full pairings that are compared, the message mapped each time, as
/// services in the field do. Then the sum.
pub fn each_paired_twice(scenario: &Scenario) -> Rival<'_> {
    singly("two pairings each", scenario, |claim| {
        let message = message(claim.digest);
        let right = Bn254::pairing(message, claim.key);
        Bn254::pairing(claim.signature, G2Affine::generator()) == right
    })
}

/// That `signature` is of `digest`, which maps to `message`, by `key`.
struct Claim {
    signature: G1Affine,
    digest: Digest,
    message: G1Affine,
    key: G2Affine,
}

fn singly<'a>(
    name: &str,
    scenario: &'a Scenario,
    is_true: impl Fn(&Claim) -> bool + 'a,
) -> Rival<'a> {
    let keys: Vec<G2Affine> = scenario.keys.iter().map(half_in_g2).collect();
    Rival::new(name, move || {
        for (answers, order) in scenario.answers.iter().zip(&scenario.orders) {
            let digest = digest_of(order, &answers[0].output);
            let message = message(digest);
            let (mut sum, mut sum_of_keys) = (G1Projective::default(), G2Projective::default());
            let mut wrong = 0;
            for (answer, &key) in answers.iter().zip(&keys) {
                let signature = ark_g1(&answer.signature.bytes);
                if is_true(&Claim { signature, digest, message, key }) {
                    sum += signature;
                    sum_of_keys += key;
                } else {
                    wrong += 1;
                }
            }
            let (signature, key) = (sum.into_affine(), sum_of_keys.into_affine());
            let claim = Claim { signature, digest, message, key };
            assert!(is_true(&claim), "the sum of what is right is right");
            assert_eq!(wrong, scenario.shape.bad);
        }
    })
}

fn digest_of(order: &CertificateOrder, output: &[u8]) -> Digest {
    order.rule.digest(order.table.reference_timestamp, order.task, output)
}

fn message(digest: Digest) -> G1Affine {
    ark_g1(hash_solidity(digest).encode().as_slice())
}

fn half_in_g2(key: &PublicKey) -> G2Affine {
    let PublicKey::Bn254 { g2, .. } = key else { panic!("a key of BN254") };
    ark_g2(g2.as_slice())
}
