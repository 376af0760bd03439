//! One look at the chain: the few questions a plan comes to, all to one endpoint, each through
//! the breaker; and the question to the others whether they have the same block.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use synod_chain_core::{Gap, Plan, Turn, check_links};
use synod_supervision::core::Fault;
use synod_supervision::{Breaker, BreakerError, Clock};
use synod_types::chain::{
    Block, BlockId, ChainId, ChainIdentity, LogFilter, Looked, PlacedLog, Probed, Sight, Trouble,
    Vote,
};

use crate::source::{Asked, Source, SourceError};

/// What one incarnation looks with.
#[derive(Clone)]
pub(crate) struct Eye {
    pub(crate) sources: Arc<[Arc<dyn Source>]>,
    /// How many of each endpoint's calls are counted; several may ask it at once.
    pub(crate) tallies: Arc<[AtomicU64]>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) filter: Arc<LogFilter>,
    pub(crate) clock: Clock,
    /// How many endpoints must have a block.
    pub(crate) quorum: usize,
}

/// A look that is to be taken.
pub(crate) struct Question {
    pub(crate) plan: Plan,
    pub(crate) turn: Turn,
    /// Who else is asked for a quorum.
    pub(crate) voters: Vec<usize>,
    pub(crate) expected: Expected,
    /// The node's head when it was last seen, if this is read before it is wanted: then the block
    /// below what is asked for is shown as well, whichever it is.
    pub(crate) ahead_of: Option<u64>,
}

/// Who an endpoint must be.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) chain: ChainId,
    pub(crate) identity: Option<ChainIdentity>,
}

impl Expected {
    pub(crate) fn is(self, found: ChainIdentity) -> bool {
        found.chain == self.chain && self.identity.is_none_or(|identity| identity == found)
    }
}

impl Eye {
    pub(crate) async fn look(self, question: Question) -> Looked {
        let Question { plan, turn, voters, expected, ahead_of } = question;
        let Some(source) = self.sources.get(turn.endpoint) else {
            return nothing(turn.endpoint, Trouble::Refused);
        };
        let begun = self.clock.now();
        let mut view = View { eye: &self, source: source.as_ref(), first: None };
        let mut outcome = match (ahead_of, plan) {
            (Some(head), Plan::Extend { from, blocks, .. }) => view.piece(head, from, blocks).await,
            _ => view.see(sized(plan, turn.calls_max), turn.identify, expected).await,
        };
        let latency = view.first.map(|at| at.since(begun));
        let asked_about = outcome.as_ref().ok().and_then(decisive);
        let (mut votes, mut agreeing) = (Vec::new(), 1);
        if let Some(id) = asked_about.filter(|_| 1 < self.quorum) {
            votes = self.ask_others(id, &voters).await;
            agreeing += votes.iter().filter(|vote| vote.block == Ok(Some(id))).count();
        }
        if asked_about.is_some() && agreeing < self.quorum {
            outcome = Err(Trouble::NoQuorum);
        }
        let calls = self.count_calls(turn.endpoint);
        Looked { endpoint: turn.endpoint, outcome, latency, calls, asked_about, votes }
    }

    /// Calls that an endpoint was asked since they were last counted, by whomever.
    fn count_calls(&self, endpoint: usize) -> u64 {
        let both = self.sources.get(endpoint).zip(self.tallies.get(endpoint));
        both.map_or(0, |(source, tally)| {
            let calls = source.calls();
            calls.saturating_sub(tally.fetch_max(calls, Ordering::Relaxed))
        })
    }

    /// Asks all of them at once; done as soon as enough agree.
    async fn ask_others(&self, id: BlockId, voters: &[usize]) -> Vec<Vote> {
        let ask = |index: usize| async move {
            let source = self.sources.get(index)?;
            let headers = source.headers(id.number, id.number).await;
            let calls = self.count_calls(index);
            let block = headers.map(|headers| headers.first().map(|block| block.id));
            let block = block.map_err(|error| error.trouble);
            Some(Vote { endpoint: index, block, calls })
        };
        let mut asked: FuturesUnordered<_> = voters.iter().map(|index| ask(*index)).collect();
        let mut votes: Vec<Vote> = Vec::with_capacity(voters.len());
        while let Some(vote) = asked.next().await {
            votes.extend(vote);
            let agreeing = votes.iter().filter(|vote| vote.block == Ok(Some(id))).count();
            if self.quorum <= agreeing + 1 {
                break;
            }
        }
        votes
    }

    /// Asks an endpoint that does not serve how it is. Not through the breaker: it is no sign of
    /// how the chain can be reached.
    pub(crate) async fn probe(self, endpoint: usize) -> Probed {
        let Some(source) = self.sources.get(endpoint) else {
            let answer = Err(Trouble::Refused);
            return Probed { endpoint, answer, latency: None, calls: 0 };
        };
        let begun = self.clock.now();
        let mut latency: Option<Duration> = None;
        let answer = async {
            let head = source.head().await?;
            latency = Some(self.clock.now().since(begun));
            Ok((source.identity().await?, head))
        };
        let answer = answer.await.map_err(|error: crate::SourceError| error.trouble);
        let calls = self.count_calls(endpoint);
        Probed { endpoint, answer, latency, calls }
    }
}

/// One endpoint, looked at.
struct View<'a> {
    eye: &'a Eye,
    source: &'a dyn Source,
    /// When the first answer came.
    first: Option<synod_types::time::Moment>,
}

