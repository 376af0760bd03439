use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use synod_chain_core::{
    Delivery, Effect, EndpointRules, Endpoints, Follower, Halt, Input, Plan, Record, Rules,
    Snapshot, Strands,
};
use synod_protocol::chain::{ChainBatch, ChainMsg};
use synod_protocol::journal::{Past, Pen};
use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Breaker, CallError, Context, Failure, Outlet, Reply};
use synod_types::chain::{BackfillRefusal, ChainId, ChainStatus, EventNumber, Looked, Strand};
use synod_types::store::StreamId;
use synod_types::time::Moment;

use crate::ahead::Ahead;
use crate::endpoints::Endpoint;
use crate::journal::Due;
use crate::look::Eye;
use crate::metrics::Metrics;

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct Args {
    /// What is followed, and how much of everything. `consumers` is overruled by those below.
    pub rules: Rules,
    /// Where blocks come from; at least one.
    pub endpoints: Vec<Endpoint>,
    /// What is held against an endpoint.
    pub endpoint_rules: EndpointRules,
    /// Around every question to the source.
    pub breaker: Arc<Breaker>,
    /// Who is told, in an order that stays.
    pub consumers: Vec<Outlet<ChainBatch>>,
    /// Who of them, by name, is to be told the past as well, from which block on.
    pub backfills: Vec<(String, u64)>,
    /// The journal.
    pub store: Outlet<StoreMsg>,
    /// How long a consumer may take over a batch before it is sent again.
    pub answer_timeout: Duration,
    /// How many journal records make a snapshot worth while.
    pub snapshot_every: u64,
    /// How many pieces of the chain are read ahead of the one that is wanted, for each strand.
    pub prefetch_max: usize,
}

/// The actor. What it knows is one incarnation's.
pub struct Chain {
    pub(crate) chain: ChainId,
    pub(crate) strands: Strands,
    pub(crate) endpoints: Endpoints,
    /// Looks for which no endpoint may be asked yet.
    pub(crate) waiting: BTreeMap<Strand, (u64, Plan)>,
    /// When somebody is to be probed.
    pub(crate) probe_at: Option<Moment>,
    pub(crate) store: Outlet<StoreMsg>,
    pub(crate) ahead: BTreeMap<Strand, Ahead>,
    pub(crate) prefetch_max: usize,
    pub(crate) pens: BTreeMap<Strand, Pen<Due>>,
    /// Backfills that the topology wants and that are not ordered yet.
    pub(crate) wanted: Vec<(String, u64)>,
    /// Who ordered a backfill, until the order is durable.
    pub(crate) orderers: BTreeMap<u32, Reply<Result<(), BackfillRefusal>>>,
    pub(crate) eye: Eye,
    consumers: Vec<Outlet<ChainBatch>>,
    answer_timeout: Duration,
    pub(crate) snapshot_every: u64,
    pub(crate) metrics: Metrics,
}

impl Actor for Chain {
    type Msg = ChainMsg;
    type Args = Args;

    async fn start(ctx: &Context<ChainMsg>, args: Args) -> Result<Self, Failure> {
        let rules = Rules { consumers: args.consumers.len(), ..args.rules };
        let endpoints = args.endpoints.into_iter().map(|each| (each.terms, each.source));
        let (terms, sources): (Vec<_>, Vec<_>) = endpoints.unzip();
        let metrics = Metrics::register(rules.chain, &terms);
        let filter = Arc::new(rules.filter.clone());
        let mut follower = Follower::new(rules.clone());
        let stream = StreamId(ctx.id().as_str().into());
        let pen = Pen::open(args.store.clone(), stream, |past| {
            match past {
                Past::Snapshot(state) => {
                    follower = Follower::restore(rules.clone(), Snapshot::decode(state)?);
                }
                Past::Record(record) => follower.replay(Record::decode(record)?)?,
            }
            Ok(())
        });
        let pens = BTreeMap::from([(Strand::Live, pen.await?)]);
        let names = args.consumers.iter().map(|consumer| consumer.id().to_string()).collect();
        let (strands, called) = Strands::new(rules.clone(), follower, names);
        for source in &sources {
            let hint = ctx.address().clone();
            // A hint that finds no room comes again with the next block or poll.
            source.listen(Box::new(move || drop(hint.tell(ChainMsg::NewHead))));
        }
        let tallies = sources.iter().map(|source| AtomicU64::new(source.calls())).collect();
        let eye = Eye {
            sources: sources.into(),
            tallies,
            breaker: args.breaker,
            filter,
            clock: ctx.clock(),
            quorum: args.endpoint_rules.quorum,
        };
        let mut chain = Self {
            chain: rules.chain,
            strands,
            endpoints: Endpoints::new(args.endpoint_rules, terms),
            waiting: BTreeMap::new(),
            probe_at: None,
            ahead: BTreeMap::new(),
            prefetch_max: args.prefetch_max,
            store: args.store,
            pens,
            wanted: args.backfills,
            orderers: BTreeMap::new(),
            eye,
            consumers: args.consumers,
            answer_timeout: args.answer_timeout,
            snapshot_every: args.snapshot_every.max(1),
            metrics,
        };
        for record in called {
            chain.journal(ctx, Strand::Live, &[record]).await?;
        }
        chain.resume_backfills(ctx).await?;
        chain.apply(ctx, Strand::Live, Input::Start).await?;
        Ok(chain)
    }

