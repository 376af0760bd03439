use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};
use synod_types::task::TaskCreated;
use synod_types::{Address, B256, Bytes, U256, keccak256};

use crate::support::{Lines, repository, request, until};

/// The AVS of the profiles, and the number of their set.
pub(crate) const AVS: &str = "0x00000000000000000000000000000000000000af";

/// A real node. It keeps its chain in a file when it is stopped, and does not outlive the test.
pub(crate) struct Node {
    child: Child,
    out: Lines,
    port: u16,
    state: PathBuf,
    /// An account with money.
    account: Option<Value>,
}

/// A task as the chain announced it.
#[derive(Clone, Debug)]
pub(crate) struct Announced {
    pub(crate) created: TaskCreated,
    pub(crate) block: u64,
    pub(crate) block_hash: String,
}

impl Announced {
    fn read(log: &Value) -> Self {
        let topics: Vec<B256> = serde_json::from_value(log["topics"].clone()).unwrap();
        let data: Bytes = serde_json::from_value(log["data"].clone()).unwrap();
        Self {
            created: TaskCreated::decode(&topics, &data).unwrap().expect("a task is announced"),
            block: number(&log["blockNumber"]),
            block_hash: log["blockHash"].as_str().unwrap().to_owned(),
        }
    }
}

impl Node {
    /// Starts a node that mines a block for every transaction.
    pub(crate) fn start(directory: &Path) -> Self {
        let state = directory.join("anvil.json");
        let (child, out) = launch(&state, 0, &[]);
        let mut node = Self { child, out, port: 0, state, account: None };
        node.port = node.listens();
        node.account = node.ask("eth_accounts", json!([])).get(0).cloned();
        node
    }

    /// Ends it; what it knows is in its file. Its address is free until it is back.
    pub(crate) fn stop(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("the node runs");
        until("the node to end", || self.child.try_wait().unwrap());
        // The script ends before the node does.
        self.out.rest();
    }

    /// From now on it hears everything and says nothing.
    pub(crate) fn freeze(&self) {
        kill_process_group(Pid::from_child(&self.child), Signal::STOP).expect("the node runs");
    }

    /// It goes on where it stood.
    pub(crate) fn thaw(&self) {
        kill_process_group(Pid::from_child(&self.child), Signal::CONT).expect("the node is there");
    }

    /// Starts it anew, at the same address, with all it kept.
    pub(crate) fn start_again(&mut self) {
        (self.child, self.out) = launch(&self.state, self.port, &[]);
        assert_eq!(self.listens(), self.port);
    }

    /// Starts another chain at the same address; what was kept is lost.
    pub(crate) fn start_another(&mut self) {
        fs::remove_file(&self.state).unwrap();
        // Begun in the same second, it would be the same chain.
        (self.child, self.out) = launch(&self.state, self.port, &["--timestamp", "1700000000"]);
        assert_eq!(self.listens(), self.port);
    }

    /// Waits until it listens.
    fn listens(&self) -> u16 {
        self.out.find("the node to listen", |line| {
            line.strip_prefix("Listening on 127.0.0.1:")?.trim().parse().ok()
        })
    }

    pub(crate) fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    #[track_caller]
    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let headers = [("content-type", "application/json")];
        let answer = request("POST", &self.http_url(), &headers, &question.to_string()).json();
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].clone()
    }

    /// The address of a new mailbox.
    pub(crate) fn deploy(&self) -> Address {
        let file = repository("tests/chain/build/TaskMailbox.json");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| missing(&file, &error));
        let contract: Value = serde_json::from_str(&text).unwrap();
        let tx = json!({ "from": self.account, "gas": "0x1e8480", "data": contract["bytecode"] });
        let receipt = self.receipt(&self.ask("eth_sendTransaction", json!([tx])));
        receipt["contractAddress"].as_str().unwrap().parse().unwrap()
    }

    /// Asks the operators of the profiles' set, in a block of its own.
    pub(crate) fn create_task(&self, mailbox: Address, payload: &str) -> Announced {
        let tx = self.send_task(mailbox, payload);
        self.announced(&tx)
    }

    /// As `create_task`, in whatever block comes next.
    pub(crate) fn send_task(&self, mailbox: Address, payload: &str) -> Value {
        self.ask("eth_sendTransaction", json!([self.task(mailbox, AVS, payload)]))
    }

    /// The transaction that asks the operators of `avs`.
    pub(crate) fn task(&self, mailbox: Address, avs: &str, payload: &str) -> Value {
        let avs: Address = avs.parse().unwrap();
        let number = |number: usize| U256::from(number).to_be_bytes::<32>();
        let selector = &keccak256("createTask(address,uint32,uint256,bytes)")[..4];
        let words = [avs.into_word().0, number(0), number(3_600), number(128)];
        let mut data = [selector, &words.concat(), &number(payload.len())].concat();
        data.extend_from_slice(payload.as_bytes());
        data.resize(data.len() + payload.len().next_multiple_of(32) - payload.len(), 0);
        let data = Bytes::from(data);
        json!({ "from": self.account, "to": mailbox, "gas": "0x7a120", "data": data })
    }

    /// What the log of a mined transaction says.
    pub(crate) fn announced(&self, tx: &Value) -> Announced {
        Announced::read(&self.receipt(tx)["logs"][0])
    }

    /// All tasks of the chain.
    pub(crate) fn tasks(&self, mailbox: Address) -> Vec<Announced> {
        let filter = json!({ "fromBlock": "0x0", "address": mailbox });
        let logs = self.ask("eth_getLogs", json!([filter]));
        logs.as_array().unwrap().iter().map(Announced::read).collect()
    }

    fn receipt(&self, tx: &Value) -> Value {
        let receipt = until("a receipt", || {
            Some(self.ask("eth_getTransactionReceipt", json!([tx]))).filter(|it| !it.is_null())
        });
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    /// Replaces the highest blocks by as many, the lowest of which holds these transactions.
    pub(crate) fn reorg(&self, depth: u64, transactions: &[Value]) {
        let placed: Vec<_> = transactions.iter().map(|tx| json!([tx, 0])).collect();
        self.ask("anvil_reorg", json!([depth, placed]));
    }

    pub(crate) fn head(&self) -> u64 {
        number(&self.ask("eth_blockNumber", json!([])))
    }

    pub(crate) fn block(&self, number: u64) -> Value {
        self.ask("eth_getBlockByNumber", json!([format!("{number:#x}"), false]))
    }

    /// The hashes of all blocks from `first` up, in ascending order.
    pub(crate) fn hashes_from(&self, first: u64) -> Vec<String> {
        let blocks = (first..=self.head()).map(|number| self.block(number));
        blocks.map(|block| block["hash"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        kill_process_group(Pid::from_child(&self.child), Signal::KILL).ok();
        drop(self.child.wait());
    }
}

/// Starts anvil, in a process group of its own: the program is a script around it.
fn launch(state: &Path, port: u16, more: &[&str]) -> (Child, Lines) {
    let program = repository("tests/chain/node_modules/.bin/anvil");
    let mut command = Command::new(&program);
    command
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--state"])
        .arg(state)
        .args(more);
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap_or_else(|error| missing(&program, &error));
    let out = Lines::of(child.stdout.take().unwrap());
    (child, out)
}

fn missing(path: &Path, error: &std::io::Error) -> ! {
    panic!("{}: {error}; run `bash tests/run`, which installs it", path.display())
}

fn number(hex: &Value) -> u64 {
    u64::from_str_radix(hex.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
