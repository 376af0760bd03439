use std::collections::BTreeMap;

use synod_memory_core::{Changed, Memories, Record, Rules};
use synod_protocol::chain::ChainBatch;
use synod_protocol::embedding::EmbeddingMsg;
use synod_protocol::journal::{Committed, Past, Pen};
use synod_protocol::memory::{MemoryMsg, Vectors};
use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure, Outlet, Reply};
use synod_types::agent::AgentId;
use synod_types::memory::{MemoryPage, MemoryQuery, MemoryRefusal};
use synod_types::store::StreamId;
use synod_types::time::Moment;
use synod_types::vector::Embedding;

use crate::metrics::Metrics;
use crate::vectors::{Asking, Work};

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct Args {
    /// How much is remembered, of whom, and how hits are scored.
    pub rules: Rules,
    /// How much may be under way.
    pub work: Work,
    /// Who turns texts into vectors.
    pub embedding: Outlet<EmbeddingMsg>,
    /// The journal.
    pub store: Outlet<StoreMsg>,
}

type Answer<T> = Reply<Result<T, MemoryRefusal>>;

/// An answer that waits for the journal.
type Held = Box<dyn FnOnce() + Send>;

/// A query that waits for its vector.
struct Waiting {
    agent: AgentId,
    query: MemoryQuery,
    reply: Answer<MemoryPage>,
    since: Moment,
}

/// The actor. What it knows is one incarnation's.
pub struct MemoryActor {
    memories: Memories,
    pen: Pen<Held>,
    /// Answers the pen holds back.
    held: usize,
    queries: BTreeMap<u64, Waiting>,
    asked: u64,
    asking: Asking,
    work: Work,
    metrics: Metrics,
}

impl Actor for MemoryActor {
    type Msg = MemoryMsg;
    type Args = Args;

    async fn start(ctx: &Context<MemoryMsg>, args: Args) -> Result<Self, Failure> {
        let Args { rules, work, embedding, store } = args;
        let mut memories = Memories::new(rules.clone());
        let pen = Pen::open(store, StreamId(ctx.id().as_str().into()), |past| {
            match past {
                Past::Snapshot(state) => memories = Memories::restore(rules.clone(), state)?,
                Past::Record(record) => memories.replay(Record::decode(record)?),
            }
            Ok(())
        });
        let pen = pen.await?;
        let mut actor = Self {
            memories,
            pen,
            held: 0,
            queries: BTreeMap::new(),
            asked: 0,
            asking: Asking::new(embedding, work),
            work,
            metrics: Metrics::register(),
        };
        actor.look_after(ctx).await;
        Ok(actor)
    }

    async fn handle(&mut self, ctx: &Context<MemoryMsg>, msg: MemoryMsg) -> Result<(), Failure> {
        match msg {
            MemoryMsg::Store(agent, new, reply) => {
                let change = |memories: &mut Memories| memories.store(ctx.now(), &agent, new);
                self.change(ctx, reply, change).await?;
            }
            MemoryMsg::Get(agent, id, reply) => {
                let change = |memories: &mut Memories| memories.read(ctx.now(), &agent, id);
                self.change(ctx, reply, change).await?;
            }
            MemoryMsg::Forget(agent, id, reply) => {
                self.change(ctx, reply, |memories| memories.forget(&agent, id)).await?;
            }
            MemoryMsg::Query(agent, query, reply) => {
                let waiting = Waiting { agent, query, reply, since: ctx.now() };
                self.query(ctx, waiting).await?;
            }
            MemoryMsg::Count(agent, reply) => {
                let count = |memories: &mut Memories| {
                    Ok(Changed { answer: memories.counts(&agent), records: Vec::new() })
                };
                self.change(ctx, reply, count).await?;
            }
            MemoryMsg::Chain(batch) => self.observe(ctx, batch).await?,
            MemoryMsg::Sought(number, vectors) => self.sought(ctx, number, vectors).await?,
            MemoryMsg::Embedded(vectors) => {
                self.asking.take(ctx, &mut self.memories, vectors, &self.metrics);
            }
            MemoryMsg::Wake => self.asking.wake(),
            MemoryMsg::Journalled(committed) => self.settle(ctx, committed).await?,
            MemoryMsg::Saved(outcome) => self.saved(&outcome),
        }
        self.look_after(ctx).await;
        Ok(())
    }
}

impl MemoryActor {
    /// What every message may have made due.
    async fn look_after(&mut self, ctx: &Context<MemoryMsg>) {
        self.asking.ask(ctx, &self.memories).await;
        self.metrics.stands(self.memories.totals());
    }

