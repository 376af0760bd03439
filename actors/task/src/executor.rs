use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use synod_protocol::chain::ChainBatch;
use synod_protocol::journal::Pen;
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_protocol::task::ExecutorMsg;
use synod_supervision::{Actor, Breaker, BreakerError, CallError, Context, Failure, Outlet, Reply};
use synod_task_core::encode;
use synod_task_core::executor::{Asker, Effect, Executor as Core, Input, Settings, Trouble};
use synod_types::Bytes;
use synod_types::chain::Strand;
use synod_types::signature::{Digest, Duty, SignRefusal, Signature};
use synod_types::task::{Answer, ExecutionView, PerformError, SubmitRefusal, TaskId};

use crate::journal;
use crate::metrics::ExecutorMetrics;
use crate::performer::Performer;

/// Tasks in one answer to a list.
const LIST_MAX: usize = 1_000;

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct ExecutorArgs {
    /// In whose name, for which sets, and how much of it.
    pub settings: Settings,
    /// The journal.
    pub store: Outlet<StoreMsg>,
    /// Who does the work.
    pub performer: Arc<dyn Performer>,
    /// Around every run of the performer.
    pub breaker: Arc<Breaker>,
    /// Who signs results with the operator's key.
    pub signer: Outlet<SignerMsg>,
    /// How long the signer may take before it is asked again.
    pub sign_timeout: Duration,
    /// How many journal records make a snapshot worth while.
    pub snapshot_every: u64,
}

type Answered = Result<Answer, SubmitRefusal>;

/// What waits for the journal.
enum Held {
    Effect(Effect),
    Done(Reply<()>),
    List(Reply<Vec<ExecutionView>>, Vec<ExecutionView>),
}

/// One operator. What it knows is one incarnation's.
pub struct Executor {
    core: Core,
    pen: Pen<Held>,
    args: ExecutorArgs,
    /// Invariant: exactly those of whom the core knows and whom it has not answered.
    askers: BTreeMap<Asker, Reply<Answered>>,
    asked: u64,
    metrics: ExecutorMetrics,
}

impl Actor for Executor {
    type Msg = ExecutorMsg;
    type Args = ExecutorArgs;

    async fn start(ctx: &Context<ExecutorMsg>, args: ExecutorArgs) -> Result<Self, Failure> {
        let mut core = Core::new(args.settings.clone());
        let pen = journal::open(ctx, &args.store, |record| core.replay(record)).await?;
        let metrics = ExecutorMetrics::register(ctx.id());
        let mut executor = Self { core, pen, args, askers: BTreeMap::new(), asked: 0, metrics };
        let effects = executor.core.resume(ctx.now());
        executor.follow_up(ctx, effects, None).await?;
        Ok(executor)
    }

    async fn handle(
        &mut self,
        ctx: &Context<ExecutorMsg>,
        msg: ExecutorMsg,
    ) -> Result<(), Failure> {
        match msg {
            ExecutorMsg::Submit(submission, reply) => {
                self.asked += 1;
                let asker = Asker(self.asked);
                self.askers.insert(asker, reply);
                self.apply(ctx, Input::Submit(submission, asker)).await
            }
            ExecutorMsg::Chain(batch) => self.listen(ctx, batch).await,
            ExecutorMsg::List { after, limit, reply } => {
                let tasks = self.core.page(after, limit.min(LIST_MAX));
                self.follow_up(ctx, Vec::new(), Some(Held::List(reply, tasks))).await
            }
            ExecutorMsg::Performed(task, outcome) => {
                self.apply(ctx, self.performed(task, outcome)).await
            }
            ExecutorMsg::Signed(task, outcome) => self.apply(ctx, signed(task, outcome)).await,
            ExecutorMsg::Alarm => self.apply(ctx, Input::Alarm).await,
            ExecutorMsg::Journalled(committed) => {
                let released = self.pen.settle(ctx, committed, ExecutorMsg::Journalled).await?;
                self.carry_on(ctx, released).await
            }
            ExecutorMsg::Saved(outcome) => {
                journal::saved(outcome);
                Ok(())
            }
        }
    }
}

impl Executor {
    /// The batch is answered once what it led to is durable. If there was no room for all of it,
    /// it is not answered: the chain tells it again.
    async fn listen(
        &mut self,
        ctx: &Context<ExecutorMsg>,
        batch: ChainBatch,
    ) -> Result<(), Failure> {
        let ChainBatch { chain, strand, first, events, done } = batch;
        let (effects, is_all) = match strand {
            Strand::Live => {
                let after_last = first.plus(events.len());
                let effects = self.core.apply(ctx.now(), Input::Chain { chain, first, events });
                (effects, after_last <= self.core.applied(chain).plus(1))
            }
            Strand::Past(_) => self.core.apply_past(ctx.now(), chain, &events),
        };
        self.follow_up(ctx, effects, is_all.then_some(Held::Done(done))).await
    }

    fn performed(&self, task: TaskId, outcome: Result<Bytes, PerformError>) -> Input {
        self.metrics.ran(outcome.as_ref().map_or_else(PerformError::name, |_| "done"));
        let outcome = outcome.map_err(|error| {
            tracing::warn!(%task, %error, "the performer gave no result");
            match error {
                PerformError::Absent(_) => Trouble::Absent,
                PerformError::Passing(_) => Trouble::Passing,
                PerformError::Lasting(_) => Trouble::Lasting,
            }
        });
        Input::Performed { task, outcome }
    }

