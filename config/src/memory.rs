//! Settings of the kind `memory`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::agent::AgentId;

use crate::check::Check;
use crate::format;
use crate::shape::join;

/// What agents remember, each for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemorySettings {
    /// Agents that remember, the observer not counted; one more is refused.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub agents_max: usize,
    /// Memories of one agent. The least important, then oldest, gives way to a new one.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub memories_per_agent_max: usize,
    /// Blocks the observer remembers, beside its other memories. The lowest gives way.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub blocks_max: usize,
    /// Bytes of one memory.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub content_bytes_max: usize,
    /// Tags of one memory.
    #[schemars(range(min = 0, max = 1024))]
    pub tags_max: usize,
    /// Bytes of a query's text.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub query_bytes_max: usize,
    /// Hits on one page.
    #[schemars(range(min = 1, max = 10_000))]
    pub page_max: u16,
    /// What words weigh against vectors where both score.
    #[schemars(range(min = 0, max = 1000))]
    pub text_weight_per_mille: u16,
    /// Cosine under which a vector is no hit.
    #[schemars(range(min = 0, max = 1000))]
    pub similarity_min_per_mille: u16,
    /// The agent that remembers every block of the chains that feed this actor, and forgets those
    /// taken back. Required if a chain feeds it, senseless otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::agent_id")]
    pub observer: Option<AgentId>,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            agents_max: 64,
            memories_per_agent_max: 10_000,
            blocks_max: 10_000,
            content_bytes_max: 16 * 1024,
            tags_max: 16,
            query_bytes_max: 4 * 1024,
            page_max: 100,
            text_weight_per_mille: 500,
            similarity_min_per_mille: 50,
            observer: None,
        }
    }
}

impl MemorySettings {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str, id: &str) -> Option<Self> {
        let key = join(key, "observer");
        let is_fed = check.written.feeds(id).next().is_some();
        if check.found.is_misshapen_around("actors") {
            return Some(self.clone()); // who feeds whom is not known
        }
        match (&self.observer, is_fed) {
            (Some(_), false) => {
                let hint = format!("add \"{id}\" to the edges.events of a chain, or remove it");
                check.found.refuse(&key, "observer without a chain to observe", hint);
            }
            (None, true) => {
                let hint = "name the agent that remembers blocks, as in \"chain-observer\"";
                check.found.refuse(&key, "a chain feeds this memory and nobody observes", hint);
            }
            (Some(_), true) | (None, false) => {}
        }
        Some(self.clone())
    }
}
