use serde_json::Value;

use super::*;
use crate::vectors::{bls, bytes, list, text};

/// Runs `check` over the inputs and outputs of one group of cases; says how many there were.
fn each(group: &str, check: impl Fn(&Value, &Value) -> bool) {
    let vectors = bls();
    let files = vectors["bls12_381"]["files"].as_object().unwrap();
    let cases = files.iter().filter(|(name, _)| name.starts_with(&format!("{group}/")));
    let mut count = 0;
    for (name, case) in cases {
        assert!(check(&case["input"], &case["output"]), "{name}");
        count += 1;
    }
    assert!(0 < count, "no case of {group}");
}

fn key(value: &Value) -> Option<PublicKey> {
    let bytes: [u8; 48] = bytes(value).as_ref().try_into().ok()?;
    PublicKey::decode(&FixedBytes(bytes)).ok()
}

fn signature(value: &Value) -> Option<Signature> {
    let bytes: [u8; 96] = bytes(value).as_ref().try_into().ok()?;
    Signature::decode(&FixedBytes(bytes)).ok()
}

fn keys(value: &Value) -> Option<Vec<PublicKey>> {
    list(value).iter().map(key).collect()
}

#[test]
fn signing_conforms() {
    each("sign", |input, output| {
        let secret: [u8; 32] = bytes(&input["privkey"]).as_ref().try_into().unwrap();
        match SecretKey::from_bytes(&secret) {
            Ok(key) => key.sign(&bytes(&input["message"])).encode().to_string() == text(output),
            Err(SecretError::OutOfRange) => output.is_null(),
            Err(SecretError::ShortSeed) => false,
        }
    });
}

#[test]
fn verifying_conforms() {
    each("verify", |input, output| {
        let (key, signature) = (key(&input["pubkey"]), signature(&input["signature"]));
        let message = bytes(&input["message"]);
        let is_good =
            key.zip(signature).is_some_and(|(key, signature)| signature.verify(&message, &key));
        is_good == output.as_bool().unwrap()
    });
}

#[test]
fn sums_conform() {
    each("aggregate", |input, output| {
        let signatures: Option<Vec<Signature>> = list(input).iter().map(signature).collect();
        match Signature::sum(&signatures.unwrap()) {
            Some(sum) => sum.encode().to_string() == text(output),
            None => output.is_null(),
        }
    });
}

#[test]
fn verifying_sums_conforms() {
    each("fast_aggregate_verify", |input, output| {
        let (keys, signature) = (keys(&input["pubkeys"]), signature(&input["signature"]));
        let message = bytes(&input["message"]);
        let is_good = keys
            .zip(signature)
            .is_some_and(|(keys, signature)| signature.fast_aggregate_verify(&message, &keys));
        is_good == output.as_bool().unwrap()
    });
    each("aggregate_verify", |input, output| {
        let (keys, signature) = (keys(&input["pubkeys"]), signature(&input["signature"]));
        let messages: Vec<_> = list(&input["messages"]).iter().map(bytes).collect();
        let is_good = keys.zip(signature).is_some_and(|(keys, signature)| {
            let signed: Vec<_> = messages.iter().map(|one| one.as_ref()).zip(keys).collect();
            signature.aggregate_verify(&signed)
        });
        is_good == output.as_bool().unwrap()
    });
}

#[test]
fn decoding_conforms() {
    // The identity is a point, which these cases are about, and no key, which decoding is about.
    let is_identity = |value: &Value| text(value).starts_with("c000");
    each("deserialization_G1", |input, output| {
        let is_key = key(&input["pubkey"]).is_some();
        is_key == (output.as_bool().unwrap() && !is_identity(&input["pubkey"]))
    });
    each("deserialization_G2", |input, output| {
        signature(&input["signature"]).is_some() == output.as_bool().unwrap()
    });
}

#[test]
fn possession_is_proven_by_the_owner_only() {
    let [one, other] = [1, 2].map(|n| SecretKey::from_seed(&[n; 32]).unwrap());
    let bytes = one.public().encode();
    assert_eq!(PublicKey::decode_proven(&bytes, &one.prove_possession()), Ok(one.public()));
    for wrong in [other.prove_possession(), one.sign(bytes.as_slice())] {
        let refused = PublicKey::decode_proven(&bytes, &wrong);
        assert_eq!(refused, Err(KeyError::NotPossessed));
    }
}

#[test]
fn secrets_are_not_shown() {
    let key = SecretKey::from_seed(&[1; 32]).unwrap();
    assert_eq!(format!("{key:?}"), "bls12381::SecretKey(redacted)");
    assert_eq!(SecretKey::from_seed(&[1; 31]).err(), Some(SecretError::ShortSeed));
}
