//! Text that is never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::check::Check;
use crate::file::read_text;
use crate::shape::join;

/// Text that is shown as `<redacted>` and leaves memory when the last owner drops it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes a text.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The text itself, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A secret as written: the text, the file that holds it, or the environment variable.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum SecretSection {
    Text(SecretText),
    Place(SecretPlace),
}

/// A secret that stands in the file itself.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct SecretText(String);

/// Where a secret stands. One of the two.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecretPlace {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) env: Option<String>,
}

impl SecretSection {
    /// Fetches the text. `None` if that failed, and is told.
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) -> Option<Secret> {
        match self {
            Self::Text(SecretText(text)) => Some(Secret::new(text.clone())),
            Self::Place(SecretPlace { file: Some(file), env: None }) => read(check, key, file),
            Self::Place(SecretPlace { file: None, env: Some(name) }) => {
                let value = std::env::var(name).ok().filter(|value| !value.is_empty());
                if value.is_none() {
                    let hint = format!("set {name} before starting, or use {{ file = \"…\" }}");
                    check.found.refuse(
                        &join(key, "env"),
                        "environment variable not set, or empty",
                        hint,
                    );
                }
                value.map(Secret::new)
            }
            Self::Place(_) => {
                let hint = "write { file = \"…\" } or { env = \"…\" }, one of them";
                check.found.refuse(key, "a secret has one source", hint);
                None
            }
        }
    }
}

/// Whether a text has the form of a secret key: 32 bytes in hexadecimal digits.
pub(crate) fn looks_like_key(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The secrets of a table, by key.
pub(crate) fn check_all(
    check: &mut Check<'_, '_>,
    key: &str,
    secrets: &BTreeMap<String, SecretSection>,
) -> BTreeMap<String, Secret> {
    let fetched = secrets.iter().map(|(name, secret)| {
        let value = secret.check(check, &join(key, name))?;
        Some((name.clone(), value))
    });
    fetched.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Reads a secret; the line break at its end is not part of it.
fn read(check: &mut Check<'_, '_>, key: &str, file: &str) -> Option<Secret> {
    const BYTES_MAX: usize = 64 * 1024;
    let path = check.directory.join(Path::new(file));
    match read_text(&path, BYTES_MAX) {
        Ok(text) if text.trim_end_matches(['\r', '\n']).is_empty() => {
            check.found.refuse(&join(key, "file"), "an empty secret", "write the secret into it");
            None
        }
        Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())),
        Err(error) => {
            let hint = "a readable text file; relative paths start where this file lies";
            check.found.refuse(&join(key, "file"), format!("cannot read secret: {error}"), hint);
            None
        }
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// As it may be shown: the place of a secret, never the text.
impl Serialize for SecretSection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(_) => serializer.serialize_str("<redacted>"),
            Self::Place(place) => place.serialize(serializer),
        }
    }
}

impl JsonSchema for SecretSection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema(generator)
    }
}

/// The three ways to write a secret.
pub(crate) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-secret": true,
        "anyOf": [
            { "type": "string", "minLength": 1 },
            { "type": "object", "additionalProperties": false, "properties": {
                "file": { "type": "string", "minLength": 1,
                    "description": "File that holds the secret." },
                "env": { "type": "string", "format": "variable",
                    "description": "Environment variable that holds the secret." }
            } }
        ]
    })
}
