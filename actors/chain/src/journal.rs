//! What is written down, and what may be done once it is durable.

use synod_chain_core::{Input, Record};
use synod_protocol::chain::ChainMsg;
use synod_protocol::journal::Committed;
use synod_supervision::{Context, Failure};
use synod_types::chain::{EventNumber, Strand};

use crate::actor::Chain;

/// What waits for its record to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Everything up to this event may be told.
    Told(EventNumber),
    /// The backfill of this number may begin.
    Ordered(u32),
}

const fn due(record: &Record) -> Due {
    match record {
        Record::Ordered { number, .. } => Due::Ordered(*number),
        Record::Began { .. }
        | Record::Told { .. }
        | Record::Joined { .. }
        | Record::Left { .. }
        | Record::Finished { .. } => Due::Told(record.last()),
    }
}

impl Chain {
    /// One append for each record: each is within the store's limits by itself.
    pub(crate) async fn journal(
        &mut self,
        ctx: &Context<ChainMsg>,
        strand: Strand,
        records: &[Record],
    ) -> Result<(), Failure> {
        self.metrics.told(strand, records);
        self.end_finished(ctx, records);
        let Some(pen) = self.pens.get_mut(&strand) else { return Ok(()) };
        let done = move |committed| ChainMsg::Journalled(strand, committed);
        for record in records {
            pen.write(ctx, vec![record.encode().into()], vec![due(record)], done).await?;
        }
        if self.snapshot_every <= pen.unsaved()
            && let Some(follower) = self.strands.strand(strand)
        {
            let state = follower.snapshot().encode().into();
            pen.save(ctx, state, ChainMsg::Saved).await?;
        }
        Ok(())
    }

    pub(crate) async fn journalled(
        &mut self,
        ctx: &Context<ChainMsg>,
        strand: Strand,
        committed: Committed,
    ) -> Result<(), Failure> {
        let Some(pen) = self.pens.get_mut(&strand) else { return Ok(()) };
        let done = move |committed| ChainMsg::Journalled(strand, committed);
        for due in pen.settle(ctx, committed, done).await? {
            match due {
                Due::Told(number) => self.apply(ctx, strand, Input::Durable(number)).await?,
                Due::Ordered(number) => self.begin_backfill(ctx, number).await?,
            }
        }
        Ok(())
    }
}
