//! Which endpoint is looked through, and what is heard of the others.

use std::sync::Arc;
use synod_chain_core::{Change, Choice, Plan, Terms};
use synod_protocol::chain::ChainMsg;
use synod_supervision::{Context, Failure};
use synod_types::chain::{Looked, Probed, Sight, Strand, Trouble};

use crate::actor::Chain;
use crate::look::{Expected, Question};
use crate::source::Source;

/// One way to a chain.
#[derive(Clone)]
pub struct Endpoint {
    /// Its name, its rank and how often it may be asked.
    pub terms: Terms,
    /// Who is asked.
    pub source: Arc<dyn Source>,
}

impl Endpoint {
    /// The only way there is: nothing to choose, nothing to count.
    pub fn only(source: Arc<dyn Source>) -> Self {
        let terms = Terms { name: "only".to_owned(), priority: 0, budget: None };
        Self { terms, source }
    }
}

impl Chain {
    /// The look under way is finished when the actor is stopped, but no further one is begun.
    /// Without an endpoint that may be asked, it waits for its turn.
    pub(crate) fn look(
        &mut self,
        ctx: &Context<ChainMsg>,
        (strand, ticket): (Strand, u64),
        plan: Plan,
    ) -> Result<(), Failure> {
        if ctx.is_draining() {
            return Ok(());
        }
        if self.is_ahead(ctx, (strand, ticket), plan)? {
            return self.read_ahead(ctx, strand, plan);
        }
        let committed = self.strands.strand(strand).and_then(|strand| strand.status().committed);
        match self.endpoints.choose(ctx.now(), committed.map(|tip| tip.number)) {
            Choice::At(at) => {
                self.waiting.insert(strand, (ticket, plan));
                self.metrics.waits_for_budget();
                ctx.wake_at(at, ChainMsg::Tick);
                Ok(())
            }
            Choice::Now(turn) => {
                let voters = self.endpoints.voters(turn.endpoint);
                let expected = self.expected();
                let question = Question { plan, turn, voters, expected, ahead_of: None };
                let look = self.eye.clone().look(question);
                ctx.pipe(look, move |seen| ChainMsg::Seen(strand, ticket, Box::new(seen)))?;
                self.read_ahead(ctx, strand, plan)
            }
        }
    }

    /// Looks that waited for their turn.
    pub(crate) fn look_again(&mut self, ctx: &Context<ChainMsg>) -> Result<(), Failure> {
        for (strand, (ticket, plan)) in std::mem::take(&mut self.waiting) {
            self.look(ctx, (strand, ticket), plan)?;
        }
        Ok(())
    }

    /// What is said of a look's endpoint, and what the following is told of the look.
    pub(crate) fn judge(&mut self, ctx: &Context<ChainMsg>, mut looked: Looked) -> Looked {
        if let Ok(Sight::Identity { identity, .. } | Sight::Headers { identity, .. }) =
            &looked.outcome
            && !self.expected().is(*identity)
            && !self.endpoints.is_last_resort(looked.endpoint)
        {
            looked.outcome = Err(Trouble::WrongChain);
        }
        self.endpoints.looked(ctx.now(), &looked);
        // Whom nobody can replace is not asked again soon.
        if looked.outcome == Err(Trouble::Refused) && self.endpoints.has_other(looked.endpoint) {
            looked.outcome = Err(Trouble::Unavailable);
        }
        looked
    }

    pub(crate) fn probed(&mut self, ctx: &Context<ChainMsg>, probed: &Probed) {
        self.endpoints.probed(ctx.now(), probed, self.strands.live().identity());
    }

    /// Asks those that are due how they are, and says what has changed.
    pub(crate) fn mind_endpoints(&mut self, ctx: &Context<ChainMsg>) -> Result<(), Failure> {
        if !ctx.is_draining() {
            for endpoint in self.endpoints.probes(ctx.now()) {
                ctx.pipe(self.eye.clone().probe(endpoint), ChainMsg::Probed)?;
            }
            let next = self.endpoints.next_probe();
            if let Some(at) = next.filter(|at| self.probe_at.is_none_or(|alarm| *at < alarm)) {
                self.probe_at = Some(at);
                ctx.wake_at(at, ChainMsg::Tick);
            }
        }
        for change in self.endpoints.take_changes() {
            self.report(ctx, change);
        }
        Ok(())
    }

    fn report(&self, ctx: &Context<ChainMsg>, change: Change) {
        let actor = ctx.id();
        match change {
            Change::Demoted(endpoint, reason, rest) => {
                let (name, reason) = (self.endpoints.name(endpoint), reason.name());
                tracing::warn!(%actor, endpoint = name, reason, ?rest, "an endpoint is demoted");
                self.metrics.demoted(name, reason);
            }
            Change::Restored(endpoint) => {
                let name = self.endpoints.name(endpoint);
                tracing::info!(%actor, endpoint = name, "an endpoint is well again");
            }
            Change::Serves(endpoint) => {
                let name = self.endpoints.name(endpoint);
                tracing::info!(%actor, endpoint = name, "the chain is followed through it");
                self.metrics.serves();
            }
        }
    }

    pub(crate) fn expected(&self) -> Expected {
        Expected { chain: self.chain, identity: self.strands.live().identity() }
    }
}
