use alloy_primitives::U256;
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

/// Coordinates of a vector, each padded to 64 bytes, real part first.
fn point(value: &Value) -> String {
    let coordinates = [&value["x"], &value["y"]].map(|one| text(one).to_owned()).join(",");
    let padded = coordinates.split(',').map(|one| format!("{:0>128}", &one[2..]));
    format!("0x{}", padded.collect::<String>())
}

#[test]
fn hashing_to_g2_conforms() {
    let vectors = bls();
    let file = "tv_h2c_v8_BLS12_381_hash_to_G2_SHA256_SSWU_RO.json";
    let suite = &vectors["rfc9380_h2c"]["files"][file];
    let domain = text(&suite["dst"]).as_bytes();
    for case in list(&suite["vectors"]) {
        let hashed = eip2537::hash(text(&case["msg"]).as_bytes(), domain);
        assert_eq!(hashed.encode_eip2537().to_string(), point(&case["P"]), "{}", case["msg"]);
    }
    each("hash_to_G2", |input, output| {
        let hashed = eip2537::hash(text(&input["msg"]).as_bytes(), domain);
        hashed.encode_eip2537().to_string() == point(output)
    });
}

/// As [`hashing_to_g2_conforms`], of the other group: what blst hashes there, nobody here signs.
#[test]
fn hashing_to_g1_conforms() {
    let vectors = bls();
    let file = "tv_h2c_v8_BLS12_381_hash_to_G1_SHA256_SSWU_RO.json";
    let suite = &vectors["rfc9380_h2c"]["files"][file];
    let mut one = [0; 32];
    one[31] = 1;
    let one = blst::min_sig::SecretKey::from_bytes(&one).unwrap();
    for case in list(&suite["vectors"]) {
        let domain = text(&suite["dst"]).as_bytes();
        let hashed = one.sign(text(&case["msg"]).as_bytes(), domain, &[]).serialize();
        let expected = format!("0x{}{}", &text(&case["P"]["x"])[2..], &text(&case["P"]["y"])[2..]);
        assert_eq!(format!("0x{}", alloy_primitives::hex::encode(hashed)), expected);
    }
}

#[test]
fn batches_conform() {
    each("batch_verify", |input, output| {
        let (keys, messages) = (list(&input["pubkeys"]), list(&input["messages"]));
        let messages: Vec<_> = messages.iter().map(bytes).collect();
        let signatures = list(&input["signatures"]).iter().map(signature);
        let claims: Option<Vec<Claim<'_>>> = (keys.iter().map(key).zip(signatures).zip(&messages))
            .map(|((key, signature), message)| {
                Some(Claim { message, key: key?, signature: signature? })
            })
            .collect();
        let weights: Vec<u64> = (3..).take(keys.len()).collect();
        let is_good = claims.is_some_and(|claims| verify_batch(&claims, &weights));
        is_good == output.as_bool().unwrap()
    });
}

/// Two forgeries of which each makes up for the other.
#[test]
fn a_batch_stands_for_each_of_its_signatures() {
    let keys = [1, 2].map(|n| SecretKey::from_seed(&[n; 32]).unwrap());
    let messages: [&[u8]; 2] = [b"one", b"other"];
    let claims = |signatures: [Signature; 2]| -> Vec<Claim<'_>> {
        let all = messages.iter().zip(&keys).zip(signatures);
        all.map(|((message, key), signature)| Claim { message, key: key.public(), signature })
            .collect()
    };
    let [first, second] = [0, 1].map(|n| keys[n].sign(messages[n]));
    assert!(verify_batch(&claims([first, second]), &[7, 11]));
    let extra = keys[0].sign(b"neither");
    let less = SecretKey::from_bytes(&opposite(&keys[0])).unwrap().sign(b"neither");
    let cancelling = [[first, extra], [second, less]].map(|two| Signature::sum(&two).unwrap());
    let sums = [cancelling, [first, second]].map(|two| Signature::sum(&two).unwrap());
    assert_eq!(sums[0], sums[1], "a sum does not see it");
    assert!(!verify_batch(&claims(cancelling), &[7, 11]));
    assert!(verify_batch(&claims(cancelling), &[7, 7]), "equal weights would not see it either");
    for weights in [&[7_u64, 0][..], &[7], &[7, 11, 13]] {
        assert!(!verify_batch(&claims([first, second]), weights), "{weights:?}");
    }
    assert!(!verify_batch(&[], &[]));
}

/// The secret of which both add up to the order of the group.
fn opposite(key: &SecretKey) -> [u8; 32] {
    let order = "0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
    let order: alloy_primitives::U256 = order.parse().unwrap();
    (order - alloy_primitives::U256::from_be_bytes(*key.to_bytes())).to_be_bytes()
}

/// The vectors of EIP-2333: seed, master key, index, child key, in decimal as they stand there.
const DERIVED: [(&str, &str, u32, &str); 4] = [
    (
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553\
         1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
        "6083874454709270928345386274498605044986640685124978867557563392430687146096",
        0,
        "20397789859736650942317412262472558107875392172444076792671091975210932703118",
    ),
    (
        "3141592653589793238462643383279502884197169399375105820974944592",
        "29757020647961307431480504535336562678282505419141012933316116377660817309383",
        3_141_592_653,
        "25457201688850691947727629385191704516744796114925897962676248250929345014287",
    ),
    (
        "0099FF991111002299DD7744EE3355BBDD8844115566CC55663355668888CC00",
        "27580842291869792442942448775674722299803720648445448686099262467207037398656",
        4_294_967_295,
        "29358610794459428860402234341874281240803786294062035874021252734817515685787",
    ),
    (
        "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
        "19022158461524446591288038168518313374041767046816487870552872741050760015818",
        42,
        "31372231650479070279774297061823572166496564838472787488249775572789064611981",
    ),
];

#[test]
fn keys_are_derived_as_eip_2333_says() {
    let decimal = |key: &SecretKey| U256::from_be_bytes(*key.to_bytes()).to_string();
    for (seed, master, index, child) in DERIVED {
        let seed = alloy_primitives::hex::decode(seed).unwrap();
        let root = SecretKey(min_pk::SecretKey::derive_master_eip2333(&seed).unwrap());
        assert_eq!(decimal(&root), master);
        let path = format!("m/{index}").parse().unwrap();
        assert_eq!(decimal(&SecretKey::derive(&seed, &path).unwrap()), child);
    }
    let path = "m/0".parse().unwrap();
    assert!(matches!(SecretKey::derive(&[1; 31], &path), Err(SecretError::ShortSeed)));
}

#[test]
fn a_path_is_walked_from_the_top() {
    let seed = [7; 32];
    let at = |path: &str| SecretKey::derive(&seed, &path.parse().unwrap()).unwrap().to_bytes();
    let step = |index| {
        SecretKey::derive(&seed, &"m/12381".parse().unwrap())
            .unwrap()
            .0
            .derive_child_eip2333(index)
            .to_bytes()
    };
    assert_eq!(*at("m/12381/60"), step(60));
    assert_ne!(at("m/12381/60"), at("m/60/12381"));
}
