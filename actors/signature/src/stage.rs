//! A runtime to put one actor in, and a journal that does as it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use synod_protocol::store::{Page, StoreMsg, StoreRefusal};
use synod_supervision::core::{
    Backoff, ChildPolicy, Intensity, Restart, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Context, Failure, Message, Reply, Running, Runtime,
    RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::store::{StreamId, Version};
use synod_types::time::Moment;

/// What the journal does with an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Commit,
    Refuse,
    /// Neither commits nor answers, until the mood changes and `Journal::flush` is called.
    Hold,
    /// Commits, and loses the answer, once.
    Lose,
}

type Held = (StreamId, Version, Vec<Bytes>, Reply<Result<Version, StoreRefusal>>);

/// What is on the disk of the tests: outlives every incarnation.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Mutex<Disk>>);

struct Disk {
    mood: Mood,
    streams: BTreeMap<StreamId, Vec<Bytes>>,
    held: Vec<Held>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        let disk = Disk { mood: Mood::Commit, streams: BTreeMap::new(), held: Vec::new() };
        Self(Arc::new(Mutex::new(disk)))
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.0.lock().mood = mood;
    }

    pub(crate) fn records(&self) -> usize {
        self.0.lock().streams.values().map(Vec::len).sum()
    }

    pub(crate) fn write(&self, stream: StreamId, record: Bytes) {
        self.0.lock().streams.entry(stream).or_default().push(record);
    }

    /// Does now what was held.
    pub(crate) fn flush(&self) {
        let held = std::mem::take(&mut self.0.lock().held);
        for (stream, after, records, reply) in held {
            self.append(stream, after, records, reply);
        }
    }

    fn append(
        &self,
        stream: StreamId,
        after: Version,
        records: Vec<Bytes>,
        reply: Reply<Result<Version, StoreRefusal>>,
    ) {
        let mut disk = self.0.lock();
        match disk.mood {
            Mood::Refuse => reply.answer(Err(StoreRefusal::Failed("told to".to_owned()))),
            Mood::Hold => disk.held.push((stream, after, records, reply)),
            Mood::Commit | Mood::Lose => {
                let kept = disk.streams.entry(stream.clone()).or_default();
                let at = usize::try_from(after.0).unwrap();
                let is_repeat = kept.get(at..).is_some_and(|rest| rest == records);
                if !is_repeat && at != kept.len() {
                    let holds = Version(kept.len() as u64);
                    reply.answer(Err(StoreRefusal::Conflict { stream, holds, after }));
                    return;
                }
                if !is_repeat {
                    kept.extend(records);
                }
                let version = Version(kept.len() as u64);
                if disk.mood == Mood::Commit {
                    reply.answer(Ok(version));
                }
                disk.mood = Mood::Commit;
            }
        }
    }
}

struct TestStore(Journal);

impl Actor for TestStore {
    type Msg = StoreMsg;
    type Args = Journal;

    async fn start(_: &Context<StoreMsg>, journal: Journal) -> Result<Self, Failure> {
        Ok(Self(journal))
    }

    async fn handle(&mut self, _: &Context<StoreMsg>, msg: StoreMsg) -> Result<(), Failure> {
        match msg {
            StoreMsg::Append { stream, after, records, reply } => {
                self.0.append(stream, after, records, reply);
            }
            StoreMsg::Read { stream, after, reply, .. } => {
                let kept = self.0.0.lock().streams.get(&stream).cloned().unwrap_or_default();
                let records = kept.into_iter().skip(usize::try_from(after.0)?);
                let records: Vec<Bytes> = records.collect();
                let version_after = Version(after.0 + records.len() as u64);
                reply.answer(Ok(Page { records, version_after, more: false }));
            }
            StoreMsg::LoadSnapshot { reply, .. } => reply.answer(Ok(None)),
            other => return Err(Failure::because(format!("not a signer's word: {other:?}"))),
        }
        Ok(())
    }
}

pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    children: Vec<ChildSpec>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        Self { runtime, children: Vec::new() }
    }

    pub(crate) fn address<M: Message>(&self, name: &str, room: usize) -> Address<M> {
        let capacity = Capacity { control: room, high: room, normal: room };
        self.runtime.address(id(name), capacity)
    }

    pub(crate) fn add<A: Actor>(&mut self, address: &Address<A::Msg>, args: A::Args) {
        let policy = ChildPolicy {
            id: address.id().clone(),
            restart: Restart::Permanent,
            start_timeout: Duration::from_secs(400),
            stop_timeout: Duration::from_secs(5),
        };
        self.children.push(ChildSpec::worker::<A>(policy, address, args));
    }

    pub(crate) fn store(&mut self, journal: &Journal) -> Address<StoreMsg> {
        let address = self.address("store", 64);
        self.add::<TestStore>(&address, journal.clone());
        address
    }

    /// Starts everything that was added.
    pub(crate) async fn start(&mut self) -> Running {
        let policy = SupervisorPolicy {
            strategy: Strategy::OneForOne,
            intensity: Intensity { restarts_max: 100, period: Duration::from_secs(60) },
            backoff: Backoff {
                first: Duration::from_millis(10),
                max: Duration::from_secs(1),
                jitter_percent: 0,
                reset_after: Duration::from_secs(10),
            },
            seed: 1,
        };
        let children = std::mem::take(&mut self.children);
        let root = SupervisorSpec { id: id("root"), policy, children };
        self.runtime.start(root).await.unwrap()
    }
}

pub(crate) fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}
