//! What both actors do with their journals.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use synod_protocol::journal::{Past, Pen};
use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Context, Failure, Message, Outlet};
use synod_task_core::{decode, encode};
use synod_types::store::StreamId;

/// Replays the actor's stream, whose snapshots are lists of records, and takes up the pen.
pub(crate) async fn open<M: Message, H, R: DeserializeOwned>(
    ctx: &Context<M>,
    store: &Outlet<StoreMsg>,
    mut replay: impl FnMut(&R),
) -> Result<Pen<H>, Failure> {
    let stream = StreamId(ctx.id().as_str().into());
    let pen = Pen::open(store.clone(), stream, |past| {
        match past {
            Past::Snapshot(state) => decode::<Vec<R>>(state)?.iter().for_each(&mut replay),
            Past::Record(record) => replay(&decode(record)?),
        }
        Ok(())
    });
    pen.await
}

/// Effects as what must be journalled and what is held back until it is.
pub(crate) fn divide<E, R: Serialize, H>(
    effects: Vec<E>,
    record: impl Fn(E) -> Result<R, H>,
) -> (Vec<Bytes>, Vec<H>) {
    let (mut records, mut held) = (Vec::new(), Vec::new());
    for effect in effects {
        match record(effect) {
            Ok(record) => records.push(encode(&record).into()),
            Err(other) => held.push(other),
        }
    }
    (records, held)
}

/// A snapshot that was not saved costs time, nothing else.
pub(crate) fn saved(outcome: Result<(), StoreRefusal>) {
    if let Err(refusal) = outcome {
        tracing::warn!(%refusal, "no snapshot was saved; the next start replays more");
    }
}
