//! Guarded signatures: admitted, put on record, synced, marked, signed, answered. Beside them, in
//! the same round, what the disk syncs and what signing alone takes.
//!
//! `--rounds N` says how many; `--count N` how many duties in each.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_benches::{Options, child_policy, cpu_time, median, runtime, tree};
use synod_protocol::signature::SignerMsg;
use synod_signature::{SecretKey, Signer, SignerArgs, SignerLimits};
use synod_signature_keyfile::{KeyFile, read_plain};
use synod_store::{Args, JournalPort, Metrics, Store};
use synod_store_segment::{Journal, Limits};
use synod_supervision::{Address, Capacity, ChildSpec, Outlet, Running};
use synod_types::actor::ActorId;
use synod_types::operator::OperatorId;
use synod_types::signature::{Digest, Duty, Scheme, Signature};
use synod_types::task::TaskId;
use synod_types::{Address as Account, B256};

const PATIENCE: Duration = Duration::from_secs(120);
/// How long the disk is asked what it syncs.
const SYNCING: Duration = Duration::from_millis(300);

/// Signers over one journal on the disk, as in a daemon.
struct House {
    store: Arc<dyn JournalPort>,
    signers: Vec<Address<SignerMsg>>,
    _running: Running,
}

impl House {
    async fn begin(directory: &Path, scheme: Scheme, signers: usize) -> Self {
        let metrics = Metrics::register();
        let limits = Limits::default();
        let journal = Journal::open(&directory.join("data"), limits, metrics.clone()).unwrap();
        let journal: Arc<dyn JournalPort> = Arc::new(journal);
        let runtime = runtime();
        let room = Capacity { control: 64, high: 4_096, normal: 4_096 };
        let store = runtime.address(id("store"), room);
        let args = Args { journal: Arc::clone(&journal), metrics };
        let mut children = vec![ChildSpec::worker::<Store>(child_policy("store"), &store, args)];
        let addresses: Vec<_> = (1..=signers)
            .map(|n| {
                let name = format!("signer-{n}");
                let signer = runtime.address(id(&name), room);
                let file = KeyFile::generated(directory.join(format!("{name}.key")), scheme);
                let args = SignerArgs {
                    key: Arc::new(file),
                    store: Outlet::from(store.clone()),
                    limits: SignerLimits { waiting_max: 1 << 20, ..SignerLimits::default() },
                };
                children.push(ChildSpec::worker::<Signer>(child_policy(&name), &signer, args));
                signer
            })
            .collect();
        let _running = tree(&runtime, children).await;
        Self { store: journal, signers: addresses, _running }
    }

    /// Asks for so many signatures, for duties from `first` on, as fast as mailboxes take them.
    async fn sign(&self, first: u64, count: u64) -> Vec<Signature> {
        let mut pending = Vec::new();
        for n in first..first + count {
            let signer = &self.signers[n as usize % self.signers.len()];
            let ask =
                |reply| SignerMsg::Sign { duty: duty(n), digest: digest(n), preimage: None, reply };
            pending.push(signer.request(ask).await.unwrap());
        }
        let mut signatures = Vec::new();
        for pending in pending {
            signatures.push(pending.within(PATIENCE).await.unwrap().unwrap());
        }
        signatures
    }
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn duty(n: u64) -> Duty {
    let task = TaskId(B256::left_padding_from(&n.to_be_bytes()));
    Duty::TaskResult(task, OperatorId(Account::repeat_byte(9)))
}

fn digest(n: u64) -> Digest {
    Digest(B256::left_padding_from(&(n + 1).to_be_bytes()))
}

/// Appends of one kilobyte that the disk syncs in a second.
fn syncs(directory: &Path) -> f64 {
    let path = directory.join("syncs");
    let file = File::create(&path).unwrap();
    let (began, mut count) = (Instant::now(), 0_u64);
    while began.elapsed() < SYNCING {
        file.write_all_at(&[7; 1024], count * 1024).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    let rate = count as f64 / began.elapsed().as_secs_f64();
    std::fs::remove_file(path).unwrap();
    rate
}

/// Signatures in a second that one thread makes, with nothing around.
fn bare(key: &SecretKey) -> f64 {
    let began = Instant::now();
    (0..500).for_each(|n| drop(std::hint::black_box(key.sign(digest(n)))));
    500.0 / began.elapsed().as_secs_f64()
}

#[derive(Default)]
struct Columns {
    guarded: Vec<f64>,
    cpu_micros: Vec<f64>,
    per_signature: Vec<f64>,
    syncs: Vec<f64>,
    bare: Vec<f64>,
}

fn measure(scheme: Scheme, signers: usize, rounds: usize, count: u64) {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut tokio = tokio::runtime::Builder::new_multi_thread();
    let tokio = tokio.worker_threads(2).enable_time().build().unwrap();
    let house = tokio.block_on(House::begin(home.path(), scheme, signers));
    let key = read_plain(&home.path().join("signer-1.key"), scheme).unwrap();
    let mut columns = Columns::default();
    for round in 0..=rounds as u64 {
        let (first, held) = (round * count, house.store.status().records);
        let synced = syncs(home.path());
        let (began, cpu) = (Instant::now(), cpu_time());
        let signatures = tokio.block_on(house.sign(first, count));
        let (took, cpu) = (began.elapsed(), cpu_time() - cpu);
        assert_eq!(house.store.status().records - held, count, "each duty is on record");
        let again = tokio.block_on(house.sign(first, count.min(500)));
        assert!(again.iter().eq(signatures.iter().take(again.len())), "the same bytes again");
        // The first round warms up.
        if round > 0 {
            columns.guarded.push(count as f64 / took.as_secs_f64());
            columns.cpu_micros.push(cpu.as_secs_f64() * 1e6 / count as f64);
            columns.syncs.push((synced + syncs(home.path())) / 2.0);
            columns.bare.push(bare(&key));
            columns
                .per_signature
                .push(columns.guarded.last().unwrap() / columns.syncs.last().unwrap());
        }
    }
    let spread = |values: &[f64]| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        format!("{:.0} ({low:.0} to {high:.0})", median(values.to_vec()))
    };
    println!(
        "| {scheme}, {signers} | {} | {} | {:.1} | {:.0} | {:.0} |",
        spread(&columns.guarded),
        spread(&columns.syncs),
        median(columns.per_signature),
        median(columns.cpu_micros),
        median(columns.bare),
    );
}

fn main() {
    let options = Options::read();
    let count = options.count.unwrap_or(4_000);
    println!("\n## Guarded signatures: medians of {} rounds of {count} duties\n", options.rounds);
    println!(
        "| scheme, signers | guarded/s | syncs/s of the disk | signatures a sync | CPU µs each | bare/s, one thread |"
    );
    println!("|---|---|---|---|---|---|");
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        for signers in [1, 8] {
            measure(scheme, signers, options.rounds, count);
        }
    }
}
