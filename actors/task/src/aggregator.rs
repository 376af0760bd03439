use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use synod_protocol::chain::ChainBatch;
use synod_protocol::journal::Pen;
use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_protocol::signature::{AggregationEvent, AggregationMsg};
use synod_protocol::store::StoreMsg;
use synod_protocol::task::{ExecutorMsg, TaskEvent, TaskMsg};
use synod_supervision::{Actor, CallError, Context, Failure, Outlet, Reply};
use synod_task_core::aggregator::{Aggregator as Core, Effect, Input, Settings};
use synod_task_core::encode;
use synod_types::chain::Strand;
use synod_types::operator::{OperatorId, OperatorSetId};
use synod_types::task::{Submission, TaskId, TaskView};

use crate::journal;
use crate::metrics::TaskMetrics;

/// How long aggregation and quorum may take to say that they have heard. What they do not hear
/// they are reminded of.
const HEARD_WITHIN: Duration = Duration::from_secs(10);
/// Tasks in one answer to a list.
const LIST_MAX: usize = 1_000;

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct AggregatorArgs {
    /// What is served, and how much of it.
    pub settings: Settings,
    /// The journal.
    pub store: Outlet<StoreMsg>,
    /// Who answers for which member of which set. A member that nobody answers for is tried
    /// again and again until the task ends without it.
    pub executors: BTreeMap<(OperatorSetId, OperatorId), Outlet<ExecutorMsg>>,
    /// Who sums answers and proves them.
    pub aggregation: Outlet<AggregationMsg>,
    /// Who decides.
    pub quorum: Outlet<QuorumMsg>,
    /// Who else wants to know what became of tasks.
    pub events: Vec<Outlet<TaskEvent>>,
    /// How long an executor may take over a task before it is asked again.
    pub submit_timeout: Duration,
    /// How many journal records make a snapshot worth while.
    pub snapshot_every: u64,
}

/// What waits for the journal.
enum Held {
    Effect(Effect),
    Done(Reply<()>),
    List(Reply<Vec<TaskView>>, Vec<TaskView>),
    View(Reply<Option<Box<TaskView>>>, Option<Box<TaskView>>),
}

/// The aggregator's side of tasks. What it knows is one incarnation's.
pub struct Aggregator {
    core: Core,
    pen: Pen<Held>,
    args: AggregatorArgs,
    metrics: TaskMetrics,
}

impl Actor for Aggregator {
    type Msg = TaskMsg;
    type Args = AggregatorArgs;

    async fn start(ctx: &Context<TaskMsg>, args: AggregatorArgs) -> Result<Self, Failure> {
        let mut core = Core::new(args.settings.clone());
        let pen = journal::open(ctx, &args.store, |record| core.replay(record)).await?;
        let metrics = TaskMetrics::register(ctx.id());
        let mut aggregator = Self { core, pen, args, metrics };
        let effects = aggregator.core.resume(ctx.now());
        let released = aggregator.write(ctx, effects, None).await?;
        aggregator.carry_on(ctx, released).await?;
        Ok(aggregator)
    }

    async fn handle(&mut self, ctx: &Context<TaskMsg>, msg: TaskMsg) -> Result<(), Failure> {
        match msg {
            TaskMsg::Chain(batch) => self.listen(ctx, batch).await,
            TaskMsg::Aggregation(event) => self.aggregation(ctx, event).await,
            TaskMsg::Quorum(event) => self.quorum(ctx, event).await,
            TaskMsg::List { filter, after, limit, reply } => {
                let tasks = self.core.page(filter, after, limit.min(LIST_MAX));
                self.answer(ctx, Held::List(reply, tasks)).await
            }
            TaskMsg::Get(task, reply) => {
                let view = self.core.view(task).map(Box::new);
                self.answer(ctx, Held::View(reply, view)).await
            }
            TaskMsg::Submitted(task, operator, outcome) => {
                let input = match outcome {
                    Ok(Ok(answer)) => Input::Answered { task, operator, answer },
                    Ok(Err(refusal)) => {
                        Input::NotAnswered { task, operator, refusal: Some(refusal) }
                    }
                    Err(_) => Input::NotAnswered { task, operator, refusal: None },
                };
                self.apply(ctx, input).await
            }
            TaskMsg::Ordered(task, outcome) => {
                self.heard("order", task, outcome.map(|heard| heard.map_err(|r| r.reason())));
                Ok(())
            }
            TaskMsg::Added(task, outcome) => {
                self.heard("answer", task, outcome.map(|heard| heard.map_err(|r| r.reason())));
                Ok(())
            }
            TaskMsg::Balloted(task, outcome) => {
                self.heard("ballot", task, outcome.map(|heard| heard.map_err(|r| r.name())));
                Ok(())
            }
            TaskMsg::Alarm => self.apply(ctx, Input::Alarm).await,
            TaskMsg::Journalled(committed) => {
                let released = self.pen.settle(ctx, committed, TaskMsg::Journalled).await?;
                self.carry_on(ctx, released).await
            }
            TaskMsg::Saved(outcome) => {
                journal::saved(outcome);
                Ok(())
            }
        }
    }
}

