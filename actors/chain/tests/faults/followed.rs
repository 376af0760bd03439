//! A chain actor, its store and a consumer that insists on order, before a real node.

use std::sync::Arc;
use std::time::Duration;

use synod_chain::{Args, Chain, Endpoint, EndpointRules, Limits, Rules, Terms};
use synod_chain_alloy::{AlloySource, Connection, Verify};
use synod_protocol::chain::ChainMsg;
use synod_supervision::core::{BreakerPolicy, OpensOn};
use synod_supervision::{Address, Clock, Running};
use synod_tests::stage::{Stage, room};
use synod_tests::store::{Disk, Store};
use synod_types::chain::{Block, ChainId, ChainStatus, Log, LogFilter};

use crate::anvil::Anvil;
use crate::common::Notes;
use crate::common::consumer::Consumer;

/// Longer than anything here takes that ends by itself.
const PATIENCE: Duration = Duration::from_secs(600);

/// One chain, followed.
pub struct Followed {
    pub notes: Notes,
    disk: Disk,
    chain: Address<ChainMsg>,
    running: Running,
}

pub fn endpoint(name: &str, url: &str, priority: u8, verify: Verify) -> Endpoint {
    let connection =
        Connection { request_timeout: Duration::from_millis(250), verify, ..Connection::default() };
    let source = AlloySource::new(url, None, &connection).unwrap();
    let terms = Terms { name: name.to_owned(), priority, budget: None };
    Endpoint { terms, source: Arc::new(source) }
}

async fn follow(
    node: &Anvil,
    (chain, from): (u64, u64),
    endpoints: Vec<Endpoint>,
    (disk, notes): (Disk, Notes),
) -> Followed {
    let mut stage = Stage::new(Clock::system());
    let store = stage.address("store", room(64));
    let address = stage.address("chain", room(64));
    let consumer = stage.address("consumer", room(64));
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
        // Before the shortest reorg of the chain's own making is over.
        rollback_patience: Duration::from_millis(100),
        reorg_depth_max: 200,
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
        backfills: Vec::new(),
        store: store.clone().into(),
        answer_timeout: Duration::from_secs(5),
        snapshot_every: 50,
        prefetch_max: 4,
    };
    stage.add::<Store>(&store, disk.clone());
    stage.add::<Consumer>(&consumer, notes.clone());
    stage.add::<Chain>(&address, args);
    Followed { disk, notes, chain: address, running: stage.start_ready().await }
}

impl Followed {
    /// From a height on, with nothing known.
    pub async fn start(node: &Anvil, chain: u64, from: u64, ways: Vec<Endpoint>) -> Self {
        follow(node, (chain, from), ways, (Disk::default(), Notes::default())).await
    }

    /// Ends as by `kill -9`; what remains is the disk, and what the consumer has applied.
    pub async fn die(self) -> (Disk, Notes) {
        self.running.abandon();
        drop(self.running);
        (self.disk, self.notes)
    }

    /// Goes on from what remained.
    pub async fn again(
        node: &Anvil,
        chain: u64,
        ways: Vec<Endpoint>,
        remains: (Disk, Notes),
    ) -> Self {
        follow(node, (chain, 0), ways, remains).await
    }

    /// Hash of the block, index and data of every log that stands.
    pub fn logs(&self) -> Vec<(String, u64, String)> {
        let named = |(block, log): &(Block, Log)| {
            (block.id.hash.to_string(), log.index, log.data.to_string())
        };
        self.notes.all_logs().iter().map(named).collect()
    }

    pub async fn status(&self) -> ChainStatus {
        self.chain.call(Duration::from_secs(10), ChainMsg::Status).await.unwrap()
    }

    pub fn tip(&self) -> u64 {
        self.notes.blocks().last().map_or(0, |block| block.id.number)
    }

    /// Waits until the consumer has a block of this height.
    pub async fn reaches(&self, height: u64) {
        let reached = async {
            while self.tip() < height {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("still at {}: {:?}", self.tip(), self.status().await);
        }
    }

    /// Waits until the consumer has the node's highest block.
    pub async fn catches_up(&self, what: &str, node: &Anvil) {
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
