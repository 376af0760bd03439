//! A real node behind a proxy that answers most requests wrongly, in 27 ways, beside a second
//! way to the same node: every log is told once and in order, and nothing that is not so.
//!
//! `SYNOD_EVENTS=10000 SYNOD_WAYS=1 cargo test -p synod-chain --test faults -- --nocapture` tells
//! how many logs of each kind of fault, and whether there is a second way at all.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

#[path = "faults/anvil.rs"]
mod anvil;
mod common;
#[path = "faults/kind.rs"]
mod kind;
#[path = "faults/proxy.rs"]
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use anvil::{Anvil, LOGS};
use common::Notes;
use common::consumer::Consumer;
use kind::Kind;
use proxy::Proxy;
use synod_chain::{Args, Chain, Endpoint, EndpointRules, Limits, Rules, Terms};
use synod_chain_alloy::{AlloySource, Connection, Verify};
use synod_protocol::chain::ChainMsg;
use synod_supervision::core::{BreakerPolicy, OpensOn};
use synod_supervision::{Address, Clock, Running};
use synod_tests::stage::{Stage, room};
use synod_tests::store::{Disk, Store};
use synod_types::chain::{ChainId, ChainStatus, LogFilter};

const CHAIN: u64 = 7_001;
const OTHER: u64 = 7_002;
/// Blocks of a reorg in the middle of each run.
const REORG: u64 = 3;
/// Longer than anything here takes that ends by itself.
const PATIENCE: Duration = Duration::from_secs(600);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// One chain, followed.
struct Followed {
    notes: Notes,
    chain: Address<ChainMsg>,
    _running: Running,
}

fn endpoint(name: &str, url: &str, priority: u8, verify: Verify) -> Endpoint {
    let connection =
        Connection { request_timeout: Duration::from_millis(250), verify, ..Connection::default() };
    let source = AlloySource::new(url, None, &connection).unwrap();
    let terms = Terms { name: name.to_owned(), priority, budget: None };
    Endpoint { terms, source: Arc::new(source) }
}

async fn follow(node: &Anvil, chain: u64, from: u64, endpoints: Vec<Endpoint>) -> Followed {
    let mut stage = Stage::new(Clock::system());
    let store = stage.address("store", room(64));
    let address = stage.address("chain", room(64));
    let consumer = stage.address("consumer", room(64));
    let notes = Notes::default();
    let breaker = BreakerPolicy {
        opens_on: OpensOn::ConsecutiveFailures(10),
        open_for: Duration::from_millis(50),
        call_timeout: Duration::from_secs(1),
        ..BreakerPolicy::default()
    };
    let limits = Limits {
        poll: Duration::from_millis(30),
        retry_min: Duration::from_millis(10),
        retry_max: Duration::from_millis(200),
        ..Limits::default()
    };
    let emitter = node.emitter.as_str().unwrap().parse().unwrap();
    let args = Args {
        rules: Rules {
            chain: ChainId(chain),
            start_block: Some(from),
            filter: LogFilter { addresses: vec![emitter], events: vec![] },
            consumers: 0,
            limits,
        },
        endpoints,
        endpoint_rules: EndpointRules {
            probe_every: Duration::from_millis(100),
            rest_min: Duration::from_millis(50),
            rest_max: Duration::from_millis(200),
            ..EndpointRules::default()
        },
        breaker: stage.runtime.breaker("node", breaker),
        consumers: vec![consumer.clone().outlet()],
        store: store.clone().into(),
        answer_timeout: Duration::from_secs(5),
        snapshot_every: 50,
    };
    stage.add::<Store>(&store, Disk::default());
    stage.add::<Consumer>(&consumer, notes.clone());
    stage.add::<Chain>(&address, args);
    Followed { notes, chain: address, _running: stage.start_ready().await }
}

impl Followed {
    async fn status(&self) -> ChainStatus {
        self.chain.call(Duration::from_secs(10), ChainMsg::Status).await.unwrap()
    }

    fn tip(&self) -> u64 {
        self.notes.blocks().last().map_or(0, |block| block.id.number)
    }

    /// Waits until the consumer has the node's highest block.
    async fn catches_up(&self, what: &str, node: &Anvil) {
        let head = node.ask("eth_getBlockByNumber", serde_json::json!(["latest", false])).await;
        let hash: synod_types::B256 = head["hash"].as_str().unwrap().parse().unwrap();
        let caught = async {
            while self.notes.blocks().last().is_none_or(|block| block.id.hash != hash) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, caught).await.is_err() {
            panic!("{what}: still at {} of {head}: {:?}", self.tip(), self.status().await);
        }
    }
}

/// Follows through a bad endpoint while blocks come, and a reorg; says how many logs came, how
/// many faults there were, and how far another chain fell behind.
async fn check(kind: Kind, node: &Anvil, other: &Anvil, bystander: &Followed) -> (usize, u64, u64) {
    let proxy = Proxy::start(node.port, kind).await;
    let verify = if kind.needs_receipts() { Verify::Receipts } else { Verify::Headers };
    let mut ways = vec![endpoint("bad", &proxy.url, 0, verify)];
    if setting("SYNOD_WAYS", 2) != 1 {
        ways.push(endpoint("good", &format!("http://127.0.0.1:{}", node.port), 10, verify));
    }
    let from = node.head().await + 1;
    let followed = follow(node, CHAIN, from, ways).await;
    let events = setting("SYNOD_EVENTS", 120);
    let calls = if events < 2_000 { 1 } else { 5 };
    let blocks = events.div_ceil(LOGS * calls).max(2 * REORG);
    let mut lag = 0;
    for block in 0..blocks {
        node.mine(calls).await;
        if block == blocks / 2 {
            node.reorg(REORG).await;
        }
        other.mine(1).await;
        let theirs = other.head().await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        lag = lag.max(theirs.saturating_sub(bystander.tip()));
    }
    // What the reorg took.
    node.mine(calls).await;
    node.mine(calls).await;
    followed.catches_up(&format!("{kind:?}"), node).await;

    let told = followed.notes.all_logs();
    let told: Vec<_> = told
        .iter()
        .map(|(block, log)| (block.id.hash.to_string(), log.index, log.data.to_string()))
        .collect();
    assert_eq!(told, node.logs(from).await, "{kind:?}");
    assert_eq!(followed.notes.repeated(), 0, "{kind:?}");
    let faults = proxy.faults();
    assert!(0 < faults, "{kind:?} never happened");
    (told.len(), faults, lag)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_endpoint_does_every_log_is_told_once() {
    let (node, other) = (Anvil::start(CHAIN).await, Anvil::start(OTHER).await);
    let way = endpoint("own", &format!("http://127.0.0.1:{}", other.port), 0, Verify::Headers);
    let bystander = follow(&other, OTHER, 0, vec![way]).await;
    println!("| fault | logs | faults | missed or doubled | blocks another chain was behind |");
    println!("|---|---|---|---|---|");
    for kind in Kind::ALL {
        // The only way there is says that it is of another chain: that halts.
        if kind == Kind::WrongChainId && setting("SYNOD_WAYS", 2) == 1 {
            continue;
        }
        let (logs, faults, lag) = check(kind, &node, &other, &bystander).await;
        println!("| {kind:?} | {logs} | {faults} | 0 | {lag} |");
    }
    bystander.catches_up("the other chain", &other).await;
}
