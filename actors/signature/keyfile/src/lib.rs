//! Keys in files of mode 600: plain ones, `0x` and 64 hexadecimal digits, and [keystores](Keystore)
//! that a password opens.
//!
//! A file that others could read or write is refused. A new one appears whole or not at all,
//! and never in place of another. Beside it lies `<file>.guard`, its mark.
//!
//! Secrets, passwords and the keys made of them are wiped from memory when they are dropped. The
//! memory in which scrypt mixes is not: its library gives it back as it is.

mod create;
mod keystore;
mod keystore_file;
mod mark;
mod password;
mod private;
mod read;

pub use keystore::{Form, Keystore, KeystoreError, Sealing, Work};
pub use keystore_file::{KeystoreFile, read_keystore, rotate_keystore, write_keystore};
pub use password::{Password, PasswordError, PasswordPlace};

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_signature::{Key, KeySource, KeySourceError, Mark, SecretKey};
use synod_types::signature::{PublicKey, Scheme};
use zeroize::Zeroizing;

/// A secret that is equally likely to be any of the scheme's, from the operating system's
/// randomness.
///
/// # Errors
/// [`KeySourceError::NoRandomness`].
pub fn random_key(scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    create::random_key(scheme)
}

/// Reads a key from a file of `0x` and 64 hexadecimal digits that only its owner can reach.
///
/// # Errors
/// [`KeySourceError`].
pub fn read_plain(path: &Path, scheme: Scheme) -> Result<SecretKey, KeySourceError> {
    read::read(path, scheme)
}

/// Writes a key, as it is, into a new file of mode 600.
///
/// # Errors
/// [`KeySourceError::Exists`] if something is there already; it is left as it is.
pub fn write_plain(path: &Path, key: &SecretKey) -> Result<(), KeySourceError> {
    create::write(path, &create::text(key))
}

/// Bytes of a file that only its owner can reach.
///
/// # Errors
/// [`KeySourceError`], [`KeySourceError::TooLong`] above `bytes_max`.
pub fn read_private(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, KeySourceError> {
    private::read(path, bytes_max)
}

/// Whether [`read_private`] would be let at it. Opens nothing.
///
/// # Errors
/// [`KeySourceError`].
pub fn inspect_private(path: &Path) -> Result<(), KeySourceError> {
    private::inspect(path)
}

/// The mark of a key that is not here, in a file of its own: what is at `<path>.guard`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkFile(PathBuf);

impl MarkFile {
    /// In `directory`, under `name`.
    pub fn new(directory: &Path, name: &str) -> Self {
        Self(directory.join(name))
    }

    /// As [`KeySource::mark`].
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        mark::read(&self.0)
    }

    /// As [`KeySource::raise`].
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        mark::raise(&self.0, from, to)
    }
}

/// Whether a file that only its owner can reach looks like a plain key file.
pub fn is_plain(path: &Path) -> bool {
    read::digits(path).is_ok_and(|bytes| bytes.len() == 32)
}

/// Reads a seed of 32 to 64 bytes, `0x` and hexadecimal digits, from a file that only its owner
/// can reach.
///
/// # Errors
/// [`KeySourceError`].
pub fn read_seed(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeySourceError> {
    let seed = read::digits(path)?;
    if (32..=64).contains(&seed.len()) {
        return Ok(seed);
    }
    let why = "no seed of 32 to 64 bytes: 0x and 64 to 128 hexadecimal digits".to_owned();
    Err(KeySourceError::Password { place: place(path), why })
}

/// The file of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
    scheme: Scheme,
    is_generated: bool,
}

impl KeyFile {
    /// A file that must be there when the key is needed.
    pub fn existing(path: impl Into<PathBuf>, scheme: Scheme) -> Self {
        Self { path: path.into(), scheme, is_generated: false }
    }

    /// A file that is made, with a new key, when the key is first needed.
    pub fn generated(path: impl Into<PathBuf>, scheme: Scheme) -> Self {
        Self { path: path.into(), scheme, is_generated: true }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file with a new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeySourceError::Exists`] if something is there already; it is left as it is.
    pub fn create(&self) -> Result<PublicKey, KeySourceError> {
        let key = create::random_key(self.scheme)?;
        create::write(&self.path, &create::text(&key))?;
        Ok(key.public())
    }

    /// Whether the file is there and closed to others, or can be made. Does not look inside.
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn inspect(&self) -> Result<(), KeySourceError> {
        match private::inspect(&self.path) {
            Err(KeySourceError::Unreachable { cause, .. })
                if self.is_generated && cause.kind() == io::ErrorKind::NotFound =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// The public half of the key.
    ///
    /// # Errors
    /// As [`KeySource::load`].
    pub fn public_key(&self) -> Result<PublicKey, KeySourceError> {
        self.load().map(|key| key.public())
    }
}

impl KeySource for KeyFile {
    fn load(&self) -> Result<Key, KeySourceError> {
        let read = match read::read(&self.path, self.scheme) {
            Err(KeySourceError::Unreachable { cause, .. })
                if self.is_generated && cause.kind() == io::ErrorKind::NotFound =>
            {
                match self.create() {
                    // Somebody else was first: theirs is the key.
                    Ok(_) | Err(KeySourceError::Exists { .. }) => {
                        read::read(&self.path, self.scheme)
                    }
                    Err(error) => Err(error),
                }
            }
            outcome => outcome,
        };
        read.map(Key::Held)
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        mark::read(&self.path)
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        mark::raise(&self.path, from, to)
    }
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

fn unreachable_at(path: &Path) -> impl FnOnce(io::Error) -> KeySourceError {
    let place = place(path);
    move |cause| KeySourceError::Unreachable { place, cause: Arc::new(cause) }
}

#[cfg(test)]
mod tests;
