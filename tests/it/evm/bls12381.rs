//! Aggregates of BLS12-381 before the pairing precompile, 0x0f of EIP-2537.

use synod_signature_core::bls12381::{PublicKey, SecretKey, Signature, pairing_input};

use super::judge::precompile;

const PAIRING: u8 = 0x0f;

fn keys(count: u8) -> Vec<SecretKey> {
    (1..=count).map(|n| SecretKey::from_seed(&[n; 32]).unwrap()).collect()
}

/// What the precompile says of a sum of signatures and the sum of these keys.
fn believes(message: &[u8], keys: &[SecretKey], signature: &Signature) -> bool {
    let keys: Vec<PublicKey> = keys.iter().map(SecretKey::public).collect();
    let input = pairing_input(message, &PublicKey::sum(&keys).unwrap(), signature);
    let output = precompile(PAIRING, input).expect("points that were decoded are points");
    output.last() == Some(&1)
}

#[test]
fn the_evm_believes_sums_of_signatures_of_one_message() {
    for count in [1, 2, 5, 33] {
        let keys = keys(count);
        let signatures: Vec<Signature> = keys.iter().map(|key| key.sign(b"message")).collect();
        let sum = Signature::sum(&signatures).unwrap();
        assert!(believes(b"message", &keys, &sum));
        assert!(!believes(b"massage", &keys, &sum));
        assert!(count == 1 || !believes(b"message", &keys[1..], &sum));
        assert!(count == 1 || !believes(b"message", &keys, &signatures[0]));
    }
}

#[test]
fn the_evm_refuses_points_that_are_none() {
    let keys = keys(1);
    let good = pairing_input(b"message", &keys[0].public(), &keys[0].sign(b"message"));
    assert_eq!(good.len(), 2 * (128 + 256));
    assert_eq!(precompile(PAIRING, good.clone()).unwrap().last(), Some(&1));
    // A padding that is not zero, a coordinate off the curve, a byte too many.
    for at in [0, 127, 128 + 255] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(precompile(PAIRING, bad), None, "byte {at}");
    }
    assert_eq!(precompile(PAIRING, [good, vec![0]].concat()), None);
}
