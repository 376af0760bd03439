//! Settings of the kind `signer`.

use std::path::{Component, Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use synod_types::signature::Scheme;

use crate::check::Check;
use crate::format;
use crate::remote::{RemoteSection, RemoteSettings};
use crate::secret::looks_like_key;
use crate::shape::join;

/// One key, and the guard that signs nothing twice. A key is given by `key_file`, `generate` or
/// `remote`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignerSection {
    /// The signature scheme.
    pub(crate) scheme: SchemeName,
    /// Who has the key.
    pub(crate) source: SourceName,
    /// File of the secret key. Relative to the directory of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::path")]
    pub(crate) key_file: Option<String>,
    /// Where the password of `key_file` stands, which then is a keystore (EIP-2335, web3 version 3,
    /// or the older form of BN254) and no plain key. Relative to the directory of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "password")]
    pub(crate) password: Option<PasswordSection>,
    /// Whether to make a key at the first start, kept under `runtime.data_dir`. For trying out.
    pub(crate) generate: bool,
    /// Of the sources that are no file: who holds the key, and how it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<RemoteSection>,
    /// Duties remembered, each for ever; at the limit nothing more is signed.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub(crate) duties_max: usize,
    /// Requests that wait for the journal or for their signature; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub(crate) waiting_max: usize,
    /// Duties put on record by one commit of the journal; those beyond go with the next.
    #[schemars(range(min = 1, max = 65_536))]
    pub(crate) batch_max: usize,
}

/// Where a password stands: a file or an environment variable, and never here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PasswordSection {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
}

/// Not shown where it is wrong: somebody may have written the password itself.
pub(crate) fn password(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-secret": true,
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "file": { "type": "string", "minLength": 1,
                "description": "File of mode 600 that holds the password." },
            "env": { "type": "string", "format": "variable",
                "description": "Environment variable that holds the password." }
        }
    })
}

/// Who has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceName {
    /// This process, from a file.
    File,
    /// A web3signer, by its eth1 API. For ECDSA.
    Web3signer,
    /// A Cerberus, over gRPC. For BN254.
    Cerberus,
}

impl SourceName {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Web3signer => "web3signer",
            Self::Cerberus => "cerberus",
        }
    }
}

/// A signature scheme, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum SchemeName {
    /// BLS on BN254, as EigenLayer's contracts verify it.
    #[serde(rename = "bn254")]
    Bn254,
    /// BLS on BLS12-381, keys in G1.
    #[serde(rename = "bls12-381")]
    Bls12381,
    /// ECDSA on secp256k1.
    #[serde(rename = "ecdsa")]
    Ecdsa,
}

impl From<SchemeName> for Scheme {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::Bn254 => Self::Bn254,
            SchemeName::Bls12381 => Self::Bls12381,
            SchemeName::Ecdsa => Self::Ecdsa,
        }
    }
}

/// Settings of a signer, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SignerSettings {
    /// The signature scheme.
    pub scheme: Scheme,
    /// Where the key comes from. No two signers share one.
    pub key: KeySource,
    /// At least one.
    pub duties_max: usize,
    /// At least one.
    pub waiting_max: usize,
    /// At least one.
    pub batch_max: usize,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// A file, which must be there.
    File(PathBuf),
    /// A keystore, which must be there, and what opens it.
    Keystore(PathBuf, PasswordSource),
    /// Made at the first start, kept under the data directory.
    Generated,
    /// Somebody else has it.
    Remote(Box<RemoteSettings>),
}

/// Where a password comes from. Not looked at before it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// A file of mode 600.
    File(PathBuf),
    /// An environment variable, by its name.
    Variable(String),
}

impl Default for SignerSection {
    fn default() -> Self {
        Self {
            scheme: SchemeName::Bn254,
            source: SourceName::File,
            key_file: None,
            password: None,
            generate: false,
            remote: None,
            duties_max: 1_000_000,
            waiting_max: 1024,
            batch_max: 1024,
        }
    }
}

