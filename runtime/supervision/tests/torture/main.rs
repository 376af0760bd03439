//! Random orders, kills, restarts and ends under load, from seeds, on paused time and on threads.
//! Whatever happens: every accepted message is handled once and in order, save what was in hand;
//! that is a dead letter; every asker is told; incarnations never overlap; nobody is left behind.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod soldier;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use soldier::{Deed, Dice, Ledger, Order, Soldier, SoldierArgs};
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, CallError, Capacity, ChildSpec, Clock, DeadReason, Ended, Lane, Pending, Reply,
    Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::ActorId;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3_600);
const MILLI: Duration = Duration::from_millis(1);
const STRATEGIES: [Strategy; 3] = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn child(name: &str, stop_timeout: Duration) -> ChildPolicy {
    ChildPolicy { start_timeout: HOUR, stop_timeout, ..ChildPolicy::new(id(name)) }
}

fn policy(strategy: Strategy, restarts_max: u32) -> SupervisorPolicy {
    let backoff =
        Backoff { first: MILLI, max: 4 * MILLI, jitter_percent: 50, reset_after: 100 * MILLI };
    let intensity = Intensity { restarts_max, period: 20 * MILLI };
    SupervisorPolicy { strategy, intensity, backoff, seed: 1, ..SupervisorPolicy::DEFAULT }
}

/// One soldier, what he was ordered, and what he did.
#[derive(Clone)]
struct Post {
    id: ActorId,
    address: Address<Order>,
    ledger: Arc<Ledger>,
    accepted: Arc<Mutex<Vec<(Lane, u64)>>>,
}

struct War {
    runtime: Runtime,
    running: Running,
    posts: Vec<Post>,
    /// Whoever may be killed: soldiers and their supervisors.
    targets: Vec<ActorId>,
    next: Arc<AtomicU64>,
    answers: Arc<Mutex<Vec<Pending<u64>>>>,
}