    async fn apply(&mut self, ctx: &Context<ExecutorMsg>, input: Input) -> Result<(), Failure> {
        let effects = self.core.apply(ctx.now(), input);
        self.follow_up(ctx, effects, None).await
    }

    async fn follow_up(
        &mut self,
        ctx: &Context<ExecutorMsg>,
        effects: Vec<Effect>,
        last: Option<Held>,
    ) -> Result<(), Failure> {
        let released = self.write(ctx, effects, last).await?;
        self.carry_on(ctx, released).await
    }

    /// Journals what must be durable and holds back the rest until it is.
    async fn write(
        &mut self,
        ctx: &Context<ExecutorMsg>,
        effects: Vec<Effect>,
        last: Option<Held>,
    ) -> Result<Vec<Held>, Failure> {
        let (records, mut held) = journal::divide(effects, |effect| match effect {
            Effect::Journal(record) => Ok(record),
            other => Err(Held::Effect(other)),
        });
        held.extend(last);
        let released = self.pen.write(ctx, records, held, ExecutorMsg::Journalled).await?;
        if self.args.snapshot_every <= self.pen.unsaved() {
            let state = encode(&self.core.snapshot()).into();
            self.pen.save(ctx, state, ExecutorMsg::Saved).await?;
        }
        let (queued, running) = self.core.load();
        self.metrics.stands(queued, running);
        Ok(released)
    }

    /// Does what may be done. What could not even be begun goes back to the core.
    async fn carry_on(
        &mut self,
        ctx: &Context<ExecutorMsg>,
        released: Vec<Held>,
    ) -> Result<(), Failure> {
        let mut released = VecDeque::from(released);
        while let Some(held) = released.pop_front() {
            let failed = match held {
                Held::Done(done) => {
                    done.answer(());
                    None
                }
                Held::List(reply, tasks) => {
                    reply.answer(tasks);
                    None
                }
                Held::Effect(effect) => self.carry_out(ctx, effect),
            };
            if let Some(input) = failed {
                let effects = self.core.apply(ctx.now(), input);
                released.extend(self.write(ctx, effects, None).await?);
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, ctx: &Context<ExecutorMsg>, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Perform { task, payload } => return self.perform(ctx, task, payload),
            Effect::Sign { task, digest } => return self.sign(ctx, task, digest),
            Effect::Answer(asker, answer) => {
                self.metrics.answered(answer.as_ref().map_or_else(|r| r.name(), |_| "signed"));
                if let Some(reply) = self.askers.remove(&asker) {
                    reply.answer(answer.map(|answer| *answer));
                }
            }
            Effect::WakeAt(at) => ctx.wake_at(at, ExecutorMsg::Alarm),
            Effect::Ended(end) => self.metrics.ended(end.map_or_else(|r| r.name(), |()| "signed")),
            Effect::PassedOver(skip) => self.metrics.passed_over(skip),
            Effect::Journal(_) => (),
        }
        None
    }

    fn perform(&self, ctx: &Context<ExecutorMsg>, task: TaskId, payload: Bytes) -> Option<Input> {
        let (performer, breaker) = (Arc::clone(&self.args.performer), self.args.breaker.clone());
        let timer = self.metrics.run_seconds();
        let clock = ctx.clone();
        let run = async move {
            let began = clock.now();
            // What speaks against the task does not speak against the performer.
            let is_performers = |error: &PerformError| !matches!(error, PerformError::Lasting(_));
            let run = breaker.call_judged(performer.perform(task, payload), is_performers);
            let outcome = run.await.map_err(|error| match error {
                BreakerError::Refused { .. } => PerformError::Absent(error.to_string()),
                BreakerError::Timeout(_) => PerformError::Passing(error.to_string()),
                BreakerError::Inner(inner) => inner,
            });
            timer.record(clock.now().since(began));
            outcome
        };
        let begun = ctx.pipe(run, move |outcome| ExecutorMsg::Performed(task, outcome));
        begun.err().map(|_| Input::Performed { task, outcome: Err(Trouble::Absent) })
    }

    fn sign(&self, ctx: &Context<ExecutorMsg>, task: TaskId, digest: Digest) -> Option<Input> {
        let duty = Duty::TaskResult(task, self.core.operator());
        let (signer, timeout) = (self.args.signer.clone(), self.args.sign_timeout);
        let preimage = self.core.preimage(task);
        let question = move |reply| SignerMsg::Sign { duty, digest, preimage, reply };
        let asked = async move { signer.call(timeout, question).await };
        let begun = ctx.pipe(asked, move |outcome| ExecutorMsg::Signed(task, outcome));
        begun.err().map(|_| Input::Signed { task, outcome: Err(Trouble::Absent) })
    }
}

fn signed(task: TaskId, outcome: Result<Result<Signature, SignRefusal>, CallError>) -> Input {
    let outcome = match outcome {
        Ok(Ok(signature)) => Ok(signature),
        Ok(Err(refusal)) if refusal.is_retryable() => Err(Trouble::Passing),
        Ok(Err(refusal)) => {
            tracing::error!(%task, %refusal, "a result will not be signed");
            Err(Trouble::Lasting)
        }
        Err(_) => Err(Trouble::Passing),
    };
    Input::Signed { task, outcome }
}
