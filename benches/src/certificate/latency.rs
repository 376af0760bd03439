use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use synod_signature::{Aggregation, AggregationArgs, AggregationMail, Arithmetic};
use synod_signature_bn254::{G1Affine, G2Affine, Prepared, product_is_one};
use synod_signature_core::bn254::hash_solidity;
use synod_supervision::{Actor, Context, Failure, Message as _};
use synod_types::signature::PublicKey;

use super::ours::Ours;
use super::scenario::{Scenario, Secrets, Shape};
use crate::{Options, Threads, cpu_time, line, median};

/// After so long nothing that was begun is under way.
const CALM: Duration = Duration::from_millis(30);

/// Prints how long it takes from the last answer that was needed to the certificate in the
/// consumer's hand, in bare checks of the same round.
pub fn latency(options: &Options, secrets: &Secrets) {
    line(&format!(
        "\n## From the last answer needed to the certificate: medians of {} rounds\n",
        options.rounds
    ));
    line(
        "| signers | threads | wall µs | CPU µs | bare check, wall µs | wall, checks | CPU, checks |",
    );
    line("|---|---|---|---|---|---|---|");
    for threads in [Threads::Two, Threads::TwoProcessors] {
        for signers in [10, 100, 1_000] {
            let scenario = Scenario::new(secrets, Shape { tasks: 1, signers, bad: 0 });
            let ours =
                Ours::begin::<Aggregation>(threads, &scenario, |args| args, Arithmetic::Synod);
            let bare = Bare::new(&scenario);
            let mut rounds = Vec::new();
            for _ in 0..options.rounds {
                // As cold as what it is compared with.
                ours.block_on(async { tokio::time::sleep(CALM).await });
                let check = took(|| bare.check());
                ours.block_on(all_but_the_last(&ours, &scenario));
                let own = took(|| ours.block_on(the_last(&ours, &scenario)));
                rounds.push([own[0], own[1], check[0], own[0] / check[0], own[1] / check[1]]);
            }
            let of = |n: usize| median(rounds.iter().map(|round| round[n]).collect());
            line(&format!(
                "| {signers} | {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} |",
                threads.name(),
                of(0),
                of(1),
                of(2),
                of(3),
                of(4)
            ));
        }
    }
}

async fn all_but_the_last(ours: &Ours, scenario: &Scenario) {
    ours.open(scenario).await;
    ours.submit(scenario, 0..scenario.shape.signers - 1).await;
    tokio::time::sleep(CALM).await;
}

async fn the_last(ours: &Ours, scenario: &Scenario) {
    let last = scenario.shape.signers - 1;
    tokio::join!(ours.submit(scenario, last..last + 1), ours.proven(scenario));
}

/// Wall and CPU time, in µs.
fn took(work: impl FnOnce()) -> [f64; 2] {
    let (wall, cpu) = (Instant::now(), cpu_time());
    work();
    [wall.elapsed(), cpu_time() - cpu].map(|time| time.as_secs_f64() * 1e6)
}

/// One product of two pairings and nothing else, the lines of −G2 known.
struct Bare {
    signature: G1Affine,
    message: G1Affine,
    key: G2Affine,
    minus: Prepared,
}

impl Bare {
    fn new(scenario: &Scenario) -> Self {
        let answer = &scenario.answers[0][0];
        let bytes = |bytes: &[u8]| *bytes.first_chunk::<64>().expect("a point");
        let point = |of: &[u8]| G1Affine::decode_finite(&bytes(of)).expect("a point");
        let PublicKey::Bn254 { g2, .. } = scenario.keys[0] else { panic!("a key of BN254") };
        Self {
            signature: point(&answer.signature.bytes),
            message: point(hash_solidity(answer.digest).encode().as_slice()),
            key: G2Affine::decode_finite(&g2.0).expect("a key"),
            minus: Prepared::new(&-G2Affine::GENERATOR),
        }
    }

    fn check(&self) {
        let known = [(self.signature, &self.minus)];
        assert!(product_is_one(&known, &[(self.message, self.key)]), "a good signature");
    }
}

/// How long polls of handlers took, in CPU time of their thread, by kind of message.
type Polls = Arc<Mutex<Vec<(&'static str, Duration)>>>;

/// Aggregation with a watch on its handlers.
struct Timed {
    aggregation: Aggregation,
    polls: Polls,
}

impl Actor for Timed {
    type Msg = AggregationMail;
    type Args = (AggregationArgs, Polls);

    async fn start(
        ctx: &Context<AggregationMail>,
        (args, polls): Self::Args,
    ) -> Result<Self, Failure> {
        Ok(Self { aggregation: Aggregation::start(ctx, args).await?, polls })
    }

    async fn handle(
        &mut self,
        ctx: &Context<AggregationMail>,
        msg: AggregationMail,
    ) -> Result<(), Failure> {
        let (kind, polls) = (msg.kind(), &self.polls);
        let mut handling = pin!(self.aggregation.handle(ctx, msg));
        poll_fn(|wakers| {
            let before = thread_time();
            let polled = handling.as_mut().poll(wakers);
            let took = thread_time() - before;
            polls.lock().expect("nobody panics with it").push((kind, took));
            polled
        })
        .await
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Prints for how long at most aggregation's handlers held a thread of the actors while a task of
/// 1,000 signers, some of them false, was certified: those that begin and end the arithmetic, and
/// nothing of it.
pub fn longest_polls(options: &Options, secrets: &Secrets) {
    line(&format!(
        "\n## Polls of aggregation's handlers, 1,000 signers: thread CPU µs over {} rounds\n",
        options.rounds
    ));
    line("| bad | message | polls | median | longest, median of rounds | longest of all |");
    line("|---|---|---|---|---|---|");
    for bad in [0, 10] {
        let scenario = Scenario::new(secrets, Shape { tasks: 1, signers: 1_000, bad });
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            let polls = Polls::default();
            let watched = Arc::clone(&polls);
            // Opened twice: the first time the table is new.
            let make = |args| (args, watched);
            let ours = Ours::begin::<Timed>(Threads::Two, &scenario, make, Arithmetic::Synod);
            ours.certify(&scenario);
            rounds.push(std::mem::take(&mut *polls.lock().expect("nobody panics with it")));
        }
        for kind in ["open", "prepared", "submit", "verified", "close"] {
            let of = |round: &Vec<(&str, Duration)>| -> Vec<f64> {
                let polls = round.iter().filter(|poll| poll.0 == kind);
                polls.map(|poll| poll.1.as_secs_f64() * 1e6).collect()
            };
            let longest = |round| of(round).into_iter().fold(0.0, f64::max);
            let all: Vec<f64> = rounds.iter().flat_map(of).collect();
            let worst: Vec<f64> = rounds.iter().map(longest).collect();
            line(&format!(
                "| {bad} | {kind} | {} | {:.1} | {:.1} | {:.1} |",
                all.len() / rounds.len(),
                median(all),
                median(worst.clone()),
                worst.into_iter().fold(0.0, f64::max)
            ));
        }
    }
}
