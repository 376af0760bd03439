//! Orders to tell a consumer the past.

use synod_chain_core::{Record, Snapshot};
use synod_protocol::chain::ChainMsg;
use synod_protocol::journal::{Past, Pen};
use synod_supervision::{Context, Failure, Reply};
use synod_types::chain::{BackfillRefusal, Strand};
use synod_types::store::StreamId;

use crate::actor::Chain;

impl Chain {
    /// Answers once the order is durable.
    pub(crate) async fn backfill(
        &mut self,
        ctx: &Context<ChainMsg>,
        consumer: &str,
        from: u64,
        reply: Reply<Result<(), BackfillRefusal>>,
    ) -> Result<(), Failure> {
        match self.strands.order(consumer, from) {
            Err(refusal) => {
                tracing::info!(%refusal, "a backfill is refused");
                reply.answer(Err(refusal));
                Ok(())
            }
            Ok((number, record)) => {
                self.orderers.insert(number, reply);
                self.journal(ctx, Strand::Live, &[record]).await
            }
        }
    }

    /// Orders what the topology wants, as soon as that makes sense.
    pub(crate) async fn order_wanted(&mut self, ctx: &Context<ChainMsg>) -> Result<(), Failure> {
        let mut records = Vec::new();
        let strands = &mut self.strands;
        self.wanted.retain(|(consumer, from)| match strands.order(consumer, *from) {
            Ok((_, record)) => {
                records.push(record);
                false
            }
            // An order from a higher block may be under way; then this is one for later.
            Err(
                BackfillRefusal::UnderWay { .. }
                | BackfillRefusal::NotBegun
                | BackfillRefusal::NotFollowed(_),
            ) => true,
            Err(
                BackfillRefusal::NothingMissing { .. } | BackfillRefusal::UnknownConsumer { .. },
            ) => false,
        });
        if records.is_empty() { Ok(()) } else { self.journal(ctx, Strand::Live, &records).await }
    }

    /// Goes on with what was ordered before this incarnation.
    pub(crate) async fn resume_backfills(
        &mut self,
        ctx: &Context<ChainMsg>,
    ) -> Result<(), Failure> {
        for number in self.strands.ordered() {
            self.begin_backfill(ctx, number).await?;
        }
        Ok(())
    }

    pub(crate) async fn begin_backfill(
        &mut self,
        ctx: &Context<ChainMsg>,
        number: u32,
    ) -> Result<(), Failure> {
        let Some(mut unread) = self.strands.unread(number) else { return Ok(()) };
        let stream = StreamId(format!("{}/past/{number}", ctx.id()).into());
        let pen = Pen::open(self.store.clone(), stream, |past| {
            match past {
                Past::Snapshot(state) => unread.restore(Snapshot::decode(state)?),
                Past::Record(record) => unread.replay(Record::decode(record)?)?,
            }
            Ok(())
        });
        let pen = pen.await?;
        self.pens.insert(Strand::Past(number), pen);
        if let Some(reply) = self.orderers.remove(&number) {
            reply.answer(Ok(()));
        }
        let effects = self.strands.begin(ctx.now(), unread);
        tracing::info!(actor = %ctx.id(), number, "a consumer is told the past");
        self.perform(ctx, effects).await
    }

    /// What is over needs no pen, and no look that waits.
    pub(crate) fn end_finished(&mut self, ctx: &Context<ChainMsg>, records: &[Record]) {
        for record in records {
            if let Record::Finished { number } = record {
                tracing::info!(actor = %ctx.id(), number, "a consumer has been told the past");
                self.pens.remove(&Strand::Past(*number));
                self.waiting.remove(&Strand::Past(*number));
                self.ahead.remove(&Strand::Past(*number));
            }
        }
    }
}