    /// Reads or changes memories for an agent, and answers once what it rests on is durable.
    async fn change<T: Send + 'static>(
        &mut self,
        ctx: &Context<MemoryMsg>,
        reply: Answer<T>,
        change: impl FnOnce(&mut Memories) -> Result<Changed<T>, MemoryRefusal>,
    ) -> Result<(), Failure> {
        if self.work.answers_max <= self.held {
            refuse(reply, MemoryRefusal::Busy(self.held));
            return Ok(());
        }
        match change(&mut self.memories) {
            Ok(Changed { answer, records }) => {
                self.hold(ctx, &records, Box::new(move || reply.answer(Ok(answer)))).await
            }
            // A refusal may rest on what is not durable yet, as an answer does.
            Err(refusal) => self.hold(ctx, &[], Box::new(move || refuse(reply, refusal))).await,
        }
    }

    async fn observe(
        &mut self,
        ctx: &Context<MemoryMsg>,
        batch: ChainBatch,
    ) -> Result<(), Failure> {
        let ChainBatch { chain, events, done, .. } = batch;
        let Changed { answer, records } = self.memories.observe(chain, &events);
        self.hold(ctx, &records, Box::new(move || done.answer(answer))).await
    }

    async fn query(&mut self, ctx: &Context<MemoryMsg>, waiting: Waiting) -> Result<(), Failure> {
        if let Err(refusal) = self.memories.check(&waiting.query) {
            refuse(waiting.reply, refusal);
            return Ok(());
        }
        let Some(text) = waiting.query.nearest.as_deref().map(Into::into) else {
            return self.find(ctx, waiting, None).await;
        };
        if self.work.queries_max <= self.queries.len() {
            refuse(waiting.reply, MemoryRefusal::Busy(self.queries.len()));
            return Ok(());
        }
        self.asked += 1;
        let number = self.asked;
        self.queries.insert(number, waiting);
        let told = move |vectors| MemoryMsg::Sought(number, vectors);
        match self.asking.question(ctx, vec![text], told).await {
            Ok(()) => Ok(()),
            Err(lost) => self.sought(ctx, number, Err(lost)).await,
        }
    }

    /// The vector of a query has come; or it has not, and words alone must do.
    async fn sought(
        &mut self,
        ctx: &Context<MemoryMsg>,
        number: u64,
        vectors: Vectors,
    ) -> Result<(), Failure> {
        let Some(waiting) = self.queries.remove(&number) else {
            return Ok(());
        };
        let why = match vectors {
            Ok(Ok(vectors)) if !vectors.is_empty() => {
                return self.find(ctx, waiting, vectors.first()).await;
            }
            Ok(Ok(_)) => "no vector came".to_owned(),
            Ok(Err(refusal)) => refusal.to_string(),
            Err(lost) => lost.to_string(),
        };
        self.metrics.vectors_lost();
        if waiting.query.text.is_some() {
            return self.find(ctx, waiting, None).await;
        }
        refuse(waiting.reply, MemoryRefusal::NoVector(why.into()));
        Ok(())
    }

    async fn find(
        &mut self,
        ctx: &Context<MemoryMsg>,
        waiting: Waiting,
        vector: Option<&Embedding>,
    ) -> Result<(), Failure> {
        let Waiting { agent, query, reply, since } = waiting;
        if self.work.answers_max <= self.held {
            refuse(reply, MemoryRefusal::Busy(self.held));
            return Ok(());
        }
        match self.memories.query(&agent, &query, vector) {
            Ok(page) => {
                self.metrics.found(page.scored_by, ctx.now().since(since));
                self.hold(ctx, &[], Box::new(move || reply.answer(Ok(page)))).await
            }
            Err(refusal) => {
                refuse(reply, refusal);
                Ok(())
            }
        }
    }

    /// Writes records down and lets `held` go once they, and all before them, are durable.
    async fn hold(
        &mut self,
        ctx: &Context<MemoryMsg>,
        records: &[Record],
        held: Held,
    ) -> Result<(), Failure> {
        self.metrics.changed(records);
        self.held += 1;
        let bytes = records.iter().map(|record| record.encode().into()).collect();
        let free = self.pen.write(ctx, bytes, vec![held], MemoryMsg::Journalled).await?;
        self.release(free);
        if self.work.snapshot_every <= self.pen.unsaved() {
            let state = self.memories.snapshot().into();
            self.pen.save(ctx, state, MemoryMsg::Saved).await?;
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        ctx: &Context<MemoryMsg>,
        committed: Committed,
    ) -> Result<(), Failure> {
        let free = self.pen.settle(ctx, committed, MemoryMsg::Journalled).await?;
        self.release(free);
        Ok(())
    }

    fn release(&mut self, free: Vec<Held>) {
        self.held -= free.len();
        free.into_iter().for_each(|held| held());
    }

    fn saved(&self, outcome: &Result<(), StoreRefusal>) {
        self.metrics.saved(outcome.is_ok());
        if let Err(refusal) = outcome {
            tracing::warn!(%refusal, "no snapshot was saved; the next start replays more");
        }
    }
}

fn refuse<T: Send + 'static>(reply: Answer<T>, refusal: MemoryRefusal) {
    Metrics::refused(&refusal);
    reply.answer(Err(refusal));
}
