//! Keystores of every form. Opening one is work, so only the lightest are opened.

use serde_json::{Value, json};
use synod_signature_core::{KeyPath, SecretKey};
use synod_signature_keyfile::{Form, Keystore, KeystoreError, Password, Sealing, Work};
use synod_types::signature::Scheme;
use zeroize::Zeroizing;

const LIGHT: Work = Work::Pbkdf2 { rounds: 10_000 };

pub(super) fn check(data: &[u8]) {
    let keystore = match Keystore::parse(data) {
        Ok(keystore) => keystore,
        Err(error) => return named(&error),
    };
    let is_of_form = match keystore.form() {
        Form::Eip2335 => keystore.scheme() != Scheme::Ecdsa,
        Form::Web3 => keystore.scheme() == Scheme::Ecdsa,
        Form::LegacyBn254 => keystore.scheme() == Scheme::Bn254,
    };
    assert!(is_of_form);
    // A guess costs no more than what was promised to be the most.
    match keystore.work() {
        Work::Scrypt { log_n, r, p } => {
            assert!((12..=20).contains(&log_n) && (1..=16).contains(&r) && (1..=16).contains(&p));
            assert!((u64::from(r) << log_n) <= 1 << 23, "a gibibyte");
        }
        Work::Pbkdf2 { rounds } => assert!((10_000..=10_000_000).contains(&rounds)),
    }
    for shown in [keystore.path(), keystore.id()].into_iter().flatten() {
        assert!(shown.chars().count() <= 128 && !shown.chars().any(char::is_control));
    }
    drop((keystore.claimed(), format!("{keystore:?}")));
    if keystore.work() == LIGHT {
        open(&keystore);
    }
}

/// What is opened is the key that was promised, and no other password opens it.
fn open(keystore: &Keystore) {
    match keystore.open(&password("correct horse")) {
        Ok(key) => {
            assert_eq!(key.public().scheme(), keystore.scheme());
            assert_ne!(keystore.claims(&key.public()), Some(false));
            let wrong = keystore.open(&password("battery staple"));
            assert!(matches!(wrong, Err(KeystoreError::WrongPassword)));
        }
        Err(error) => named(&error),
    }
}

/// An error is one line.
fn named(error: &KeystoreError) {
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains('\n'), "{text}");
}

fn password(text: &str) -> Password {
    Password::new(Zeroizing::new(text.to_owned())).unwrap()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let key = SecretKey::from_bytes(scheme, &[7; 32]).unwrap();
        let path: Option<KeyPath> = "m/12381/3600/0/0/0".parse().ok();
        let sealing = Sealing::new(LIGHT, path).unwrap();
        let text = Keystore::seal(&key, &password("correct horse"), &sealing).unwrap();
        seeds.push(text.clone().into_bytes());
        let mut other: Value = serde_json::from_str(&text).unwrap();
        let params = json!({ "dklen": 32, "n": 4096, "r": 8, "p": 1, "salt": "00ff" });
        if scheme == Scheme::Ecdsa {
            other["crypto"]["kdf"] = json!("scrypt");
            other["crypto"]["kdfparams"] = params;
            seeds.push(other.to_string().into_bytes());
            // The same crypto around a number of BN254: the oldest form.
            let mut legacy: Value = serde_json::from_str(&text).unwrap();
            legacy["pubKey"] = json!("E([1,2])");
            seeds.push(legacy.to_string().into_bytes());
            legacy["pubKey"] = Value::Null;
            legacy["curveType"] = json!("bn254");
            legacy["publicKey"] = json!("");
            seeds.push(legacy.to_string().into_bytes());
        } else {
            other["crypto"]["kdf"] = json!({ "function": "scrypt", "params": params });
            seeds.push(other.to_string().into_bytes());
        }
    }
    seeds
}
