use aes::Aes128;
use alloy_primitives::keccak256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::KeystoreError;
use super::kdf::Work;
use crate::password::Password;

/// What is encrypted, and how.
#[derive(Clone, Debug)]
pub(super) struct Crypto {
    pub(super) work: Work,
    pub(super) salt: Vec<u8>,
    pub(super) iv: [u8; 16],
    pub(super) ciphertext: Vec<u8>,
    /// Tells a wrong password from the right one.
    pub(super) check: Check,
}

/// A checksum over half of the key and the ciphertext, and with it how the password is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// SHA-256, of EIP-2335.
    Sha256([u8; 32]),
    /// Keccak-256, of web3 keystores.
    Keccak([u8; 32]),
}

impl Crypto {
    pub(super) const fn work(&self) -> Work {
        self.work
    }

    /// Bytes inside.
    pub(super) const fn len(&self) -> usize {
        self.ciphertext.len()
    }

    pub(super) fn open(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let key = self.check.derive(self.work, password, &self.salt)?;
        if self.check != self.check.over(&key[16..], &self.ciphertext) {
            return Err(KeystoreError::WrongPassword);
        }
        let mut secret = Zeroizing::new(self.ciphertext.clone());
        apply(&key[..16], &self.iv, &mut secret)?;
        Ok(secret)
    }

    /// Encrypts 32 bytes. `kind` says which checksum; its value is of no account.
    pub(super) fn seal(
        secret: &[u8; 32],
        password: &Password,
        kind: Check,
        (work, salt, iv): (Work, [u8; 32], [u8; 16]),
    ) -> Result<Self, KeystoreError> {
        let key = kind.derive(work, password, &salt)?;
        // Holds the secret until the cipher has been over it; no copy stays.
        let mut bytes = Zeroizing::new(secret.to_vec());
        apply(&key[..16], &iv, &mut bytes)?;
        let ciphertext = bytes.to_vec();
        let check = kind.over(&key[16..], &ciphertext);
        Ok(Self { work, salt: salt.to_vec(), iv, ciphertext, check })
    }
}

impl Check {
    fn derive(
        self,
        work: Work,
        password: &Password,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        match self {
            Self::Sha256(_) => work.derive(password.normalised().as_bytes(), salt),
            Self::Keccak(_) => work.derive(password.plain(), salt),
        }
    }

    fn over(self, half: &[u8], ciphertext: &[u8]) -> Self {
        match self {
            Self::Sha256(_) => {
                let hash = Sha256::new().chain_update(half).chain_update(ciphertext);
                Self::Sha256(hash.finalize().into())
            }
            Self::Keccak(_) => {
                let text = Zeroizing::new([half, ciphertext].concat());
                Self::Keccak(keccak256(text.as_slice()).0)
            }
        }
    }
}

/// AES-128 in counter mode: encrypts what is plain, and the other way round.
fn apply(key: &[u8], iv: &[u8; 16], bytes: &mut [u8]) -> Result<(), KeystoreError> {
    let malformed = |_| KeystoreError::Malformed("cipher");
    let mut cipher = Ctr128BE::<Aes128>::new_from_slices(key, iv).map_err(malformed)?;
    cipher.try_apply_keystream(bytes).map_err(|_| KeystoreError::Malformed("cipher"))
}
