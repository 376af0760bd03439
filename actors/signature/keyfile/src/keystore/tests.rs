use std::sync::OnceLock;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;

/// The lightest work that is let through: these tests are about everything else.
const LIGHT: Work = Work::Scrypt { log_n: 12, r: 1, p: 1 };
const PASSWORD: &str = "correct horse battery";
const EIP_PASSWORD: &str = "𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑";
const EIP_SECRET: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
/// The PBKDF2 vector of EIP-2335.
const EIP_PBKDF2: &str = r#"{
    "crypto": {
        "kdf": {
            "function": "pbkdf2",
            "params": {
                "dklen": 32,
                "c": 262144,
                "prf": "hmac-sha256",
                "salt": "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
            },
            "message": ""
        },
        "checksum": {
            "function": "sha256",
            "params": {},
            "message": "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1"
        },
        "cipher": {
            "function": "aes-128-ctr",
            "params": { "iv": "264daa3f303d7259501c93d997d84fe6" },
            "message": "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad"
        }
    },
    "description": "This is a test keystore that uses PBKDF2 to secure the secret.",
    "pubkey": "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07",
    "path": "m/12381/60/0/0",
    "uuid": "64625def-3331-4eea-ab6f-782f3ed16a83",
    "version": 4
}"#;

fn password(text: &str) -> Password {
    Password::new(Zeroizing::new(text.to_owned())).unwrap()
}

fn opened(text: &str, word: &str) -> Result<String, KeystoreError> {
    let key = Keystore::parse(text.as_bytes())?.open(&password(word))?;
    Ok(hex::encode(key.to_bytes()))
}

fn key(scheme: Scheme) -> SecretKey {
    SecretKey::from_bytes(scheme, &[0x17; 32]).unwrap()
}

fn sealed(scheme: Scheme) -> String {
    let sealing = Sealing::new(LIGHT, None).unwrap();
    Keystore::seal(&key(scheme), &password(PASSWORD), &sealing).unwrap()
}

/// One of each form, light to open.
fn stores() -> &'static [(Scheme, Value); 3] {
    static STORES: OnceLock<[(Scheme, Value); 3]> = OnceLock::new();
    STORES.get_or_init(|| {
        [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa]
            .map(|scheme| (scheme, serde_json::from_str(&sealed(scheme)).unwrap()))
    })
}

/// That with the member at `pointer` replaced, it is refused with these words.
#[track_caller]
fn refuses(store: &Value, pointer: &str, value: Value, words: &str) {
    let mut store = store.clone();
    *store.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    let text = Keystore::parse(store.to_string().as_bytes()).unwrap_err().to_string();
    assert!(text.contains(words), "{pointer}: {text}");
}

#[test]
fn the_vectors_of_eip_2335_open() {
    assert_eq!(opened(EIP_PBKDF2, EIP_PASSWORD).unwrap(), EIP_SECRET);
    let store = Keystore::parse(EIP_PBKDF2.as_bytes()).unwrap();
    assert_eq!((store.form(), store.scheme()), (Form::Eip2335, Scheme::Bls12381));
    assert_eq!(store.path(), Some("m/12381/60/0/0"));
    assert_eq!(store.id(), Some("64625def-3331-4eea-ab6f-782f3ed16a83"));
    assert_eq!(store.work(), Work::PBKDF2);
    assert!(store.claimed().unwrap().starts_with("0x9612d7a7"));
    assert_eq!(opened(EIP_PBKDF2, "testpassword🔑").unwrap(), EIP_SECRET, "NFKD");
    assert_eq!(opened(EIP_PBKDF2, "testpassword"), Err(KeystoreError::WrongPassword));
}

#[test]
fn keystores_of_other_software_open() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/ponos.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = vectors["keystores"]["cases"].as_array().unwrap();
    let mut forms = Vec::new();
    for case in cases {
        let text = case["keystore"].to_string();
        let secret = case["secret"].as_str().or(case["secret_mod_r"].as_str()).unwrap();
        let word = case["password"].as_str().unwrap();
        let store = Keystore::parse(text.as_bytes()).unwrap();
        assert_eq!(opened(&text, word).unwrap(), secret[2..], "{}", case["kind"]);
        forms.push((store.form(), store.scheme()));
    }
    let expected = [
        (Form::Eip2335, Scheme::Bls12381),
        (Form::Eip2335, Scheme::Bn254),
        (Form::LegacyBn254, Scheme::Bn254),
        (Form::Web3, Scheme::Ecdsa),
    ];
    assert_eq!(forms, expected);
}

