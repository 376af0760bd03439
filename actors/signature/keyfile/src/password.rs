use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use synod_signature::KeySourceError;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{place, private};

/// Bytes of a password; more are a mistake, not a password.
const BYTES_MAX: usize = 1_024;
/// Bytes that one byte becomes at most when it is normalised: U+FDFA, three bytes, becomes 33.
const GROWTH: usize = 11;
/// Characters of a password that protects a new keystore.
const NEW_CHARS_MIN: usize = 8;

/// What opens a keystore. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

/// Why a text is no password. Never says which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PasswordError {
    /// Too long.
    #[error("the password has more than {BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the password is not UTF-8")]
    NotText,
    /// Too weak to protect a new keystore; it may open an old one.
    #[error("a new keystore wants a password of at least {NEW_CHARS_MIN} characters")]
    TooShort,
    /// Of control characters alone: EIP-2335 strips them.
    #[error("the password has nothing but control characters")]
    Control,
}

impl Password {
    /// Takes a text as it is.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`].
    pub fn new(text: Zeroizing<String>) -> Result<Self, PasswordError> {
        if text.len() <= BYTES_MAX { Ok(Self(text)) } else { Err(PasswordError::TooLong) }
    }

    /// Takes the bytes that come, less one line break at their end.
    ///
    /// # Errors
    /// [`PasswordError`], or what keeps the bytes from coming.
    pub fn read(from: impl Read) -> std::io::Result<Result<Self, PasswordError>> {
        // Room for all that is read, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * BYTES_MAX));
        from.take(BYTES_MAX as u64 + 3).read_to_end(&mut bytes)?;
        Ok(Self::from_line(&bytes))
    }

    /// Whether it may protect a new keystore.
    ///
    /// # Errors
    /// [`PasswordError::TooShort`], [`PasswordError::Control`].
    pub fn check_new(&self) -> Result<(), PasswordError> {
        let normalised = self.normalised();
        if !self.0.is_empty() && normalised.is_empty() {
            return Err(PasswordError::Control);
        }
        let chars = normalised.chars().count();
        if NEW_CHARS_MIN <= chars { Ok(()) } else { Err(PasswordError::TooShort) }
    }

    fn from_line(bytes: &[u8]) -> Result<Self, PasswordError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PasswordError::NotText)?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Self::new(Zeroizing::new(line.to_owned()))
    }

    /// As it is, for a remote signer that wants it.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.clone()
    }

    /// As EIP-2335 takes it: NFKD, without C0, C1 and Delete.
    pub(crate) fn normalised(&self) -> Zeroizing<String> {
        let mut normal = Zeroizing::new(String::with_capacity(GROWTH * self.0.len()));
        normal.extend(self.0.nfkd().filter(|char| !char.is_control()));
        normal
    }

    /// As web3 keystores take it: as it is.
    pub(crate) fn plain(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// Where a password is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordPlace {
    /// A file of mode 600 or less.
    File(PathBuf),
    /// An environment variable, by its name.
    Variable(String),
}

impl PasswordPlace {
    /// The password.
    ///
    /// # Errors
    /// [`KeySourceError`], naming the place.
    pub fn read(&self) -> Result<Password, KeySourceError> {
        let refused = |why: PasswordError| self.refused(why.to_string());
        match self {
            Self::File(path) => {
                let bytes = private::read(path, BYTES_MAX as u64 + 2)?;
                Password::from_line(&bytes).map_err(refused)
            }
            Self::Variable(name) => match std::env::var(name) {
                Ok(text) => Password::new(Zeroizing::new(text)).map_err(refused),
                Err(std::env::VarError::NotPresent) => {
                    Err(self.refused("the environment variable is not set".to_owned()))
                }
                Err(std::env::VarError::NotUnicode(bytes)) => {
                    drop(Zeroizing::new(bytes.into_encoded_bytes()));
                    Err(refused(PasswordError::NotText))
                }
            },
        }
    }

    /// Whether it is there and only its owner can read it. Does not look at the password.
    ///
    /// # Errors
    /// [`KeySourceError`], naming the place.
    pub fn inspect(&self) -> Result<(), KeySourceError> {
        match self {
            Self::File(path) => private::inspect(path),
            Self::Variable(name) if std::env::var_os(name).is_none() => {
                Err(self.refused("the environment variable is not set".to_owned()))
            }
            Self::Variable(_) => Ok(()),
        }
    }

    fn refused(&self, why: String) -> KeySourceError {
        let place = match self {
            Self::File(path) => place(path),
            Self::Variable(name) => format!("${name}"),
        };
        KeySourceError::Password { place, why }
    }
}

#[cfg(test)]
mod tests;
