//! A consumer that insists on order and a source that can fail.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

pub mod consumer;
mod source;

use std::sync::Arc;
use std::time::Duration;

pub use consumer::Notes;
#[allow(unused_imports, reason = "each test file uses some")]
pub use source::{Fallible, Lie};

use consumer::Consumer;
use synod_chain::{Args, Chain, Endpoint, EndpointRules, Limits, Rules, Terms};
use synod_chain_simulated::{Settings, SimulatedChain};
use synod_protocol::chain::ChainMsg;
use synod_supervision::core::BreakerPolicy;
use synod_supervision::{Address, Clock, Running, Runtime};
use synod_tests::stage::{Stage, clock_at, die, room};
use synod_tests::store::{Disk, Store};
use synod_types::chain::{Block, ChainId, ChainPhase, ChainStatus, LogFilter};
use synod_types::operator::OperatorSetId;

pub const MAILBOX: synod_types::Address = synod_types::Address::repeat_byte(0xb0);

/// What outlives a process: the disk, what consumers have applied, the chain.
#[derive(Clone)]
pub struct World {
    pub disk: Disk,
    pub notes: Vec<Notes>,
    pub source: Arc<Fallible>,
    /// More ways to the same chain.
    pub others: Vec<Arc<Fallible>>,
    pub quorum: usize,
    pub clock: Clock,
    /// How many of the consumers there are.
    pub present: usize,
    pub start_block: u64,
    /// Who is to be told the past, from where on.
    pub backfills: Vec<(String, u64)>,
}

impl World {
    pub fn new(reorg_every: u64) -> Self {
        let clock = clock_at(1_700_000_000);
        let settings = Settings {
            seed: 7,
            chain: ChainId(31_337),
            block_interval: Duration::from_millis(400),
            task_every: 2,
            task_deadline: Duration::from_secs(60),
            mailbox: MAILBOX,
            sets: vec![OperatorSetId { avs: MAILBOX, number: 1 }],
            reorg_every,
            reorg_depth: 3,
        };
        let chain = SimulatedChain::in_memory(settings, Arc::new(move || clock.now()));
        let source = Arc::new(Fallible::new(chain));
        let notes = (0..2).map(|_| Notes::default()).collect();
        let (others, quorum) = (Vec::new(), 1);
        let (disk, present, start_block, backfills) = (Disk::default(), 2, 1, Vec::new());
        Self { disk, notes, source, others, quorum, clock, present, start_block, backfills }
    }

    /// With so many ways to the chain, of which so many must agree.
    pub fn of_many(ways: usize, quorum: usize) -> Self {
        let world = Self::new(0);
        let others = (1..ways).map(|_| Arc::new(world.source.again())).collect();
        Self { others, quorum, ..world }
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let ways = std::iter::once(&self.source).chain(&self.others).zip(["a", "b", "c", "d"]);
        let terms = |name: &str| Terms { name: name.to_owned(), priority: 0, budget: None };
        ways.map(|(way, name)| Endpoint { terms: terms(name), source: way.clone() }).collect()
    }

    /// Starts a process.
    pub async fn start(&self) -> Process {
        let mut stage = Stage::new(self.clock);
        let store = stage.address("store", room(64));
        let chain = stage.address("chain", room(64));
        let addresses: Vec<_> =
            (0..self.present).map(|n| stage.address(&format!("consumer-{n}"), room(64))).collect();
        let args = Args {
            rules: Rules {
                chain: ChainId(31_337),
                start_block: Some(self.start_block),
                filter: LogFilter { addresses: vec![MAILBOX], events: vec![] },
                consumers: 0,
                limits: Limits::default(),
            },
            endpoints: self.endpoints(),
            endpoint_rules: EndpointRules { quorum: self.quorum, ..EndpointRules::default() },
            breaker: stage.runtime.breaker("node", BreakerPolicy::default()),
            consumers: addresses.iter().map(|consumer| consumer.clone().outlet()).collect(),
            backfills: self.backfills.clone(),
            store: store.clone().into(),
            answer_timeout: Duration::from_secs(5),
            snapshot_every: 10,
            prefetch_max: 4,
        };
        stage.add::<Store>(&store, self.disk.clone());
        for (address, notes) in addresses.iter().zip(&self.notes) {
            stage.add::<Consumer>(address, notes.clone());
        }
        stage.add::<Chain>(&chain, args);
        let running = stage.start_ready().await;
        Process { runtime: stage.runtime, running, chain }
    }

    /// Every consumer has what the chain has, but for what it did since the last poll.
    #[track_caller]
    pub fn assert_followed(&self, canonical: &[Block]) {
        assert!(canonical.len() > 10);
        for notes in &self.notes {
            let theirs = notes.blocks();
            let common = theirs.iter().zip(canonical).take_while(|(ours, node)| ours == node);
            let (common, all) = (common.count(), canonical.len());
            assert!(all <= common + 5, "{common} of {all} blocks are the same");
        }
    }
}

pub struct Process {
    pub runtime: Runtime,
    pub running: Running,
    pub chain: Address<ChainMsg>,
}

impl Process {
    pub async fn status(&self) -> ChainStatus {
        self.chain.call(Duration::from_secs(1), ChainMsg::Status).await.unwrap()
    }

    pub async fn phase(&self) -> ChainPhase {
        self.status().await.phase
    }

    /// Ends as by `kill -9`: nobody is asked, nothing is finished.
    pub async fn die(self) {
        die(self.running).await;
    }
}