#[test]
fn what_is_sealed_opens_with_its_password_alone() {
    for (scheme, store) in stores() {
        let text = store.to_string();
        assert_eq!(opened(&text, PASSWORD).unwrap(), "17".repeat(32));
        assert_eq!(opened(&text, "correct horse batterY"), Err(KeystoreError::WrongPassword));
        let store = Keystore::parse(text.as_bytes()).unwrap();
        assert_eq!(store.scheme(), *scheme);
        assert_eq!(store.work(), LIGHT);
        assert!(!text.contains(&"17".repeat(16)) && !text.contains(PASSWORD));
    }
    assert_ne!(sealed(Scheme::Bn254), sealed(Scheme::Bn254), "salt, vector and name are new");
}

#[test]
fn pbkdf2_and_a_path_are_kept() {
    let path = "m/12381/3600/0/0/0";
    let work = Work::Pbkdf2 { rounds: 10_000 };
    let sealing = Sealing::new(work, Some(path.parse().unwrap())).unwrap();
    let text = Keystore::seal(&key(Scheme::Bls12381), &password(PASSWORD), &sealing).unwrap();
    let store = Keystore::parse(text.as_bytes()).unwrap();
    assert_eq!((store.work(), store.path()), (work, Some(path)));
    assert_eq!(opened(&text, PASSWORD).unwrap(), "17".repeat(32));
}

#[test]
fn the_older_form_that_names_g1_opens() {
    let (_, web3) = &stores()[2];
    let PublicKey::Bn254 { g1, .. } = key(Scheme::Bn254).public() else { unreachable!() };
    let half = |n: usize| alloy_primitives::U256::from_be_slice(&g1[32 * n..32 * (n + 1)]);
    let point = format!("E([{},{}])", half(0), half(1));
    let store = json!({ "pubKey": point, "crypto": web3["crypto"] }).to_string();
    assert_eq!(opened(&store, PASSWORD).unwrap(), "17".repeat(32));
    assert_eq!(Keystore::parse(store.as_bytes()).unwrap().form(), Form::LegacyBn254);
    let other = json!({ "pubKey": "E([1,2])", "crypto": web3["crypto"] }).to_string();
    assert_eq!(opened(&other, PASSWORD), Err(KeystoreError::OtherKey));
    refuses(
        &json!({ "pubKey": "", "crypto": web3["crypto"], "version": 3, "curveType": "x" }),
        "/pubKey",
        json!("E([1,2])"),
        "curveType",
    );
}

#[test]
fn a_keystore_that_names_another_key_is_refused() {
    let names = ["pubkey", "pubkey", "address"];
    for ((_, store), name) in stores().iter().zip(names) {
        let mut store = store.clone();
        let claimed = store[name].as_str().unwrap();
        let last = if claimed.ends_with('0') { "1" } else { "0" };
        store[name] = json!(format!("{}{last}", &claimed[..claimed.len() - 1]));
        assert_eq!(opened(&store.to_string(), PASSWORD), Err(KeystoreError::OtherKey));
        store[name] = json!("");
        assert!(opened(&store.to_string(), PASSWORD).is_ok(), "it names none");
    }
}

#[test]
fn a_flipped_bit_of_salt_vector_or_ciphertext_never_opens_to_another_key() {
    let places = [
        ["/crypto/kdf/params/salt", "/crypto/cipher/message", "/crypto/checksum/message"],
        ["/crypto/kdf/params/salt", "/crypto/cipher/message", "/crypto/checksum/message"],
        ["/crypto/kdfparams/salt", "/crypto/ciphertext", "/crypto/mac"],
    ];
    for ((_, store), places) in stores().iter().zip(places) {
        for pointer in places {
            let mut store = store.clone();
            let member = store.pointer_mut(pointer).unwrap();
            let mut bytes = hex::decode(member.as_str().unwrap()).unwrap();
            bytes[7] ^= 4;
            *member = json!(hex::encode(bytes));
            let outcome = opened(&store.to_string(), PASSWORD);
            assert_eq!(outcome, Err(KeystoreError::WrongPassword), "{pointer}");
        }
        // The vector is under no checksum: the public key gives it away.
        let mut store = store.clone();
        let pointer = ["/crypto/cipher/params/iv", "/crypto/cipherparams/iv"];
        let pointer = pointer.into_iter().find(|pointer| store.pointer(pointer).is_some());
        *store.pointer_mut(pointer.unwrap()).unwrap() = json!("00".repeat(16));
        let outcome = opened(&store.to_string(), PASSWORD);
        let is_refused = matches!(outcome, Err(KeystoreError::OtherKey | KeystoreError::Secret(_)));
        assert!(is_refused, "{outcome:?}");
    }
}

