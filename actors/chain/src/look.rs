//! One look at the node: the few questions a plan comes to, each through the breaker.

use std::sync::Arc;

use synod_chain_core::{Plan, check_links};
use synod_supervision::{Breaker, BreakerError};
use synod_types::chain::{BlockId, LogFilter, Sight, Trouble};

use crate::source::{Asked, Source};

/// What one incarnation looks with.
#[derive(Clone)]
pub(crate) struct Eye {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) filter: Arc<LogFilter>,
}

impl Eye {
    pub(crate) async fn look(self, plan: Plan) -> Result<Sight, Trouble> {
        match plan {
            Plan::Identify => {
                let identity = self.ask(self.source.identity()).await?;
                let head = self.ask(self.source.head()).await?;
                Ok(Sight::Identity { identity, head })
            }
            Plan::Extend { tip, from, blocks, confirmations } => {
                let head = self.ask(self.source.head()).await?;
                let last = from.saturating_add(u64::from(blocks)).saturating_sub(1);
                let last = head.checked_sub(confirmations).map(|confirmed| confirmed.min(last));
                self.segment(head, tip, (from, last)).await
            }
            Plan::Compare { from, to } => {
                let identity = self.ask(self.source.identity()).await?;
                let head = self.ask(self.source.head()).await?;
                let to = to.min(head);
                let headers = if from <= to {
                    self.ask(self.source.headers(from, to)).await?
                } else {
                    vec![]
                };
                Ok(Sight::Headers { identity, head, headers })
            }
        }
    }

    /// Headers first; logs only if the headers stand on our tip.
    async fn segment(
        &self,
        head: u64,
        tip: Option<BlockId>,
        (from, last): (u64, Option<u64>),
    ) -> Result<Sight, Trouble> {
        let first = tip.map_or(from, |tip| tip.number);
        let last = last.max(tip.map(|tip| tip.number));
        let Some(last) = last.filter(|last| first <= *last && first <= head) else {
            return Ok(Sight::Segment { head, headers: vec![], logs: vec![] });
        };
        let headers = self.ask(self.source.headers(first, last)).await?;
        let logs = match check_links(tip, &headers) {
            Ok([]) | Err(_) => vec![],
            Ok(above) => self.ask(self.source.logs(above, &self.filter)).await?,
        };
        Ok(Sight::Segment { head, headers, logs })
    }

    async fn ask<T>(&self, asked: Asked<'_, T>) -> Result<T, Trouble> {
        let answer = self.breaker.call_judged(asked, |error| error.is_fault()).await;
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
