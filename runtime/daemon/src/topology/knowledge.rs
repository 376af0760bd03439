//! Embedding and memory.

use std::sync::Arc;

use synod_config::{EmbeddingSettings, MemorySettings};
use synod_embedding::{EmbeddingActor, LexicalEmbedder};
use synod_memory::{MemoryActor, Rules, Work};
use synod_supervision::ChildSpec;
use synod_supervision::core::{BreakerPolicy, ChildPolicy};
use synod_types::actor::ActorId;

use super::{Maker, TopologyError};

impl Maker<'_> {
    pub(super) fn embedding(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &EmbeddingSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let limits = synod_embedding::Limits {
            batch_max: settings.batch_max,
            batches_max: settings.batches_max,
            wait_max: settings.wait_max,
            waiting_max: settings.waiting_max,
            texts_max: settings.texts_max,
            text_bytes_max: settings.text_bytes_max,
            cache_max: settings.cache_max,
        };
        let embedder = LexicalEmbedder::new(settings.dimensions)
            .map_err(|error| TopologyError::caused(id, error))?;
        let breaker = self.breaker(id, BreakerPolicy::default());
        let args = synod_embedding::Args { limits, embedder: Arc::new(embedder), breaker };
        let Some(pool) = self.addresses.embedding_pools.get(id) else {
            let address = &self.addresses.embeddings[id];
            return Ok(ChildSpec::worker::<EmbeddingActor>(policy, address, args));
        };
        Ok(ChildSpec::pool::<EmbeddingActor>(&policy, self.above_pool(id)?, pool, &args))
    }

    pub(super) fn memory(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &MemorySettings,
    ) -> ChildSpec {
        let embedding = self.target(id, "embedding");
        let args = synod_memory::Args {
            rules: Rules {
                observer: settings.observer.clone(),
                agents_max: settings.agents_max,
                memories_per_agent_max: settings.memories_per_agent_max,
                blocks_max: settings.blocks_max,
                content_bytes_max: settings.content_bytes_max,
                tags_max: settings.tags_max,
                query_bytes_max: settings.query_bytes_max,
                page_max: settings.page_max,
                text_weight: settings.text_weight_per_mille,
                similarity_min: settings.similarity_min_per_mille,
            },
            work: Work { texts_max: self.texts_max(&embedding), ..Work::default() },
            embedding: self.addresses.embeddings[&embedding].clone().into(),
            store: self.journal(id),
        };
        ChildSpec::worker::<MemoryActor>(policy, &self.addresses.memories[id], args)
    }

    /// As many texts as the embedding takes in one question, and no more than our own measure.
    fn texts_max(&self, embedding: &ActorId) -> usize {
        let ours = Work::default().texts_max;
        let actor = self.config.topology.actors.get(embedding);
        match actor.map(|actor| &actor.settings) {
            Some(synod_config::Settings::Embedding(settings)) => settings.texts_max.min(ours),
            _ => ours,
        }
    }
}
