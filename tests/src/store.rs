//! A store in memory that keeps its word about what is durable, and about nothing else.
//!
//! A [`Disk`] outlives every incarnation and every process of a test. What becomes of an append
//! is a [`Fate`]: of the next ones, those given to [`Disk::next`]; of all others, the one given
//! to [`Disk::always`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use synod_protocol::store::{Page, Snapshot, StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure, Reply};
use synod_types::store::{StreamId, Version};

/// Records in one page: few, so that every reader turns pages.
const PAGE: usize = 3;

/// What becomes of an append.
#[derive(Clone, Copy, Debug, Default)]
pub enum Fate {
    /// Written and answered.
    #[default]
    Answered,
    /// Written, and answered after this time: answers overtake one another.
    Late(Duration),
    /// Written; the answer is kept back until the disk recovers.
    AnswerHeld,
    /// Neither written nor answered until the disk recovers.
    Held,
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

type Answer<T> = Result<T, StoreRefusal>;

struct Append {
    stream: StreamId,
    after: Version,
    records: Vec<Bytes>,
}

enum Kept {
    Append(Append, Reply<Answer<Version>>),
    Answer(Answer<Version>, Reply<Answer<Version>>),
}

#[derive(Default)]
struct Stream {
    records: Vec<Bytes>,
    snapshot: Option<Snapshot>,
}

impl Stream {
    fn append(&mut self, append: Append) -> Answer<Version> {
        let Append { stream, after, records } = append;
        let holds = Version(self.records.len() as u64);
        let through = Version(after.0 + records.len() as u64);
        let from = after.0 as usize;
        if self.records.get(from..from + records.len()) == Some(&records[..]) {
            return Ok(through);
        }
        if after != holds {
            return Err(StoreRefusal::Conflict { stream, holds, after });
        }
        self.records.extend(records);
        Ok(through)
    }

    fn read(&self, after: Version, bytes_max: u32) -> Page {
        let rest = self.records.get(after.0 as usize..).unwrap_or_default();
        let some = rest.len().min(if bytes_max == 0 { 1 } else { PAGE });
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

#[derive(Default)]
struct Inner {
    streams: BTreeMap<StreamId, Stream>,
    next: VecDeque<Fate>,
    always: Fate,
    kept: Vec<Kept>,
}

impl Inner {
    fn append(&mut self, append: Append) -> Answer<Version> {
        self.stream(append.stream.clone()).append(append)
    }

    fn stream(&mut self, id: StreamId) -> &mut Stream {
        self.streams.entry(id).or_default()
    }
}

/// What is durable, and what will become of appends. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Inner>>);

impl Disk {
    /// What becomes of the next appends, one each.
    pub fn next(&self, fates: impl IntoIterator<Item = Fate>) {
        self.0.lock().next.extend(fates);
    }

    /// What becomes of every append that has no fate of its own.
    pub fn always(&self, fate: Fate) {
        self.0.lock().always = fate;
    }

    /// Everything is answered from now on; what was held is done now, in its order.
    pub fn recover(&self) {
        let mut inner = self.0.lock();
        inner.next.clear();
        inner.always = Fate::Answered;
        for kept in std::mem::take(&mut inner.kept) {
            match kept {
                Kept::Append(append, reply) => reply.answer(inner.append(append)),
                Kept::Answer(answer, reply) => reply.answer(answer),
            }
        }
    }

    /// Writes a record, whoever may be writing too.
    pub fn write(&self, stream: StreamId, record: Bytes) {
        self.0.lock().stream(stream).records.push(record);
    }

    /// Everything a stream ever held.
    pub fn records(&self, stream: &str) -> Vec<Bytes> {
        let inner = self.0.lock();
        inner.streams.get(&StreamId::from(stream)).map_or_else(Vec::new, |s| s.records.clone())
    }

    /// How many records all streams hold.
    pub fn records_len(&self) -> usize {
        self.0.lock().streams.values().map(|stream| stream.records.len()).sum()
    }

    /// Whether a snapshot of a stream was ever saved.
    pub fn has_snapshot(&self, stream: &str) -> bool {
        let inner = self.0.lock();
        inner.streams.get(&StreamId::from(stream)).is_some_and(|s| s.snapshot.is_some())
    }
}

/// The actor in front of a [`Disk`]. Backups and questions after its state are not answered.
pub struct Store(Disk);

impl Actor for Store {
    type Msg = StoreMsg;
    type Args = Disk;

    async fn start(_: &Context<StoreMsg>, disk: Disk) -> Result<Self, Failure> {
        Ok(Self(disk))
    }

    async fn handle(&mut self, ctx: &Context<StoreMsg>, msg: StoreMsg) -> Result<(), Failure> {
        let mut inner = self.0.0.lock();
        match msg {
            StoreMsg::Append { stream, after, records, reply } => {
                append(&mut inner, ctx, Append { stream, after, records }, reply)?;
            }
            StoreMsg::Read { stream, after, bytes_max, reply } => {
                reply.answer(Ok(inner.stream(stream).read(after, bytes_max)));
            }
            StoreMsg::SaveSnapshot { stream, at, state, reply } => {
                reply.answer(inner.stream(stream).save(at, state));
            }
            StoreMsg::LoadSnapshot { stream, reply } => {
                reply.answer(Ok(inner.stream(stream).snapshot.clone()));
            }
            StoreMsg::Backup { .. } | StoreMsg::Status(_) => (),
        }
        Ok(())
    }
}

fn append(
    inner: &mut Inner,
    ctx: &Context<StoreMsg>,
    append: Append,
    reply: Reply<Answer<Version>>,
) -> Result<(), Failure> {
    match inner.next.pop_front().unwrap_or(inner.always) {
        Fate::Answered => reply.answer(inner.append(append)),
        Fate::Late(delay) => {
            let answer = inner.append(append);
            let late = async move {
                tokio::time::sleep(delay).await;
                reply.answer(answer);
            };
            ctx.pipe(late, |()| StoreMsg::Status(Reply::channel().0))?;
        }
        Fate::AnswerHeld => {
            let answer = inner.append(append);
            inner.kept.push(Kept::Answer(answer, reply));
        }
        Fate::Held => inner.kept.push(Kept::Append(append, reply)),
        Fate::Unheard => drop(inner.append(append)),
        Fate::Unwritten => (),
        Fate::FatalBefore => return Err(Failure::because("told to die before")),
        Fate::FatalAfter => {
            drop(inner.append(append));
            return Err(Failure::because("told to die after"));
        }
        Fate::Refused => reply.answer(Err(StoreRefusal::Failed("full".to_owned()))),
    }
    Ok(())
}
