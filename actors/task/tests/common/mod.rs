//! A house of one aggregator and four operators on paused time.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

mod judges;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use judges::{Aggregation, Quorum, Signer};
use synod_protocol::chain::ChainBatch;
use synod_protocol::task::{ExecutorMsg, TaskMsg};
use synod_supervision::core::BreakerPolicy;
use synod_supervision::{Address, CallError, Capacity, Clock, Message, Running, Runtime};
use synod_task::{
    Aggregator, AggregatorArgs, AggregatorSettings, Backoff, Executor, ExecutorArgs,
    ExecutorSettings, Performance, Performer, Square,
};
use synod_tests::stage::{SECOND, Stage, clock_at, die, id, pass};
use synod_tests::store::{Disk, Store};
use synod_types::certificate::{CertificateRule, TableMember};
use synod_types::chain::{Block, BlockId, ChainEvent, ChainId, EventNumber, Log};
use synod_types::operator::{OperatorId, OperatorSet, OperatorSetId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::PublicKey;
use synod_types::task::{
    ExecutionView, PerformError, Submission, Task, TaskCreated, TaskFilter, TaskId, TaskView,
};
use synod_types::{Address as EthAddress, B256, Bytes, U256};

pub const CHAIN: ChainId = ChainId(31_337);
pub const SET: OperatorSetId = OperatorSetId { avs: EthAddress::repeat_byte(0xbb), number: 1 };
const MAILBOX: EthAddress = EthAddress::repeat_byte(0xaa);
const ROOM: Capacity = Capacity { control: 64, high: 4_096, normal: 1_024 };

/// What outlives a process.
#[derive(Clone)]
pub struct World {
    pub disk: Disk,
    pub clock: Clock,
    /// Operators without an executor.
    pub missing: BTreeSet<u8>,
    pub follow: bool,
    pub open_max: usize,
    pub performer: Arc<Counting>,
}

/// Squares, slowly; counts its runs and fails the first few.
#[derive(Default)]
pub struct Counting {
    pub runs: AtomicUsize,
    pub failures: AtomicUsize,
}

impl Performer for Counting {
    fn perform(&self, task: TaskId, payload: Bytes) -> Performance {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let left = self.failures.load(Ordering::SeqCst);
        if 0 < left {
            self.failures.store(left - 1, Ordering::SeqCst);
            let error = PerformError::Passing("not today".to_owned());
            return Box::pin(std::future::ready(Err(error)));
        }
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Square.perform(task, payload).await
        })
    }
}

impl World {
    pub fn new() -> Self {
        Self {
            disk: Disk::default(),
            clock: clock_at(1_000_000),
            missing: BTreeSet::new(),
            follow: false,
            open_max: 64,
            performer: Arc::default(),
        }
    }

    /// Starts a process.
    pub async fn start(&self) -> Process {
        let mut stage = Stage::new(self.clock);
        let store = stage.address("store", ROOM);
        let task = stage.address("task", ROOM);
        let aggregation = stage.address("aggregation", ROOM);
        let quorum = stage.address("quorum", ROOM);
        let signer = stage.address("signer", ROOM);
        stage.add::<Store>(&store, self.disk.clone());
        stage.add::<Signer>(&signer, ());
        let mut executors = BTreeMap::new();
        for n in 1..=4 {
            let name = format!("op-{n}");
            let executor = stage.address(&name, ROOM);
            let args = ExecutorArgs {
                settings: self.executor_settings(n),
                store: store.clone().into(),
                performer: self.performer.clone(),
                breaker: stage.runtime.breaker(&name, BreakerPolicy::default()),
                signer: signer.clone().into(),
                sign_timeout: SECOND,
                snapshot_every: 8,
            };
            stage.add::<Executor>(&executor, args);
            executors.insert(n, executor);
        }
        stage.add::<Aggregation>(&aggregation, task.outlet());
        stage.add::<Quorum>(&quorum, task.outlet());
        let present = executors.iter().filter(|(n, _)| !self.missing.contains(n));
        let args = AggregatorArgs {
            settings: self.aggregator_settings(),
            store: store.clone().into(),
            executors: present
                .map(|(&n, executor)| ((SET, operator(n)), executor.clone().into()))
                .collect(),
            aggregation: aggregation.clone().into(),
            quorum: quorum.clone().into(),
            events: Vec::new(),
            submit_timeout: 2 * SECOND,
            snapshot_every: 16,
        };
        stage.add::<Aggregator>(&task, args);
        let running = stage.start_ready().await;
        Process { runtime: stage.runtime, running, task, executors }
    }

    fn executor_settings(&self, n: u8) -> ExecutorSettings {
        let follow = if self.follow { BTreeSet::from([(CHAIN, MAILBOX)]) } else { BTreeSet::new() };
        ExecutorSettings {
            operator: operator(n),
            sets: BTreeMap::from([(SET, CertificateRule::Bn254)]),
            follow,
            queue_max: 64,
            running_max: 4,
            kept_max: 256,
            askers_max: 4,
            payload_bytes_max: 64,
            output_bytes_max: 64,
            attempts_max: 3,
            window: 600 * SECOND,
            retry: Backoff { first: Duration::from_millis(100), max: SECOND },
        }
    }

