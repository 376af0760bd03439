use std::collections::VecDeque;
use std::time::Duration;

use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_quorum_core::{Ballots, Effect, Input, Limits};
use synod_supervision::{Actor, Context, Failure, Outlet, RejectReason};
use synod_types::quorum::Refusal;

use crate::metrics::Metrics;

/// What a supervisor makes each incarnation from.
#[derive(Clone, Debug)]
pub struct Args {
    /// How much is kept.
    pub limits: Limits,
    /// Who puts questions and is told verdicts.
    pub events: Outlet<QuorumEvent>,
    /// Events the listener has no room for; at the limit the incarnation ends, and the next one
    /// starts from nothing, as it says.
    pub untold_max: usize,
    /// How long to wait before the listener is tried again.
    pub retry_after: Duration,
}

/// The actor. What it knows is one incarnation's.
pub struct Quorum {
    ballots: Ballots,
    events: Outlet<QuorumEvent>,
    /// Not told yet, in order.
    untold: VecDeque<QuorumEvent>,
    untold_max: usize,
    retry_after: Duration,
    is_waiting: bool,
    metrics: Metrics,
}

impl Actor for Quorum {
    type Msg = QuorumMsg;
    type Args = Args;

    async fn start(ctx: &Context<QuorumMsg>, args: Args) -> Result<Self, Failure> {
        let mut quorum = Self {
            ballots: Ballots::new(args.limits),
            events: args.events,
            untold: VecDeque::from([QuorumEvent::Started(ctx.incarnation())]),
            untold_max: args.untold_max,
            retry_after: args.retry_after,
            is_waiting: false,
            metrics: Metrics::register(),
        };
        quorum.metrics.open(0);
        quorum.tell(ctx)?;
        Ok(quorum)
    }

    async fn handle(&mut self, ctx: &Context<QuorumMsg>, msg: QuorumMsg) -> Result<(), Failure> {
        match msg {
            QuorumMsg::Open(question, reply) => {
                let outcome = self.apply(ctx, Input::Open(question));
                reply.answer(outcome);
            }
            QuorumMsg::Cast(vote, reply) => {
                self.metrics.voted();
                let outcome = self.apply(ctx, Input::Cast(vote));
                reply.answer(outcome);
            }
            QuorumMsg::Evidence(reply) => reply.answer(self.ballots.evidence().collect()),
            QuorumMsg::Expire(ballot) => drop(self.apply(ctx, Input::Expire(ballot))),
            QuorumMsg::Retell => self.is_waiting = false,
        }
        self.tell(ctx)
    }
}

impl Quorum {
    /// Hands an input to the core and carries out what follows.
    fn apply(&mut self, ctx: &Context<QuorumMsg>, input: Input) -> Result<(), Refusal> {
        let outcome = self.ballots.apply(ctx.now(), input);
        self.metrics.open(self.ballots.open_len());
        let effects = outcome.inspect_err(|refusal| {
            tracing::debug!(%refusal, "refused");
            self.metrics.refused(*refusal);
        })?;
        for effect in effects {
            self.metrics.follows(&effect);
            match effect {
                Effect::WakeAt(ballot, at) => ctx.wake_at(at, QuorumMsg::Expire(ballot)),
                Effect::Settle(verdict) => self.untold.push_back(QuorumEvent::Settled(verdict)),
                Effect::Evidence(offence) => {
                    let (ballot, operator) = (offence.ballot, offence.operator);
                    tracing::warn!(%ballot, %operator, "an operator answered in two ways");
                    self.untold.push_back(QuorumEvent::Equivocated(offence));
                }
            }
        }
        Ok(())
    }

    /// Tells what there is room for. Telling never waits: the listener may be asking us.
    fn tell(&mut self, ctx: &Context<QuorumMsg>) -> Result<(), Failure> {
        while let Some(&event) = self.untold.front() {
            match self.events.tell(event) {
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
        let waiting = self.untold.len();
        if self.untold_max < waiting {
            let listener = self.events.id();
            return Err(Failure::because(format!("{waiting} events wait for {listener}")));
        }
        if 0 < waiting && !self.is_waiting {
            self.is_waiting = true;
            ctx.wake_at(ctx.now() + self.retry_after, QuorumMsg::Retell);
        }
        Ok(())
    }
}
