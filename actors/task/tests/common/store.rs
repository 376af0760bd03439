use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use synod_protocol::store::{Page, Snapshot, StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure};
use synod_types::store::{StreamId, Version};

#[derive(Default)]
struct Stream {
    records: Vec<Bytes>,
    snapshot: Option<Snapshot>,
}

/// What is durable.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<BTreeMap<StreamId, Stream>>>);

impl Disk {
    /// Everything a stream ever held.
    pub fn records(&self, stream: &str) -> Vec<Bytes> {
        self.0.lock().get(&StreamId::from(stream)).map_or_else(Vec::new, |s| s.records.clone())
    }

    pub fn has_snapshot(&self, stream: &str) -> bool {
        self.0.lock().get(&StreamId::from(stream)).is_some_and(|s| s.snapshot.is_some())
    }

    fn append(
        &self,
        id: &StreamId,
        after: Version,
        records: Vec<Bytes>,
    ) -> Result<Version, StoreRefusal> {
        let mut streams = self.0.lock();
        let stream = streams.entry(id.clone()).or_default();
        let at = usize::try_from(after.0).unwrap();
        let holds = Version(stream.records.len() as u64);
        if stream.records.get(at..at + records.len()) == Some(&records) {
            return Ok(Version((at + records.len()) as u64));
        }
        if after != holds {
            return Err(StoreRefusal::Conflict { stream: id.clone(), holds, after });
        }
        stream.records.extend(records);
        Ok(Version(stream.records.len() as u64))
    }

    fn read(&self, id: &StreamId, after: Version) -> Page {
        let mut streams = self.0.lock();
        let stream = streams.entry(id.clone()).or_default();
        let at = usize::try_from(after.0).unwrap();
        let records = stream.records[at..].iter().take(7).cloned().collect::<Vec<_>>();
        let version_after = Version((at + records.len()) as u64);
        Page { more: at + records.len() < stream.records.len(), records, version_after }
    }
}

pub struct Store(Disk);

impl Actor for Store {
    type Msg = StoreMsg;
    type Args = Disk;

    async fn start(_: &Context<StoreMsg>, disk: Disk) -> Result<Self, Failure> {
        Ok(Self(disk))
    }

    async fn handle(&mut self, _: &Context<StoreMsg>, msg: StoreMsg) -> Result<(), Failure> {
        match msg {
            StoreMsg::Append { stream, after, records, reply } => {
                reply.answer(self.0.append(&stream, after, records));
            }
            StoreMsg::Read { stream, after, reply, .. } => {
                reply.answer(Ok(self.0.read(&stream, after)));
            }
            StoreMsg::SaveSnapshot { stream, at, state, reply } => {
                let mut streams = self.0.0.lock();
                streams.entry(stream).or_default().snapshot = Some(Snapshot { at, state });
                reply.answer(Ok(()));
            }
            StoreMsg::LoadSnapshot { stream, reply } => {
                let streams = self.0.0.lock();
                reply.answer(Ok(streams.get(&stream).and_then(|stream| stream.snapshot.clone())));
            }
            StoreMsg::Backup { .. } | StoreMsg::Status(_) => (),
        }
        Ok(())
    }
}