impl Aggregator {
    /// The batch is answered once what it led to is durable. If there was no room for all of it,
    /// it is not answered: the chain tells it again.
    async fn listen(&mut self, ctx: &Context<TaskMsg>, batch: ChainBatch) -> Result<(), Failure> {
        let ChainBatch { chain, strand, first, events, done } = batch;
        let (effects, is_all) = match strand {
            Strand::Live => {
                let after_last = first.plus(events.len());
                let input = Input::Chain { chain, first, events };
                match self.core.apply(ctx.now(), input) {
                    Ok(effects) => (effects, after_last <= self.core.applied(chain).plus(1)),
                    Err(refusal) => return self.refused(&refusal),
                }
            }
            Strand::Past(_) => self.core.apply_past(ctx.now(), chain, &events),
        };
        if !is_all {
            tracing::debug!(%chain, "no room for the whole batch");
        }
        let released = self.write(ctx, effects, is_all.then_some(Held::Done(done))).await?;
        self.carry_on(ctx, released).await
    }

    async fn aggregation(
        &mut self,
        ctx: &Context<TaskMsg>,
        event: AggregationEvent,
    ) -> Result<(), Failure> {
        let input = match event {
            AggregationEvent::Started(_) => Input::AggregationStarted,
            AggregationEvent::Proven(result) => Input::Proven(result),
            AggregationEvent::Split { task, votes } => Input::Split { task, votes },
            AggregationEvent::Rejected { task, operator, .. } => {
                Input::Distrusted { task, operator }
            }
        };
        self.apply(ctx, input).await
    }

    async fn quorum(&mut self, ctx: &Context<TaskMsg>, event: QuorumEvent) -> Result<(), Failure> {
        let input = match event {
            QuorumEvent::Started(_) => Input::QuorumStarted,
            QuorumEvent::Settled(verdict) => Input::Settled(verdict),
            QuorumEvent::Equivocated(offence) => Input::Offended(offence),
        };
        self.apply(ctx, input).await
    }

    /// What is shown is durable: the answer waits its turn behind what was written before.
    async fn answer(&mut self, ctx: &Context<TaskMsg>, answer: Held) -> Result<(), Failure> {
        let released = self.write(ctx, Vec::new(), Some(answer)).await?;
        self.carry_on(ctx, released).await
    }

    async fn apply(&mut self, ctx: &Context<TaskMsg>, input: Input) -> Result<(), Failure> {
        match self.core.apply(ctx.now(), input) {
            Ok(effects) => {
                let released = self.write(ctx, effects, None).await?;
                self.carry_on(ctx, released).await
            }
            Err(refusal) => self.refused(&refusal),
        }
    }

    fn refused(&self, refusal: &synod_task_core::aggregator::Refusal) -> Result<(), Failure> {
        tracing::debug!(%refusal, "refused");
        self.metrics.refused(refusal.name());
        Ok(())
    }

    /// Journals what must be durable and holds back the rest until it is.
    async fn write(
        &mut self,
        ctx: &Context<TaskMsg>,
        effects: Vec<Effect>,
        last: Option<Held>,
    ) -> Result<Vec<Held>, Failure> {
        let (records, mut held) = journal::divide(effects, |effect| match effect {
            Effect::Journal(record) => Ok(record),
            other => Err(Held::Effect(other)),
        });
        held.extend(last);
        let released = self.pen.write(ctx, records, held, TaskMsg::Journalled).await?;
        if self.args.snapshot_every <= self.pen.unsaved() {
            let state = encode(&self.core.snapshot()).into();
            self.pen.save(ctx, state, TaskMsg::Saved).await?;
        }
        let (open, processing) = self.core.open_len();
        self.metrics.stands(open, processing);
        Ok(released)
    }

    /// Does what may be done. What could not even be begun goes back to the core.
    async fn carry_on(
        &mut self,
        ctx: &Context<TaskMsg>,
        released: Vec<Held>,
    ) -> Result<(), Failure> {
        let mut released = VecDeque::from(released);
        while let Some(held) = released.pop_front() {
            let effect = match held {
                Held::Effect(effect) => effect,
                Held::Done(done) => {
                    done.answer(());
                    continue;
                }
                Held::List(reply, tasks) => {
                    reply.answer(tasks);
                    continue;
                }
                Held::View(reply, view) => {
                    reply.answer(view);
                    continue;
                }
            };
            self.metrics.follows(&effect);
            if let Some(input) = self.carry_out(ctx, effect).await {
                let effects = self.core.apply(ctx.now(), input).unwrap_or_default();
                released.extend(self.write(ctx, effects, None).await?);
            }
        }
        Ok(())
    }

