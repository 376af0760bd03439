use std::fmt;

use alloy_primitives::{Address, U256};
use serde_json::{Map, Value};
use synod_types::signature::{PublicKey, Scheme};

use super::crypto::{Check, Crypto};
use super::kdf::Work;
use super::{Form, Keystore, KeystoreError};

/// Bytes of a secret, in whatever form: older BN254 files hold up to 78 decimal digits.
const SECRET_BYTES_MAX: usize = 128;
const SALT_BYTES_MAX: usize = 128;
/// Characters of what is only shown.
const SHOWN_MAX: usize = 128;

type Object = Map<String, Value>;

/// Whose key a keystore says to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The bytes of a public key: compressed G1 of BLS12-381, G2 of BN254.
    Bytes(Vec<u8>),
    /// The coordinates of BN254's G1.
    G1([U256; 2]),
    /// Of ECDSA.
    Address(Address),
}

impl Claim {
    pub(super) fn fits(&self, key: &PublicKey) -> bool {
        match (self, key) {
            (Self::Bytes(bytes), PublicKey::Bls12381(key)) => bytes == key.as_slice(),
            (Self::Bytes(bytes), PublicKey::Bn254 { g2, .. }) => bytes == g2.as_slice(),
            (Self::G1(claimed), PublicKey::Bn254 { g1, .. }) => {
                let half = |n: usize| U256::from_be_slice(&g1[32 * n..32 * (n + 1)]);
                *claimed == [half(0), half(1)]
            }
            (Self::Address(claimed), PublicKey::Ecdsa(address)) => claimed == address,
            (Self::Bytes(_) | Self::G1(_) | Self::Address(_), _) => false,
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "0x{}", hex::encode(bytes)),
            Self::G1([x, y]) => write!(f, "0x{x:064x}{y:064x}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Keystore, KeystoreError> {
    let top: Object = serde_json::from_slice(text)
        .map_err(|error| KeystoreError::Syntax { line: error.line(), column: error.column() })?;
    let crypto = top.get("crypto").or_else(|| top.get("Crypto")).and_then(Value::as_object);
    let crypto = crypto.ok_or(KeystoreError::Member("crypto"))?;
    let is_web3_crypto = crypto.get("cipher").is_some_and(Value::is_string);
    let is_bn254 = match top.get("curveType").and_then(Value::as_str) {
        Some(curve) if curve.eq_ignore_ascii_case("bn254") => true,
        Some("bls381" | "bls12381" | "bls12-381" | "BLS12-381") => false,
        Some(_) => return Err(unknown("curveType", "bn254, bls381")),
        // A point of BN254's G1 as its oldest files write it.
        None => is_web3_crypto && top.get("pubKey").is_some(),
    };
    let (form, scheme) = match (top.get("version").and_then(Value::as_u64), is_web3_crypto) {
        (Some(4), false) => {
            (Form::Eip2335, if is_bn254 { Scheme::Bn254 } else { Scheme::Bls12381 })
        }
        (_, true) if is_bn254 => (Form::LegacyBn254, Scheme::Bn254),
        (Some(3), true) => (Form::Web3, Scheme::Ecdsa),
        (Some(_), _) => return Err(unknown("version", "3, 4")),
        (None, _) => return Err(KeystoreError::Member("version")),
    };
    let crypto = if is_web3_crypto { web3(crypto)? } else { modules(crypto)? };
    let shown = |name: &str| {
        let text = top.get(name).and_then(Value::as_str)?;
        Some(text.chars().filter(|char| !char.is_control()).take(SHOWN_MAX).collect())
    };
    let claim = claim(&top, form)?;
    let (path, id) = (shown("path"), shown("uuid").or_else(|| shown("id")));
    Ok(Keystore { form, scheme, crypto, claim, path, id })
}

/// The modules of EIP-2335.
fn modules(crypto: &Object) -> Result<Crypto, KeystoreError> {
    let part = |name| crypto.get(name).and_then(Value::as_object);
    let kdf = part("kdf").ok_or(KeystoreError::Member("crypto.kdf"))?;
    let checksum = part("checksum").ok_or(KeystoreError::Member("crypto.checksum"))?;
    let cipher = part("cipher").ok_or(KeystoreError::Member("crypto.cipher"))?;
    let function =
        |part: &Object, is: &str| part.get("function").and_then(Value::as_str) == Some(is);
    if !function(checksum, "sha256") {
        return Err(unknown("crypto.checksum.function", "sha256"));
    }
    if !function(cipher, "aes-128-ctr") {
        return Err(unknown("crypto.cipher.function", "aes-128-ctr"));
    }
    let params = kdf.get("params").and_then(Value::as_object);
    let params = params.ok_or(KeystoreError::Member("crypto.kdf.params"))?;
    let (work, salt) = work(kdf.get("function"), params)?;
    let cipher_params = cipher.get("params").and_then(Value::as_object);
    let cipher_params = cipher_params.ok_or(KeystoreError::Member("crypto.cipher.params"))?;
    let iv = fixed(cipher_params, "iv", "crypto.cipher.params.iv")?;
    let ciphertext = bytes(cipher, "message", "crypto.cipher.message", SECRET_BYTES_MAX)?;
    let check = Check::Sha256(fixed(checksum, "message", "crypto.checksum.message")?);
    Ok(Crypto { work, salt, iv, ciphertext, check })
}

/// The one level of web3 keystores.
fn web3(crypto: &Object) -> Result<Crypto, KeystoreError> {
    if crypto.get("cipher").and_then(Value::as_str) != Some("aes-128-ctr") {
        return Err(unknown("crypto.cipher", "aes-128-ctr"));
    }
    let part = |name| crypto.get(name).and_then(Value::as_object);
    let params = part("kdfparams").ok_or(KeystoreError::Member("crypto.kdfparams"))?;
    let (work, salt) = work(crypto.get("kdf"), params)?;
    let cipher = part("cipherparams").ok_or(KeystoreError::Member("crypto.cipherparams"))?;
    let iv = fixed(cipher, "iv", "crypto.cipherparams.iv")?;
    let ciphertext = bytes(crypto, "ciphertext", "crypto.ciphertext", SECRET_BYTES_MAX)?;
    let check = Check::Keccak(fixed(crypto, "mac", "crypto.mac")?);
    Ok(Crypto { work, salt, iv, ciphertext, check })
}

/// How the password becomes a key.
fn work(function: Option<&Value>, params: &Object) -> Result<(Work, Vec<u8>), KeystoreError> {
    let number = |name, member| {
        params.get(name).and_then(Value::as_u64).ok_or(KeystoreError::Member(member))
    };
    let length = number("dklen", "kdf: dklen")?;
    if length != super::kdf::KEY_BYTES as u64 {
        let rule = "32, of which the cipher takes 16 bytes and the checksum 16";
        return Err(KeystoreError::Work { factor: "dklen", value: length, rule });
    }
    let work = match function.and_then(Value::as_str) {
        Some("scrypt") => {
            let (n, r, p) =
                (number("n", "kdf: n")?, number("r", "kdf: r")?, number("p", "kdf: p")?);
            Work::scrypt(n, r, p)?
        }
        Some("pbkdf2") => {
            if params.get("prf").and_then(Value::as_str) != Some("hmac-sha256") {
                return Err(unknown("kdf: prf", "hmac-sha256"));
            }
            Work::pbkdf2(number("c", "kdf: c")?)?
        }
        Some(_) | None => return Err(unknown("kdf", "scrypt, pbkdf2")),
    };
    Ok((work, bytes(params, "salt", "kdf: salt", SALT_BYTES_MAX)?))
}

/// Whose key it says to hold; nothing where that is left open.
fn claim(top: &Object, form: Form) -> Result<Option<Claim>, KeystoreError> {
    let text = |name: &str| top.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let decoded = |text: Option<&str>, member| {
        let bytes = |text| digits(text).ok_or(KeystoreError::Malformed(member));
        text.map(bytes).transpose()
    };
    match form {
        Form::Eip2335 => Ok(decoded(text("pubkey"), "pubkey")?.map(Claim::Bytes)),
        Form::Web3 => {
            let address = decoded(text("address"), "address")?;
            let address = address.map(|bytes| Address::try_from(bytes.as_slice()));
            let address = address.transpose().map_err(|_| KeystoreError::Malformed("address"))?;
            Ok(address.map(Claim::Address))
        }
        Form::LegacyBn254 => match text("pubKey") {
            Some(point) => {
                let point = coordinates(point).ok_or(KeystoreError::Malformed("pubKey"))?;
                Ok(Some(Claim::G1(point)))
            }
            None => Ok(decoded(text("publicKey"), "publicKey")?.map(Claim::Bytes)),
        },
    }
}

/// `E([x,y])`, in decimal.
fn coordinates(text: &str) -> Option<[U256; 2]> {
    let (x, y) = text.strip_prefix("E([")?.strip_suffix("])")?.split_once(',')?;
    let number = |text: &str| U256::from_str_radix(text.trim(), 10).ok();
    Some([number(x)?, number(y)?])
}

fn bytes(
    part: &Object,
    name: &str,
    member: &'static str,
    max: usize,
) -> Result<Vec<u8>, KeystoreError> {
    let text = part.get(name).and_then(Value::as_str).ok_or(KeystoreError::Member(member))?;
    let bytes = digits(text).filter(|bytes| (1..=max).contains(&bytes.len()));
    bytes.ok_or(KeystoreError::Malformed(member))
}

fn fixed<const N: usize>(
    part: &Object,
    name: &str,
    member: &'static str,
) -> Result<[u8; N], KeystoreError> {
    let bytes = bytes(part, name, member, N)?;
    bytes.try_into().map_err(|_| KeystoreError::Malformed(member))
}

fn digits(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

const fn unknown(member: &'static str, known: &'static str) -> KeystoreError {
    KeystoreError::Unknown { member, known }
}
