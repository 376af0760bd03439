//! A process that ends by `kill -9` at a chosen point between question and answer, and is asked for
//! another digest afterwards. The points are at the ports: nothing of them is in the daemon.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rustix::process::{Signal, getpid, kill_process};
use synod_protocol::store::StoreStatus;
use synod_signature::{KeySource, KeySourceError, Mark};
use synod_store::{Answer, JournalPort, Request};

use crate::count;
use crate::house::{House, Ports, digest, tokio};

/// Says to a child what to do: digest, point, how often it is passed before, first duty, directory.
const CHILD: &str = "GUARD_CHILD";

/// Where a process may end.
const POINTS: [&str; 5] =
    ["before_commit", "after_commit", "after_mark", "after_signing", "after_answer"];

/// Ends this process when its point is reached for the last time.
#[derive(Clone)]
struct Fuse {
    point: &'static str,
    left: Arc<AtomicU64>,
}

impl Fuse {
    fn reached(&self, point: &str) {
        if point == self.point && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            kill_process(getpid(), Signal::KILL).unwrap();
            // The signal may come while others still run, but not after this.
            loop {
                std::thread::park();
            }
        }
    }
}

struct FusedJournal(Arc<dyn JournalPort>, Fuse);

impl JournalPort for FusedJournal {
    fn submit(&self, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let Request::Append { stream, after, records, answer } = request else {
            return self.0.submit(request);
        };
        self.1.reached("before_commit");
        let fuse = self.1.clone();
        let answer = Answer::new(move |result| {
            fuse.reached("after_commit");
            answer.give(result);
        });
        self.0.submit(Request::Append { stream, after, records, answer })
    }

    fn status(&self) -> StoreStatus {
        self.0.status()
    }
}

struct FusedKey(Arc<dyn KeySource>, Fuse);

impl KeySource for FusedKey {
    fn load(&self) -> Result<synod_signature::Key, KeySourceError> {
        self.0.load()
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        self.0.mark()
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        let raised = self.0.raise(from, to);
        self.1.reached("after_mark");
        raised
    }
}

/// The time of a signature is told when it is made, and before it is answered.
struct FusedTimes(Fuse);

impl HistogramFn for FusedTimes {
    fn record(&self, _: f64) {
        self.0.reached("after_signing");
    }
}

struct FusedRecorder(Fuse);

impl Recorder for FusedRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if key.name() == "signer_signing_seconds" {
            Histogram::from_arc(Arc::new(FusedTimes(self.0.clone())))
        } else {
            Histogram::noop()
        }
    }
}

/// The child: offers its digest for the last duties, then for new ones, and tells what became of
/// it, until it is killed. Without a word of what to do it is no test.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let words: Vec<&str> = told.splitn(5, ' ').collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    let point = POINTS.into_iter().find(|point| *point == words[1]).unwrap();
    let fuse = Fuse { point, left: Arc::new(AtomicU64::new(number(2))) };
    metrics::set_global_recorder(FusedRecorder(fuse.clone())).unwrap_or_else(|_| panic!("twice"));
    let ports = Ports::open(Path::new(words[4])).unwrap();
    let ports = Ports {
        journal: Arc::new(FusedJournal(ports.journal, fuse.clone())),
        key: Arc::new(FusedKey(ports.key, fuse.clone())),
        metrics: ports.metrics,
    };
    tokio().block_on(async {
        let house = House::begin(ports).await;
        let mut out = std::io::stderr();
        for n in number(3).. {
            let answer = house.ask(n, digest(number(0))).await;
            let word = answer.as_ref().map_or_else(|refusal| refusal.reason(), |_| "signed");
            writeln!(out, "guard {n} {word}").unwrap();
            if answer.is_ok() {
                fuse.reached("after_answer");
            }
        }
    });
}

/// What a child told: duties and what became of them.
fn run(directory: &Path, round: u64, point: &str, passes: u64, first: u64) -> Vec<(u64, String)> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["kills::child", "--exact", "--nocapture"]);
    command.env(CHILD, format!("{round} {point} {passes} {first} {}", directory.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.filter_map(|line| {
        let (n, word) = line.strip_prefix("guard ")?.split_once(' ')?;
        Some((n.parse().unwrap(), word.to_owned()))
    });
    let told = told.collect();
    let status = child.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(9),
        "round {round} at {point} was to be killed"
    );
    told
}

#[test]
fn killed_anywhere_and_offered_another_digest_it_signs_none_twice() {
    let kills = count("GUARD_KILLS", 15);
    let home = tempfile::tempdir().unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let mut signed: BTreeMap<u64, u64> = BTreeMap::new();
    // The next duty of which nothing is known, and whether it is on record all the same.
    let (mut next, mut is_on_record) = (0_u64, false);
    for round in 1..=kills {
        let point = POINTS[(round % POINTS.len() as u64) as usize];
        let passes = 1 + dice.next_u64() % 3;
        let told = run(home.path(), round, point, passes, next.saturating_sub(8));
        for (n, word) in &told {
            match word.as_str() {
                "signed" => {
                    let first = *signed.entry(*n).or_insert(round);
                    assert_eq!(first, round, "duty {n} was signed with two digests");
                    assert!(*n != next || !is_on_record, "duty {n} was on record for another");
                }
                "conflict" => assert!(*n < next || *n == next && is_on_record, "duty {n} is new"),
                _ => panic!("round {round}: duty {n}: {word}"),
            }
        }
        let known = told.last().map_or(next, |(n, _)| (n + 1).max(next));
        // After an answer it was told; at any other point nobody heard of the last one.
        is_on_record = match point {
            "after_answer" => known == next && is_on_record,
            "before_commit" => false,
            _ => true,
        };
        next = known;
    }
    assert!(kills / 2 < signed.len() as u64, "{signed:?}");
    eprintln!("{kills} kills, {} duties signed, none with two digests", signed.len());
}
