//! A signer and the journal of its guard, as in a daemon, on the disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_signature::{KeySource, Signer, SignerArgs, SignerLimits};
use synod_signature_keyfile::KeyFile;
use synod_store::{Args, JournalPort, Metrics, Store};
use synod_store_segment::{Journal, Limits, OpenError};
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, Capacity, ChildSpec, Clock, Running, Runtime, RuntimeLimits, SupervisorSpec,
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
        let metrics = Metrics::register();
        let (data, limits) = (directory.join("data"), Limits::default());
        let journal = Arc::new(Journal::open(&data, limits, metrics.clone())?);
        let key = Arc::new(KeyFile::generated(directory.join("key"), Scheme::Ecdsa));
        Ok(Self { journal, key, metrics })
    }
}

pub(crate) struct House {
    signer: Address<SignerMsg>,
    _running: Running,
}

impl House {
    pub(crate) async fn begin(ports: Ports) -> Self {
        let Ports { journal, key, metrics } = ports;
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
        Self { signer, _running: running }
    }

    pub(crate) async fn ask(&self, n: u64, digest: Digest) -> Result<Signature, SignRefusal> {
        let task = TaskId(B256::left_padding_from(&n.to_be_bytes()));
        let duty = Duty::TaskResult(task, OperatorId(Account::repeat_byte(9)));
        let question = |reply| SignerMsg::Sign { duty, digest, reply };
        self.signer.call(PATIENCE, question).await.unwrap()
    }
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