impl SignerSection {
    pub(crate) fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        id: &str,
    ) -> Option<SignerSettings> {
        let source = self.check_source(check, key)?;
        let file = match &source {
            KeySource::File(path) | KeySource::Keystore(path, _) => Some((plain(path), "key_file")),
            KeySource::Generated => Some((check.generated_key(id), "generate")),
            // Held against the others' keys before anything starts.
            KeySource::Remote(_) => None,
        };
        if let Some((path, named)) = file
            && let Some(other) = check.key_files.insert(path, join(key, named))
        {
            let hint = format!("{other} names it too: one signer, one key");
            check.found.refuse(&join(key, named), "a key shared by two signers", hint);
        }
        Some(SignerSettings {
            scheme: self.scheme.into(),
            key: source,
            duties_max: self.duties_max,
            waiting_max: self.waiting_max,
            batch_max: self.batch_max,
        })
    }
}

impl SignerSection {
    /// With the table of the chosen source, if it was left out.
    pub(crate) fn completed(mut self) -> Self {
        if self.source != SourceName::File {
            self.remote.get_or_insert_default();
        }
        self
    }

    fn check_source(&self, check: &mut Check<'_, '_>, key: &str) -> Option<KeySource> {
        let remote_key = join(key, "remote");
        if self.source == SourceName::File {
            if check.found.is_written(&remote_key) {
                let hint = "remove it, or set source = \"web3signer\" or \"cerberus\"";
                check.found.refuse(&remote_key, "settings of a source that is not chosen", hint);
            }
            return self.check_file(check, key);
        }
        let is_given = [self.key_file.is_some(), self.password.is_some(), self.generate];
        for (name, _) in ["key_file", "password", "generate"].iter().zip(is_given).filter(|it| it.1)
        {
            let hint = "remove it, or set source = \"file\"";
            check.found.refuse(&join(key, name), "settings of a source that is not chosen", hint);
        }
        let remote = self.remote.clone().unwrap_or_default();
        let remote = remote.check(check, &remote_key, (self.source, self.scheme.into()))?;
        Some(KeySource::Remote(Box::new(remote)))
    }

    fn check_file(&self, check: &mut Check<'_, '_>, key: &str) -> Option<KeySource> {
        let file_key = join(key, "key_file");
        let password_key = join(key, "password");
        match (&self.key_file, self.generate) {
            (Some(file), false) if looks_like_key(file) => {
                let hint = "write the key into a file of mode 600, and the file's path here; this \
                            one others may have read: use another";
                check.found.refuse(&file_key, "a key, not the path of its file", hint);
                None
            }
            (Some(file), false) => {
                let file = check.directory.join(file);
                match &self.password {
                    None => Some(KeySource::File(file)),
                    Some(password) => {
                        let password = password.check(check, &password_key)?;
                        Some(KeySource::Keystore(file, password))
                    }
                }
            }
            (None, true) if self.password.is_some() => {
                let hint = "remove password, or make a keystore by `synod keys new` and name it";
                check.found.refuse(&password_key, "a generated key has no password", hint);
                None
            }
            (None, true) => Some(KeySource::Generated),
            (Some(_), true) => {
                let hint = "remove key_file, or set generate = false";
                check.found.refuse(&file_key, "two sources of one key", hint);
                None
            }
            (None, false) => {
                let hint = "write key_file = \"…\", or generate = true for trying out";
                check.found.refuse(&file_key, "no key", hint);
                None
            }
        }
    }
}

impl PasswordSection {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) -> Option<PasswordSource> {
        match (&self.file, &self.env) {
            (Some(file), None) => Some(PasswordSource::File(check.directory.join(file))),
            (None, Some(name)) => Some(PasswordSource::Variable(name.clone())),
            (Some(_), Some(_)) | (None, None) => {
                let hint = "write { file = \"…\" } or { env = \"…\" }, one of them";
                check.found.refuse(key, "a password has one source", hint);
                None
            }
        }
    }
}

/// The path from the top and without detours, as it is written: links are not followed.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.components().next_back().is_some_and(is_name) => {
                plain.pop();
            }
            _ => plain.push(part),
        }
    }
    plain
}

const fn is_name(part: Component<'_>) -> bool {
    matches!(part, Component::Normal(_))
}
