//! A whole tree of real actors, on one thread and on virtual time, for up to an hour of it: load
//! in bursts and gaps, crashes, hangs, kills, restarts, and the end, all from one seed. What
//! happened is written down and hashed: the same seed gives the same hash.
//!
//! `SYNOD_SEEDS=10000 cargo test --release -p synod-tests --test sim -- --nocapture` plays many;
//! see `docs/simulation.md`.
#![allow(clippy::unwrap_used)]

mod actor;
mod dice;
mod judge;
mod reload;
mod stop;
mod trace;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trace::Played;

const HOUR: Duration = Duration::from_secs(3_600);

/// Plays an hour from the seed in a runtime of its own.
fn play(seed: u64) -> Played {
    on_virtual_time(world::hour(seed))
}

/// Runs on this thread, with a clock that moves only when nobody has anything left to do.
fn on_virtual_time<T>(scene: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(scene)
}

/// Panics that are part of the play are not shown.
fn silence() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if ![actor::TOLD_TO, actor::IN_PIPE].contains(&text) {
            #[expect(clippy::print_stderr, reason = "this is what a panic hook is for")]
            {
                eprintln!("{text} at {:?}", panic.location());
            }
        }
    }));
}

/// How many seeds: few in everyday life.
fn seeds() -> u64 {
    std::env::var("SYNOD_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12)
}

#[test]
fn the_same_seed_gives_the_same_hash() {
    silence();
    for seed in 0..(seeds() / 100).max(6) {
        let (once, again) = (play(seed), play(seed));
        assert_eq!(once.differs_at(&again), None, "seed {seed}");
        assert_eq!(once.hash, again.hash, "seed {seed}");
    }
    assert_ne!(play(0).hash, play(1).hash);
}

/// All seeds, on all cores: each seed has its own runtime, none knows of another.
#[test]
fn no_seed_breaks_a_rule() {
    silence();
    let (begun, count, next) = (std::time::Instant::now(), seeds(), AtomicU64::new(0));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut sum = Sum::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if count <= seed {
                return sum;
            }
            sum.add(seed, &play(seed));
        }
    };
    let sum = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).fold(Sum::default(), Sum::and)
    });
    #[expect(clippy::print_stdout, reason = "the figures of a run by hand")]
    {
        println!("{sum:#?} in {:?}", begun.elapsed());
    }
}

/// What all hours together were like.
#[derive(Debug, Default)]
struct Sum {
    seeds: u64,
    /// Of all hashes; does not depend on the order in which seeds were played.
    hash: u64,
    virtual_hours: f64,
    events: usize,
    accepted: usize,
    handled: usize,
    in_hand: usize,
    dropped_oldest: usize,
    abandoned: usize,
    restarts: usize,
    gave_up: usize,
    peaceful_ends: usize,
}

impl Sum {
    fn add(&mut self, seed: u64, played: &Played) {
        self.seeds += 1;
        self.hash ^= dice::mix(played.hash ^ dice::mix(seed));
        self.virtual_hours += played.time.as_secs_f64() / HOUR.as_secs_f64();
        self.events += played.lines.len();
        let figures = &played.figures;
        self.accepted += figures.accepted;
        self.handled += figures.handled;
        self.in_hand += figures.in_hand;
        self.dropped_oldest += figures.dropped_oldest;
        self.abandoned += figures.abandoned;
        self.restarts += figures.restarts;
        self.gave_up += figures.gave_up;
        self.peaceful_ends += usize::from(figures.was_peaceful);
    }

    fn and(self, other: Self) -> Self {
        Self {
            seeds: self.seeds + other.seeds,
            hash: self.hash ^ other.hash,
            virtual_hours: self.virtual_hours + other.virtual_hours,
            events: self.events + other.events,
            accepted: self.accepted + other.accepted,
            handled: self.handled + other.handled,
            in_hand: self.in_hand + other.in_hand,
            dropped_oldest: self.dropped_oldest + other.dropped_oldest,
            abandoned: self.abandoned + other.abandoned,
            restarts: self.restarts + other.restarts,
            gave_up: self.gave_up + other.gave_up,
            peaceful_ends: self.peaceful_ends + other.peaceful_ends,
        }
    }
}
