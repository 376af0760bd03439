use synod_types::agent::AgentId;

/// How much is remembered, of whom, and how hits are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The agent that remembers every block of the chains this memory is fed from.
    pub observer: Option<AgentId>,
    /// Agents that remember; the observer is not counted.
    pub agents_max: usize,
    /// Memories of one agent. The least important, then oldest, gives way to a new one.
    pub memories_per_agent_max: usize,
    /// Blocks the observer remembers of each chain, counted down from the highest, beside its
    /// other memories.
    pub blocks_max: usize,
    /// Bytes of one memory.
    pub content_bytes_max: usize,
    /// Tags of one memory.
    pub tags_max: usize,
    /// Bytes of a query's text.
    pub query_bytes_max: usize,
    /// Hits on one page.
    pub page_max: u16,
    /// What words weigh against vectors where both score, in per mille.
    pub text_weight: u16,
    /// Cosine under which a vector is no hit, in per mille.
    pub similarity_min: u16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            observer: None,
            agents_max: 64,
            memories_per_agent_max: 10_000,
            blocks_max: 10_000,
            content_bytes_max: 16 * 1024,
            tags_max: 16,
            query_bytes_max: 4 * 1024,
            page_max: 100,
            text_weight: 500,
            similarity_min: 50,
        }
    }
}
