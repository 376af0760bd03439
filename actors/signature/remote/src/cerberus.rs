//! Cerberus, a signer of BLS signatures on BN254 over gRPC.
//!
//! `signer.v1.Signer/SignGeneric` maps 32 bytes to the curve as EigenLayer's contracts do, which is
//! what certificates want, and multiplies. `keymanager.v1.KeyManager/ListKeys` says which keys it
//! has. Keys are named by the compressed form of their G1 half, without `0x`.

use std::str::FromStr;

use alloy_primitives::{U256, uint};
use http::uri::PathAndQuery;
use synod_signature::{Asking, RemoteError, RemoteSigner};
use synod_signature_core::bn254::PublicPair;
use synod_types::Bytes;
use synod_types::signature::{Digest, PublicKey, RemoteRefusal};
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::wire::{ListKeysRequest, ListKeysResponse, SignGenericRequest, SignGenericResponse};
use crate::{Identity, SetupError, Tls, TlsError, chain, trouble};

/// Bytes of a message that comes; of keys, a list of several thousand.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Characters of a refusal that are told.
const TEXT_MAX: usize = 200;

/// One key of a Cerberus.
pub struct Cerberus {
    channel: Channel,
    place: String,
    /// Lower case, without 0x.
    name: String,
    password: Zeroizing<String>,
    token: Option<MetadataValue<Ascii>>,
}

/// What it wants to know before it signs. Empty what it does not ask for.
#[derive(Clone, Default)]
pub struct Admission {
    /// What opens the key, where it keeps keys in files.
    pub password: Zeroizing<String>,
    /// The token that it gave out with the key.
    pub token: Option<Zeroizing<String>>,
}

impl Cerberus {
    /// Whoever is at `url`, and the key that it is to sign with. Connects to nobody yet; within a
    /// tokio runtime, which does so later.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(url: &str, key: &PublicKey, tls: &Tls, who: Admission) -> Result<Self, SetupError> {
        let PublicKey::Bn254 { g1, g2 } = key else { return Err(SetupError::Scheme) };
        let pair =
            PublicPair::decode(g1, g2).map_err(|error| SetupError::Key(error.to_string()))?;
        let address = Address::parse("cerberus", url)?;
        let token = who.token.map(|token| MetadataValue::from_str(&token));
        let mut token = token.transpose().map_err(|_| SetupError::Token)?;
        token.iter_mut().for_each(|token| token.set_sensitive(true));
        Ok(Self {
            channel: endpoint(&address, tls)?.connect_lazy(),
            place: address.place,
            name: compressed(&pair.g1().encode().0),
            password: who.password,
            token,
        })
    }

    fn trouble(&self, kind: RemoteRefusal, why: impl std::fmt::Display) -> RemoteError {
        trouble(kind, &self.place, why)
    }

    async fn look(&self) -> Result<(), RemoteError> {
        let path = PathAndQuery::from_static("/keymanager.v1.KeyManager/ListKeys");
        let answer: ListKeysResponse = match self.call(path, ListKeysRequest {}).await {
            // It tells nobody which keys it has. The first signature will show.
            Err(status) if status.code() == Code::Unimplemented => return Ok(()),
            answer => answer.map_err(|status| self.refusal(&status))?,
        };
        let is_ours = |name: &str| digits(name).eq_ignore_ascii_case(&self.name);
        if answer.public_keys.iter().any(|key| is_ours(&key.public_key_g1)) {
            return Ok(());
        }
        let count = answer.public_keys.len();
        let why = format!("none of its {count} keys is {}", self.name);
        Err(self.trouble(RemoteRefusal::UnknownKey, why))
    }

    async fn sign_bytes(&self, digest: Digest) -> Result<Bytes, RemoteError> {
        let path = PathAndQuery::from_static("/signer.v1.Signer/SignGeneric");
        let request = SignGenericRequest {
            public_key_g1: self.name.clone(),
            data: digest.0.to_vec(),
            password: String::clone(&self.password),
        };
        let answer: Result<SignGenericResponse, Status> = self.call(path, request).await;
        let answer = answer.map_err(|status| self.refusal(&status))?;
        Ok(answer.signature.into())
    }

    async fn call<Q, A>(&self, path: PathAndQuery, question: Q) -> Result<A, Status>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let mut grpc = Grpc::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let lost = |error: tonic::transport::Error| Status::unavailable(chain(&error));
        grpc.ready().await.map_err(lost)?;
        let mut request = Request::new(question);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        grpc.unary(request, path, codec).await.map(tonic::Response::into_inner)
    }

    /// What it said instead. Its words are not ours: what was secret in the question is taken out.
    fn refusal(&self, status: &Status) -> RemoteError {
        let mut text: String = status.message().chars().take(TEXT_MAX).collect();
        for secret in
            [Some(self.password.as_str()), self.token.as_ref().and_then(|it| it.to_str().ok())]
        {
            if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
                text = text.replace(secret, "<redacted>");
            }
        }
        let cause = std::error::Error::source(status).map(|cause| format!(": {}", chain(cause)));
        let why = format!("{:?}: {text}{}", status.code(), cause.unwrap_or_default());
        self.trouble(kind_of(status), why)
    }
}

