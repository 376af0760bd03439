//! Asking for the vectors of memories, a few at a time, for as long as some have none.

use std::sync::Arc;
use std::time::Duration;

use synod_memory_core::{Memories, Unembedded};
use synod_protocol::embedding::EmbeddingMsg;
use synod_protocol::memory::{MemoryMsg, Vectors};
use synod_supervision::{CallError, Context, Outlet};

use crate::metrics::Metrics;

/// How much may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Answers waiting for the journal; more requests are refused.
    pub answers_max: usize,
    /// Queries waiting for their vector; more are refused.
    pub queries_max: usize,
    /// Texts in one question to the embedding actor, which must allow as many.
    pub texts_max: usize,
    /// How long a vector may take.
    pub vector_timeout: Duration,
    /// How long after a failure vectors are asked for again.
    pub retry_after: Duration,
    /// How many journal records make a snapshot worth while.
    pub snapshot_every: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            answers_max: 1024,
            queries_max: 256,
            texts_max: 64,
            vector_timeout: Duration::from_secs(10),
            retry_after: Duration::from_secs(1),
            snapshot_every: 10_000,
        }
    }
}

/// The one question for memories' vectors that is under way, if any.
#[derive(Debug)]
pub(crate) struct Asking {
    embedding: Outlet<EmbeddingMsg>,
    work: Work,
    asked: Vec<Unembedded>,
    /// Texts of the next question: one, after a question with several was refused for good.
    size: usize,
    is_resting: bool,
}

impl Asking {
    pub(crate) const fn new(embedding: Outlet<EmbeddingMsg>, work: Work) -> Self {
        Self { embedding, work, asked: Vec::new(), size: work.texts_max, is_resting: false }
    }

    /// Asks for the next vectors, unless a question is under way or none is wanted.
    pub(crate) async fn ask(&mut self, ctx: &Context<MemoryMsg>, memories: &Memories) {
        if self.is_resting || !self.asked.is_empty() || ctx.is_draining() {
            return;
        }
        self.asked = memories.unembedded(self.size);
        if self.asked.is_empty() {
            return;
        }
        let texts = self.asked.iter().map(|wanted| Arc::clone(&wanted.text)).collect();
        if self.question(ctx, texts, MemoryMsg::Embedded).await.is_err() {
            self.rest(ctx);
        }
    }

    /// Asks for the vectors of `texts`; `told` becomes of the answer.
    pub(crate) async fn question(
        &self,
        ctx: &Context<MemoryMsg>,
        texts: Vec<Arc<str>>,
        told: impl FnOnce(Vectors) -> MemoryMsg + Send + 'static,
    ) -> Result<(), CallError> {
        let asked = self.embedding.request(|reply| EmbeddingMsg::Embed(texts, reply)).await?;
        let answer = asked.within(self.work.vector_timeout);
        ctx.pipe(answer, told).map_err(|_| CallError::Full)
    }

    /// Hands the vectors to the memories they belong to.
    pub(crate) fn take(
        &mut self,
        ctx: &Context<MemoryMsg>,
        memories: &mut Memories,
        vectors: Vectors,
        metrics: &Metrics,
    ) {
        let asked = std::mem::take(&mut self.asked);
        match vectors {
            Ok(Ok(vectors)) if vectors.len() == asked.len() => {
                for (wanted, vector) in asked.iter().zip(&vectors) {
                    memories.embedded(wanted, Some(vector));
                }
                self.size = self.work.texts_max;
            }
            // One of them will never have a vector: find out which.
            Ok(Err(refusal)) if !refusal.is_retryable() && 1 < asked.len() => self.size = 1,
            Ok(Err(refusal)) if !refusal.is_retryable() => {
                for wanted in &asked {
                    tracing::warn!(memory = %wanted.id, %refusal, "found by words only");
                    memories.embedded(wanted, None);
                }
                self.size = self.work.texts_max;
            }
            lost => {
                tracing::debug!(?lost, "vectors will be asked for again");
                metrics.vectors_lost();
                self.rest(ctx);
            }
        }
    }

    /// The pause is over.
    pub(crate) const fn wake(&mut self) {
        self.is_resting = false;
    }

    fn rest(&mut self, ctx: &Context<MemoryMsg>) {
        self.asked.clear();
        if !self.is_resting {
            self.is_resting = true;
            ctx.wake_at(ctx.now() + self.work.retry_after, MemoryMsg::Wake);
        }
    }
}
