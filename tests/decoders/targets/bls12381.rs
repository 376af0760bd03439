//! Keys, signatures and proofs of possession of BLS12-381, and their form for the precompiles.

use synod_signature_core::KeyError;
use synod_signature_core::bls12381::{PublicKey, SecretKey, Signature};

use super::input::{Input, fixed};

pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let secret = SecretKey::from_bytes(&[input.byte() % 32 + 1; 32]).unwrap();
    let message = [input.byte(); 32];
    match input.byte() % 4 {
        0 => key(&mut input, secret.public().encode().to_vec()),
        1 => signature(&mut input, &secret, message),
        2 => possession(&mut input, &secret),
        _ => key(&mut input, Vec::new()),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let of = |n: u8| {
        let key = SecretKey::from_bytes(&[n + 1; 32]).unwrap().public().encode();
        [&[n, n, n % 4, n % 3, 0, n, 1, 2, 3, 4, 5][..], key.as_slice()].concat()
    };
    (0..12).map(of).collect()
}

/// What is accepted is written as it came, and by EIP-2537 as the standard's uncompressed form.
fn key(input: &mut Input<'_>, mut bytes: Vec<u8>) {
    if bytes.is_empty() {
        bytes = input.array::<48>().to_vec();
    }
    input.spoil(&mut bytes);
    let Ok(key) = PublicKey::decode(&fixed(&bytes)) else { return };
    assert_eq!(key.encode(), fixed::<48>(&bytes));
    let padded = key.encode_eip2537();
    let (x, y) = (coordinate(&padded[..64]), coordinate(&padded[64..]));
    let judge = blst::min_pk::PublicKey::deserialize(&[x, y].concat()).unwrap();
    assert_eq!(judge.compress(), bytes[..48]);
    assert_eq!(judge.validate(), Ok(()));
}

fn signature(input: &mut Input<'_>, secret: &SecretKey, message: [u8; 32]) {
    let whole = secret.sign(&message);
    let mut bytes = whole.encode().to_vec();
    input.spoil(&mut bytes);
    let bytes = fixed::<96>(&bytes);
    let Ok(signature) = Signature::decode(&bytes) else {
        assert_ne!(bytes, whole.encode());
        return;
    };
    assert_eq!(signature.encode(), bytes);
    assert_eq!(signature.verify(&message, &secret.public()), signature == whole);
    let padded = signature.encode_eip2537();
    // The precompiles take the real part first, the standard the imaginary one.
    let words = [64, 0, 192, 128].map(|at| coordinate(&padded[at..at + 64]));
    let judge = blst::min_pk::Signature::deserialize(&words.concat()).unwrap();
    assert_eq!(judge.compress(), bytes.0);
    assert_eq!(judge.validate(false), Ok(()));
}

/// Only the owner's proof makes a key one that may be added up.
fn possession(input: &mut Input<'_>, secret: &SecretKey) {
    let key = secret.public().encode();
    let whole = secret.prove_possession();
    let mut bytes = whole.encode().to_vec();
    input.spoil(&mut bytes);
    let Ok(proof) = Signature::decode(&fixed(&bytes)) else { return };
    let expected = if proof == whole { Ok(secret.public()) } else { Err(KeyError::NotPossessed) };
    assert_eq!(PublicKey::decode_proven(&key, &proof), expected);
    let signed = secret.sign(key.as_slice());
    assert_eq!(PublicKey::decode_proven(&key, &signed), Err(KeyError::NotPossessed));
}

/// 48 bytes of 64, of which the first 16 are zeros.
fn coordinate(bytes: &[u8]) -> Vec<u8> {
    assert_eq!(bytes[..16], [0; 16]);
    bytes[16..].to_vec()
}
