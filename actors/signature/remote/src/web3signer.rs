//! web3signer: `GET /upcheck`, `GET /api/v1/eth1/publicKeys`, `POST /api/v1/eth1/sign/{key}`.
//!
//! Its eth1 API hashes what it is given with keccak, always. So it is given what our digest is the
//! keccak of (0x19 0x01 ‖ domain ‖ struct hash), and nothing else: where that is not known, it is
//! not asked. Keys are named by their 64 bytes, and configuration names addresses: the list of its
//! keys says which is which.
//!
//! Its eth2 API is not used. It signs roots that it computes itself, of objects of the beacon
//! chain under domains of the beacon chain: none is the digest of a result.

use std::sync::OnceLock;

use alloy_primitives::{Address as Account, keccak256};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use synod_signature::{Asking, RemoteError, RemoteSigner};
use synod_types::Bytes;
use synod_types::signature::{Digest, PublicKey, RemoteRefusal};

use crate::address::Address;
use crate::{SetupError, Tls, TlsError, chain, trouble};

/// A signature is 132 characters, with or without quotes.
const SIGNATURE_BYTES_MAX: usize = 256;
/// Some 7,500 keys.
const LIST_BYTES_MAX: usize = 1 << 20;

/// One key of a web3signer.
pub struct Web3signer {
    client: Client,
    address: Address,
    account: Account,
    /// What it calls the key, once that is known.
    name: OnceLock<String>,
}

impl Web3signer {
    /// Whoever is at `url`, and the key that it is to sign with. Connects to nobody yet.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(url: &str, key: &PublicKey, tls: &Tls) -> Result<Self, SetupError> {
        let PublicKey::Ecdsa(account) = key else { return Err(SetupError::Scheme) };
        let address = Address::parse("web3signer", url)?;
        if address.url.scheme() == "http" && !tls.is_default() {
            return Err(TlsError::Unused.into());
        }
        // A signer is where it was said to be: no proxies, and nobody sends us elsewhere.
        let client = tls.client()?.no_proxy().redirect(Policy::none()).build();
        let client = client.map_err(|error| SetupError::Client(chain(&error)))?;
        Ok(Self { client, address, account: *account, name: OnceLock::new() })
    }

    fn trouble(&self, kind: RemoteRefusal, why: impl std::fmt::Display) -> RemoteError {
        trouble(kind, &self.address.place, why)
    }

    async fn look(&self) -> Result<(), RemoteError> {
        self.ask(self.client.get(self.address.below(&["upcheck"])), SIGNATURE_BYTES_MAX).await?;
        self.find().await.map(drop)
    }

    /// What it calls the key: the one of its keys whose address is ours.
    async fn find(&self) -> Result<String, RemoteError> {
        let url = self.address.below(&["api", "v1", "eth1", "publicKeys"]);
        let body = self.ask(self.client.get(url), LIST_BYTES_MAX).await?;
        let names: Vec<String> = serde_json::from_slice(&body).map_err(|_| {
            self.trouble(RemoteRefusal::Garbage, "its list of public keys is no list of texts")
        })?;
        let count = names.len();
        let name = names.into_iter().find(|name| account(name) == Some(self.account));
        let name = name.ok_or_else(|| {
            let why = format!("none of its {count} keys has the address {}", self.account);
            self.trouble(RemoteRefusal::UnknownKey, why)
        })?;
        Ok(self.name.get_or_init(|| name).clone())
    }

    async fn sign_bytes(
        &self,
        digest: Digest,
        preimage: Option<Bytes>,
    ) -> Result<Bytes, RemoteError> {
        let known = preimage.filter(|preimage| keccak256(preimage) == digest.0);
        let preimage = known
            .ok_or_else(|| self.trouble(RemoteRefusal::NoPreimage, RemoteRefusal::NoPreimage))?;
        let name = match self.name.get() {
            Some(name) => name.clone(),
            None => self.find().await?,
        };
        let url = self.address.below(&["api", "v1", "eth1", "sign", &name]);
        let body = json!({ "data": format!("0x{}", hex::encode(&preimage)) }).to_string();
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        let answer = self.ask(request, SIGNATURE_BYTES_MAX).await?;
        let text = String::from_utf8_lossy(&answer);
        let digits = text.trim().trim_matches('"').strip_prefix("0x");
        let bytes = digits.and_then(|digits| hex::decode(digits).ok());
        bytes.map(Bytes::from).ok_or_else(|| {
            self.trouble(RemoteRefusal::Garbage, "its answer is no hexadecimal text after 0x")
        })
    }

    /// The body of a successful answer.
    async fn ask(&self, request: RequestBuilder, bytes_max: usize) -> Result<Vec<u8>, RemoteError> {
        let lost = |error: reqwest::Error| {
            let why = chain(&error.without_url());
            self.trouble(RemoteRefusal::Unreachable, why)
        };
        let mut response = request.send().await.map_err(lost)?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.trouble(kind_of(status), format_args!("answered {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes_max < body.len() + chunk.len() {
                let why = format!("its answer is longer than {bytes_max} bytes");
                return Err(self.trouble(RemoteRefusal::Garbage, why));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl RemoteSigner for Web3signer {
    fn place(&self) -> &str {
        &self.address.place
    }

    fn check(&self) -> Asking<'_, ()> {
        Box::pin(self.look())
    }

    fn sign(&self, digest: Digest, preimage: Option<Bytes>) -> Asking<'_, Bytes> {
        Box::pin(self.sign_bytes(digest, preimage))
    }
}

fn kind_of(status: StatusCode) -> RemoteRefusal {
    match status {
        StatusCode::NOT_FOUND => RemoteRefusal::UnknownKey,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => RemoteRefusal::Failing,
        _ if status.is_server_error() => RemoteRefusal::Failing,
        _ => RemoteRefusal::Refused,
    }
}

/// The address of a public key of 64 bytes, or of 65 with their 0x04 before them.
fn account(name: &str) -> Option<Account> {
    let bytes = hex::decode(name.strip_prefix("0x").unwrap_or(name)).ok()?;
    let point = match bytes.as_slice() {
        [4, point @ ..] if point.len() == 64 => point,
        point if point.len() == 64 => point,
        _ => return None,
    };
    Some(Account::from_slice(&keccak256(point)[12..]))
}
