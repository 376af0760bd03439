//! A store in memory, a model that can fall silent, and a tree to put them in.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod model;
mod store;

use std::time::Duration;

use model::Embedding;
pub use model::Model;
use store::{Disk, Store};
use synod_memory::{Args, MemoryActor, Rules, Work};
use synod_protocol::chain::ChainBatch;
use synod_protocol::memory::MemoryMsg;
use synod_supervision::core::{
    Backoff, ChildPolicy, Intensity, Restart, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Address, CallError, Capacity, ChildSpec, Clock, Pending, Reply, Running, Runtime,
    RuntimeLimits, SupervisorSpec,
};
use synod_types::B256;
use synod_types::actor::ActorId;
use synod_types::agent::AgentId;
use synod_types::chain::{Block, BlockId, ChainEvent, ChainId, EventNumber};
use synod_types::memory::{
    Content, Label, MemoryId, MemoryPage, MemoryQuery, MemoryRefusal, NewMemory,
};
use synod_types::time::Moment;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// What outlives a process.
#[derive(Clone, Default)]
pub struct World {
    pub disk: Disk,
    pub model: Model,
}

pub struct Process {
    pub runtime: Runtime,
    pub running: Running,
    pub memory: Address<MemoryMsg>,
}

impl World {
    pub async fn start(&self, work: Work) -> Process {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_700_000_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let capacity = Capacity { control: 64, high: 64, normal: 64 };
        let store = runtime.address(id("store"), capacity);
        let embedding = runtime.address(id("embedding"), capacity);
        let memory = runtime.address(id("memory"), capacity);
        let args = Args {
            rules: Rules { observer: Some(agent("observer")), ..Rules::default() },
            work,
            embedding: embedding.clone().into(),
            store: store.clone().into(),
        };
        let children = vec![
            ChildSpec::worker::<Store>(policy("store"), &store, self.disk.clone()),
            ChildSpec::worker::<Embedding>(policy("embedding"), &embedding, self.model.clone()),
            ChildSpec::worker::<MemoryActor>(policy("memory"), &memory, args),
        ];
        let root = SupervisorSpec { id: id("root"), policy: one_for_one(), children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        Process { runtime, running, memory }
    }
}

impl Process {
    pub async fn store(&self, who: &str, key: &str, text: &str) -> Result<MemoryId, MemoryRefusal> {
        let new = new(key, text);
        self.call(|reply| MemoryMsg::Store(agent(who), new, reply)).await.unwrap()
    }

    pub async fn call<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Reply<T>) -> MemoryMsg,
    ) -> Result<T, CallError> {
        self.memory.call(PATIENCE, ask).await
    }

    pub async fn query(&self, who: &str, query: MemoryQuery) -> Result<MemoryPage, MemoryRefusal> {
        self.call(|reply| MemoryMsg::Query(agent(who), query, reply)).await.unwrap()
    }

    /// The texts found by words, the best first.
    pub async fn find(&self, who: &str, text: &str) -> Vec<String> {
        let query = MemoryQuery { text: Some(text.to_owned()), ..MemoryQuery::default() };
        texts(&self.query(who, query).await.unwrap())
    }

    pub async fn tell(&self, events: Vec<ChainEvent>) -> Pending<()> {
        let (chain, first) = (ChainId(31_337), EventNumber(1));
        let batch = |done| ChainBatch { chain, first, events, done }.into();
        self.memory.request(batch).await.unwrap()
    }

    /// Ends as by `kill -9`: nobody is asked, nothing is finished.
    pub async fn die(self) {
        self.running.abandon();
        pass(1).await;
    }
}

pub fn texts(page: &MemoryPage) -> Vec<String> {
    page.hits.iter().map(|hit| hit.memory.content.text().unwrap().to_owned()).collect()
}

pub fn new(key: &str, text: &str) -> NewMemory {
    NewMemory {
        key: Some(Label::new(key).unwrap()),
        kind: Default::default(),
        content: Content::Text(text.into()),
        tags: Default::default(),
        importance: Default::default(),
        source: Label::new("test").unwrap(),
    }
}

pub fn commit(number: u64) -> ChainEvent {
    let id = BlockId { number, hash: B256::repeat_byte(number as u8) };
    let block = Block { id, parent: B256::ZERO, timestamp: 1_700_000_000 + number };
    ChainEvent::Committed { block, logs: Vec::new() }
}

pub fn retract(number: u64) -> ChainEvent {
    ChainEvent::Retracted { block: commit(number).block() }
}

pub fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

pub async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
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
