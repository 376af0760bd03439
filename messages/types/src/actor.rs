//! Who is who among actors.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of an actor or supervisor, unique in its daemon and the same in every incarnation.
///
/// 1 to 64 characters: lower-case letters, digits, `-`, `_` and `.`, the first a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActorId(Arc<str>);

impl ActorId {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidActorId`] if the name is empty, too long or holds another character.
    pub fn new(name: &str) -> Result<Self, InvalidActorId> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_valid = name.len() <= 64
            && name.bytes().next().is_some_and(is_word)
            && name.bytes().all(|byte| is_word(byte) || b"-_.".contains(&byte));
        if is_valid { Ok(Self(name.into())) } else { Err(InvalidActorId(name.to_owned())) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a name names no actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no actor id: 1 to 64 of a-z, 0-9, `-`, `_`, `.`, beginning with a letter or digit"
)]
pub struct InvalidActorId(pub String);

impl TryFrom<String> for ActorId {
    type Error = InvalidActorId;

    fn try_from(name: String) -> Result<Self, InvalidActorId> {
        Self::new(&name)
    }
}

impl From<ActorId> for String {
    fn from(id: ActorId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which life of an actor: 1 for the first, one more at each restart. 0: never started.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// The life after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["a", "op-1.signer", "0x", "chain_1"] {
            assert!(ActorId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "-a", "a b", "ä", &"a".repeat(65)] {
            assert_eq!(ActorId::new(bad), Err(InvalidActorId(bad.to_owned())));
        }
    }
}
