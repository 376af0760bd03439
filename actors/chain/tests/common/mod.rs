//! A store in memory, a consumer that insists on order, a source that can fail, and a tree to put
//! them in.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod consumer;
mod source;
mod store;

use std::sync::Arc;
use std::time::Duration;

pub use consumer::Notes;
pub use source::Fallible;
pub use store::Disk;

use consumer::Consumer;
use store::Store;
use synod_chain::{Args, Chain, Limits, Rules};
use synod_chain_simulated::{Settings, SimulatedChain};
use synod_protocol::chain::ChainMsg;
use synod_supervision::core::{
    Backoff, BreakerPolicy, ChildPolicy, Intensity, Restart, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Address, Capacity, ChildSpec, Clock, Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::chain::{Block, ChainId, ChainPhase, ChainStatus, LogFilter};
use synod_types::operator::OperatorSetId;
use synod_types::time::Moment;

pub const MAILBOX: synod_types::Address = synod_types::Address::repeat_byte(0xb0);

/// What outlives a process: the disk, what consumers have applied, the chain.
#[derive(Clone)]
pub struct World {
    pub disk: Disk,
    pub notes: Vec<Notes>,
    pub source: Arc<Fallible>,
    pub clock: Clock,
}

impl World {
    pub fn new(reorg_every: u64) -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_700_000_000));
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
        Self { disk: Disk::default(), notes, source, clock }
    }

    /// Starts a process.
    pub async fn start(&self) -> Process {
        let runtime = Runtime::new(self.clock, RuntimeLimits::default());
        let capacity = Capacity { control: 64, high: 64, normal: 64 };
        let store = runtime.address(id("store"), capacity);
        let chain = runtime.address(id("chain"), capacity);
        let addresses: Vec<_> =
            (0..2).map(|n| runtime.address(id(&format!("consumer-{n}")), capacity)).collect();
        let args = Args {
            rules: Rules {
                chain: ChainId(31_337),
                start_block: Some(1),
                filter: LogFilter { addresses: vec![MAILBOX], events: vec![] },
                consumers: 0,
                limits: Limits::default(),
            },
            source: self.source.clone(),
            breaker: runtime.breaker("node", BreakerPolicy::default()),
            consumers: addresses.iter().map(|consumer| consumer.clone().outlet()).collect(),
            store: store.clone().into(),
            answer_timeout: Duration::from_secs(5),
            snapshot_every: 10,
        };
        let mut children =
            vec![ChildSpec::worker::<Store>(policy("store"), &store, self.disk.clone())];
        for (n, (address, notes)) in addresses.iter().zip(&self.notes).enumerate() {
            let policy = policy(&format!("consumer-{n}"));
            children.push(ChildSpec::worker::<Consumer>(policy, address, notes.clone()));
        }
        children.push(ChildSpec::worker::<Chain>(policy("chain"), &chain, args));
        let root = SupervisorSpec { id: id("root"), policy: one_for_one(), children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        Process { runtime, running, chain }
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
        self.running.abandon();
        pass(1).await;
    }
}

pub fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

pub async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn policy(name: &str) -> ChildPolicy {
    ChildPolicy {
        id: id(name),
        restart: Restart::Permanent,
        start_timeout: Duration::from_secs(10),
        stop_timeout: Duration::from_secs(5),
    }
}

fn one_for_one() -> SupervisorPolicy {
    SupervisorPolicy {
        strategy: Strategy::OneForOne,
        intensity: Intensity { restarts_max: 1_000, period: Duration::from_secs(1) },
        backoff: Backoff {
            first: Duration::from_millis(10),
            max: Duration::from_millis(100),
            jitter_percent: 0,
            reset_after: Duration::from_secs(1),
        },
        seed: 1,
    }
}