impl RemoteSigner for Cerberus {
    fn place(&self) -> &str {
        &self.place
    }

    fn check(&self) -> Asking<'_, ()> {
        Box::pin(self.look())
    }

    fn sign(&self, digest: Digest, _: Option<Bytes>) -> Asking<'_, Bytes> {
        Box::pin(self.sign_bytes(digest))
    }
}

fn endpoint(address: &Address, tls: &Tls) -> Result<Endpoint, SetupError> {
    let url = &address.url;
    let origin = url.origin().ascii_serialization();
    let endpoint =
        Endpoint::from_shared(origin).map_err(|error| SetupError::Client(chain(&error)))?;
    if url.scheme() == "http" {
        let is_used = !tls.is_default();
        return if is_used { Err(TlsError::Unused.into()) } else { Ok(endpoint) };
    }
    let mut config = ClientTlsConfig::new();
    if let Some(name) = &tls.server_name {
        config = config.domain_name(name);
    }
    config = match &tls.authorities {
        Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
        None => config.with_native_roots(),
    };
    if let Some(Identity { certificates, key }) = &tls.identity {
        config =
            config.identity(tonic::transport::Identity::from_pem(certificates, key.as_slice()));
    }
    endpoint.tls_config(config).map_err(|_| TlsError::Identity.into())
}

fn kind_of(status: &Status) -> RemoteRefusal {
    match status.code() {
        Code::Unavailable | Code::Unknown => RemoteRefusal::Unreachable,
        Code::NotFound => RemoteRefusal::UnknownKey,
        // Its own word for a key that it cannot open, among other things.
        Code::Internal | Code::ResourceExhausted | Code::Aborted | Code::DataLoss => {
            RemoteRefusal::Failing
        }
        Code::DeadlineExceeded | Code::Cancelled => RemoteRefusal::Timeout,
        Code::OutOfRange => RemoteRefusal::Garbage,
        Code::Ok
        | Code::InvalidArgument
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Unauthenticated => RemoteRefusal::Refused,
    }
}

fn digits(name: &str) -> &str {
    name.strip_prefix("0x").unwrap_or(name)
}

/// X, its two highest bits saying which of the two Y it is: 10 the smaller, 11 the larger.
fn compressed(point: &[u8; 64]) -> String {
    const HALF: U256 =
        uint!(10944121435919637611123202872628637544348155578648911831344518947322613104291_U256);
    let (x, y) = point.split_at(32);
    let flag = if HALF < U256::from_be_slice(y) { 0b1100_0000 } else { 0b1000_0000 };
    let mut bytes = x.to_vec();
    if let Some(first) = bytes.first_mut() {
        *first |= flag;
    }
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use synod_signature_core::SecretKey;
    use synod_types::B256;
    use synod_types::signature::Scheme;

    use super::*;

    /// A key pair and a signature of Cerberus's own making.
    #[test]
    fn our_key_has_the_name_and_makes_the_signature_that_it_says() {
        let secret = "040ad69253b921aca71dd714cccc3095576fbe1a21f86c9b10cb5b119b1c6899";
        let name = "a3111a2232584734d526d62cbb7c9a0d4ce1984a92b7ecb85bde8878fea5d1b0";
        let signature = "0x0fea882fc5c936c304b0d79f4c256dbb2d38a2df74b44aaa483dfa87f1a86ede\
                         0bbc32080db378a408b90af7e264b9768a4b2f16c6953ec2611a13bc448d27e4";
        let secret: [u8; 32] = hex::decode(secret).unwrap().try_into().unwrap();
        let key = SecretKey::from_bytes(Scheme::Bn254, &secret).unwrap();
        let PublicKey::Bn254 { g1, .. } = key.public() else { panic!() };
        assert_eq!(compressed(&g1.0), name);
        let data = B256::right_padding_from(b"somedata");
        assert_eq!(key.sign(Digest(data)).bytes.to_string(), signature.replace(' ', ""));
    }

    #[test]
    fn a_name_says_which_of_the_two_points_it_is() {
        let mut point = [0; 64];
        point[31] = 1;
        for (y, first) in [
            ("2", "80"),
            ("21888242871839275222246405745257275088696311157297823662689037894645226208581", "c0"),
        ] {
            let y: U256 = y.parse().unwrap();
            point[32..].copy_from_slice(&y.to_be_bytes::<32>());
            assert_eq!(&compressed(&point)[..2], first);
        }
    }
}