#[test]
fn work_out_of_bounds_is_refused_by_name_before_any_is_done() {
    let (_, v4) = &stores()[1];
    let (_, v3) = &stores()[2];
    for (store, params) in [(v4, "/crypto/kdf/params"), (v3, "/crypto/kdfparams")] {
        let refuses =
            |name: &str, value, words| refuses(store, &format!("{params}/{name}"), value, words);
        for n in [0, 1, 2_048, 4_097, 2_097_152, u64::MAX] {
            refuses("n", json!(n), "scrypt n is");
        }
        refuses("r", json!(0), "scrypt r is 0");
        refuses("r", json!(17), "scrypt r is 17");
        refuses("p", json!(0), "scrypt p is 0");
        refuses("p", json!(u64::MAX), "scrypt p is 18446744073709551615");
        refuses("dklen", json!(64), "dklen is 64");
        refuses("dklen", json!(31), "dklen is 31");
        refuses("n", json!(-1), "`kdf: n` is missing or of the wrong type");
        refuses("salt", json!(""), "`kdf: salt` is malformed");
        refuses("salt", json!("00".repeat(129)), "`kdf: salt` is malformed");
    }
    let heavy = json!({ "dklen": 32, "n": 1_048_576, "r": 16, "p": 1, "salt": "00" });
    refuses(v4, "/crypto/kdf/params", heavy, "scrypt memory (128 · n · r) is 2147483648");
    let long = json!({ "dklen": 32, "n": 1_048_576, "r": 8, "p": 4, "salt": "00" });
    refuses(v4, "/crypto/kdf/params", long, "scrypt work (n · r · p) is 33554432");
    for rounds in [0, 1, 9_999, 10_000_001, u64::MAX] {
        let params = json!({ "dklen": 32, "c": rounds, "prf": "hmac-sha256", "salt": "00" });
        let kdf = json!({ "function": "pbkdf2", "params": params, "message": "" });
        refuses(v4, "/crypto/kdf", kdf, "pbkdf2 c is");
    }
    let sealing = Sealing::new(Work::Scrypt { log_n: 30, r: 8, p: 1 }, None).unwrap();
    let outcome = Keystore::seal(&key(Scheme::Bn254), &password(PASSWORD), &sealing);
    assert!(matches!(outcome, Err(KeystoreError::Work { .. })));
}

#[test]
fn what_is_unknown_is_refused_by_name() {
    let (_, v4) = &stores()[0];
    let (_, v3) = &stores()[2];
    refuses(v4, "/crypto/kdf/function", json!("argon2"), "`kdf` is none of scrypt, pbkdf2");
    refuses(v4, "/crypto/cipher/function", json!("aes-256-gcm"), "none of aes-128-ctr");
    refuses(v4, "/crypto/checksum/function", json!("sha3"), "none of sha256");
    refuses(v4, "/version", json!(5), "`version` is none of 3, 4");
    refuses(v4, "/curveType", json!("p256"), "`curveType` is none of bn254, bls381");
    refuses(v4, "/pubkey", json!("xyz"), "`pubkey` is malformed");
    refuses(v4, "/crypto/cipher/params/iv", json!("00"), "iv` is malformed");
    refuses(v4, "/crypto/cipher/message", json!("00".repeat(129)), "message` is malformed");
    refuses(v3, "/crypto/cipher", json!("aes-128-cbc"), "none of aes-128-ctr");
    refuses(v3, "/version", json!(1), "`version` is none of");
    refuses(v3, "/crypto/mac", json!(7), "`crypto.mac` is missing or of the wrong type");
    refuses(v3, "/address", json!("12"), "`address` is malformed");
}

#[test]
fn what_is_no_keystore_is_refused_without_showing_it() {
    let secret = format!("\"0x{}\"", "5e".repeat(32));
    for text in ["", "{", "[]", "null", "{}", "{\"crypto\":{}}", &secret, &secret[1..]] {
        let error = Keystore::parse(text.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("5e5e"), "{error}");
    }
}

#[test]
fn a_weak_password_protects_nothing_new() {
    let sealing = Sealing::new(LIGHT, None).unwrap();
    let outcome = Keystore::seal(&key(Scheme::Bn254), &password("short"), &sealing);
    assert!(matches!(outcome, Err(KeystoreError::Password(_))));
}

#[test]
fn neither_keystore_nor_error_shows_a_secret() {
    let (_, store) = &stores()[0];
    let store = Keystore::parse(store.to_string().as_bytes()).unwrap();
    let wrong = store.open(&password("correct horse batterY"));
    let shown = format!("{store:?} {wrong:?} {:?}", store.open(&password(PASSWORD)));
    assert!(
        !shown.contains("horse") && !shown.contains(&"17".repeat(8)) && !shown.contains("23, 23")
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text: String) {
        drop(Keystore::parse(text.as_bytes()));
    }

    #[test]
    fn no_mutation_makes_the_reader_panic(at in 0_usize..600, byte: u8, which in 0_usize..3) {
        let mut text = stores()[which].1.to_string().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        if let Ok(store) = Keystore::parse(&text) {
            proptest::prop_assert!(store.work().checked().is_ok());
        }
    }
}
