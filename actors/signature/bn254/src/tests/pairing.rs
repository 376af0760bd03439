use ark_ec::pairing::Pairing;

use super::tower::our12;
use super::{ark_g1, ark_g2, ark_scalar, cases};
use crate::{G1Affine, G2Affine, Gt, Prepared, pairing, product, product_is_one};

fn ark_product(pairs: &[(G1Affine, G2Affine)]) -> Gt {
    let value = ark_bn254::Bn254::multi_pairing(
        pairs.iter().map(|pair| ark_g1(pair.0)),
        pairs.iter().map(|pair| ark_g2(pair.1)),
    );
    Gt(our12(value.0))
}

#[test]
fn pairings_as_ark() {
    cases("pairings", 50, |dice| {
        let (p, q) = (dice.g1(), dice.g2());
        let value = pairing(&p, &q);
        assert_eq!(value, ark_product(&[(p, q)]));
        assert_eq!(product(&[(p, &Prepared::new(&q))], &[]), value);
        assert_eq!(value * value.invert(), Gt::ONE);
    });
}

#[test]
fn products_as_ark() {
    cases("products", 100, |dice| {
        let count = dice.below(6) as usize;
        let mut pairs = Vec::new();
        for _ in 0..count {
            let p = if dice.below(8) == 0 { G1Affine::IDENTITY } else { dice.g1() };
            let q = if dice.below(8) == 0 { G2Affine::IDENTITY } else { dice.g2() };
            pairs.push((p, q));
        }
        let split = dice.below(count as u64 + 1) as usize;
        let lines: Vec<Prepared> =
            pairs[..split].iter().map(|pair| Prepared::new(&pair.1)).collect();
        let known: Vec<_> = pairs.iter().map(|pair| pair.0).zip(&lines).collect();
        assert_eq!(product(&known, &pairs[split..]), ark_product(&pairs));
    });
}

#[test]
fn signatures_hold_and_others_do_not() {
    let minus = Prepared::new(&-G2Affine::GENERATOR);
    cases("signatures", 100, |dice| {
        let (secret, message) = (dice.scalar(), dice.g1());
        let key = G2Affine::generator_times_secret(&secret);
        let signature = message.multiply_secret(&secret);
        assert!(product_is_one(&[(signature, &minus)], &[(message, key)]));
        // Small secrets and messages meet: what was rolled may be the signature after all.
        let other = dice.g1();
        let holds = product_is_one(&[(other, &minus)], &[(message, key)]);
        assert_eq!(holds, other == signature);
    });
}

#[test]
fn bilinear() {
    cases("bilinear", 200, |dice| {
        let (p, q, k) = (dice.g1(), dice.g2(), dice.scalar());
        let left = pairing(&p.multiply(&k).to_affine(), &q);
        assert_eq!(left, pairing(&p, &q.multiply(&k).to_affine()));
        let value = ark_bn254::Bn254::pairing(ark_g1(p), ark_g2(q)) * ark_scalar(&k);
        assert_eq!(left, Gt(our12(value.0)));
    });
}
