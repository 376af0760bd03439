//! Every actor's address, made before any actor.

use std::collections::BTreeMap;

use synod_config::{Actor, Config, Kind};
use synod_protocol::chain::{ChainBatch, ChainMsg};
use synod_protocol::embedding::EmbeddingMsg;
use synod_protocol::memory::MemoryMsg;
use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_protocol::signature::{AggregationEvent, SignerMsg};
use synod_protocol::store::StoreMsg;
use synod_protocol::task::{ExecutorMsg, TaskMsg};
use synod_signature::AggregationMail;
use synod_supervision::{Address, Outlet, Pool, PoolSpec, Routing, Runtime};
use synod_types::actor::ActorId;

use super::{TopologyError, capacity};

/// Addresses by kind.
#[derive(Default)]
pub(super) struct Addresses {
    pub(super) stores: BTreeMap<ActorId, Address<StoreMsg>>,
    pub(super) chains: BTreeMap<ActorId, Address<ChainMsg>>,
    pub(super) embeddings: BTreeMap<ActorId, Address<EmbeddingMsg>>,
    /// Those of them that are pools.
    pub(super) embedding_pools: BTreeMap<ActorId, Pool<EmbeddingMsg>>,
    pub(super) memories: BTreeMap<ActorId, Address<MemoryMsg>>,
    pub(super) signers: BTreeMap<ActorId, Address<SignerMsg>>,
    pub(super) executors: BTreeMap<ActorId, Address<ExecutorMsg>>,
    pub(super) aggregations: BTreeMap<ActorId, Address<AggregationMail>>,
    pub(super) quorums: BTreeMap<ActorId, Address<QuorumMsg>>,
    pub(super) tasks: BTreeMap<ActorId, Address<TaskMsg>>,
}

impl Addresses {
    pub(super) fn make(config: &Config, runtime: &Runtime) -> Result<Self, TopologyError> {
        let mut all = Self::default();
        for (id, actor) in &config.topology.actors {
            let (id, room) = (id.clone(), capacity(actor));
            match actor.kind() {
                Kind::Store => drop(all.stores.insert(id.clone(), runtime.address(id, room))),
                Kind::Chain => drop(all.chains.insert(id.clone(), runtime.address(id, room))),
                Kind::Embedding => all.embedding(id, actor, runtime)?,
                Kind::Memory => drop(all.memories.insert(id.clone(), runtime.address(id, room))),
                Kind::Signer => drop(all.signers.insert(id.clone(), runtime.address(id, room))),
                Kind::Executor => drop(all.executors.insert(id.clone(), runtime.address(id, room))),
                Kind::Aggregation => {
                    drop(all.aggregations.insert(id.clone(), runtime.address(id, room)));
                }
                Kind::Quorum => drop(all.quorums.insert(id.clone(), runtime.address(id, room))),
                Kind::Task => drop(all.tasks.insert(id.clone(), runtime.address(id, room))),
            }
        }
        Ok(all)
    }

    fn embedding(
        &mut self,
        id: ActorId,
        actor: &Actor,
        runtime: &Runtime,
    ) -> Result<(), TopologyError> {
        let (workers, capacity) = (actor.workers, capacity(actor));
        let address = if workers == 1 {
            runtime.address(id.clone(), capacity)
        } else {
            let routing = Routing::Shared;
            let spec = PoolSpec { workers, workers_max: workers, routing, capacity };
            let pool = runtime.pool(id.clone(), spec);
            let pool = pool.map_err(|error| TopologyError::new(&id, error))?;
            let address = pool.address().clone();
            self.embedding_pools.insert(id.clone(), pool);
            address
        };
        self.embeddings.insert(id, address);
        Ok(())
    }

    /// Those who read the mail of `id`: it, or its workers.
    pub(super) fn readers<'a>(&'a self, id: &'a ActorId) -> Vec<&'a ActorId> {
        match self.embedding_pools.get(id) {
            Some(pool) => pool.workers().collect(),
            None => vec![id],
        }
    }

    /// Whoever of that name takes what chains tell.
    pub(super) fn takes_batches(&self, id: &ActorId) -> Option<Outlet<ChainBatch>> {
        let task = self.tasks.get(id).map(Address::outlet);
        let executor = || self.executors.get(id).map(Address::outlet);
        let memory = || self.memories.get(id).map(Address::outlet);
        task.or_else(executor).or_else(memory)
    }

    pub(super) fn takes_proofs(&self, id: &ActorId) -> Option<Outlet<AggregationEvent>> {
        self.tasks.get(id).map(Address::outlet)
    }

    pub(super) fn takes_verdicts(&self, id: &ActorId) -> Option<Outlet<QuorumEvent>> {
        self.tasks.get(id).map(Address::outlet)
    }
}
