use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_signature::{Key, KeySource, KeySourceError, Mark};
use synod_types::signature::{PublicKey, Scheme};

use crate::keystore::{BYTES_MAX, Keystore, KeystoreError};
use crate::password::PasswordPlace;
use crate::{create, mark, place, private};

/// A keystore in a file of mode 600, and where its password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeystoreFile {
    path: PathBuf,
    scheme: Scheme,
    password: PasswordPlace,
}

impl KeystoreFile {
    /// A file that must be there when the key is needed.
    pub fn new(path: impl Into<PathBuf>, scheme: Scheme, password: PasswordPlace) -> Self {
        Self { path: path.into(), scheme, password }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether keystore and password are there, closed to others, and the keystore is one of the
    /// scheme. Opens neither.
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn inspect(&self) -> Result<(), KeySourceError> {
        let keystore = read_keystore(&self.path)?;
        self.check_scheme(&keystore)?;
        self.password.inspect()
    }

    /// The public half of the key. Opens the keystore.
    ///
    /// # Errors
    /// As [`KeySource::load`].
    pub fn public_key(&self) -> Result<PublicKey, KeySourceError> {
        self.load().map(|key| key.public())
    }

    /// Whether the keystore names this key as its own. None if it names none. Opens nothing: what
    /// it names is not under the password.
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn claims(&self, key: &PublicKey) -> Result<Option<bool>, KeySourceError> {
        Ok(read_keystore(&self.path)?.claims(key))
    }

    fn check_scheme(&self, keystore: &Keystore) -> Result<(), KeySourceError> {
        let (found, wanted) = (keystore.scheme(), self.scheme);
        if found == wanted {
            return Ok(());
        }
        Err(KeySourceError::OtherScheme { place: place(&self.path), found, wanted })
    }
}

impl KeySource for KeystoreFile {
    fn load(&self) -> Result<Key, KeySourceError> {
        let keystore = read_keystore(&self.path)?;
        self.check_scheme(&keystore)?;
        let password = self.password.read()?;
        let opened = keystore.open(&password).map_err(|error| unusable(&self.path, error));
        opened.map(Key::Held)
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        mark::read(&self.path)
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        mark::raise(&self.path, from, to)
    }
}

/// Reads a keystore from a file that only its owner can reach; opens nothing.
///
/// # Errors
/// [`KeySourceError`].
pub fn read_keystore(path: &Path) -> Result<Keystore, KeySourceError> {
    let text = private::read(path, BYTES_MAX)?;
    Keystore::parse(&text).map_err(|error| unusable(path, error))
}

/// Writes a keystore's text into a new file of mode 600, whole or not at all.
///
/// # Errors
/// [`KeySourceError::Exists`] if something is there already; it is left as it is.
pub fn write_keystore(path: &Path, text: &str) -> Result<(), KeySourceError> {
    create::write(path, text.as_bytes())
}

/// Puts a keystore's text in the place of the file at `path`, which is kept beside it, with its
/// mark, under the name returned. At every moment the one or the other is at `path`, whole.
///
/// # Errors
/// [`KeySourceError`]; then the former file is where it was.
pub fn rotate_keystore(
    path: &Path,
    text: &str,
    is_new_key: bool,
) -> Result<PathBuf, KeySourceError> {
    create::replace(path, text.as_bytes(), is_new_key)
}

/// That of a file.
pub(crate) fn unusable(path: &Path, error: KeystoreError) -> KeySourceError {
    KeySourceError::Keystore { place: place(path), cause: Arc::new(error) }
}

#[cfg(test)]
mod tests;
