//! A model that can fall silent, and memory before it.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod model;

use std::time::Duration;

use model::Embedding;
pub use model::Model;
use synod_memory::{Args, MemoryActor, Rules, Work};
use synod_protocol::chain::ChainBatch;
use synod_protocol::memory::MemoryMsg;
use synod_supervision::{Address, CallError, Pending, Reply, Running, Runtime};
use synod_tests::stage::{Stage, clock_at, die, room};
use synod_tests::store::{Disk, Store};
use synod_types::B256;
use synod_types::agent::AgentId;
use synod_types::chain::{Block, BlockId, ChainEvent, ChainId, EventNumber};
use synod_types::memory::{
    Content, Label, MemoryId, MemoryPage, MemoryQuery, MemoryRefusal, NewMemory,
};

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
        let mut stage = Stage::new(clock_at(1_700_000_000));
        let store = stage.address("store", room(64));
        let embedding = stage.address("embedding", room(64));
        let memory = stage.address("memory", room(64));
        let args = Args {
            rules: Rules { observer: Some(agent("observer")), ..Rules::default() },
            work,
            embedding: embedding.clone().into(),
            store: store.clone().into(),
        };
        stage.add::<Store>(&store, self.disk.clone());
        stage.add::<Embedding>(&embedding, self.model.clone());
        stage.add::<MemoryActor>(&memory, args);
        let running = stage.start_ready().await;
        Process { runtime: stage.runtime, running, memory }
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
        let batch = |done| {
            ChainBatch { chain, strand: synod_types::chain::Strand::Live, first, events, done }
                .into()
        };
        self.memory.request(batch).await.unwrap()
    }

    /// Ends as by `kill -9`: nobody is asked, nothing is finished.
    pub async fn die(self) {
        die(self.running).await;
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
