//! One key, one duty, one digest: whoever asks, whatever is killed, whatever is put back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_signature::{Signer, SignerArgs, SignerLimits};
use synod_signature_keyfile::KeyFile;
use synod_store::{Args, Metrics, Store};
use synod_store_segment::{Journal, Limits};
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, Capacity, ChildSpec, Clock, Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, Scheme, SignRefusal, Signature};
use synod_types::task::TaskId;
use synod_types::{Address as Account, B256};

const PATIENCE: Duration = Duration::from_secs(20);
/// Says to a child where it finds its key, and what it wants to be signed.
const CHILD: &str = "FAULTS_GUARD_CHILD";

/// A signer and the journal of its guard, in `directory`.
struct Signing {
    signer: Address<SignerMsg>,
    _running: Running,
}

impl Signing {
    async fn begin(directory: &Path) -> Self {
        let metrics = Metrics::register();
        let journal = Journal::open(directory, Limits::default(), metrics.clone()).unwrap();
        let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
        let store: Address<StoreMsg> = runtime.address(id("store"), Capacity::default());
        let signer = runtime.address(id("signer"), Capacity::default());
        let key = Arc::new(KeyFile::generated(directory.join("keys/key"), Scheme::Ecdsa));
        let limits = SignerLimits { waiting_max: 4_096, ..SignerLimits::default() };
        let args = SignerArgs { key, store: store.clone().into(), limits };
        let children = vec![
            ChildSpec::worker::<Store>(
                child("store"),
                &store,
                Args { journal: Arc::new(journal), metrics },
            ),
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
}

async fn ask(
    signer: &Address<SignerMsg>,
    n: u64,
    digest: Digest,
) -> Result<Signature, SignRefusal> {
    let task = TaskId(B256::left_padding_from(&n.to_be_bytes()));
    let duty = Duty::TaskResult(task, OperatorId(Account::repeat_byte(9)));
    let question = |reply| SignerMsg::Sign { duty, digest, reply };
    signer.call(PATIENCE, question).await.unwrap()
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn child(name: &str) -> ChildPolicy {
    let (start_timeout, stop_timeout) = (PATIENCE, PATIENCE);
    ChildPolicy { start_timeout, stop_timeout, ..ChildPolicy::new(id(name)) }
}

fn digest(n: u8) -> Digest {
    Digest(B256::repeat_byte(n))
}

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// In which order a thread asks: every duty, each with both digests.
fn questions(seed: u64) -> Vec<(u64, Digest)> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut all: Vec<_> = (0..200).flat_map(|n| [(n, digest(1)), (n, digest(2))]).collect();
    for last in (1..all.len()).rev() {
        all.swap(last, (dice.next_u64() % (last as u64 + 1)) as usize);
    }
    all
}

#[test]
fn eight_threads_that_disagree_get_one_digest_a_duty() {
    let home = tempfile::tempdir().unwrap();
    let tokio = tokio();
    let signing = tokio.block_on(Signing::begin(home.path()));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let (signer, tokio) = (signing.signer.clone(), tokio.handle().clone());
                let asked = move |(n, digest)| (n, digest, tokio.block_on(ask(&signer, n, digest)));
                scope.spawn(move || questions(seed).into_iter().map(asked).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut signed: BTreeMap<u64, BTreeSet<(Digest, Vec<u8>)>> = BTreeMap::new();
    for (n, digest, answer) in answers {
        match answer {
            Ok(signature) => {
                signed.entry(n).or_default().insert((digest, signature.bytes.to_vec()));
            }
            Err(refusal) => assert_eq!(refusal.reason(), "conflict", "duty {n}"),
        }
    }
    assert_eq!(signed.len(), 200);
    assert!(signed.values().all(|digests| digests.len() == 1), "{signed:?}");
}

/// The child: asks for its digest, duty after duty, and tells what was signed, until it is
/// killed. Without a word of what to do it is no test.
#[test]
fn guard_child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (number, directory) = told.split_once(' ').unwrap();
    let digest = digest(number.parse().unwrap());
    tokio().block_on(async {
        let signing = Signing::begin(Path::new(directory)).await;
        let mut out = std::io::stderr();
        for n in 0.. {
            let answer = ask(&signing.signer, n, digest).await;
            let word = answer.map_or_else(|refusal| refusal.reason(), |_| "signed");
            writeln!(out, "guard {n} {word}").unwrap();
        }
    });
}

#[test]
fn a_killed_guard_remembers_what_it_signed() {
    let home = tempfile::tempdir().unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let mut signed: BTreeMap<u64, u8> = BTreeMap::new();
    for round in 1..=12 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["faults::guard::guard_child", "--exact", "--nocapture"]);
        command.env(CHILD, format!("{round} {}", home.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told: Vec<String> = Vec::new();
        // Every duty that is on record, then some new ones, then at any point of the next.
        let known = signed.len();
        while told.len() <= known + round as usize {
            told.extend(lines.next().transpose().unwrap());
        }
        std::thread::sleep(Duration::from_micros(dice.next_u64() % 3_000));
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.map_while(Result::ok));
        for line in &told {
            let Some((n, word)) = line.strip_prefix("guard ").and_then(|it| it.split_once(' '))
            else {
                continue;
            };
            let n: u64 = n.parse().unwrap();
            match word {
                "signed" => {
                    let first = *signed.entry(n).or_insert(round);
                    assert_eq!(first, round, "duty {n} was signed with two digests");
                }
                "conflict" => (),
                _ => panic!("{line}"),
            }
        }
        assert!(known < signed.len(), "round {round} signed nothing: {told:?}");
    }
}
