use std::sync::Arc;

use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure, Reply};

use crate::metrics::Metrics;
use crate::port::{Answer, JournalPort, Request};

/// One incarnation of the store.
pub struct Store {
    journal: Arc<dyn JournalPort>,
    metrics: Metrics,
}

/// What each incarnation is made from.
#[derive(Clone)]
pub struct Args {
    /// Opened once a process; see the crate's promises.
    pub journal: Arc<dyn JournalPort>,
    /// Registered once a process; the journal counts its commits with a clone.
    pub metrics: Metrics,
}

impl Actor for Store {
    /// One journal, one writer.
    const IS_EXCLUSIVE: bool = true;
    type Msg = StoreMsg;
    type Args = Args;

    async fn start(ctx: &Context<StoreMsg>, args: Args) -> Result<Self, Failure> {
        let Args { journal, metrics } = args;
        if let Some(reason) = journal.status().failed {
            tracing::error!(store = %ctx.id(), %reason, "the journal takes no records");
        }
        Ok(Self { journal, metrics })
    }

    async fn handle(&mut self, _: &Context<StoreMsg>, msg: StoreMsg) -> Result<(), Failure> {
        let request = match msg {
            StoreMsg::Append { stream, after, records, reply } => {
                Request::Append { stream, after, records, answer: self.answer(reply) }
            }
            StoreMsg::Read { stream, after, bytes_max, reply } => {
                Request::Read { stream, after, bytes_max, answer: self.answer(reply) }
            }
            StoreMsg::SaveSnapshot { stream, at, state, reply } => {
                Request::SaveSnapshot { stream, at, state, answer: self.answer(reply) }
            }
            StoreMsg::LoadSnapshot { stream, reply } => {
                Request::LoadSnapshot { stream, answer: self.answer(reply) }
            }
            StoreMsg::Backup { to, reply } => Request::Backup { to, answer: self.answer(reply) },
            StoreMsg::Status(reply) => {
                reply.answer(self.journal.status());
                return Ok(());
            }
        };
        self.journal.submit(request).await;
        Ok(())
    }
}

impl Store {
    /// Passes a result to the asker, and counts refusals.
    fn answer<T: Send + 'static>(&self, reply: Reply<Result<T, StoreRefusal>>) -> Answer<T> {
        let metrics = self.metrics.clone();
        Answer::new(move |result| {
            if let Err(refusal) = &result {
                metrics.refused(refusal);
            }
            reply.answer(result);
        })
    }
}