    async fn handle(&mut self, ctx: &Context<ChainMsg>, msg: ChainMsg) -> Result<(), Failure> {
        match msg {
            ChainMsg::Status(reply) => reply.answer(self.status()),
            ChainMsg::Backfill(consumer, from, reply) => {
                self.backfill(ctx, consumer.as_str(), from, reply).await?;
            }
            ChainMsg::NewHead => self.apply(ctx, Strand::Live, Input::NewHead).await?,
            ChainMsg::Tick => {
                self.probe_at = self.probe_at.filter(|at| ctx.now() < *at);
                self.look_again(ctx)?;
                let effects = self.strands.tick(ctx.now());
                self.perform(ctx, effects).await?;
            }
            ChainMsg::Seen(strand, ticket, looked) => {
                let looked = self.judge(ctx, *looked);
                self.seen(ctx, (strand, ticket), looked).await?;
            }
            ChainMsg::Fetched(strand, id, looked) => {
                if let Some((ticket, looked)) = self.fetched(ctx, (strand, id), *looked) {
                    self.seen(ctx, (strand, ticket), looked).await?;
                }
            }
            ChainMsg::Judged(strand, ticket, looked) => {
                self.seen(ctx, (strand, ticket), *looked).await?;
            }
            ChainMsg::Probed(probed) => self.probed(ctx, &probed),
            ChainMsg::Answered(strand, consumer, upto, outcome) => {
                self.answered(ctx, (strand, consumer, upto), outcome).await?;
            }
            ChainMsg::Journalled(strand, committed) => {
                self.journalled(ctx, strand, committed).await?;
            }
            ChainMsg::Saved(outcome) => saved(outcome),
        }
        self.order_wanted(ctx).await?;
        self.mind_endpoints(ctx)
    }
}

impl Chain {
    fn status(&self) -> ChainStatus {
        ChainStatus {
            endpoints: self.endpoints.statuses(),
            backfills: self.strands.backfills(),
            ..self.strands.live().status()
        }
    }

    async fn seen(
        &mut self,
        ctx: &Context<ChainMsg>,
        (strand, ticket): (Strand, u64),
        looked: Looked,
    ) -> Result<(), Failure> {
        self.metrics.looked(looked.outcome.as_ref().err().copied());
        self.apply(ctx, strand, Input::Seen(ticket, looked.outcome)).await
    }

    async fn answered(
        &mut self,
        ctx: &Context<ChainMsg>,
        (strand, consumer, upto): (Strand, usize, EventNumber),
        outcome: Result<(), CallError>,
    ) -> Result<(), Failure> {
        match outcome {
            Ok(()) => self.apply(ctx, strand, Input::Answered(consumer, upto)).await,
            Err(error) => {
                let of = self.strands.addressee(strand, consumer);
                let of = of.and_then(|index| self.consumers.get(index)).map(Outlet::id);
                tracing::warn!(consumer = ?of, %upto, %error, "a batch will be sent again");
                self.metrics.unanswered();
                self.apply(ctx, strand, Input::Unanswered(consumer, upto)).await
            }
        }
    }

    /// Hands an input to the core and carries out what follows.
    pub(crate) async fn apply(
        &mut self,
        ctx: &Context<ChainMsg>,
        strand: Strand,
        input: Input,
    ) -> Result<(), Failure> {
        match self.strands.apply(ctx.now(), strand, input) {
            Ok(effects) => self.perform(ctx, effects).await,
            Err(refusal) => {
                tracing::debug!(%refusal, "a late answer");
                self.metrics.stale();
                Ok(())
            }
        }
    }

    /// Carries out what the core decided.
    pub(crate) async fn perform(
        &mut self,
        ctx: &Context<ChainMsg>,
        effects: Vec<(Strand, Effect)>,
    ) -> Result<(), Failure> {
        let mut records: BTreeMap<Strand, Vec<Record>> = BTreeMap::new();
        for (strand, effect) in effects {
            match effect {
                Effect::Look(ticket, plan) => self.look(ctx, (strand, ticket), plan)?,
                Effect::Journal(record) => records.entry(strand).or_default().push(record),
                Effect::Deliver(delivery) => self.deliver(ctx, strand, delivery)?,
                Effect::WakeAt(at) => ctx.wake_at(at, ChainMsg::Tick),
                Effect::Halted(halt) => halted(ctx, strand, &halt),
            }
        }
        self.metrics.stands(&self.status());
        for (strand, records) in records {
            self.journal(ctx, strand, &records).await?;
        }
        Ok(())
    }

    fn deliver(
        &self,
        ctx: &Context<ChainMsg>,
        strand: Strand,
        delivery: Delivery,
    ) -> Result<(), Failure> {
        self.metrics.sent(&delivery);
        let (consumer, upto) = (delivery.consumer, delivery.last());
        let index = self.strands.addressee(strand, consumer);
        let Some(outlet) = index.and_then(|index| self.consumers.get(index)).cloned() else {
            return Err(Failure::because(format!("there is no consumer {consumer}")));
        };
        let (chain, timeout) = (self.chain, self.answer_timeout);
        let Delivery { first, events, .. } = delivery;
        let told = async move {
            let batch = |done| ChainBatch { chain, strand, first, events, done };
            outlet.call(timeout, batch).await
        };
        Ok(ctx.pipe(told, move |outcome| ChainMsg::Answered(strand, consumer, upto, outcome))?)
    }
}

fn halted(ctx: &Context<ChainMsg>, strand: Strand, halt: &Halt) {
    let advice = "following has stopped: mend the cause, then restart the actor";
    tracing::error!(actor = %ctx.id(), ?strand, reason = %halt, "{advice}");
}

fn saved(outcome: Result<(), StoreRefusal>) {
    if let Err(refusal) = outcome {
        tracing::warn!(%refusal, "no snapshot was saved; the next start replays more");
    }
}