impl<'a> View<'a> {
    async fn see(
        &mut self,
        plan: Plan,
        identify: bool,
        expected: Expected,
    ) -> Result<Sight, Trouble> {
        if identify && !matches!(plan, Plan::Identify) {
            let identity = self.ask(|source| source.identity()).await?;
            if !expected.is(identity) {
                let head = self.ask(|source| source.head()).await?;
                return Ok(Sight::Identity { identity, head });
            }
        }
        match plan {
            Plan::Identify => {
                let identity = self.ask(|source| source.identity()).await?;
                let head = self.ask(|source| source.head()).await?;
                Ok(Sight::Identity { identity, head })
            }
            Plan::Extend { tip, from, blocks, confirmations } => {
                let head = self.ask(|source| source.head()).await?;
                let last = from.saturating_add(u64::from(blocks)).saturating_sub(1);
                let last = head.checked_sub(confirmations).map(|confirmed| confirmed.min(last));
                self.segment(head, tip, (from, last)).await
            }
            Plan::Compare { from, to } => {
                let identity = self.ask(|source| source.identity()).await?;
                let head = self.ask(|source| source.head()).await?;
                let to = to.min(head);
                let headers = if from <= to {
                    self.ask(|source| source.headers(from, to)).await?
                } else {
                    vec![]
                };
                Ok(Sight::Headers { identity, head, headers })
            }
        }
    }

    /// What comes after a block that is not known yet, all of it below the head.
    async fn piece(&mut self, head: u64, from: u64, blocks: u32) -> Result<Sight, Trouble> {
        let last = from.saturating_add(u64::from(blocks)).saturating_sub(1);
        let headers = self.promised(from.saturating_sub(1), last).await?;
        let below = headers.first().map(|block| block.id);
        let logs = self.logs(check_links(below, &headers)).await?;
        Ok(Sight::Segment { head, headers, logs })
    }

    /// Headers first; logs only if the headers stand on our tip.
    async fn segment(
        &mut self,
        head: u64,
        tip: Option<BlockId>,
        (from, last): (u64, Option<u64>),
    ) -> Result<Sight, Trouble> {
        let first = tip.map_or(from, |tip| tip.number);
        let last = last.max(tip.map(|tip| tip.number));
        let Some(last) = last.filter(|last| first <= *last && first <= head) else {
            return Ok(Sight::Segment { head, headers: vec![], logs: vec![] });
        };
        let headers = self.promised(first, last.min(head)).await?;
        let logs = self.logs(check_links(tip, &headers)).await?;
        Ok(Sight::Segment { head, headers, logs })
    }

    /// Headers that the endpoint must have, as high as it says that it is.
    async fn promised(&mut self, first: u64, last: u64) -> Result<Vec<Block>, Trouble> {
        let headers = self.ask(|source| source.headers(first, last)).await?;
        let promised = last.saturating_sub(first).saturating_add(1);
        if (headers.len() as u64) < promised { Err(Trouble::Torn) } else { Ok(headers) }
    }

    /// None of headers that do not stand where they should.
    async fn logs(&mut self, above: Result<&[Block], Gap>) -> Result<Vec<PlacedLog>, Trouble> {
        match above {
            Ok([]) | Err(_) => Ok(vec![]),
            Ok(above) => {
                let filter = &self.eye.filter;
                self.ask(|source| source.logs(above, filter)).await
            }
        }
    }

    /// A look's first question is put once: nothing is known yet that would be lost, and the next
    /// look puts it again, perhaps to another endpoint. Later ones are put again at once.
    async fn ask<'q, T>(
        &mut self,
        question: impl Fn(&'q dyn Source) -> Asked<'q, T>,
    ) -> Result<T, Trouble>
    where
        'a: 'q,
    {
        let (source, breaker) = (self.source, &self.eye.breaker);
        let answer = match self.first {
            None => {
                breaker.call_judged(question(source), |error| error.fault() != Fault::Answer).await
            }
            Some(_) => breaker.call_repeatable(|| question(source), SourceError::fault).await,
        };
        if answer.is_ok() {
            self.first.get_or_insert(self.eye.clock.now());
        }
        answer.map_err(|error| match error {
            BreakerError::Refused { .. } => Trouble::BreakerOpen,
            BreakerError::Timeout(_) => Trouble::Timeout,
            BreakerError::Inner(error) => {
                tracing::warn!(%error, "the node gave no answer");
                error.trouble
            }
        })
    }
}

/// The block a quorum must have: all others of the sight stand below it.
fn decisive(sight: &Sight) -> Option<BlockId> {
    match sight {
        Sight::Identity { .. } => None,
        Sight::Segment { headers, .. } | Sight::Headers { headers, .. } => {
            headers.last().map(|block| block.id)
        }
    }
}

/// No more blocks than calls may be made.
fn sized(plan: Plan, calls_max: u32) -> Plan {
    match plan {
        Plan::Extend { tip, from, blocks, confirmations } => {
            Plan::Extend { tip, from, blocks: blocks.min(calls_max).max(1), confirmations }
        }
        Plan::Identify | Plan::Compare { .. } => plan,
    }
}

fn nothing(endpoint: usize, trouble: Trouble) -> Looked {
    let (latency, asked_about, votes) = (None, None, Vec::new());
    Looked { endpoint, outcome: Err(trouble), latency, calls: 0, asked_about, votes }
}
