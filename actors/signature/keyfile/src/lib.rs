//! Keys in files: one secret per file, `0x` and 64 hexadecimal digits, mode 600.
//!
//! A file that others could read or write is refused. A new one appears whole or not at all,
//! and never in place of another. Beside it lies `<file>.guard`, its mark.

mod create;
mod mark;
mod read;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_signature::{KeySource, KeySourceError, Mark, SecretKey};
use synod_types::signature::{PublicKey, Scheme};

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
        create::write(&self.path, &key)?;
        Ok(key.public())
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
    fn load(&self) -> Result<SecretKey, KeySourceError> {
        match read::read(&self.path, self.scheme) {
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
        }
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
