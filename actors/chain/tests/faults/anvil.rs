//! A real node, and a contract that emits twenty logs at each call.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// Logs of one call.
pub const LOGS: u64 = 20;
/// For each number from 20 down to 1: LOG2 of the number, a fixed topic and the block's number.
const EMITTER: &str = "0x6016600a5f3960165ff360145b805f5243602a60205fa2600190038060025700";

pub struct Anvil {
    child: Child,
    pub port: u16,
    account: Value,
    pub emitter: Value,
    nonce: AtomicU64,
    /// A pipe that nobody reads would stop it.
    _reader: JoinSet<()>,
}

impl Anvil {
    /// Mines when it is told to.
    pub async fn start(chain: u64) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/chain");
        let program = root.join("node_modules/.bin/anvil");
        let mut command = std::process::Command::new(&program);
        command.args(["--port", "0", "--host", "127.0.0.1", "--chain-id", &chain.to_string()]);
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = Command::from(command).kill_on_drop(true).spawn();
        let advice = "run `bash tests/run`, which installs it";
        let mut child = child.unwrap_or_else(|error| panic!("{program:?}: {error}; {advice}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(port) = line.strip_prefix("Listening on 127.0.0.1:") {
                break port.trim().parse().unwrap();
            }
        };
        let mut reader = JoinSet::new();
        reader.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (account, emitter, nonce) = (Value::Null, Value::Null, AtomicU64::new(0));
        let mut node = Self { child, port, account, emitter, nonce, _reader: reader };
        node.account = node.ask("eth_accounts", json!([])).await[0].clone();
        let tx = node.ask("eth_sendTransaction", json!([node.transaction(None, EMITTER)])).await;
        while !node.emitter.is_string() {
            let receipt = node.ask("eth_getTransactionReceipt", json!([tx])).await;
            node.emitter = receipt["contractAddress"].clone();
        }
        node.ask("evm_setAutomine", json!([false])).await;
        node
    }

    fn transaction(&self, to: Option<&Value>, data: &str) -> Value {
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let mut tx = json!({
            "from": self.account, "gas": "0x61a80", "data": data,
            "nonce": format!("{nonce:#x}"),
        });
        if let Some(to) = to {
            tx["to"] = to.clone();
        }
        tx
    }

    /// Mines a block with so many calls in it.
    pub async fn mine(&self, calls: u64) {
        for _ in 0..calls {
            let call = self.transaction(Some(&self.emitter), "0x");
            self.ask("eth_sendTransaction", json!([call])).await;
        }
        self.ask("evm_mine", json!([])).await;
    }

    /// Replaces the highest blocks by as many others, with one call in the lowest of them.
    pub async fn reorg(&self, depth: u64) {
        let head = self.head().await;
        let left = self.ask("eth_getBlockByNumber", json!([hex(head - depth), false])).await;
        let number = left["number"].clone();
        let count = self.ask("eth_getTransactionCount", json!([self.account, number])).await;
        self.nonce.store(parse(&count), Ordering::Relaxed);
        let call = self.transaction(Some(&self.emitter), "0x");
        self.ask("anvil_reorg", json!([depth, [[call, 0]]])).await;
        self.count_again().await;
    }

    /// Forgets the highest blocks.
    pub async fn rollback(&self, depth: u64) {
        self.ask("anvil_rollback", json!([depth])).await;
        self.count_again().await;
    }

    async fn count_again(&self) {
        let count = self.ask("eth_getTransactionCount", json!([self.account, "latest"])).await;
        self.nonce.store(parse(&count), Ordering::Relaxed);
    }

    pub async fn head(&self) -> u64 {
        parse(&self.ask("eth_blockNumber", json!([])).await)
    }

    /// Hash, index and data of every log of the chain.
    pub async fn logs(&self, from: u64) -> Vec<(String, u64, String)> {
        let filter = json!({ "fromBlock": hex(from), "address": self.emitter });
        let logs = self.ask("eth_getLogs", json!([filter])).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let named =
            |log: &Value| (text(&log["blockHash"]), parse(&log["logIndex"]), text(&log["data"]));
        logs.as_array().unwrap().iter().map(named).collect()
    }

    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = post(self.port, question.to_string().as_bytes()).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].clone()
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // The program is a script around it.
        let group = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id as i32));
        if let Some(group) = group {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }
}

pub fn hex(number: u64) -> String {
    format!("{number:#x}")
}

pub fn parse(hex: &Value) -> u64 {
    u64::from_str_radix(hex.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// The body of the answer.
pub async fn post(port: u16, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: node\r\ncontent-type: application/json\r\n\
        connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    assert!(!answer[..end].windows(7).any(|part| part == b"chunked"), "a plain body");
    Ok(answer.split_off(end + 4))
}
