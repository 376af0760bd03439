use std::collections::VecDeque;
use std::time::{Duration, Instant};

use synod_protocol::signature::{AggregationEvent, AggregationMsg};
use synod_signature_core::aggregation::{Aggregation as Core, Effect, Job, Limits, Report};
use synod_supervision::{
    Actor, Context, Failure, Fingerprint, Lane, Message, Outlet, Overflow, Panicked, RejectReason,
};

use crate::metrics::AggregationMetrics;

/// How much aggregation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregationLimits {
    /// Of tasks, members, outputs and keys.
    pub collection: Limits,
    /// Verifications that run at once; more wait, one per task at most.
    pub jobs_max: usize,
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
            keys_max: 16_384,
        };
        Self { collection, jobs_max: 2, events_max: 65_536, retry_after: Duration::from_millis(20) }
    }
}

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct AggregationArgs {
    /// Who ordered certificates and is told of them.
    pub events: Outlet<AggregationEvent>,
    /// How much is held.
    pub limits: AggregationLimits,
}

/// What reaches aggregation: what others tell it, and what it tells itself.
#[derive(Debug)]
pub enum AggregationMail {
    /// By others.
    Told(AggregationMsg),
    /// A verification has ended.
    Verified(Box<Result<Report, Panicked>>),
    /// The listener may have room now.
    Retry,
}

impl From<AggregationMsg> for AggregationMail {
    fn from(msg: AggregationMsg) -> Self {
        Self::Told(msg)
    }
}

impl Message for AggregationMail {
    fn kind(&self) -> &'static str {
        match self {
            Self::Told(msg) => msg.kind(),
            Self::Verified(_) => "verified",
            Self::Retry => "retry",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Told(msg) => msg.lane(),
            Self::Verified(_) | Self::Retry => Lane::High,
        }
    }

    fn again(&self) -> Option<Self> {
        match self {
            Self::Told(msg) => msg.again().map(Self::Told),
            Self::Verified(_) | Self::Retry => None,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Told(msg) => msg.digest(),
            Self::Verified(_) | Self::Retry => None,
        }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::Told(msg) => msg.overflow(),
            Self::Verified(_) | Self::Retry => Overflow::Wait,
        }
    }
}

/// The actor. What it knows is one incarnation's.
pub struct Aggregation {
    core: Core,
    limits: AggregationLimits,
    listener: Outlet<AggregationEvent>,
    /// Not told yet, in order.
    untold: VecDeque<AggregationEvent>,
    is_retrying: bool,
    jobs_running: usize,
    /// At most one per task.
    jobs_waiting: VecDeque<Box<Job>>,
    metrics: AggregationMetrics,
}

impl Actor for Aggregation {
    type Msg = AggregationMail;
    type Args = AggregationArgs;

    async fn start(ctx: &Context<AggregationMail>, args: AggregationArgs) -> Result<Self, Failure> {
        let started = AggregationEvent::Started(ctx.incarnation());
        let mut aggregation = Self {
            core: Core::new(args.limits.collection),
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
                self.jobs_waiting.retain(|job| job.task() != task);
                self.carry_out(ctx, Vec::new())
            }
        }
    }

    /// A verification that panicked took signatures with it: what is left is in doubt.
    fn verified(
        &mut self,
        ctx: &Context<AggregationMail>,
        outcome: Result<Report, Panicked>,
    ) -> Result<(), Failure> {
        let report = outcome?;
        self.jobs_running -= 1;
        self.metrics.checked(report.checks());
        let effects = self.core.verified(report);
        if effects.iter().any(|effect| matches!(effect, Effect::Proven(_))) {
            self.metrics.proven();
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
                Effect::Verify(job) => self.jobs_waiting.push_back(job),
                Effect::Proven(result) => {
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

    fn run_jobs(&mut self, ctx: &Context<AggregationMail>) -> Result<(), Failure> {
        while self.jobs_running < self.limits.jobs_max {
            let Some(job) = self.jobs_waiting.pop_front() else {
                break;
            };
            let timer = self.metrics.timer();
            let work = move || {
                let began = Instant::now();
                let report = job.run();
                timer.record(began.elapsed());
                report
            };
            ctx.blocking(work, |outcome| AggregationMail::Verified(Box::new(outcome)))?;
            self.jobs_running += 1;
        }
        Ok(())
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
            }
        }
        let events = self.untold.len();
        self.metrics.holds(self.core.tasks_len(), events);
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
