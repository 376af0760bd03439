//! The table `remote` of a signer: a key that somebody else holds.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::signature::{PublicKey, Scheme};

use crate::breaker::BreakerPolicy;
use crate::check::Check;
use crate::format;
use crate::member::public_key;
use crate::secret::{self, Secret, SecretSection};
use crate::shape::join;
use crate::signer::{PasswordSection, PasswordSource, SourceName, password};

/// Who holds the key, and how it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RemoteSection {
    /// Its address: `http://` or `https://`, host and port. May be secret, so text,
    /// `{ file = "…" }` or `{ env = "…" }`. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "secret::schema")]
    url: Option<SecretSection>,
    /// The public half of the key that it must sign with, as it is registered. BN254: 192 bytes, G1
    /// then G2; ECDSA: the key's address. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::hex")]
    public_key: Option<String>,
    /// File of the certificates (PEM) of the authorities that are believed, and no others. Without
    /// it, those of the operating system. Relative to the directory of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::path")]
    ca_file: Option<String>,
    /// File of the certificate (PEM) that is shown to it. With `client_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::path")]
    client_certificate: Option<String>,
    /// File of that certificate's key (PEM), of mode 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::path")]
    client_key: Option<String>,
    /// The name that its certificate must bear, if that is not the host of `url`. Of `cerberus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<String>,
    /// Where the password stands that opens the key there, if it keeps keys in files. Of `cerberus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "password")]
    password: Option<PasswordSection>,
    /// Where the token stands that it gave out with the key (its API key). Of `cerberus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "password")]
    token: Option<PasswordSection>,
    /// Directory in which the key's mark is kept, under the key's name: on another disk than
    /// `runtime.data_dir` it tells when an older copy of that was put back. Without it, under
    /// `runtime.data_dir`. Relative to the directory of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::path")]
    mark_dir: Option<String>,
    /// How long one answer may take.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "10ms", "x-max" = "1h"))]
    timeout: Duration,
    /// Signatures asked for at once; no more than the breaker's `calls_max`.
    #[schemars(range(min = 1, max = 1024))]
    calls_max: usize,
    /// How often it is looked at whether it is there and has the key.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "100ms", "x-max" = "1h"))]
    check_interval: Duration,
    /// The policy, among `breakers`, of the circuit breaker around it.
    breaker: String,
}

/// Who holds a key, and how it is asked; checked.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteSettings {
    /// What it speaks.
    pub kind: RemoteKind,
    /// Its address.
    pub url: Secret,
    /// Of the signer's scheme. Whether it is a key has not been looked at.
    pub public_key: PublicKey,
    /// File of the authorities that are believed.
    pub ca_file: Option<PathBuf>,
    /// Files of the certificate that is shown, and of its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The name that its certificate must bear, if not the host's.
    pub server_name: Option<String>,
    /// Where the password stands that opens the key there.
    pub password: Option<PasswordSource>,
    /// Where the token stands that it gave out with the key.
    pub token: Option<PasswordSource>,
    /// Where the key's mark is kept.
    pub mark_dir: Option<PathBuf>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// At least one.
    pub calls_max: usize,
    /// How often it is looked at.
    pub check_interval: Duration,
    /// The policy of the breaker around it.
    pub breaker: BreakerPolicy,
}

/// What a remote signer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteKind {
    /// web3signer's eth1 API.
    Web3signer,
    /// Cerberus's gRPC.
    Cerberus,
}

impl Default for RemoteSection {
    fn default() -> Self {
        Self {
            url: None,
            public_key: None,
            ca_file: None,
            client_certificate: None,
            client_key: None,
            server_name: None,
            password: None,
            token: None,
            mark_dir: None,
            timeout: Duration::from_secs(5),
            calls_max: 8,
            check_interval: Duration::from_secs(10),
            breaker: "default".to_owned(),
        }
    }
}

