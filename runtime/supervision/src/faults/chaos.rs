//! A tree whose shell meets a fault at each of its acts, from a seed.

use std::sync::Arc;
use std::time::Duration;

use synod_supervision_core::{
    ChildPolicy, ChildState, Event, ExitReason, Fencing, Generation, Outcome, Restart, Stay,
    Strategy,
};
use synod_types::actor::{ActorId, Incarnation};

use super::actor::{Args, Do, Obedient, Start, child, id, policy};
use super::spawn::{Fate, Fates, Stops, faulty};
use crate::address::Address;
use crate::capacity::Capacity;
use crate::child::{ChildSpec, SupervisorSpec};
use crate::children::{ChildError, Place};
use crate::clock::Clock;
use crate::events::RuntimeEvent;
use crate::runtime::{Running, Runtime, RuntimeLimits};
use crate::supervisor::Order;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const WORKERS: [&str; 5] = ["a", "b", "x", "y", "z"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn time(&mut self, most: Duration) -> Duration {
        MILLI * u32::try_from(self.below(1 + most.as_millis() as u64)).unwrap()
    }
}

struct Game {
    dice: Dice,
    runtime: Runtime,
    args: Args,
    fates: Arc<Fates>,
    addresses: Vec<Address<Do>>,
    running: Running,
}

impl Game {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let limits = RuntimeLimits { watch_backlog: 65_536, ..RuntimeLimits::default() };
        let runtime = Runtime::new(Clock::system(), limits);
        let (args, fates) = (Args::default(), Arc::new(Fates::default()));
        let mut addresses = Vec::new();
        let mut worker = |name: &str, dice: &mut Dice| {
            let address = runtime.address(id(name), Capacity::default());
            addresses.push(address.clone());
            let own = some_policy(name, dice);
            faulty(ChildSpec::worker::<Obedient>(own, &address, args.clone()), &fates)
        };
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let inner = ["x", "y", "z"].map(|name| worker(name, &mut dice)).to_vec();
        let below = SupervisorSpec {
            id: id("s"),
            policy: policy(dice.one(&strategies), dice.one(&[2, 10, 5_000])),
            children: inner,
        };
        let own = ChildPolicy { stop_timeout: 60 * SECOND, ..child("s") };
        let children =
            vec![worker("a", &mut dice), ChildSpec::supervisor(own, below), worker("b", &mut dice)];
        let policy = policy(dice.one(&strategies), 5_000);
        let root = SupervisorSpec { id: id("root"), policy, children };
        // Nobody may wait for it to be ready: the receiver of that word is never asked.
        let running = runtime.start(root).await.unwrap();
        Self { dice, runtime, args, fates, addresses, running }
    }

    fn anyone(&mut self) -> ActorId {
        id(self.dice.one(&WORKERS))
    }

    fn shell(&mut self) -> Option<ractor::ActorRef<Order>> {
        let name = id(self.dice.one(&["root", "s"]));
        self.runtime.shared.shells.lock().get(&name).cloned()
    }

    fn fault(&mut self) {
        let (dice, second) = (&mut self.dice, SECOND);
        let fate = match dice.below(5) {
            0 => Fate { is_refused: true, ..Fate::default() },
            1 => Fate { starts_late: dice.time(20 * second), ..Fate::default() },
            2 => Fate { stops: dice.one(&[Stops::Never, Stops::Twice]), ..Fate::default() },
            3 => Fate { lingers: dice.time(30 * second), ..Fate::default() },
            _ => {
                let start = match dice.below(3) {
                    0 => Start::Fails,
                    1 => Start::Panics,
                    _ => Start::Takes(dice.time(20 * second)),
                };
                self.args.starts.0.lock().push(start);
                Fate::default()
            }
        };
        let who = self.anyone();
        self.fates.deal(&who, fate);
    }

    /// Orders that are outdated, doubled, or of nobody.
    fn stray(&mut self) {
        let (child, life) = (self.anyone(), self.dice.below(6));
        let generation = Generation(life);
        let order = match self.dice.below(8) {
            0 => Order::Event(Event::Ready { child, generation: Generation(0) }),
            1 => {
                let (generation, reason) = (Generation(0), ExitReason::Killed);
                Order::Event(Event::Exited { child, generation, reason })
            }
            2 => Order::Stuck { child, incarnation: Incarnation(life) },
            3 => Order::Doomed { child: id("nobody"), incarnation: Incarnation(life) },
            4 => Order::FenceOver(child),
            5 => {
                let reason = ExitReason::StartFailed("stray".to_owned());
                Order::Unborn(child, Generation(generation.0 + 1_000), reason)
            }
            6 => Order::Event(Event::Start),
            _ => Order::Event(Event::RestartChild { child: id("nobody") }),
        };
        if let Some(shell) = self.shell() {
            drop(shell.cast(order));
        }
    }

    async fn act(&mut self) {
        let who = self.anyone();
        match self.dice.below(12) {
            0..=2 => self.fault(),
            3 => self.stray(),
            4 => drop(self.runtime.kill(&who)),
            5 => drop(self.runtime.restart(&who)),
            6 => drop(self.runtime.kill(&id("s"))),
            7 => self.wishes(&who).await,
            _ => {
                let what = match self.dice.below(5) {
                    0 => Do::Work,
                    1 => Do::Finish,
                    2 => Do::Fail,
                    3 => Do::Panic,
                    _ => Do::Hang,
                };
                let to = self.dice.below(WORKERS.len() as u64) as usize;
                // It may be full, or closed.
                drop(self.addresses[to].tell(what));
            }
        }
        tokio::time::sleep(match self.dice.below(3) {
            0 => Duration::ZERO,
            1 => self.dice.time(100 * MILLI),
            _ => self.dice.time(10 * SECOND),
        })
        .await;
    }

    /// Children come and go, and those who asked for that do not wait for the answer.
    async fn wishes(&mut self, who: &ActorId) {
        let patience = self.dice.time(SECOND);
        let (root, guest_id) = (id("root"), id("guest"));
        match self.dice.below(4) {
            0 => {
                let capacity = Capacity::default();
                let Some(address) = self.runtime.new_address(id("guest"), capacity) else { return };
                let own = some_policy("guest", &mut self.dice);
                let args = self.args.clone();
                let guest = faulty(ChildSpec::worker::<Obedient>(own, &address, args), &self.fates);
                let place = Place { before: None, stay: Stay::Forgotten };
                let started = self.runtime.start_child(&root, guest.clone(), place);
                let started = tokio::time::timeout(patience, started).await;
                if let Ok(Err(ChildError::Refused(_) | ChildError::NoSuchSupervisor(_))) = started {
                    guest.unlist(&self.runtime.shared);
                }
            }
            1 => {
                let ended = self.runtime.terminate_child(&guest_id);
                drop(tokio::time::timeout(patience, ended).await);
            }
            2 => {
                let ended = self.runtime.terminate_child(who);
                drop(tokio::time::timeout(patience, ended).await);
                drop(self.runtime.restart(who));
            }
            _ => drop(self.runtime.delete_child(&guest_id).await),
        }
    }
}

