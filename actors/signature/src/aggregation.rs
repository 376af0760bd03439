mod entropy;
mod mail;

pub use entropy::{Entropy, SystemEntropy};
pub use mail::AggregationMail;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_protocol::signature::{AggregationEvent, AggregationMsg};
use synod_signature_core::aggregation::{
    Aggregation as Core, Arithmetic, Effect, Job, Limits, Preparation, Readiness, Report,
    run_together,
};
use synod_supervision::{Actor, Context, Failure, Outlet, Panicked, RejectReason};

use crate::metrics::AggregationMetrics;

/// How much aggregation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregationLimits {
    /// Of tasks, members, outputs and keys.
    pub collection: Limits,
    /// Verifications that run at once; more wait, one per task at most.
    pub jobs_max: usize,
    /// Tasks that wait to be verified and are decided together, by one check.
    pub tasks_per_check_max: usize,
    /// Events the listener has no room for yet; at the limit the incarnation ends, and the next
    /// one starts from nothing, as it says.
    pub events_max: usize,
    /// How long to wait before the listener is tried again.
    pub retry_after: Duration,
}

impl Default for AggregationLimits {
    fn default() -> Self {
        let collection = Limits {
            tasks_max: 1_024,
            members_max: 10_000,
            output_bytes_max: 65_536,
            task_bytes_max: 67_108_864,
            keys_max: 16_384,
            tables_max: 16,
            suspects_max: 16_384,
        };
        Self {
            collection,
            jobs_max: 2,
            tasks_per_check_max: 64,
            events_max: 65_536,
            retry_after: Duration::from_millis(20),
        }
    }
}

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct AggregationArgs {
    /// Who ordered certificates and is told of them.
    pub events: Outlet<AggregationEvent>,
    /// How much is held.
    pub limits: AggregationLimits,
    /// Whose arithmetic verifies.
    pub arithmetic: Arithmetic,
    /// Where the randomness of weights comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// The actor. What it knows is one incarnation's.
pub struct Aggregation {
    core: Core,
    limits: AggregationLimits,
    listener: Outlet<AggregationEvent>,
    /// Not told yet, in order.
    untold: VecDeque<AggregationEvent>,
    is_retrying: bool,
    entropy: Arc<dyn Entropy>,
    jobs_running: usize,
    /// At most one per task, and one per table.
    jobs_waiting: VecDeque<Waiting>,
    metrics: AggregationMetrics,
}

/// Work that no thread has taken yet.
enum Waiting {
    Prepare(Box<Preparation>),
    Verify(Box<Job>),
}

impl Actor for Aggregation {
    type Msg = AggregationMail;
    type Args = AggregationArgs;

    async fn start(ctx: &Context<AggregationMail>, args: AggregationArgs) -> Result<Self, Failure> {
        let started = AggregationEvent::Started(ctx.incarnation());
        let mut aggregation = Self {
            core: Core::new(args.limits.collection, args.arithmetic),
            entropy: args.entropy,
            limits: args.limits,
            listener: args.events,
            untold: VecDeque::from([started]),
            is_retrying: false,
            jobs_running: 0,
            jobs_waiting: VecDeque::new(),
            metrics: AggregationMetrics::register(),
        };
        aggregation.tell(ctx)?;
        Ok(aggregation)
    }

    async fn handle(
        &mut self,
        ctx: &Context<AggregationMail>,
        mail: AggregationMail,
    ) -> Result<(), Failure> {
        match mail {
            AggregationMail::Told(msg) => self.told(ctx, msg),
            AggregationMail::Prepared(outcome) => self.prepared(ctx, *outcome),
            AggregationMail::Verified(outcome) => self.verified(ctx, *outcome),
            AggregationMail::Retry => {
                self.is_retrying = false;
                self.tell(ctx)
            }
        }
    }
}

impl Aggregation {
    fn told(&mut self, ctx: &Context<AggregationMail>, msg: AggregationMsg) -> Result<(), Failure> {
        match msg {
            AggregationMsg::Open(order, reply) => {
                let outcome = self.core.open(order);
                self.metrics.ordered(&outcome);
                reply.answer(outcome.as_ref().map(drop).map_err(|&refusal| refusal));
                self.carry_out(ctx, outcome.unwrap_or_default())
            }
            AggregationMsg::Submit(answer, reply) => {
                let outcome = self.core.submit(answer);
                self.metrics.submitted(&outcome);
                reply.answer(outcome.as_ref().map(drop).map_err(|&refusal| refusal));
                self.carry_out(ctx, outcome.unwrap_or_default())
            }
            AggregationMsg::Close(task) => {
                self.core.close(task);
                self.jobs_waiting.retain(|work| match work {
                    Waiting::Prepare(_) => true,
                    Waiting::Verify(job) => job.task() != task,
                });
                self.carry_out(ctx, Vec::new())
            }
        }
    }

    /// Work that panicked took signatures with it: what is left is in doubt.
    fn prepared(
        &mut self,
        ctx: &Context<AggregationMail>,
        outcome: Result<Readiness, Panicked>,
    ) -> Result<(), Failure> {
        let readiness = outcome?;
        self.jobs_running -= 1;
        self.metrics.checked(readiness.checks());
        let unusable = readiness.unusable();
        if 0 < unusable {
            tracing::warn!(unusable, "keys of an operator table are none");
        }
        let effects = self.core.prepared(readiness);
        self.carry_out(ctx, effects)
    }

    /// See [`Self::prepared`].
    fn verified(
        &mut self,
        ctx: &Context<AggregationMail>,
        outcome: Result<Vec<Report>, Panicked>,
    ) -> Result<(), Failure> {
        let reports = outcome?;
        self.jobs_running -= 1;
        self.metrics.shared(reports.len());
        let mut effects = Vec::new();
        for report in reports {
            self.metrics.checked(report.checks());
            effects.extend(self.core.verified(report));
        }
        self.carry_out(ctx, effects)
    }

    fn carry_out(
        &mut self,
        ctx: &Context<AggregationMail>,
        effects: Vec<Effect>,
    ) -> Result<(), Failure> {
        for effect in effects {
            match effect {
                Effect::Prepare(keys) => self.jobs_waiting.push_back(Waiting::Prepare(keys)),
                Effect::Verify(job) => self.jobs_waiting.push_back(Waiting::Verify(job)),
                Effect::Disputed { task } => {
                    tracing::error!(
                        %task,
                        "ark's arithmetic and ours disagree: nothing of the task is certified"
                    );
                    self.metrics.disputed();
                }
                Effect::Proven(result) => {
                    self.metrics.proven();
                    self.untold.push_back(AggregationEvent::Proven(result));
                }
                Effect::Split { task, votes } => {
                    tracing::info!(%task, votes = votes.len(), "no answer can win any more");
                    self.untold.push_back(AggregationEvent::Split { task, votes });
                }
                Effect::Rejected { task, operator, digest, reason } => {
                    tracing::warn!(%task, %operator, reason = reason.name(), "a false signature");
                    self.metrics.rejected(reason);
                    let event = AggregationEvent::Rejected { task, operator, digest, reason };
                    self.untold.push_back(event);
                }
            }
        }
        self.run_jobs(ctx)?;
        self.tell(ctx)
    }

    /// Hands work to threads that may take their time. Where more waits than there are threads,
    /// tasks of one table share a check.
    fn run_jobs(&mut self, ctx: &Context<AggregationMail>) -> Result<(), Failure> {
        while self.jobs_running < self.limits.jobs_max {
            let Some(work) = self.jobs_waiting.pop_front() else {
                break;
            };
            let (timer, entropy) = (self.metrics.timer(), Arc::clone(&self.entropy));
            match work {
                Waiting::Prepare(preparation) => {
                    let work = move || preparation.run(entropy.seed());
                    ctx.blocking(work, |outcome| AggregationMail::Prepared(Box::new(outcome)))?;
                }
                Waiting::Verify(job) => {
                    let jobs = self.and_others(*job);
                    let work = move || {
                        let began = Instant::now();
                        let reports = run_together(jobs, entropy.seed());
                        timer.record(began.elapsed());
                        reports
                    };
                    ctx.blocking(work, |outcome| AggregationMail::Verified(Box::new(outcome)))?;
                }
            }
            self.jobs_running += 1;
        }
        Ok(())
    }

    /// A job, and those that wait and go with it. While other threads are free there are none:
    /// each takes its own at once.
    fn and_others(&mut self, first: Job) -> Vec<Job> {
        let mut jobs = vec![first];
        for work in std::mem::take(&mut self.jobs_waiting) {
            match work {
                Waiting::Verify(job)
                    if jobs.len() < self.limits.tasks_per_check_max && jobs[0].goes_with(&job) =>
                {
                    jobs.push(*job);
                }
                Waiting::Prepare(_) | Waiting::Verify(_) => self.jobs_waiting.push_back(work),
            }
        }
        jobs
    }

    /// Tells what there is room for. Telling never waits: the listener may be asking us.
    fn tell(&mut self, ctx: &Context<AggregationMail>) -> Result<(), Failure> {
        while let Some(event) = self.untold.front() {
            match self.listener.tell(event.clone()) {
                Ok(()) => drop(self.untold.pop_front()),
                Err(RejectReason::Full) => break,
                // The listener has died of this one too often: it is the listener's loss alone.
                Err(RejectReason::Quarantined) => drop(self.untold.pop_front()),
                // It is going down for good, and nobody else listens.
                Err(RejectReason::Closed) => self.untold.clear(),
                // Another life has taken this one's place: nothing it does counts.
                Err(RejectReason::Fenced) => break,
            }
        }
        let events = self.untold.len();
        self.metrics.holds(self.core.tasks_len(), self.core.suspects_len(), events);
        if self.limits.events_max < events {
            let listener = self.listener.id();
            return Err(Failure::because(format!("{events} events wait for {listener}")));
        }
        if 0 < events && !self.is_retrying {
            self.is_retrying = true;
            ctx.wake_at(ctx.now() + self.limits.retry_after, AggregationMail::Retry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