    fn aggregator_settings(&self) -> AggregatorSettings {
        let member = |n: u8| TableMember {
            operator: operator(n),
            key: PublicKey::Bn254 { g1: [n; 64].into(), g2: [n; 128].into() },
            weights: vec![Stake::from(1)],
        };
        let set = OperatorSet {
            certificate: CertificateRule::Bn254,
            threshold: ThresholdRule::percent(75).unwrap(),
            members: (1..=4).map(member).collect(),
        };
        AggregatorSettings {
            mailboxes: BTreeSet::from([(CHAIN, MAILBOX)]),
            sets: BTreeMap::from([(SET, Arc::new(set))]),
            open_max: self.open_max,
            processing_max: 16,
            kept_max: 256,
            reorg_max: 4,
            payload_bytes_max: 64,
            output_bytes_max: 64,
            window: 600 * SECOND,
            retry: Backoff { first: Duration::from_millis(100), max: SECOND },
            remind_every: SECOND,
        }
    }
}

pub struct Process {
    pub runtime: Runtime,
    pub running: Running,
    pub task: Address<TaskMsg>,
    pub executors: BTreeMap<u8, Address<ExecutorMsg>>,
}

impl Process {
    /// Tells the aggregator of blocks `from` to `to`, each of which announces the task of its
    /// number, as a chain does: until it is answered. Gives up after `tries`.
    pub async fn announce(&self, from: u8, to: u8, tries: usize) -> Result<(), CallError> {
        announce(&self.task, from, to, tries).await
    }

    pub async fn get(&self, n: u8) -> Option<TaskView> {
        let view = self.task.call(SECOND, |reply| TaskMsg::Get(task_id(n), reply)).await;
        view.unwrap().map(|view| *view)
    }

    pub async fn list(&self, filter: TaskFilter) -> Vec<TaskView> {
        let ask = |reply| TaskMsg::List { filter, after: None, limit: 1_000, reply };
        self.task.call(SECOND, ask).await.unwrap()
    }

    pub async fn executions(&self, n: u8) -> Vec<ExecutionView> {
        let ask = |reply| ExecutorMsg::List { after: None, limit: 1_000, reply };
        self.executors[&n].call(SECOND, ask).await.unwrap()
    }

    pub fn kill(&self, name: &str) {
        // Between two lives there is nobody to kill.
        drop(self.runtime.kill(&id(name)));
    }

    /// Ends as by `kill -9`: nobody is asked, nothing is finished.
    pub async fn die(self) {
        die(self.running).await;
    }
}

pub async fn announce<M: Message + From<ChainBatch>>(
    to: &Address<M>,
    first: u8,
    last: u8,
    tries: usize,
) -> Result<(), CallError> {
    let outlet = to.outlet::<ChainBatch>();
    let mut outcome = Err(CallError::Timeout);
    for _ in 0..tries {
        let events: Vec<ChainEvent> = (first..=last).map(block).collect();
        let first = EventNumber(first.into());
        let batch = |done| ChainBatch {
            chain: CHAIN,
            strand: synod_types::chain::Strand::Live,
            first,
            events,
            done,
        };
        outcome = outlet.call(2 * SECOND, batch).await;
        if outcome.is_ok() {
            break;
        }
        pass(Duration::from_millis(100)).await;
    }
    outcome
}

/// Block `n` announces task `n`.
pub fn block(n: u8) -> ChainEvent {
    let created = created(n);
    let (topics, data) = created.encode();
    let log = Log { address: MAILBOX, topics, data, transaction: B256::ZERO, index: 0 };
    let id = BlockId { number: n.into(), hash: B256::repeat_byte(n) };
    let block = Block { id, parent: B256::repeat_byte(n - 1), timestamp: 0 };
    ChainEvent::Committed { block, logs: vec![log] }
}

fn created(n: u8) -> TaskCreated {
    TaskCreated {
        creator: EthAddress::ZERO,
        task: task_id(n),
        set: SET,
        reference_timestamp: 7,
        refund_collector: EthAddress::ZERO,
        fee: U256::ZERO,
        deadline: U256::MAX,
        payload: Bytes::from(vec![n]),
    }
}

pub fn submission(n: u8, of: u8) -> Box<Submission> {
    let block = BlockId { number: n.into(), hash: B256::repeat_byte(n) };
    let task: Task = created(n).into_task(CHAIN, block);
    Box::new(Submission { task, operator: operator(of) })
}

pub const fn task_id(n: u8) -> TaskId {
    TaskId(B256::repeat_byte(n))
}

pub const fn operator(n: u8) -> OperatorId {
    OperatorId(EthAddress::repeat_byte(n))
}

pub fn squared(n: u8) -> Bytes {
    let square = U256::from(u64::from(n) * u64::from(n));
    Bytes::copy_from_slice(&square.to_be_bytes::<32>())
}
