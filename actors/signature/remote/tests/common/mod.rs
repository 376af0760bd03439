//! A web3signer, and servers that are none; certificates for them.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

mod authority;
mod wire;

use std::sync::Arc;

use alloy_primitives::keccak256;
use k256::ecdsa::SigningKey;
use parking_lot::Mutex;
use serde_json::{Value, json};
use synod_signature_core::SecretKey;
use synod_types::signature::{Digest, Scheme};
use tokio_rustls::rustls::ServerConfig;

pub use authority::Authority;
pub use wire::{Server, Wire, encrypted, plain};

/// How web3signer names the key whose secret is of equal bytes.
pub fn name(byte: u8) -> String {
    let key = SigningKey::from_slice(&[byte; 32]).unwrap();
    format!("0x{}", hex::encode(&key.verifying_key().to_sec1_point(false).as_bytes()[1..]))
}

pub struct Web3 {
    pub keys: Vec<u8>,
    /// What is answered instead of a signature.
    pub sign: Option<Arc<Mutex<(u16, String)>>>,
    /// What is answered instead of the list of keys.
    pub list: Option<String>,
    /// What was asked, without bodies.
    pub asked: Mutex<Vec<String>>,
}

pub struct Web3Server {
    pub url: String,
    pub web3: Arc<Web3>,
    server: Server,
}

pub async fn serve(web3: Web3) -> Web3Server {
    web3.serve().await
}

impl Web3 {
    pub fn holding(keys: &[u8]) -> Self {
        Self { keys: keys.to_vec(), sign: None, list: None, asked: Mutex::default() }
    }

    pub async fn serve(self) -> Web3Server {
        let web3 = Arc::new(self);
        let shared = Arc::clone(&web3);
        let server = plain(move |wire| Arc::clone(&shared).converse(wire)).await;
        Web3Server { url: server.url.clone(), web3, server }
    }

    pub async fn serve_tls(self, own: &Arc<ServerConfig>) -> Web3Server {
        let web3 = Arc::new(self);
        let shared = Arc::clone(&web3);
        let server = encrypted(own, move |wire| Arc::clone(&shared).converse(wire)).await;
        Web3Server { url: server.url.clone(), web3, server }
    }

    async fn converse(self: Arc<Self>, mut wire: Wire) {
        while let Some((line, body)) = wire.request().await {
            let line = line.strip_suffix(" HTTP/1.1").unwrap().to_owned();
            let (status, text) = self.answer(&line, &body);
            self.asked.lock().push(line);
            let length = text.len();
            wire.say(&format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{text}"))
                .await;
        }
    }

    fn answer(&self, line: &str, body: &str) -> (u16, String) {
        let (method, path) = line.split_once(' ').unwrap();
        match (method, path, path.strip_prefix("/api/v1/eth1/sign/")) {
            ("GET", "/upcheck", _) => (200, "OK".to_owned()),
            ("GET", "/api/v1/eth1/publicKeys", _) => {
                let names: Vec<String> = self.keys.iter().map(|&byte| name(byte)).collect();
                (200, self.list.clone().unwrap_or_else(|| json!(names).to_string()))
            }
            ("POST", _, Some(wanted)) => match &self.sign {
                Some(answer) => answer.lock().clone(),
                None => self.signature(wanted, body),
            },
            _ => (404, String::new()),
        }
    }

    /// As it does it: what is given is hashed.
    fn signature(&self, wanted: &str, body: &str) -> (u16, String) {
        let Some(&byte) = self.keys.iter().find(|&&byte| name(byte) == wanted) else {
            return (404, String::new());
        };
        let body: Value = serde_json::from_str(body).unwrap();
        let data = hex::decode(&body["data"].as_str().unwrap()[2..]).unwrap();
        let key = SecretKey::from_bytes(Scheme::Ecdsa, &[byte; 32]).unwrap();
        (200, key.sign(Digest(keccak256(data))).bytes.to_string())
    }
}
