//! Two ways to make records durable, behind one door.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use redb::{Database, Durability, TableDefinition};
use synod_store::{Answer, JournalPort, Metrics, Request};
use synod_store_segment::{Journal, Limits};
use synod_types::store::{StreamId, Version};

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
/// Records one transaction of redb takes at most, about what a group of the journal takes.
const GROUP_MAX: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Journal,
    Redb,
    RedbQuickRepair,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Journal, Self::Redb, Self::RedbQuickRepair];

    pub(crate) fn open(self, dir: &Path) -> Opened {
        match self {
            Self::Journal => {
                let journal = Journal::open(dir, Limits::default(), Metrics::register()).unwrap();
                Opened::Journal(Box::new(journal))
            }
            Self::Redb => Opened::Redb(Grouped::open(dir, false)),
            Self::RedbQuickRepair => Opened::Redb(Grouped::open(dir, true)),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::Redb => "redb",
            Self::RedbQuickRepair => "redb, quick repair",
        })
    }
}

pub(crate) enum Opened {
    Journal(Box<Journal>),
    Redb(Grouped),
}

/// Called once the records are durable.
pub(crate) type Done = Box<dyn FnOnce() + Send>;

impl Opened {
    /// Records of one writer, who has written `after` so far.
    pub(crate) async fn put(&self, writer: u64, after: u64, records: Vec<Bytes>, done: Done) {
        match self {
            Self::Journal(journal) => {
                let stream = StreamId::from(format!("writer-{writer}").as_str());
                let answer = Answer::new(move |result: Result<Version, _>| {
                    result.unwrap();
                    done();
                });
                let after = Version(after);
                journal.submit(Request::Append { stream, after, records, answer }).await;
            }
            Self::Redb(grouped) => {
                grouped.queue.as_ref().unwrap().send((records, done)).unwrap();
            }
        }
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> u64 {
        match self {
            Self::Journal(journal) => journal.status().records,
            Self::Redb(grouped) => grouped.found,
        }
    }
}

/// redb with group commit: one thread, one immediate transaction for all that waits, ascending
/// keys.
pub(crate) struct Grouped {
    queue: Option<SyncSender<(Vec<Bytes>, Done)>>,
    writer: Option<JoinHandle<()>>,
    found: u64,
}

impl Grouped {
    fn open(dir: &Path, quick_repair: bool) -> Self {
        let database = Database::create(dir.join("redb")).unwrap();
        let found = last_key(&database);
        let (queue, requests) = sync_channel(GROUP_MAX);
        let writer =
            std::thread::spawn(move || write_groups(&database, found, quick_repair, &requests));
        Self { queue: Some(queue), writer: Some(writer), found }
    }
}

impl Drop for Grouped {
    fn drop(&mut self) {
        self.queue = None;
        self.writer.take().unwrap().join().unwrap();
    }
}

fn last_key(database: &Database) -> u64 {
    use redb::{ReadableDatabase, ReadableTable};
    let read = database.begin_read().unwrap();
    read.open_table(TABLE)
        .map_or(0, |table| table.last().unwrap().map_or(0, |(key, _)| key.value()))
}

fn write_groups(
    database: &Database,
    mut key: u64,
    quick_repair: bool,
    requests: &Receiver<(Vec<Bytes>, Done)>,
) {
    while let Ok(first) = requests.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = requests.try_recv()
        {
            group.push(next);
        }
        let mut transaction = database.begin_write().unwrap();
        transaction.set_durability(Durability::Immediate).unwrap();
        transaction.set_quick_repair(quick_repair);
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            for record in group.iter().flat_map(|(records, _)| records) {
                key += 1;
                table.insert(key, &record[..]).unwrap();
            }
        }
        transaction.commit().unwrap();
        for (_, done) in group {
            done();
        }
    }
}