impl RemoteSection {
    pub(crate) fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        (source, scheme): (SourceName, Scheme),
    ) -> Option<RemoteSettings> {
        let kind = check_scheme(check, key, source, scheme);
        let url = self.check_url(check, key);
        self.check_foreign(check, key, source);
        let mut place = |name: &str, section: &Option<PasswordSection>| {
            section.as_ref().and_then(|section| section.check(check, &join(key, name)))
        };
        let (password, token) = (place("password", &self.password), place("token", &self.token));
        let public_key = self.check_public_key(check, &join(key, "public_key"), scheme);
        let breaker = check.breaker(&join(key, "breaker"), &self.breaker);
        let path = |file: &Option<String>| file.as_ref().map(|file| check.directory.join(file));
        let (ca_file, mark_dir) = (path(&self.ca_file), path(&self.mark_dir));
        let client = path(&self.client_certificate).zip(path(&self.client_key));
        if self.client_certificate.is_some() != self.client_key.is_some() {
            let (missing, hint) = match self.client_key {
                None => ("client_key", "write it too, or remove client_certificate"),
                Some(_) => ("client_certificate", "write it too, or remove client_key"),
            };
            check.found.refuse(&join(key, missing), "a certificate goes with its key", hint);
        }
        if let Some(policy) = breaker.as_ref().filter(|it| (it.calls_max as usize) < self.calls_max)
        {
            let hint = format!("at most {}, or raise the breaker's calls_max", policy.calls_max);
            check.found.refuse(&join(key, "calls_max"), "more calls than the breaker takes", hint);
        }
        Some(RemoteSettings {
            kind: kind?,
            url: url?,
            public_key: public_key?,
            ca_file,
            client,
            server_name: self.server_name.clone(),
            password,
            token,
            mark_dir,
            timeout: self.timeout,
            calls_max: self.calls_max,
            check_interval: self.check_interval,
            breaker: breaker?,
        })
    }

    /// What only Cerberus asks for.
    fn check_foreign(&self, check: &mut Check<'_, '_>, key: &str, source: SourceName) {
        if source == SourceName::Cerberus {
            return;
        }
        let given = [self.server_name.is_some(), self.password.is_some(), self.token.is_some()];
        for (name, _) in ["server_name", "password", "token"].iter().zip(given).filter(|it| it.1) {
            let hint = "remove it, or set source = \"cerberus\"";
            check.found.refuse(
                &join(key, name),
                format!("{} does not ask for it", source.name()),
                hint,
            );
        }
    }

    fn check_url(&self, check: &mut Check<'_, '_>, key: &str) -> Option<Secret> {
        let url_key = join(key, "url");
        let Some(url) = &self.url else {
            let hint = "where it is, as in url = \"https://signer.example:9000\"";
            check.found.refuse(&url_key, "missing key", hint);
            return None;
        };
        let url = url.check(check, &url_key)?;
        let (plain, encrypted) = ("http://", "https://");
        let rest = [plain, encrypted].iter().find_map(|scheme| url.reveal().strip_prefix(scheme));
        let is_url = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.contains(|char: char| char.is_whitespace() || char.is_control())
        });
        if !is_url {
            check.found.refuse(&url_key, "not such an address", "begin with http:// or https://");
            return None;
        }
        for (name, file) in [
            ("ca_file", &self.ca_file),
            ("client_certificate", &self.client_certificate),
            ("server_name", &self.server_name),
        ] {
            if file.is_some() && url.reveal().starts_with(plain) {
                let hint = "remove it, or begin url with https://";
                check.found.refuse(&join(key, name), "nothing is encrypted here", hint);
            }
        }
        Some(url)
    }

    fn check_public_key(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        scheme: Scheme,
    ) -> Option<PublicKey> {
        let Some(text) = &self.public_key else {
            let hint =
                "the key's public half as it is registered: what it signs is held against it";
            check.found.refuse(key, "missing key", hint);
            return None;
        };
        let public = public_key(scheme, text);
        if public.is_none() {
            let wanted = match scheme {
                Scheme::Bn254 => "192 bytes, G1 then G2",
                Scheme::Bls12381 => "48 bytes, compressed",
                Scheme::Ecdsa => "20 bytes, the key's address",
            };
            check.found.refuse(key, format!("not a {scheme} public key"), wanted);
        }
        public
    }
}

/// Refuses what the remote signer could only sign as something else.
fn check_scheme(
    check: &mut Check<'_, '_>,
    key: &str,
    source: SourceName,
    scheme: Scheme,
) -> Option<RemoteKind> {
    let refused = match (source, scheme) {
        (SourceName::File, _) => return None,
        (SourceName::Web3signer, Scheme::Ecdsa) => return Some(RemoteKind::Web3signer),
        (SourceName::Cerberus, Scheme::Bn254) => return Some(RemoteKind::Cerberus),
        (SourceName::Cerberus, Scheme::Bls12381 | Scheme::Ecdsa) => {
            "it has keys of bn254 alone: use a key file, or web3signer for ecdsa"
        }
        (SourceName::Web3signer, Scheme::Bn254) => {
            "it has no keys of bn254: use cerberus, or a key file"
        }
        (SourceName::Web3signer, Scheme::Bls12381) => {
            "its eth2 API signs only roots of the beacon chain, which it computes itself, never the \
             digest of a result: use a key file"
        }
    };
    let name = source.name();
    let settings = key.strip_suffix(".remote").unwrap_or(key);
    check.found.refuse(
        &join(settings, "scheme"),
        format!("{name} cannot sign by {scheme}"),
        refused,
    );
    None
}
