use serde_json::{Value, json};
use synod_signature_core::{KeyPath, SecretKey};
use synod_types::signature::{PublicKey, Scheme};

use super::crypto::{Check, Crypto};
use super::{Keystore, KeystoreError, Work};
use crate::create::random;
use crate::password::Password;
use synod_signature::KeySourceError;

/// How a new keystore is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// What a guess of the password shall cost.
    pub work: Work,
    /// Where in the tree of a seed the key stands. EIP-2335 has a place for it, web3 none.
    pub path: Option<KeyPath>,
    salt: [u8; 32],
    iv: [u8; 16],
    id: [u8; 16],
}

impl Sealing {
    /// With salt, initial vector and name from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeySourceError::NoRandomness`].
    pub fn new(work: Work, path: Option<KeyPath>) -> Result<Self, KeySourceError> {
        let (mut salt, mut iv, mut id) = ([0; 32], [0; 16], [0; 16]);
        random(&mut salt)?;
        random(&mut iv)?;
        random(&mut id)?;
        Ok(Self { work, path, salt, iv, id })
    }
}

impl Keystore {
    /// The text of a keystore that holds `key` under `password`: EIP-2335 for BLS keys, web3
    /// secret storage for ECDSA. Takes the time and memory of its work.
    ///
    /// # Errors
    /// [`KeystoreError::Password`], [`KeystoreError::Work`].
    pub fn seal(
        key: &SecretKey,
        password: &Password,
        sealing: &Sealing,
    ) -> Result<String, KeystoreError> {
        password.check_new()?;
        let public = key.public();
        let kind = match public.scheme() {
            Scheme::Bn254 | Scheme::Bls12381 => Check::Sha256([0; 32]),
            Scheme::Ecdsa => Check::Keccak([0; 32]),
        };
        let how = (sealing.work.checked()?, sealing.salt, sealing.iv);
        let crypto = Crypto::seal(&key.to_bytes(), password, kind, how)?;
        let id = uuid(sealing.id);
        let path = sealing.path.as_ref().map(ToString::to_string).unwrap_or_default();
        let store = match public {
            PublicKey::Bls12381(key) => eip2335(&crypto, (hex::encode(key), path, id)),
            PublicKey::Bn254 { g2, .. } => {
                let mut store = eip2335(&crypto, (hex::encode(g2), path, id));
                store["curveType"] = json!("bn254");
                store
            }
            PublicKey::Ecdsa(address) => json!({
                "address": hex::encode(address),
                "crypto": web3(&crypto),
                "id": id,
                "version": 3,
            }),
        };
        Ok(format!("{store:#}\n"))
    }
}

fn eip2335(crypto: &Crypto, (pubkey, path, id): (String, String, String)) -> Value {
    let (function, params) = kdf(crypto);
    json!({
        "crypto": {
            "kdf": { "function": function, "params": params, "message": "" },
            "checksum": { "function": "sha256", "params": {}, "message": check(crypto) },
            "cipher": {
                "function": "aes-128-ctr",
                "params": { "iv": hex::encode(crypto.iv) },
                "message": hex::encode(&crypto.ciphertext),
            },
        },
        "description": "",
        "pubkey": pubkey,
        "path": path,
        "uuid": id,
        "version": 4,
    })
}

fn web3(crypto: &Crypto) -> Value {
    let (function, params) = kdf(crypto);
    json!({
        "cipher": "aes-128-ctr",
        "ciphertext": hex::encode(&crypto.ciphertext),
        "cipherparams": { "iv": hex::encode(crypto.iv) },
        "kdf": function,
        "kdfparams": params,
        "mac": check(crypto),
    })
}

fn kdf(crypto: &Crypto) -> (&'static str, Value) {
    let salt = hex::encode(&crypto.salt);
    match crypto.work {
        Work::Scrypt { log_n, r, p } => {
            let params = json!({ "dklen": 32, "n": 1_u64 << log_n, "r": r, "p": p, "salt": salt });
            ("scrypt", params)
        }
        Work::Pbkdf2 { rounds } => {
            let params = json!({ "dklen": 32, "c": rounds, "prf": "hmac-sha256", "salt": salt });
            ("pbkdf2", params)
        }
    }
}

fn check(crypto: &Crypto) -> String {
    match crypto.check {
        Check::Sha256(check) | Check::Keccak(check) => hex::encode(check),
    }
}

/// RFC 9562, version 4, of random bytes.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    format!("{a}-{b}-{c}-{d}-{e}")
}