    async fn carry_out(&self, ctx: &Context<TaskMsg>, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Submit(submission) => return self.submit(ctx, submission),
            Effect::OpenAggregation(order) => {
                let task = order.task;
                let asked = self.args.aggregation.request(|r| AggregationMsg::Open(order, r));
                let asked = asked.await;
                self.await_hearing(ctx, asked, move |heard| TaskMsg::Ordered(task, heard));
            }
            Effect::AddAnswer(answer) => {
                let task = answer.task;
                let asked = self.args.aggregation.request(|r| AggregationMsg::Submit(*answer, r));
                let asked = asked.await;
                self.await_hearing(ctx, asked, move |heard| TaskMsg::Added(task, heard));
            }
            Effect::CloseAggregation(task) => {
                if self.args.aggregation.send(AggregationMsg::Close(task)).await.is_err() {
                    tracing::debug!(%task, "aggregation did not hear of the end");
                }
            }
            Effect::OpenBallot(question) => {
                let task = TaskId(question.ballot.0);
                let asked = self.args.quorum.request(|r| QuorumMsg::Open(question, r)).await;
                self.await_hearing(ctx, asked, move |heard| TaskMsg::Balloted(task, heard));
            }
            Effect::Cast(vote) => {
                let task = TaskId(vote.ballot.0);
                let asked = self.args.quorum.request(|r| QuorumMsg::Cast(vote, r)).await;
                self.await_hearing(ctx, asked, move |heard| TaskMsg::Balloted(task, heard));
            }
            Effect::WakeAt(at) => ctx.wake_at(at, TaskMsg::Alarm),
            Effect::Accepted(task) => self.tell(&TaskEvent::Accepted(task)),
            Effect::Certified(result, took) => self.tell(&TaskEvent::Certified(result, took)),
            Effect::Failed(task, failure) => {
                tracing::info!(%task, %failure, "a task failed");
                self.tell(&TaskEvent::Failed(task, failure));
            }
            Effect::Faulty(task, operator, fault) => {
                tracing::warn!(%task, %operator, fault = fault.name(), "a member is at fault");
            }
            Effect::Journal(_) | Effect::Retrying(..) | Effect::PassedOver(_) => (),
        }
        None
    }

    /// Asks an executor. A task that is being handed out when the actor is stopped waits for the
    /// next life.
    fn submit(&self, ctx: &Context<TaskMsg>, submission: Box<Submission>) -> Option<Input> {
        let (task, operator) = (submission.task.id, submission.operator);
        if ctx.is_draining() {
            return None;
        }
        let not_answered = Some(Input::NotAnswered { task, operator, refusal: None });
        let key = (submission.task.set, operator);
        let Some(executor) = self.args.executors.get(&key).cloned() else {
            return not_answered;
        };
        let timeout = self.args.submit_timeout;
        let asked = async move {
            executor.call(timeout, |reply| ExecutorMsg::Submit(submission, reply)).await
        };
        let asked = ctx.pipe(asked, move |answer| TaskMsg::Submitted(task, operator, answer));
        asked.err().and(not_answered)
    }

    /// Whether the question was heard is worth counting, not waiting for.
    fn await_hearing<T: Send + 'static>(
        &self,
        ctx: &Context<TaskMsg>,
        asked: Result<synod_supervision::Pending<T>, CallError>,
        heard: impl FnOnce(Result<T, CallError>) -> TaskMsg + Send + 'static,
    ) {
        let is_under_way = asked.is_ok_and(|pending| {
            let pending = async move { pending.within(HEARD_WITHIN).await };
            ctx.pipe(pending, heard).is_ok()
        });
        if !is_under_way {
            self.metrics.unheard("not_asked");
        }
    }

    fn heard(
        &self,
        what: &'static str,
        task: TaskId,
        outcome: Result<Result<(), &'static str>, CallError>,
    ) {
        match outcome {
            Ok(Ok(())) => (),
            Ok(Err(reason)) => {
                tracing::debug!(%task, what, reason, "refused");
                self.metrics.unheard(reason);
            }
            Err(error) => {
                tracing::debug!(%task, what, %error, "not heard");
                self.metrics.unheard("lost");
            }
        }
    }

    /// Listeners that have no room miss it; the outlet counts that.
    fn tell(&self, event: &TaskEvent) {
        for listener in &self.args.events {
            if listener.tell(event.clone()).is_err() {
                tracing::debug!(listener = %listener.id(), "no room for an event");
            }
        }
    }
}
