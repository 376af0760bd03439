//! ECDSA signatures: whose they are, and that nobody makes a second one of a first.

use alloy_primitives::U256;
use synod_signature_core::ecdsa::{EcdsaError, SecretKey, recover};
use synod_types::signature::{Digest, Scheme};

use super::input::{Input, SECP_ORDER};

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let secret = SecretKey::from_bytes(&[input.byte() % 32 + 1; 32]).unwrap();
    let digest = Digest(input.array().into());
    let whole = secret.sign(digest);
    assert_eq!(recover(digest, &whole).map(|found| found.signer), Ok(secret.address()));
    let mut bytes = match input.byte() % 2 {
        0 => whole.to_vec(),
        _ => input.array::<65>().to_vec(),
    };
    input.spoil(&mut bytes);
    let half = SECP_ORDER / U256::from(2);
    let scalars = || [0, 32].map(|at| U256::from_be_slice(&bytes[at..at + 32]));
    let is_in_range = |scalar: &U256| !scalar.is_zero() && *scalar < SECP_ORDER;
    match recover(digest, &bytes) {
        Ok(found) => {
            assert_eq!(found.signature[..64], bytes[..64], "accepted, and written otherwise");
            assert_eq!(found.signature[64] % 27, bytes[64] % 27);
            assert!(scalars().iter().all(is_in_range) && scalars()[1] <= half);
            assert_eq!(recover(digest, &found.signature), Ok(found));
            let is_whole = bytes[..64] == whole[..64] && bytes[64] % 27 == whole[64] % 27;
            assert!(found.signer != secret.address() || is_whole);
            malleable(digest, found.signature);
        }
        Err(EcdsaError::Length(length)) => assert!(length == bytes.len() && length != 65),
        Err(EcdsaError::RecoveryId(v)) => {
            assert!(v == bytes[64] && ![0, 1, 27, 28].contains(&v));
        }
        Err(EcdsaError::HighS) => assert!(half < scalars()[1]),
        Err(EcdsaError::Unrecoverable) => assert_ne!(bytes[..64], whole[..64]),
    }
}

/// The other signature of the same digest, of which anybody is capable, has a name.
fn malleable(digest: Digest, mut bytes: [u8; 65]) {
    let s = U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(SECP_ORDER - s).to_be_bytes::<32>());
    bytes[64] = 55 - bytes[64];
    assert_eq!(recover(digest, &bytes), Err(EcdsaError::HighS));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let raw = |n: u8| {
        let digest = Input(&[n]).digest();
        let whole = Input(&[n]).key(Scheme::Ecdsa).sign(digest).bytes;
        [&[n], digest.0.as_slice(), &[1], &whole, &[n % 4, 6, 1, 2, 5, 0, 2]].concat()
    };
    let made = (0..8).map(|n| [&[n; 33][..], &[0, n % 4, n, n, 2, 6, 1, 2]].concat());
    made.chain((0..8).map(raw)).collect()
}
