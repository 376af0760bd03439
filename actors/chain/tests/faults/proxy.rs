//! A TCP proxy before a node, which does not always pass on what the node says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::anvil::post;
use super::kind::Kind;

/// Of ten requests, so many are answered wrongly.
const FAULTY: u64 = 6;

pub struct Proxy {
    pub url: String,
    faults: Arc<AtomicU64>,
    _task: JoinSet<()>,
}

#[derive(Clone)]
struct Scene {
    node: u16,
    kind: Kind,
    asked: Arc<AtomicU64>,
    faults: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn start(node: u16, kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, faults) = (Arc::default(), Arc::new(AtomicU64::new(0)));
        let scene = Scene { node, kind, asked, faults: Arc::clone(&faults) };
        let mut task = JoinSet::new();
        task.spawn(serve(listener, address, scene));
        Self { url: format!("http://{address}"), faults, _task: task }
    }

    /// How often it did not pass on what the node said.
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
}

async fn serve(mut listener: TcpListener, address: SocketAddr, scene: Scene) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        if scene.kind == Kind::ConnectionRefused && scene.is_faulty() {
            drop((stream, listener));
            connections.shutdown().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            listener = TcpListener::bind(address).await.unwrap();
            continue;
        }
        connections.spawn(connection(stream, scene.clone()));
        while connections.try_join_next().is_some() {}
    }
}

impl Scene {
    /// Spread over the requests so that no pattern of theirs escapes or is always hit.
    fn is_faulty(&self) -> bool {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let is_faulty = asked.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 10 < FAULTY;
        self.faults.fetch_add(u64::from(is_faulty), Ordering::Relaxed);
        is_faulty
    }
}

async fn connection(mut stream: TcpStream, scene: Scene) {
    let mut buffer = Vec::new();
    while let Some(request) = request(&mut stream, &mut buffer).await {
        let Ok(answer) = post(scene.node, &request).await else { return };
        let is_faulty = scene.kind != Kind::ConnectionRefused && scene.is_faulty();
        let kind = Some(scene.kind).filter(|_| is_faulty);
        let is_open = match kind {
            None => plain(&mut stream, (200, "OK"), &answer).await,
            Some(kind) => faulty(&mut stream, kind, &request, &answer).await,
        };
        if !is_open {
            return;
        }
    }
}

/// The body of the next request.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let end = buffer.windows(4).position(|part| part == b"\r\n\r\n").map(|end| end + 4);
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length?.trim().parse().ok()?;
            if end + length <= buffer.len() {
                let rest = buffer.split_off(end + length);
                return Some(std::mem::replace(buffer, rest).split_off(end));
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Whether the connection goes on.
async fn plain(stream: &mut TcpStream, (status, reason): (u16, &str), body: &[u8]) -> bool {
    let head = head(status, reason, body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).await.is_ok()
}

fn head(status: u16, reason: &str, length: usize) -> String {
    format!("HTTP/1.1 {status} {reason}\r\ncontent-length: {length}\r\n\r\n")
}

async fn faulty(stream: &mut TcpStream, kind: Kind, request: &[u8], answer: &[u8]) -> bool {
    if let Some(status) = kind.status() {
        return plain(stream, status, b"no").await;
    }
    let half = &answer[..answer.len() / 2];
    match kind {
        Kind::ConnectionReset => reset(stream),
        Kind::ResetMidBody => {
            let head = head(200, "OK", answer.len());
            drop(stream.write_all(&[head.as_bytes(), half].concat()).await);
            reset(stream)
        }
        Kind::Truncated => {
            let head = head(200, "OK", answer.len());
            drop(stream.write_all(&[head.as_bytes(), half].concat()).await);
            false
        }
        Kind::Garbage => plain(stream, (200, "OK"), &[0xff, 0x00, 0x7b, 0x9c, 0x22]).await,
        Kind::InvalidJson => plain(stream, (200, "OK"), half).await,
        // Whoever waits gives up; then the connection is closed.
        Kind::Hang => {
            drop(stream.read_u8().await);
            false
        }
        Kind::SlowDrip => {
            let head = head(200, "OK", answer.len());
            let mut whole = [head.as_bytes(), answer].concat();
            whole.truncate(2_000);
            for byte in whole {
                if stream.write_all(&[byte]).await.is_err() {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            false
        }
        _ => plain(stream, (200, "OK"), bent(kind, request, answer).to_string().as_bytes()).await,
    }
}

fn bent(kind: Kind, request: &[u8], answer: &[u8]) -> Value {
    let request: Value = serde_json::from_slice(request).unwrap();
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    let method = |id: &Value| {
        let questions = request.as_array().map_or(std::slice::from_ref(&request), Vec::as_slice);
        let question = questions.iter().find(|question| question["id"] == *id).unwrap();
        question["method"].as_str().unwrap().to_owned()
    };
    match &mut answer {
        Value::Array(answers) => {
            for each in answers.iter_mut() {
                kind.bend(&method(&each["id"]), each);
            }
            match kind {
                Kind::ReorderedBatch => answers.reverse(),
                Kind::DuplicatedAnswers => {
                    let again = answers.clone();
                    answers.extend(again);
                }
                _ => (),
            }
        }
        single => kind.bend(&method(&single["id"]), single),
    }
    answer
}

/// No farewell: whoever reads is told of it at once.
fn reset(stream: &TcpStream) -> bool {
    stream.set_zero_linger().unwrap();
    false
}