fn some_policy(name: &str, dice: &mut Dice) -> ChildPolicy {
    let after = dice.time(3 * SECOND);
    let fencing = Fencing { after, lives_max: 1 + dice.below(3) as u32 };
    ChildPolicy {
        restart: dice.one(&[Restart::Permanent, Restart::Permanent, Restart::Transient]),
        stop_timeout: dice.one(&[Duration::ZERO, SECOND, 3 * SECOND]),
        fencing: Some(fencing).filter(|_| dice.below(2) == 0),
        ..child(name)
    }
}

/// One game of so many steps. Returns what happened, so that it is known that enough did.
async fn play(seed: u64, steps: u32) -> Vec<RuntimeEvent> {
    let mut game = Game::new(seed).await;
    let mut events = game.runtime.watch();
    let mut bell = Dice(seed ^ 0xbe11);
    game.runtime.shared.faults.ring(move |delay| match bell.below(6) {
        0 => vec![delay + bell.time(5 * SECOND)],
        1 => vec![delay / 2],
        2 => vec![delay, delay + bell.time(SECOND)],
        // It was lost, and rings when that is noticed.
        3 => vec![delay + 10 * SECOND],
        _ => vec![delay],
    });
    for _ in 0..steps {
        game.act().await;
    }
    game.runtime.shared.faults.end();
    game.fates.end();
    game.args.starts.0.lock().clear();
    tokio::time::sleep(300 * SECOND).await;
    // Whoever hangs over its mail is the watchdog's.
    for name in WORKERS {
        drop(game.runtime.kill(&id(name)));
    }
    tokio::time::sleep(300 * SECOND).await;
    settled(&game, seed);
    if seed.is_multiple_of(2) {
        let shell = game.runtime.shared.shells.lock().get(&id("root")).cloned();
        for shell in [&shell, &shell].into_iter().flatten() {
            drop(shell.cast(Order::Exit(Outcome::Stopped)));
        }
    }
    game.running.stop();
    game.running.stop();
    let ended = tokio::time::timeout(600 * SECOND, game.running.ended()).await;
    assert!(ended.is_ok(), "seed {seed}: it does not end");
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(game.fates.left(), 0, "seed {seed}: something is left");
    let alive: usize = game.args.census.0.lock().values().map(|(alive, _)| alive).sum();
    assert_eq!(alive, 0, "seed {seed}");
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

fn settled(game: &Game, seed: u64) {
    assert_eq!(*game.fates.overlaps.lock(), [], "seed {seed}: two lives that count");
    for (who, (_, most)) in game.args.census.0.lock().iter() {
        assert_eq!(*most, 1, "seed {seed}: two states of {who}");
    }
    for supervisor in ["root", "s"] {
        for view in game.runtime.children(&id(supervisor)).unwrap_or_default() {
            let is_settled = match view.state {
                ChildState::Running | ChildState::Ended | ChildState::Dismissed => true,
                ChildState::Parked { .. }
                | ChildState::Waiting
                | ChildState::Starting
                | ChildState::Stopping
                | ChildState::Backoff { .. } => false,
            };
            assert!(is_settled, "seed {seed}: {} is lost: {:?}", view.id, view.state);
            // A supervisor's own starts are not dealt with fates, and not counted.
            let starts = game.fates.spawned.lock().get(&view.id).copied().unwrap_or(u64::MAX);
            assert!(view.restarts < starts, "seed {seed}: {} {}", view.id, view.restarts);
        }
    }
}

fn counts(events: &[RuntimeEvent]) -> std::collections::BTreeMap<&'static str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for event in events {
        let name = match event {
            RuntimeEvent::Exited { reason, .. } => reason,
            RuntimeEvent::Unresponsive { .. } => "unresponsive",
            RuntimeEvent::FenceOver { .. } => "fence_over",
            RuntimeEvent::GaveUp { .. } => "gave_up",
            _ => continue,
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

#[test]
fn no_fault_at_an_act_breaks_a_rule() {
    let seeds = std::env::var("SYNOD_FAULT_SEEDS").ok();
    let seeds: u64 = seeds.map_or(60, |seeds| seeds.parse().expect("a number of seeds"));
    let mut all = Vec::new();
    for seed in 0..seeds {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let tokio = builder.enable_all().start_paused(true).build().unwrap();
        all.extend(tokio.block_on(play(seed, 80)));
    }
    let counts = counts(&all);
    let wanted = [
        "normal",
        "drained",
        "error",
        "panic",
        "killed",
        "start_failed",
        "start_timeout",
        "stop_timeout",
        "fenced",
        "fence_over",
        "unresponsive",
        "gave_up",
    ];
    let missing: Vec<_> = wanted.iter().filter(|name| !counts.contains_key(*name)).collect();
    assert!(missing.is_empty(), "in {seeds} games never {missing:?}: {counts:?}");
}

/// The root's supervisor may be gone when a supervisor below it wants the end of everything.
#[tokio::test(start_paused = true)]
async fn whoever_asks_a_root_that_is_gone_for_the_end_ends_with_it() {
    let game = Game::new(1).await;
    tokio::time::sleep(SECOND).await;
    let root = game.runtime.shared.shells.lock().get(&id("root")).cloned().unwrap();
    root.kill();
    let below = game.runtime.shared.shells.lock().get(&id("s")).cloned().unwrap();
    drop(below.cast(Order::Exit(Outcome::Stopped)));
    let mut running = game.running;
    assert!(tokio::time::timeout(60 * SECOND, running.ended()).await.is_ok());
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(game.fates.left(), 0);
}
