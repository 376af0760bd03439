use std::sync::Arc;
use std::time::Duration;

use synod_chain_core::{
    Delivery, Effect, EndpointRules, Endpoints, Follower, Halt, Input, Plan, Record, Rules,
    Snapshot,
};
use synod_protocol::chain::{ChainBatch, ChainMsg};
use synod_protocol::journal::{Past, Pen};
use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Breaker, CallError, Context, Failure, Outlet};
use synod_types::chain::{ChainId, ChainStatus, EventNumber};
use synod_types::store::StreamId;
use synod_types::time::Moment;

use crate::endpoints::Endpoint;
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
    /// The journal.
    pub store: Outlet<StoreMsg>,
    /// How long a consumer may take over a batch before it is sent again.
    pub answer_timeout: Duration,
    /// How many journal records make a snapshot worth while.
    pub snapshot_every: u64,
}

/// The actor. What it knows is one incarnation's.
pub struct Chain {
    pub(crate) chain: ChainId,
    pub(crate) follower: Follower,
    pub(crate) endpoints: Endpoints,
    /// A look for which no endpoint may be asked yet.
    pub(crate) waiting: Option<(u64, Plan)>,
    /// When somebody is to be probed.
    pub(crate) probe_at: Option<Moment>,
    pen: Pen<EventNumber>,
    pub(crate) eye: Eye,
    consumers: Vec<Outlet<ChainBatch>>,
    answer_timeout: Duration,
    snapshot_every: u64,
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
        let pen = Pen::open(args.store, stream, |past| {
            match past {
                Past::Snapshot(state) => {
                    follower = Follower::restore(rules.clone(), Snapshot::decode(state)?);
                }
                Past::Record(record) => follower.replay(Record::decode(record)?)?,
            }
            Ok(())
        });
        let pen = pen.await?;
        for source in &sources {
            let hint = ctx.address().clone();
            // A hint that finds no room comes again with the next block or poll.
            source.listen(Box::new(move || drop(hint.tell(ChainMsg::NewHead))));
        }
        let eye = Eye {
            sources: sources.into(),
            breaker: args.breaker,
            filter,
            clock: ctx.clock(),
            quorum: args.endpoint_rules.quorum,
        };
        let mut chain = Self {
            chain: rules.chain,
            follower,
            endpoints: Endpoints::new(args.endpoint_rules, terms),
            waiting: None,
            probe_at: None,
            pen,
            eye,
            consumers: args.consumers,
            answer_timeout: args.answer_timeout,
            snapshot_every: args.snapshot_every.max(1),
            metrics,
        };
        chain.apply(ctx, Input::Start).await?;
        Ok(chain)
    }

    async fn handle(&mut self, ctx: &Context<ChainMsg>, msg: ChainMsg) -> Result<(), Failure> {
        match msg {
            ChainMsg::Status(reply) => reply.answer(self.status()),
            ChainMsg::NewHead => self.apply(ctx, Input::NewHead).await?,
            ChainMsg::Tick => {
                self.probe_at = self.probe_at.filter(|at| ctx.now() < *at);
                self.look_again(ctx)?;
                self.apply(ctx, Input::Tick).await?;
            }
            ChainMsg::Seen(ticket, looked) => {
                let seen = self.judge(ctx, *looked).outcome;
                self.metrics.looked(seen.as_ref().err().copied());
                self.apply(ctx, Input::Seen(ticket, seen)).await?;
            }
            ChainMsg::Probed(probed) => self.probed(ctx, &probed),
            ChainMsg::Answered(consumer, upto, outcome) => {
                self.answered(ctx, (consumer, upto), outcome).await?;
            }
            ChainMsg::Journalled(committed) => {
                for number in self.pen.settle(ctx, committed, ChainMsg::Journalled).await? {
                    self.apply(ctx, Input::Durable(number)).await?;
                }
            }
            ChainMsg::Saved(outcome) => saved(outcome),
        }
        self.mind_endpoints(ctx)
    }
}

impl Chain {
    fn status(&self) -> ChainStatus {
        ChainStatus { endpoints: self.endpoints.statuses(), ..self.follower.status() }
    }

    async fn answered(
        &mut self,
        ctx: &Context<ChainMsg>,
        (consumer, upto): (usize, EventNumber),
        outcome: Result<(), CallError>,
    ) -> Result<(), Failure> {
        match outcome {
            Ok(()) => self.apply(ctx, Input::Answered(consumer, upto)).await,
            Err(error) => {
                let of = self.consumers.get(consumer).map(Outlet::id);
                tracing::warn!(consumer = ?of, %upto, %error, "a batch will be sent again");
                self.metrics.unanswered();
                self.apply(ctx, Input::Unanswered(consumer, upto)).await
            }
        }
    }

    /// Hands an input to the core and carries out what follows.
    async fn apply(&mut self, ctx: &Context<ChainMsg>, input: Input) -> Result<(), Failure> {
        let effects = match self.follower.apply(ctx.now(), input) {
            Ok(effects) => effects,
            Err(refusal) => {
                tracing::debug!(%refusal, "a late answer");
                self.metrics.stale();
                return Ok(());
            }
        };
        let mut records = Vec::new();
        for effect in effects {
            match effect {
                Effect::Look(ticket, plan) => self.look(ctx, ticket, plan)?,
                Effect::Journal(record) => records.push(record),
                Effect::Deliver(delivery) => self.deliver(ctx, delivery)?,
                Effect::WakeAt(at) => ctx.wake_at(at, ChainMsg::Tick),
                Effect::Halted(halt) => halted(ctx, &halt),
            }
        }
        self.metrics.stands(&self.status());
        if records.is_empty() { Ok(()) } else { self.journal(ctx, &records).await }
    }

    fn deliver(&self, ctx: &Context<ChainMsg>, delivery: Delivery) -> Result<(), Failure> {
        self.metrics.sent(&delivery);
        let (consumer, upto) = (delivery.consumer, delivery.last());
        let Some(outlet) = self.consumers.get(consumer).cloned() else {
            return Err(Failure::because(format!("there is no consumer {consumer}")));
        };
        let (chain, timeout) = (self.follower.status().chain, self.answer_timeout);
        let Delivery { first, events, .. } = delivery;
        let told = async move {
            outlet.call(timeout, |done| ChainBatch { chain, first, events, done }).await
        };
        Ok(ctx.pipe(told, move |outcome| ChainMsg::Answered(consumer, upto, outcome))?)
    }

    /// One append for each record: each is within the store's limits by itself.
    async fn journal(
        &mut self,
        ctx: &Context<ChainMsg>,
        records: &[Record],
    ) -> Result<(), Failure> {
        self.metrics.told(records);
        for record in records {
            let bytes = vec![record.encode().into()];
            self.pen.write(ctx, bytes, vec![record.last()], ChainMsg::Journalled).await?;
        }
        if self.snapshot_every <= self.pen.unsaved() {
            let state = self.follower.snapshot().encode().into();
            self.pen.save(ctx, state, ChainMsg::Saved).await?;
        }
        Ok(())
    }
}

fn halted(ctx: &Context<ChainMsg>, halt: &Halt) {
    let advice = "following has stopped: mend the cause, then restart the actor";
    tracing::error!(actor = %ctx.id(), reason = %halt, "{advice}");
}

fn saved(outcome: Result<(), StoreRefusal>) {
    if let Err(refusal) = outcome {
        tracing::warn!(%refusal, "no snapshot was saved; the next start replays more");
    }
}
