//! Every actor's address, made before any actor.

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_config::{Actor, Config, Kind};
use synod_protocol::chain::{ChainBatch, ChainMsg};
use synod_protocol::embedding::EmbeddingMsg;
use synod_protocol::memory::MemoryMsg;
use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_protocol::signature::{AggregationEvent, SignerMsg};
use synod_protocol::store::StoreMsg;
use synod_protocol::task::{ExecutorMsg, TaskMsg};
use synod_signature::AggregationMail;
use synod_supervision::{Address, Capacity, Message, Outlet, Pool, PoolSpec, Routing, Runtime};
use synod_types::actor::ActorId;

use super::{TopologyError, capacity};

/// Addresses by kind.
#[derive(Default)]
pub(super) struct Addresses {
    pub(super) stores: BTreeMap<ActorId, Address<StoreMsg>>,
    pub(super) chains: BTreeMap<ActorId, Address<ChainMsg>>,
    pub(super) embeddings: BTreeMap<ActorId, Address<EmbeddingMsg>>,
    /// Those of them that are pools.
    pub(super) embedding_pools: BTreeMap<ActorId, Arc<Pool<EmbeddingMsg>>>,
    pub(super) memories: BTreeMap<ActorId, Address<MemoryMsg>>,
    pub(super) signers: BTreeMap<ActorId, Address<SignerMsg>>,
    pub(super) executors: BTreeMap<ActorId, Address<ExecutorMsg>>,
    pub(super) aggregations: BTreeMap<ActorId, Address<AggregationMail>>,
    pub(super) quorums: BTreeMap<ActorId, Address<QuorumMsg>>,
    pub(super) tasks: BTreeMap<ActorId, Address<TaskMsg>>,
}

/// Where addresses come from.
struct Maker<'a> {
    runtime: &'a Runtime,
    /// Whose address stays.
    is_kept: &'a dyn Fn(&ActorId) -> bool,
    /// Whether new ones are shown at once, or with the first start of their actor.
    is_listed: bool,
}

impl Maker<'_> {
    fn make<M: Message>(
        &self,
        known: &BTreeMap<ActorId, Address<M>>,
        id: &ActorId,
        room: Capacity,
        made: &mut BTreeMap<ActorId, Address<M>>,
    ) {
        let kept = known.get(id).filter(|_| (self.is_kept)(id)).cloned();
        let address = kept.unwrap_or_else(|| match self.is_listed {
            true => self.runtime.address(id.clone(), room),
            false => self.runtime.unlisted_address(id.clone(), room),
        });
        made.insert(id.clone(), address);
    }
}

impl Addresses {
    pub(super) fn make(config: &Config, runtime: &Runtime) -> Result<Self, TopologyError> {
        let maker = Maker { runtime, is_kept: &|_| false, is_listed: true };
        Self::default().grown(config, &maker)
    }

    /// Those of actors that are kept, and new ones for all others, which nobody sees before their
    /// actor starts.
    pub(super) fn remade(
        &self,
        config: &Config,
        runtime: &Runtime,
        is_kept: &dyn Fn(&ActorId) -> bool,
    ) -> Result<Self, TopologyError> {
        self.grown(config, &Maker { runtime, is_kept, is_listed: false })
    }

    fn grown(&self, config: &Config, maker: &Maker<'_>) -> Result<Self, TopologyError> {
        let mut all = Self::default();
        for (id, actor) in &config.topology.actors {
            let room = capacity(actor);
            match actor.kind() {
                Kind::Store => maker.make(&self.stores, id, room, &mut all.stores),
                Kind::Chain => maker.make(&self.chains, id, room, &mut all.chains),
                Kind::Embedding if actor.workers == 1 => {
                    maker.make(&self.embeddings, id, room, &mut all.embeddings);
                }
                Kind::Embedding => self.pool(maker, id, actor, &mut all)?,
                Kind::Memory => maker.make(&self.memories, id, room, &mut all.memories),
                Kind::Signer => maker.make(&self.signers, id, room, &mut all.signers),
                Kind::Executor => maker.make(&self.executors, id, room, &mut all.executors),
                Kind::Aggregation => {
                    maker.make(&self.aggregations, id, room, &mut all.aggregations)
                }
                Kind::Quorum => maker.make(&self.quorums, id, room, &mut all.quorums),
                Kind::Task => maker.make(&self.tasks, id, room, &mut all.tasks),
            }
        }
        Ok(all)
    }

    fn pool(
        &self,
        maker: &Maker<'_>,
        id: &ActorId,
        actor: &Actor,
        all: &mut Self,
    ) -> Result<(), TopologyError> {
        let known = self.embedding_pools.get(id).filter(|_| (maker.is_kept)(id)).cloned();
        let pool = match known {
            Some(pool) => pool,
            None => {
                let (workers, routing) = (actor.workers, Routing::Shared);
                let capacity = capacity(actor);
                let spec = PoolSpec { workers, workers_max: workers, routing, capacity };
                let pool = maker.runtime.pool(id.clone(), spec);
                Arc::new(pool.map_err(|error| TopologyError::new(id, error))?)
            }
        };
        all.embeddings.insert(id.clone(), pool.address().clone());
        all.embedding_pools.insert(id.clone(), pool);
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
