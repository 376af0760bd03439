//! A node that answers as a test tells it to.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the node says to a whole request: a status and a body.
pub type Answer = Arc<dyn Fn(&Value) -> (u16, String) + Send + Sync>;

pub struct Node {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Value>>>,
    _tasks: JoinSet<()>,
}

impl Node {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&answer), Arc::clone(&noted)));
            }
        });
        Self { url, asked, _tasks: tasks }
    }

    /// A node that answers each question of a request by itself.
    pub async fn answering(
        result: impl Fn(&str, &Value) -> Result<Value, Value> + Send + Sync + 'static,
    ) -> Self {
        let one = move |question: &Value| {
            let method = question["method"].as_str().unwrap();
            let (key, value) = match result(method, &question["params"]) {
                Ok(value) => ("result", value),
                Err(value) => ("error", value),
            };
            json!({ "jsonrpc": "2.0", "id": question["id"], key: value })
        };
        Self::start(Arc::new(move |request| {
            let body = match request {
                Value::Array(questions) => questions.iter().map(&one).collect(),
                question => one(question),
            };
            (200, body.to_string())
        }))
        .await
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, asked: Arc<Mutex<Vec<Value>>>) {
    let mut buffer = Vec::new();
    loop {
        let Some((head, length)) = head(&buffer) else {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        while buffer.len() < head + length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let request: Value = serde_json::from_slice(&buffer[head..head + length]).unwrap();
        buffer.drain(..head + length);
        let (status, body) = answer(&request);
        asked.lock().push(request);
        let length = body.len();
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Where the body begins and how long it is, once the head is there.
fn head(buffer: &[u8]) -> Option<(usize, usize)> {
    let text = String::from_utf8_lossy(buffer);
    let end = text.find("\r\n\r\n")? + 4;
    let line = text[..end].lines().find(|line| line.starts_with("content-length:"))?;
    Some((end, line.split(':').nth(1)?.trim().parse().ok()?))
}

pub fn hash(number: u64) -> String {
    format!("0x{:064x}", number + 1_000)
}

pub fn header(number: u64) -> Value {
    json!({
        "number": format!("{number:#x}"),
        "hash": hash(number),
        "parentHash": number.checked_sub(1).map_or_else(|| format!("0x{:064x}", 0), hash),
        "timestamp": format!("{:#x}", 1_700_000_000 + number),
        "transactions": [], "miner": "0x0000000000000000000000000000000000000000",
    })
}

pub fn log(number: u64, index: u64) -> Value {
    json!({
        "address": "0x00000000000000000000000000000000000000b0", "topics": [], "data": "0x01",
        "blockNumber": format!("{number:#x}"), "blockHash": hash(number),
        "transactionHash": hash(number), "logIndex": format!("{index:#x}"), "removed": false,
    })
}

pub fn number(hex: &Value) -> u64 {
    u64::from_str_radix(hex.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
