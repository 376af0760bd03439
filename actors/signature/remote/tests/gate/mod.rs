//! A Cerberus of a few keys: HTTP/2 frames, and messages of its own.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use parking_lot::Mutex;
use prost::Message;
use synod_signature_core::SecretKey;
use synod_types::signature::{Digest, PublicKey, Scheme};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;
use tonic::Code;

use crate::common::{Server, Wire, encrypted, plain};

#[derive(Clone, PartialEq, Message)]
struct Question {
    #[prost(string, tag = "1")]
    public_key_g1: String,
    #[prost(bytes = "vec", tag = "2")]
    data: Vec<u8>,
    #[prost(string, tag = "3")]
    password: String,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(bytes = "vec", tag = "1")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Listed {
    #[prost(message, repeated, tag = "1")]
    public_keys: Vec<Question>,
}

#[derive(Clone)]
pub enum Way {
    Honest,
    Says(Vec<u8>),
    Refuses(Code, String),
    Hangs,
}

/// Key, data, password and token.
type Asked = (String, Vec<u8>, String, Option<String>);

pub struct Gate {
    keys: Vec<u8>,
    way: Mutex<Way>,
    pub asked: Mutex<Vec<Asked>>,
    count: watch::Sender<usize>,
}

pub struct GateServer {
    pub url: String,
    pub gate: Arc<Gate>,
    _server: Server,
}

/// How Cerberus names the key whose secret is of equal bytes: X, and which of the two Y.
pub fn name(byte: u8) -> String {
    let key = SecretKey::from_bytes(Scheme::Bn254, &[byte; 32]).unwrap().public();
    let PublicKey::Bn254 { g1, .. } = key else { unreachable!() };
    let mut x = g1.0[..32].to_vec();
    // (p − 1) / 2 begins with this: no point of these tests is so close to it that more is needed.
    x[0] |= if [0x18, 0x32] <= [g1.0[32], g1.0[33]] { 0xc0 } else { 0x80 };
    hex::encode(x)
}

impl Gate {
    pub fn holding(keys: &[u8]) -> Self {
        let (way, asked) = (Mutex::new(Way::Honest), Mutex::default());
        Self { keys: keys.to_vec(), way, asked, count: watch::channel(0).0 }
    }

    pub fn go(&self, way: Way) {
        *self.way.lock() = way;
    }

    /// Returns once it was asked for a signature.
    pub async fn asked_once(&self) {
        self.count.subscribe().wait_for(|count| 0 < *count).await.unwrap();
    }

    pub async fn serve(self) -> GateServer {
        let gate = Arc::new(self);
        let shared = Arc::clone(&gate);
        let server = plain(move |wire| Arc::clone(&shared).converse(wire)).await;
        GateServer { url: server.url.clone(), gate, _server: server }
    }

    pub async fn serve_tls(self, own: &Arc<ServerConfig>) -> GateServer {
        let gate = Arc::new(self);
        let shared = Arc::clone(&gate);
        let mut own = ServerConfig::clone(own);
        own.alpn_protocols = vec![b"h2".to_vec()];
        let server = encrypted(&own.into(), move |wire| Arc::clone(&shared).converse(wire)).await;
        GateServer { url: server.url.clone(), gate, _server: server }
    }

    async fn converse(self: Arc<Self>, wire: Wire) {
        let Ok(mut connection) = h2::server::handshake(wire.stream).await else { return };
        let mut calls = JoinSet::new();
        while let Some(Ok((request, respond))) = connection.accept().await {
            calls.spawn(Arc::clone(&self).call(request, respond));
        }
    }

    async fn call(
        self: Arc<Self>,
        request: http::Request<h2::RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) {
        let (head, mut body) = request.into_parts();
        let mut bytes = Vec::new();
        while let Some(Ok(chunk)) = body.data().await {
            drop(body.flow_control().release_capacity(chunk.len()));
            bytes.extend_from_slice(&chunk);
        }
        let token = head.headers.get("authorization").map(|it| it.to_str().unwrap().to_owned());
        let way = self.way.lock().clone();
        let is_signing = head.uri.path() == "/signer.v1.Signer/SignGeneric";
        let outcome = match (is_signing, way) {
            (_, Way::Refuses(code, text)) => Err((code, text)),
            (false, _) if head.uri.path() == "/keymanager.v1.KeyManager/ListKeys" => {
                let named =
                    |byte: &u8| Question { public_key_g1: name(*byte), ..Question::default() };
                Ok(Listed { public_keys: self.keys.iter().map(named).collect() }.encode_to_vec())
            }
            (false, _) => Err((Code::Unimplemented, String::new())),
            (true, way) => {
                let question = Question::decode(&bytes[5..]).unwrap();
                self.sign(question, token, way).await
            }
        };
        // Whoever has gone hears nothing.
        drop(reply(&mut respond, outcome).await);
    }

    async fn sign(
        &self,
        question: Question,
        token: Option<String>,
        way: Way,
    ) -> Result<Vec<u8>, (Code, String)> {
        let Question { public_key_g1, data, password } = question;
        self.asked.lock().push((public_key_g1.clone(), data.clone(), password, token));
        self.count.send_modify(|count| *count += 1);
        let signature = match way {
            Way::Hangs => std::future::pending().await,
            Way::Says(bytes) => bytes,
            Way::Honest | Way::Refuses(..) => {
                let key = self.keys.iter().find(|&&byte| name(byte) == public_key_g1);
                let key = key.ok_or((Code::Internal, "no such key".to_owned()))?;
                let key = SecretKey::from_bytes(Scheme::Bn254, &[*key; 32]).unwrap();
                let digest = Digest(data.as_slice().try_into().unwrap());
                key.sign(digest).bytes.to_vec()
            }
        };
        Ok(Answer { signature }.encode_to_vec())
    }
}

async fn reply(
    respond: &mut SendResponse<Bytes>,
    outcome: Result<Vec<u8>, (Code, String)>,
) -> Result<(), h2::Error> {
    let head = || http::Response::builder().status(200).header("content-type", "application/grpc");
    match outcome {
        Err((code, text)) => {
            let head = head().header("grpc-status", code as i32).header("grpc-message", text);
            respond.send_response(head.body(()).unwrap(), true).map(drop)
        }
        Ok(message) => {
            let mut stream = respond.send_response(head().body(()).unwrap(), false)?;
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            let mut rest = Bytes::from([&[0], &length[..], &message].concat());
            while !rest.is_empty() {
                stream.reserve_capacity(rest.len());
                let room = std::future::poll_fn(|task| stream.poll_capacity(task)).await;
                let Some(room) = room.transpose()? else { return Ok(()) };
                stream.send_data(rest.split_to(room.min(rest.len())), false)?;
            }
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            stream.send_trailers(trailers)
        }
    }
}
