//! Keystores: one key, encrypted under a password.
//!
//! | form | scheme | what the password becomes |
//! |---|---|---|
//! | EIP-2335, version 4 | BLS12-381; BN254 if `curveType` says so | NFKD without control characters |
//! | web3 secret storage, version 3 | ECDSA | its bytes |
//! | older BN254 files: web3's crypto, read and never written | BN254 | its bytes |
//!
//! What is to be worked is bounded, and held against its bounds before anything is worked.

mod crypto;
mod error;
mod kdf;
mod read;
mod seal;

pub use error::KeystoreError;
pub use kdf::Work;
pub use seal::Sealing;

use std::fmt;

use synod_signature_core::SecretKey;
use synod_types::signature::{PublicKey, Scheme};

use crate::password::Password;
use crypto::Crypto;
use read::Claim;

/// Bytes of a keystore; a longer file is none.
pub(crate) const BYTES_MAX: u64 = 64 * 1024;

/// A keystore that was read, and not opened.
#[derive(Clone, Debug)]
pub struct Keystore {
    form: Form,
    scheme: Scheme,
    crypto: Crypto,
    /// Whose key it says to hold. Not protected by the password: held against the key itself
    /// once that is known.
    claim: Option<Claim>,
    path: Option<String>,
    id: Option<String>,
}

/// How a keystore is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// EIP-2335.
    Eip2335,
    /// Web3 secret storage, version 3.
    Web3,
    /// Web3's crypto around the bytes of a BN254 number.
    LegacyBn254,
}

impl Keystore {
    /// Reads a keystore; opens nothing, works nothing.
    ///
    /// # Errors
    /// [`KeystoreError`].
    pub fn parse(text: &[u8]) -> Result<Self, KeystoreError> {
        read::parse(text)
    }

    /// How it is written.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Of the key inside.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What a guess of the password costs.
    pub const fn work(&self) -> Work {
        self.crypto.work()
    }

    /// Whose key it says to hold, in hexadecimal or as it is written there.
    pub fn claimed(&self) -> Option<String> {
        self.claim.as_ref().map(ToString::to_string)
    }

    /// Whether it says to hold this one. None if it says nothing.
    pub fn claims(&self, key: &PublicKey) -> Option<bool> {
        self.claim.as_ref().map(|claim| claim.fits(key))
    }

    /// Its path of EIP-2334, as written.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Its own name, a UUID.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The key. Takes the time and memory of [`Self::work`].
    ///
    /// # Errors
    /// [`KeystoreError::WrongPassword`], or what is wrong with what is inside.
    pub fn open(&self, password: &Password) -> Result<SecretKey, KeystoreError> {
        let secret = self.crypto.open(password)?;
        let key = match self.form {
            Form::LegacyBn254 => {
                let key = synod_signature_core::bn254::SecretKey::from_bytes_reduced(&secret);
                SecretKey::Bn254(key?)
            }
            Form::Eip2335 | Form::Web3 => {
                let secret = secret.as_slice().try_into();
                let secret = secret.map_err(|_| KeystoreError::Length(self.crypto.len()))?;
                SecretKey::from_bytes(self.scheme, secret)?
            }
        };
        match &self.claim {
            Some(claim) if !claim.fits(&key.public()) => Err(KeystoreError::OtherKey),
            Some(_) | None => Ok(key),
        }
    }
}

impl Form {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eip2335 => "eip-2335",
            Self::Web3 => "web3-v3",
            Self::LegacyBn254 => "legacy-bn254",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
