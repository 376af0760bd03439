//! A store that keeps its word about what is durable, and about nothing else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use synod_protocol::store::{Page, Snapshot, StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure, Reply};
use synod_types::store::{StreamId, Version};

/// What becomes of an append.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// Written, and answered after this time: answers overtake one another.
    Answered(Duration),
    /// Written; the answer is lost.
    Unheard,
    /// Lost before it was written.
    Unwritten,
    /// The store dies before it is written.
    FatalBefore,
    /// The store dies when it is written.
    FatalAfter,
    /// The disk is full.
    Refused,
}

/// What is durable, and what will become of the next appends. Then all are answered.
#[derive(Default)]
pub struct Disk {
    pub records: Vec<Bytes>,
    pub snapshot: Option<Snapshot>,
    pub fates: VecDeque<Fate>,
}

pub type SharedDisk = Arc<Mutex<Disk>>;

impl Disk {
    fn append(&mut self, stream: StreamId, after: Version, new: &[Bytes]) -> Answer<Version> {
        let holds = self.records.len();
        let from = after.0 as usize;
        let through = from + new.len();
        if through <= holds && self.records[from..through] == *new {
            return Ok(Version(through as u64));
        }
        if from != holds {
            return Err(StoreRefusal::Conflict { stream, holds: Version(holds as u64), after });
        }
        self.records.extend_from_slice(new);
        Ok(Version(through as u64))
    }

    fn read(&self, after: Version, bytes_max: u32) -> Page {
        let rest = &self.records[after.0 as usize..];
        let some = rest.len().min(if bytes_max == 0 { 1 } else { 3 });
        Page {
            records: rest[..some].to_vec(),
            version_after: Version(after.0 + some as u64),
            more: some < rest.len(),
        }
    }

    fn save(&mut self, at: Version, state: Bytes) -> Answer<()> {
        if (self.records.len() as u64) < at.0 {
            return Err(StoreRefusal::Invalid("a snapshot of what is not there".to_owned()));
        }
        self.snapshot = Some(Snapshot { at, state });
        Ok(())
    }
}

type Answer<T> = Result<T, StoreRefusal>;

pub struct Double {
    disk: SharedDisk,
}

impl Actor for Double {
    type Msg = StoreMsg;
    type Args = SharedDisk;

    async fn start(_: &Context<StoreMsg>, disk: SharedDisk) -> Result<Self, Failure> {
        Ok(Self { disk })
    }

    async fn handle(&mut self, ctx: &Context<StoreMsg>, msg: StoreMsg) -> Result<(), Failure> {
        match msg {
            StoreMsg::Append { stream, after, records, reply } => {
                self.append(ctx, (stream, after, records), reply)?;
            }
            StoreMsg::Read { after, bytes_max, reply, .. } => {
                reply.answer(Ok(self.disk.lock().read(after, bytes_max)));
            }
            StoreMsg::SaveSnapshot { at, state, reply, .. } => {
                reply.answer(self.disk.lock().save(at, state));
            }
            StoreMsg::LoadSnapshot { reply, .. } => {
                reply.answer(Ok(self.disk.lock().snapshot.clone()));
            }
            StoreMsg::Backup { .. } | StoreMsg::Status(_) => (),
        }
        Ok(())
    }
}

impl Double {
    fn append(
        &self,
        ctx: &Context<StoreMsg>,
        (stream, after, records): (StreamId, Version, Vec<Bytes>),
        reply: Reply<Answer<Version>>,
    ) -> Result<(), Failure> {
        let mut disk = self.disk.lock();
        let fate = disk.fates.pop_front().unwrap_or(Fate::Answered(Duration::ZERO));
        let write = || disk.append(stream, after, &records);
        match fate {
            Fate::Answered(delay) => {
                let answer = write();
                let late = async move {
                    tokio::time::sleep(delay).await;
                    reply.answer(answer);
                };
                ctx.pipe(late, |()| StoreMsg::Status(Reply::channel().0))?;
            }
            Fate::Unheard => drop(write()),
            Fate::Unwritten => (),
            Fate::FatalBefore => return Err(Failure::because("told to die before")),
            Fate::FatalAfter => {
                drop(write());
                return Err(Failure::because("told to die after"));
            }
            Fate::Refused => reply.answer(Err(StoreRefusal::Failed("full".to_owned()))),
        }
        Ok(())
    }
}
