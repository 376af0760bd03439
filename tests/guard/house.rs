//! A signer and the journal of its guard, as in a daemon, on the disk.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_signature::{KeySource, Signer, SignerArgs, SignerLimits};
use synod_signature_keyfile::KeyFile;
use synod_store::{Args, JournalPort, Metrics, Store};
use synod_store_segment::{Disk, Journal, Limits, OpenError, RealDisk};
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, Capacity, ChildSpec, Clock, Pending, Reply, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, Scheme, SignRefusal, Signature};
use synod_types::task::TaskId;
use synod_types::{Address as Account, B256};

const PATIENCE: Duration = Duration::from_secs(60);

/// What stands between the signer and the world: a journal, a key.
pub(crate) struct Ports {
    pub(crate) journal: Arc<dyn JournalPort>,
    pub(crate) key: Arc<dyn KeySource>,
    pub(crate) metrics: Metrics,
}

impl Ports {
    /// Those in `directory`.
    pub(crate) fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), directory, Limits::default())
    }

    /// Those in `directory`, on this disk.
    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        directory: &Path,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        let metrics = Metrics::register();
        let data = directory.join("data");
        let journal = Arc::new(Journal::open_on(disk, &data, limits, metrics.clone())?);
        let key = Arc::new(KeyFile::generated(directory.join("key"), Scheme::Ecdsa));
        Ok(Self { journal, key, metrics })
    }
}

pub(crate) struct House {
    signer: Address<SignerMsg>,
    runtime: Runtime,
    running: Running,
    journal: Weak<dyn JournalPort>,
}

impl House {
    pub(crate) async fn begin(ports: Ports) -> Self {
        let Ports { journal, key, metrics } = ports;
        let held = Arc::downgrade(&journal);
        let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
        let store: Address<StoreMsg> = runtime.address(id("store"), Capacity::default());
        let signer = runtime.address(id("signer"), Capacity::default());
        let limits = SignerLimits { waiting_max: 65_536, ..SignerLimits::default() };
        let args = SignerArgs { key, store: store.clone().into(), limits };
        let children = vec![
            ChildSpec::worker::<Store>(child("store"), &store, Args { journal, metrics }),
            ChildSpec::worker::<Signer>(child("signer"), &signer, args),
        ];
        let pause = Duration::from_millis(50);
        let backoff =
            Backoff { first: pause, max: pause, jitter_percent: 0, reset_after: PATIENCE };
        let policy = SupervisorPolicy {
            strategy: Strategy::OneForOne,
            intensity: Intensity { restarts_max: 1_000, period: PATIENCE },
            backoff,
            seed: 1,
            ..SupervisorPolicy::DEFAULT
        };
        let root = SupervisorSpec { id: id("root"), policy, children };
        let running = runtime.start(root).await.unwrap();
        Self { signer, runtime, running, journal: held }
    }

    pub(crate) async fn ask(&self, n: u64, digest: Digest) -> Result<Signature, SignRefusal> {
        self.signer.call(PATIENCE, question(n, digest)).await.unwrap()
    }

    /// Puts the question into the signer's mailbox, for whichever incarnation there is.
    pub(crate) async fn put(&self, n: u64, digest: Digest) -> Pending<Signed> {
        self.signer.request(question(n, digest)).await.unwrap()
    }

    /// Ends all of it at once, and waits until nobody has the journal any more.
    pub(crate) async fn end(self) {
        let Self { running, journal, .. } = self;
        running.abandon();
        drop(running);
        until(|| journal.strong_count() == 0).await;
    }

    /// How often the signer was started again, and why its last incarnation ended.
    pub(crate) fn signer_ends(&self) -> (u64, Option<String>) {
        let tree = self.runtime.tree(&id("root"));
        let nodes = tree.flatten();
        let signer = nodes.iter().find(|node| node.id == id("signer")).unwrap();
        (signer.restarts, signer.last_exit.clone())
    }
}

/// Waits for what must come, and for no longer than anything may take.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    let seen = async {
        while !is_so() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap();
}

/// What a signer answers.
pub(crate) type Signed = Result<Signature, SignRefusal>;

fn question(n: u64, digest: Digest) -> impl FnOnce(Reply<Signed>) -> SignerMsg {
    let task = TaskId(B256::left_padding_from(&n.to_be_bytes()));
    let duty = Duty::TaskResult(task, OperatorId(Account::repeat_byte(9)));
    move |reply| SignerMsg::Sign { duty, digest, preimage: None, reply }
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn child(name: &str) -> ChildPolicy {
    let (start_timeout, stop_timeout) = (PATIENCE, PATIENCE);
    ChildPolicy { start_timeout, stop_timeout, ..ChildPolicy::new(id(name)) }
}

pub(crate) fn digest(n: u64) -> Digest {
    Digest(B256::left_padding_from(&n.to_be_bytes()))
}

pub(crate) fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
