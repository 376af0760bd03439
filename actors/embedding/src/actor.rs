use std::collections::BTreeMap;
use std::sync::Arc;

use synod_embedding_core::{BatchId, Effect, Input, Limits, RequestId, Requests};
use synod_protocol::embedding::EmbeddingMsg;
use synod_supervision::{Actor, Breaker, Context, Failure, Reply};
use synod_types::time::Moment;
use synod_types::vector::{Embedding, EmbeddingRefusal};

use crate::metrics::Metrics;
use crate::port::Embedder;

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct Args {
    /// How much is taken on.
    pub limits: Limits,
    /// The model.
    pub embedder: Arc<dyn Embedder>,
    /// Around every call of the model. Its time-out must allow for a whole batch.
    pub breaker: Arc<Breaker>,
}

type Answer = Reply<Result<Vec<Embedding>, EmbeddingRefusal>>;

/// The actor. What it knows is one incarnation's.
pub struct EmbeddingActor {
    requests: Requests,
    /// Bounded with the open requests: each waits for a text, and those have a limit.
    askers: BTreeMap<RequestId, Answer>,
    asked: u64,
    begun: BTreeMap<BatchId, Moment>,
    embedder: Arc<dyn Embedder>,
    breaker: Arc<Breaker>,
    metrics: Metrics,
}

impl Actor for EmbeddingActor {
    type Msg = EmbeddingMsg;
    type Args = Args;

    async fn start(_: &Context<EmbeddingMsg>, args: Args) -> Result<Self, Failure> {
        let Args { limits, embedder, breaker } = args;
        Ok(Self {
            requests: Requests::new(embedder.model().clone(), limits),
            askers: BTreeMap::new(),
            asked: 0,
            begun: BTreeMap::new(),
            embedder,
            breaker,
            metrics: Metrics::register(),
        })
    }

    async fn handle(
        &mut self,
        ctx: &Context<EmbeddingMsg>,
        msg: EmbeddingMsg,
    ) -> Result<(), Failure> {
        match msg {
            EmbeddingMsg::Embed(texts, reply) => self.ask(ctx, texts, reply),
            EmbeddingMsg::Wake => self.apply(ctx, Input::Wake),
            EmbeddingMsg::Computed(batch, outcome) => self.computed(ctx, BatchId(batch), outcome),
        }
    }
}

impl EmbeddingActor {
    fn ask(
        &mut self,
        ctx: &Context<EmbeddingMsg>,
        texts: Vec<Arc<str>>,
        reply: Answer,
    ) -> Result<(), Failure> {
        self.asked += 1;
        let request = RequestId(self.asked);
        self.askers.insert(request, reply);
        let (hits, misses) = self.requests.hits_and_misses();
        self.apply(ctx, Input::Ask(request, texts))?;
        let (hits_now, misses_now) = self.requests.hits_and_misses();
        self.metrics.asked(hits_now - hits, misses_now - misses);
        Ok(())
    }

    fn computed(
        &mut self,
        ctx: &Context<EmbeddingMsg>,
        batch: BatchId,
        outcome: Result<Vec<Embedding>, Arc<str>>,
    ) -> Result<(), Failure> {
        if let Some(begun) = self.begun.remove(&batch) {
            self.metrics.computed(ctx.now().since(begun), outcome.is_ok());
        }
        if let Err(reason) = &outcome {
            tracing::warn!(model = %self.embedder.model(), %reason, "a batch was not embedded");
        }
        self.apply(ctx, Input::Computed(batch, outcome))
    }

    /// Hands an input to the core and carries out what follows.
    fn apply(&mut self, ctx: &Context<EmbeddingMsg>, input: Input) -> Result<(), Failure> {
        for effect in self.requests.apply(ctx.now(), input) {
            match effect {
                Effect::Answer(request, answer) => self.answer(request, answer),
                Effect::Compute(batch, texts) => self.compute(ctx, batch, texts)?,
                Effect::WakeAt(at) => ctx.wake_at(at, EmbeddingMsg::Wake),
            }
        }
        self.metrics.stands(self.requests.waiting_len(), self.requests.cached_len());
        Ok(())
    }

    fn answer(&mut self, request: RequestId, answer: Result<Vec<Embedding>, EmbeddingRefusal>) {
        if let Err(refusal) = &answer {
            self.metrics.refused(refusal);
        }
        if let Some(asker) = self.askers.remove(&request) {
            asker.answer(answer);
        }
    }

    fn compute(
        &mut self,
        ctx: &Context<EmbeddingMsg>,
        batch: BatchId,
        texts: Vec<Arc<str>>,
    ) -> Result<(), Failure> {
        self.metrics.batch(texts.len());
        self.begun.insert(batch, ctx.now());
        let (embedder, breaker) = (Arc::clone(&self.embedder), Arc::clone(&self.breaker));
        let computing = async move { breaker.call(embedder.embed(texts)).await };
        ctx.pipe(computing, move |outcome| {
            EmbeddingMsg::Computed(batch.0, outcome.map_err(|error| error.to_string().into()))
        })?;
        Ok(())
    }
}
