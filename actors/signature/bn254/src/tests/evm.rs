//! Beside the precompiles 0x06 to 0x08 of an EVM, which compute on a third library
//! (substrate-bn): the same answers, and the same inputs refused.

use revm::precompile::bn254::{run_add, run_mul, run_pair};

use super::{Dice, cases};
use crate::{G1, G1Affine, G2Affine, Gt, Scalar, pairing};

/// What a precompile answers; `None` where it fails.
fn add(input: &[u8]) -> Option<Vec<u8>> {
    run_add(input, 0, u64::MAX).ok().map(|output| output.bytes.to_vec())
}

fn multiply(input: &[u8]) -> Option<Vec<u8>> {
    run_mul(input, 0, u64::MAX).ok().map(|output| output.bytes.to_vec())
}

fn pair(input: &[u8]) -> Option<bool> {
    run_pair(input, 0, 0, u64::MAX).ok().map(|output| output.bytes.last() == Some(&1))
}

/// The same done by this crate, from the same bytes.
fn our_add(input: &[u8; 128]) -> Option<Vec<u8>> {
    let a = G1Affine::decode(input.first_chunk()?).ok()?;
    let b = G1Affine::decode(input.last_chunk()?).ok()?;
    Some((G1::from(a) + b.into()).to_affine().encode().to_vec())
}

fn our_multiply(input: &[u8; 96]) -> Option<Vec<u8>> {
    let point = G1Affine::decode(input.first_chunk()?).ok()?;
    let scalar = Scalar::from_be_bytes_reduced(input.last_chunk()?);
    Some(point.multiply(&scalar).to_affine().encode().to_vec())
}

fn our_pair(input: &[u8]) -> Option<bool> {
    let mut product = Gt::ONE;
    for pair in input.as_chunks::<192>().0 {
        let p = G1Affine::decode(pair.first_chunk()?).ok()?;
        let q = G2Affine::decode(pair.last_chunk()?).ok()?;
        product = product * pairing(&p, &q);
    }
    Some(product == Gt::ONE)
}

/// Spoils bytes in one of the ways that matter: a bit, the order of words, a coordinate moved up
/// by p (which is the same number and not the same bytes), p itself, zeros.
fn spoil(dice: &mut Dice, bytes: &mut [u8]) {
    let words = bytes.len() / 32;
    let word = 32 * dice.below(words as u64) as usize;
    let other = 32 * dice.below(words as u64) as usize;
    match dice.below(6) {
        0 => bytes[dice.below(bytes.len() as u64) as usize] ^= 1 << dice.below(8),
        1 => (0..32).for_each(|i| bytes.swap(word + i, other + i)),
        2 => {
            let p = crate::limbs::to_be_bytes(&crate::fp::P);
            let mut carry = 0_u16;
            for i in (0..32).rev() {
                carry += u16::from(bytes[word + i]) + u16::from(p[i]);
                bytes[word + i] = carry as u8;
                carry >>= 8;
            }
        }
        3 => {
            bytes[word..word + 32].copy_from_slice(&crate::limbs::to_be_bytes(&crate::fp::P));
        }
        4 => bytes[word..word + 32].fill(0),
        _ => bytes[word..word + 32].copy_from_slice(&dice.integer()),
    }
}

fn g1(dice: &mut Dice) -> G1Affine {
    if dice.below(16) == 0 { G1Affine::IDENTITY } else { dice.g1() }
}

#[test]
fn additions_as_the_precompile() {
    cases("precompile 0x06", 4, |dice| {
        let a = g1(dice);
        let b = match dice.below(6) {
            0 => a,
            1 => -a,
            _ => g1(dice),
        };
        let mut input = [0; 128];
        input[..64].copy_from_slice(&a.encode());
        input[64..].copy_from_slice(&b.encode());
        if dice.below(3) == 0 {
            spoil(dice, &mut input);
        }
        assert_eq!(our_add(&input), add(&input), "{input:02x?}");
    });
}

#[test]
fn multiples_as_the_precompile() {
    cases("precompile 0x07", 20, |dice| {
        let mut input = [0; 96];
        input[..64].copy_from_slice(&g1(dice).encode());
        // Any 256 bits: the precompile takes scalars above the order too.
        input[64..].copy_from_slice(&dice.integer());
        if dice.below(4) == 0 {
            spoil(dice, &mut input[..64]);
        }
        assert_eq!(our_multiply(&input), multiply(&input), "{input:02x?}");
    });
}

#[test]
fn products_of_pairings_as_the_precompile() {
    cases("precompile 0x08", 150, |dice| {
        let mut input = Vec::new();
        for _ in 0..dice.below(3) {
            // e(P, Q)·e(kP, −Q/k…): half of the products are one.
            let (p, q, k) = (g1(dice), dice.g2(), dice.scalar());
            let first = p.multiply(&k).to_affine();
            let second = if dice.below(4) == 0 { dice.g2() } else { -q.multiply(&k).to_affine() };
            for (p, q) in [(first, q), (p, second)] {
                input.extend_from_slice(&p.encode());
                input.extend_from_slice(&q.encode());
            }
        }
        if dice.below(4) == 0 && !input.is_empty() {
            spoil(dice, &mut input);
        }
        assert_eq!(our_pair(&input), pair(&input), "{input:02x?}");
    });
}

#[test]
fn points_of_g2_are_refused_as_by_the_precompile() {
    let minus_one = (-G2Affine::GENERATOR).encode();
    cases("points of G2 before precompile 0x08", 60, |dice| {
        // Spoilt bytes, or a point of the twist outside the subgroup.
        let mut bytes = if dice.below(3) == 0 {
            super::point::twist_point(dice).encode()
        } else {
            let mut bytes = dice.g2().encode();
            spoil(dice, &mut bytes);
            bytes
        };
        if dice.below(8) == 0 {
            bytes = minus_one;
        }
        // The identity of G1 hides nothing: both points are checked.
        let input = [[0; 64].as_slice(), &bytes].concat();
        assert_eq!(G2Affine::decode(&bytes).is_ok(), pair(&input).is_some(), "{bytes:02x?}");
    });
}
