//! A web3signer of one key, as far as a daemon asks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use alloy_primitives::keccak256;
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use synod_signature::SecretKey;
use synod_types::signature::{Digest, PublicKey, Scheme};

struct Shared {
    /// The one that it says it has.
    known: Mutex<[u8; 32]>,
    /// The one that it signs with.
    used: Mutex<[u8; 32]>,
    signed: AtomicUsize,
    is_over: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

/// Ends when it is dropped, and so do its connections.
pub(super) struct Web3 {
    port: u16,
    account: PublicKey,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Web3 {
    pub(super) fn serve(secret: [u8; 32], port: Option<u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).unwrap();
        let shared = Arc::new(Shared {
            known: Mutex::new(secret),
            used: Mutex::new(secret),
            signed: AtomicUsize::default(),
            is_over: AtomicBool::default(),
            connections: Mutex::default(),
        });
        let port = listener.local_addr().unwrap().port();
        let account = SecretKey::from_bytes(Scheme::Ecdsa, &secret).unwrap().public();
        let inside = Arc::clone(&shared);
        let thread = Some(std::thread::spawn(move || accept(&listener, &inside)));
        Self { port, account, shared, thread }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn account(&self) -> String {
        let PublicKey::Ecdsa(account) = self.account else { unreachable!() };
        account.to_string()
    }

    pub(super) fn signed(&self) -> usize {
        self.shared.signed.load(Ordering::SeqCst)
    }

    pub(super) fn sign_with(&self, secret: [u8; 32]) {
        *self.shared.used.lock().unwrap() = secret;
    }

    pub(super) fn know(&self, secret: [u8; 32]) {
        *self.shared.known.lock().unwrap() = secret;
    }
}

impl Drop for Web3 {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().unwrap().join());
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        let (stream, shared) = (stream.unwrap(), Arc::clone(shared));
        shared.connections.lock().unwrap().push(stream.try_clone().unwrap());
        std::thread::spawn(move || drop(converse(stream, &shared)));
    }
}

/// Until the other side goes.
fn converse(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if let Some(text) = header.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if header.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path = line.split(' ').nth(1).unwrap();
        let text = answer(path, &body, shared);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len())?;
    }
}

fn answer(path: &str, body: &[u8], shared: &Shared) -> String {
    match path {
        "/upcheck" => "OK".to_owned(),
        "/api/v1/eth1/publicKeys" => {
            let key = SigningKey::from_slice(&*shared.known.lock().unwrap()).unwrap();
            let point = key.verifying_key().to_sec1_point(false);
            let digits: String =
                point.as_bytes()[1..].iter().map(|byte| format!("{byte:02x}")).collect();
            json!([format!("0x{digits}")]).to_string()
        }
        _ => {
            let body: Value = serde_json::from_slice(body).unwrap();
            let data: synod_types::Bytes = body["data"].as_str().unwrap().parse().unwrap();
            let secret = *shared.used.lock().unwrap();
            let key = SecretKey::from_bytes(Scheme::Ecdsa, &secret).unwrap();
            shared.signed.fetch_add(1, Ordering::SeqCst);
            key.sign(Digest(keccak256(data))).bytes.to_string()
        }
    }
}