impl War {
    /// Three supervisors with three soldiers each, one of every strategy.
    async fn begin(dice: Option<&Dice>, stop_timeout: Duration) -> Self {
        let limits = RuntimeLimits { dead_letters_max: 1 << 20, ..RuntimeLimits::default() };
        let runtime = Runtime::new(Clock::system(), limits);
        let starts = dice.map(|dice| Arc::new(Mutex::new(dice.clone())));
        let (mut posts, mut targets, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for (g, strategy) in STRATEGIES.into_iter().enumerate() {
            let mut children = Vec::new();
            // Taken in hand one by one, a few at once, many at once.
            for (s, normal) in [3, 48, 256].into_iter().enumerate() {
                let name = format!("soldier-{g}-{s}");
                let address = runtime.address(id(&name), Capacity { control: 3, high: 3, normal });
                let ledger = Arc::<Ledger>::default();
                let args = SoldierArgs { ledger: Arc::clone(&ledger), dice: starts.clone() };
                let policy = child(&name, stop_timeout);
                children.push(ChildSpec::worker::<Soldier>(policy, &address, args));
                targets.push(id(&name));
                posts.push(Post { id: id(&name), address, ledger, accepted: Arc::default() });
            }
            let name = format!("group-{g}");
            targets.push(id(&name));
            let spec = SupervisorSpec { id: id(&name), policy: policy(strategy, 8), children };
            groups.push(ChildSpec::supervisor(child(&name, HOUR), spec));
        }
        let root = policy(Strategy::OneForOne, 1_000);
        let spec = SupervisorSpec { id: id("root"), policy: root, children: groups };
        let mut running = runtime.start(spec).await.unwrap();
        assert!(running.ready().await);
        let (next, answers) = (Arc::new(AtomicU64::new(1)), Arc::default());
        Self { runtime, running, posts, targets, next, answers }
    }

    /// Orders for one soldier until there are enough or nobody takes them.
    fn sender(
        &self,
        post: &Post,
        mut dice: Dice,
        orders: u64,
        is_cruel: bool,
    ) -> impl Future<Output = ()> + use<> {
        let (post, next, answers) =
            (post.clone(), Arc::clone(&self.next), Arc::clone(&self.answers));
        async move {
            for _ in 0..orders {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let lane = [Lane::Normal, Lane::Normal, Lane::High][dice.roll(3) as usize];
                let (deed, answer) = deed(&mut dice, is_cruel);
                let order = Order { number, lane, deed };
                let taken = match dice.roll(4) {
                    0 => post.address.tell(order).is_ok(),
                    1 => {
                        let sent =
                            tokio::time::timeout(dice.time(), post.address.send(order)).await;
                        matches!(sent, Ok(Ok(())))
                    }
                    _ => post.address.send(order).await.is_ok(),
                };
                if taken {
                    post.accepted.lock().push((lane, number));
                    answers.lock().extend(answer);
                } else if let Some(answer) = answer {
                    assert_eq!(answer.within(HOUR).await, Err(CallError::Dropped));
                }
                if dice.roll(8) == 0 {
                    tokio::time::sleep(dice.time()).await;
                }
            }
        }
    }

    fn killer(&self, mut dice: Dice, rounds: u64) -> impl Future<Output = ()> + use<> {
        let (runtime, targets) = (self.runtime.clone(), self.targets.clone());
        async move {
            for _ in 0..rounds {
                tokio::time::sleep(dice.time()).await;
                let target = &targets[dice.roll(targets.len() as u64) as usize];
                if dice.roll(4) == 0 {
                    // Refused while it is between two incarnations.
                    drop(runtime.restart(target));
                } else {
                    drop(runtime.kill(target));
                }
            }
        }
    }

    /// Until all mailboxes are empty; who makes no progress hangs, and is killed.
    async fn quiet(&self) {
        for round in 0.. {
            let tree = self.runtime.tree(&id("root"));
            let busy: Vec<_> =
                tree.flatten().into_iter().filter(|node| 0 < node.mailbox_depth).collect();
            if busy.is_empty() {
                return;
            }
            assert!(round < 20_000, "nobody looks at {busy:#?}");
            if round % 20 == 19 {
                busy.iter().for_each(|node| drop(self.runtime.kill(&node.id)));
            }
            tokio::time::sleep(MILLI).await;
        }
    }

    /// Everyone is alive and listens, now that there is peace.
    async fn roll_call(&self) {
        for post in &self.posts {
            let mut tries = 0;
            loop {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let ask = |reply| {
                    post.accepted.lock().push((Lane::Normal, number));
                    Order { number, lane: Lane::Normal, deed: Deed::Ask(reply) }
                };
                match post.address.call(500 * MILLI, ask).await {
                    Ok(answer) => break assert_eq!(answer, number),
                    Err(CallError::Dropped) if tries < 50 => tries += 1,
                    // One that hangs with nothing else to do.
                    Err(CallError::Timeout) if tries < 10 => {
                        self.runtime.kill(&post.id).unwrap();
                        tries += 1;
                    }
                    Err(error) => panic!("{} is left behind: {error}", post.id),
                }
            }
        }
    }

    async fn end(&mut self) {
        self.running.stop();
        assert_eq!(self.running.ended().await, Ended::Stopped);
        self.running.abandon();
    }

    /// Every asker has been told.
    async fn answers(&self) {
        let answers = std::mem::take(&mut *self.answers.lock());
        for answer in answers {
            let told = answer.within(HOUR).await;
            let is_told = matches!(told, Ok(_) | Err(CallError::Dropped));
            assert!(is_told, "an asker is not told: {told:?}");
        }
    }

    /// Holds what was done against what was ordered.
    fn judge(&self, is_peaceful: bool) {
        let dead = self.runtime.dead_letters();
        for post in &self.posts {
            let ledger = &post.ledger;
            assert_eq!(*ledger.violations.lock(), [""; 0]);
            assert_eq!(ledger.alive.load(Ordering::SeqCst), 0);
            assert_eq!(ledger.piped.load(Ordering::SeqCst), 0);
            let letters = |reason| {
                let of = |d: &&_| -> bool {
                    let d: &synod_supervision::DeadLetter = d;
                    d.actor == post.id && d.kind == "order" && d.reason == reason
                };
                dead.iter().filter(of).count()
            };
            let (begun, ended) = (ledger.begun.lock(), ledger.ended.lock());
            let accepted = post.accepted.lock();
            for wanted in [Lane::Normal, Lane::High] {
                let of_lane = |&(lane, number): &_| (lane == wanted).then_some(number);
                let ordered: Vec<u64> = accepted.iter().filter_map(of_lane).collect();
                let begun = begun.iter().map(|&(_, lane, number)| (lane, number));
                let begun: Vec<u64> = begun.filter_map(|order| of_lane(&order)).collect();
                assert!(ordered.starts_with(&begun), "{}: {ordered:?}, but {begun:?}", post.id);
            }
            let abandoned = accepted.len() - begun.len();
            assert_eq!(letters(DeadReason::Abandoned), abandoned, "{}", post.id);
            assert_eq!(letters(DeadReason::InHand), begun.len() - ended.len(), "{}", post.id);
            let (started, done) = (ledger.started.lock(), ledger.done.lock());
            if is_peaceful {
                assert_eq!((abandoned, begun.len()), (0, ended.len()), "{}", post.id);
                let missing: BTreeSet<_> = started.difference(&done).collect();
                assert!(missing.is_empty(), "{}: {missing:?} never came back", post.id);
            }
        }
    }
}

fn deed(dice: &mut Dice, is_cruel: bool) -> (Deed, Option<Pending<u64>>) {
    let deed = match dice.roll(if is_cruel { 20 } else { 16 }) {
        0..=6 => Deed::Nothing,
        7..=8 => Deed::Dwell(dice.time() / 4),
        9..=10 => Deed::Pipe(dice.time()),
        11 => Deed::Block(dice.time()),
        12 => Deed::Wake(dice.time()),
        13 | 14 => {
            let (reply, pending) = Reply::channel();
            return (Deed::Ask(reply), Some(pending));
        }
        15 => {
            let (reply, pending) = Reply::channel();
            return (Deed::Keep(reply), Some(pending));
        }
        16 => Deed::Panic,
        17 => Deed::Fail,
        18 => Deed::PanicInPipe,
        _ => Deed::Hang,
    };
    (deed, None)
}

async fn all(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

/// Everything goes wrong, then there is peace, then the end.
async fn siege(seed: u64, orders: u64) {
    let dice = Dice(seed);
    let mut war = War::begin(Some(&dice), 50 * MILLI).await;
    let mut tasks = JoinSet::new();
    for (n, post) in war.posts.iter().enumerate() {
        tasks.spawn(war.sender(post, Dice(seed ^ (n as u64 + 1) << 32), orders, true));
    }
    let mut killer = JoinSet::new();
    killer.spawn(war.killer(Dice(!seed), u64::MAX));
    all(&mut tasks).await;
    killer.shutdown().await;
    war.quiet().await;
    war.roll_call().await;
    war.quiet().await;
    war.end().await;
    war.answers().await;
    war.judge(false);
}

/// The end comes in the middle of everything.
async fn fall(seed: u64, after: Duration) {
    let dice = Dice(seed);
    let mut war = War::begin(Some(&dice), 5 * MILLI).await;
    let mut tasks = JoinSet::new();
    for (n, post) in war.posts.iter().enumerate() {
        tasks.spawn(war.sender(post, Dice(seed ^ (n as u64 + 1) << 32), 400, true));
    }
    let mut killer = JoinSet::new();
    killer.spawn(war.killer(Dice(!seed), u64::MAX));
    tokio::time::sleep(after).await;
    war.end().await;
    killer.shutdown().await;
    all(&mut tasks).await;
    war.answers().await;
    war.judge(false);
}

/// Nobody is harmed, and the end comes under load: all that was accepted is handled, and all work
/// that was begun comes back.
async fn retreat(seed: u64, after: Duration) {
    let mut war = War::begin(None, HOUR).await;
    let mut tasks = JoinSet::new();
    for (n, post) in war.posts.iter().enumerate() {
        tasks.spawn(war.sender(post, Dice(seed ^ (n as u64 + 1) << 32), 400, false));
    }
    tokio::time::sleep(after).await;
    war.end().await;
    all(&mut tasks).await;
    war.answers().await;
    war.judge(true);
}

fn paused(scene: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(scene);
}

fn threaded(scene: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_time().worker_threads(3).build().unwrap().block_on(scene);
}

/// Which seeds: `TORTURE_SEEDS=1000 …` for a long run.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("TORTURE_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..asked.unwrap_or(usual)
}

fn silence() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload().downcast_ref::<&str>().copied().unwrap_or_default();
        if !["told to", "in a pipe", "born badly"].contains(&text) {
            let text = panic.payload().downcast_ref::<String>().map_or(text, String::as_str);
            #[expect(clippy::print_stderr, reason = "this is what a panic hook is for")]
            {
                eprintln!("{text} at {:?}", panic.location());
            }
        }
    }));
}

#[test]
fn a_siege_on_paused_time() {
    silence();
    seeds(20).for_each(|seed| paused(siege(seed, 150)));
}

#[test]
fn a_siege_on_threads() {
    silence();
    seeds(4).for_each(|seed| threaded(siege(seed, 150)));
}

#[test]
fn a_fall_on_paused_time() {
    silence();
    seeds(40).for_each(|seed| paused(fall(seed, Dice(seed).time() * 20)));
}

#[test]
fn a_fall_on_threads() {
    silence();
    seeds(10).for_each(|seed| threaded(fall(seed, Dice(seed).time() * 20)));
}

#[test]
fn a_retreat_on_paused_time() {
    silence();
    seeds(40).for_each(|seed| paused(retreat(seed, Dice(seed).time() * 20)));
}

#[test]
fn a_retreat_on_threads() {
    silence();
    seeds(10).for_each(|seed| threaded(retreat(seed, Dice(seed).time() * 20)));
}
