//! The store as its askers see it, while its incarnations are killed.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{record, records, small};
use synod_protocol::store::{Page, StoreMsg, StoreRefusal};
use synod_store::{Args, Metrics, Store};
use synod_store_segment::Journal;
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, CallError, Capacity, ChildSpec, Clock, Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::store::Version;
use synod_types::time::Moment;
use tempfile::{TempDir, tempdir};

const TIMEOUT: Duration = Duration::from_secs(20);

struct Stage {
    runtime: Runtime,
    store: Address<StoreMsg>,
    _running: Running,
    _dir: TempDir,
}

async fn stage() -> Stage {
    let dir = tempdir().unwrap();
    let metrics = Metrics::register();
    let journal = Arc::new(Journal::open(dir.path(), small(), metrics.clone()).unwrap());
    let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
    let runtime = Runtime::new(clock, RuntimeLimits::default());
    let id = ActorId::new("store").unwrap();
    let capacity = Capacity { control: 8, high: 8, normal: 64 };
    let store = runtime.address(id.clone(), capacity);
    let policy = ChildPolicy::new(id);
    let root = SupervisorSpec {
        id: ActorId::new("root").unwrap(),
        policy: SupervisorPolicy {
            strategy: Strategy::OneForOne,
            intensity: Intensity { restarts_max: 1_000, period: Duration::from_secs(60) },
            backoff: Backoff {
                first: Duration::from_millis(1),
                max: Duration::from_millis(5),
                jitter_percent: 0,
                reset_after: Duration::from_secs(10),
            },
            seed: 1,
            ..SupervisorPolicy::DEFAULT
        },
        children: vec![ChildSpec::worker::<Store>(policy, &store, Args { journal, metrics })],
    };
    let mut running = runtime.start(root).await.unwrap();
    assert!(running.ready().await);
    Stage { runtime, store, _running: running, _dir: dir }
}

impl Stage {
    /// Asks until there is an answer, as a pen does.
    async fn append(
        &self,
        stream: &str,
        after: u64,
        records: &[Bytes],
    ) -> Result<Version, StoreRefusal> {
        loop {
            let asked = self.store.call(TIMEOUT, |reply| StoreMsg::Append {
                stream: stream.into(),
                after: Version(after),
                records: records.to_vec(),
                reply,
            });
            match asked.await {
                Ok(answer) => return answer,
                Err(CallError::Dropped) => (),
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn read(&self, stream: &str) -> Result<Page, CallError> {
        let asked = self.store.call(TIMEOUT, |reply| StoreMsg::Read {
            stream: stream.into(),
            after: Version(0),
            bytes_max: u32::MAX,
            reply,
        });
        asked.await.map(Result::unwrap)
    }

    async fn status(&self) -> synod_protocol::store::StoreStatus {
        self.store.call(TIMEOUT, StoreMsg::Status).await.unwrap()
    }

    fn kill(&self) {
        let id = ActorId::new("store").unwrap();
        // It may be between two lives.
        drop(self.runtime.kill(&id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_incarnations_lose_no_record_and_write_none_twice() {
    let stage = stage().await;
    for n in 0..300_u64 {
        if n % 10 == 0 {
            stage.kill();
        }
        let (a, b) = ([record(n)], records(n..n + 2));
        let both = tokio::join!(stage.append("a", n, &a), stage.append("b", 2 * n, &b));
        assert_eq!(both, (Ok(Version(n + 1)), Ok(Version(2 * n + 2))));
    }
    assert_eq!(stage.read("a").await.unwrap().records, records(0..300));
    assert_eq!(stage.read("b").await.unwrap().records.len(), 600);
    assert_eq!(stage.status().await.records, 900);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_incarnation_reads_behind_what_the_old_one_handed_over() {
    let stage = stage().await;
    for n in 0..50 {
        let append = stage.store.request(|reply| StoreMsg::Append {
            stream: "a".into(),
            after: Version(n),
            records: vec![record(n)],
            reply,
        });
        let answer = append.await.unwrap();
        stage.kill();
        let seen = loop {
            if let Ok(page) = stage.read("a").await {
                break page.records.len() as u64;
            }
        };
        match answer.within(TIMEOUT).await {
            // Handed over: seen by whoever reads later.
            Ok(version) => assert_eq!((version, seen), (Ok(Version(n + 1)), n + 1)),
            // Lost with the message in hand: never written.
            Err(CallError::Dropped) => {
                assert_eq!(seen, n);
                assert_eq!(stage.append("a", n, &[record(n)]).await, Ok(Version(n + 1)));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_the_core_refuses_is_answered_in_the_words_of_the_protocol() {
    let stage = stage().await;
    let refused = stage.append("no name", 0, &[record(0)]).await;
    assert!(matches!(refused, Err(StoreRefusal::Invalid(text)) if text.contains("`no name`")));
    let conflict = stage.append("a", 7, &[record(0)]).await;
    let (holds, after) = (Version(0), Version(7));
    assert_eq!(conflict, Err(StoreRefusal::Conflict { stream: "a".into(), holds, after }));
}
