//! One hour: a tree, what is sent to it, and who works against it and for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use synod_supervision::core::{
    Backoff, ChildPolicy, Intensity, Restart, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Capacity, ChildSpec, Clock, Ended, Lane, Overflow, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::actor::ActorId;
use synod_types::time::Moment;
use tokio::task::JoinSet;

use crate::HOUR;
use crate::actor::{Deed, Player, PlayerArgs, Shared};
use crate::dice::Dice;
use crate::judge::judge;
use crate::trace::{Played, Trace};

pub(crate) const MILLI: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const STRATEGIES: [Strategy; 3] = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
/// Workers in each group; the last group is under the second.
const GROUPS: [usize; 4] = [3, 4, 2, 2];

pub(crate) fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

pub(crate) fn worker(who: usize) -> ActorId {
    id(&format!("worker-{who}"))
}

fn supervisor(group: usize) -> ActorId {
    id(&format!("group-{group}"))
}

/// A tree that runs.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) running: Running,
    pub(crate) shared: Arc<Shared>,
    /// Workers first, then supervisors.
    pub(crate) names: Vec<ActorId>,
}

impl World {
    /// Without dice, everyone is permanent and treated kindly. Who is patient is never killed for
    /// being slow to end.
    pub(crate) async fn begin(seed: u64, mut dice: Option<Dice>, is_patient: bool) -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000_000));
        let limits = RuntimeLimits {
            dead_letters_max: 1 << 16,
            watch_backlog: 1 << 10,
            ..RuntimeLimits::default()
        };
        let runtime = Runtime::new(clock, limits);
        let workers = GROUPS.iter().sum();
        let shared = Arc::new(Shared {
            seed,
            trace: Trace::new(clock),
            addresses: std::sync::OnceLock::new(),
            fates: parking_lot::Mutex::default(),
            alive: (0..workers).map(|_| std::sync::atomic::AtomicUsize::new(0)).collect(),
            is_cruel: AtomicBool::new(dice.is_some()),
            violations: parking_lot::Mutex::default(),
        });
        let capacity = Capacity { control: 4, high: 8, normal: 16 };
        let addresses: Vec<_> =
            (0..workers).map(|who| runtime.address(worker(who), capacity)).collect();
        let (mut groups, mut first) = (Vec::new(), 0);
        for (group, size) in GROUPS.into_iter().enumerate() {
            let children = (first..first + size).map(|who| {
                let args = PlayerArgs { shared: Arc::clone(&shared), who };
                let policy = worker_policy(who, dice.as_mut(), is_patient);
                ChildSpec::worker::<Player>(policy, &addresses[who], args)
            });
            let children: Vec<_> = children.collect();
            let policy = group_policy(group, dice.as_mut());
            groups.push(SupervisorSpec { id: supervisor(group), policy, children });
            first += size;
        }
        shared.addresses.set(addresses).unwrap();
        let below = groups.pop().unwrap();
        groups[1].children.push(ChildSpec::supervisor(patient(below.id.clone()), below));
        let children = groups
            .into_iter()
            .map(|spec| ChildSpec::supervisor(patient(spec.id.clone()), spec))
            .collect();
        let is_strict = dice.as_mut().is_some_and(|dice| dice.roll(8) == 0);
        let root = SupervisorPolicy {
            intensity: Intensity {
                restarts_max: if is_strict { 2 } else { 10_000 },
                period: 60 * SECOND,
            },
            ..group_policy(0, None)
        };
        let spec = SupervisorSpec { id: id("root"), policy: root, children };
        let running = runtime.start(spec).await.unwrap();
        let groups = (0..GROUPS.len()).map(supervisor);
        let names = (0..workers).map(worker).chain(groups).collect();
        Self { runtime, running, shared, names }
    }

    pub(crate) const fn workers(&self) -> usize {
        self.names.len() - GROUPS.len()
    }

    /// Workers that will not read their mail any more.
    fn retired(&self) -> Vec<bool> {
        let tree = self.runtime.tree(&id("root"));
        let states: BTreeMap<_, _> =
            tree.flatten().into_iter().map(|node| (node.id.clone(), node.state)).collect();
        (0..self.workers()).map(|who| states.get(&worker(who)) != Some(&"running")).collect()
    }

    /// Parcels for anyone, until nobody takes them.
    pub(crate) fn sender(
        &self,
        mut dice: Dice,
        pauses: Duration,
    ) -> impl Future<Output = ()> + use<> {
        let (shared, workers) = (Arc::clone(&self.shared), self.workers() as u64);
        async move {
            loop {
                for _ in 0..dice.roll(40) {
                    let to = dice.roll(workers) as usize;
                    send(&shared, &mut dice, to).await;
                    tokio::time::sleep(dice.time(30 * MILLI)).await;
                }
                let pause = match dice.roll(10) {
                    0..6 => 2 * SECOND,
                    6..9 => MINUTE,
                    _ => 10 * MINUTE,
                };
                tokio::time::sleep(dice.time(pause.min(pauses))).await;
            }
        }
    }

    /// Kills and restarts anyone, now and then several in a row.
    fn killer(&self, mut dice: Dice) -> impl Future<Output = ()> + use<> {
        let (runtime, shared) = (self.runtime.clone(), Arc::clone(&self.shared));
        let names = self.names.clone();
        async move {
            loop {
                tokio::time::sleep(dice.time(4 * MINUTE)).await;
                let target = dice.of(&names).clone();
                for _ in 0..=dice.roll(6) {
                    let (how, done) = match dice.roll(3) {
                        0 => ("restart", runtime.restart(&target)),
                        _ => ("kill", runtime.kill(&target)),
                    };
                    shared.trace.write(format_args!("{how} {target}: {}", done.is_ok()));
                    tokio::time::sleep(dice.time(50 * MILLI)).await;
                }
            }
        }
    }

    /// Kills whoever has mail and makes no progress.
    fn watchdog(&self) -> impl Future<Output = ()> + use<> {
        let (runtime, shared) = (self.runtime.clone(), Arc::clone(&self.shared));
        async move {
            let mut before = BTreeMap::new();
            loop {
                tokio::time::sleep(20 * SECOND).await;
                for node in runtime.tree(&id("root")).flatten() {
                    let was = before.insert(node.id.clone(), node.handled);
                    if 0 < node.mailbox_depth && was == Some(node.handled) {
                        let done = runtime.kill(&node.id);
                        shared.trace.write(format_args!("{} hangs: {}", node.id, done.is_ok()));
                    }
                }
            }
        }
    }

    fn watcher(&self) -> impl Future<Output = ()> + use<> {
        let (mut watch, trace) = (self.runtime.watch(), self.shared.trace.clone());
        async move {
            loop {
                trace.write(format_args!("{:?}", watch.recv().await));
            }
        }
    }
}

/// One parcel, as the dice say.
async fn send(shared: &Arc<Shared>, dice: &mut Dice, to: usize) {
    let lane = *dice.of(&[Lane::Normal, Lane::Normal, Lane::High, Lane::Control]);
    let overflow = *dice.of(&[Overflow::Wait, Overflow::Refuse, Overflow::DropOldest]);
    // Kind ones push nobody's mail aside.
    let is_cruel = shared.is_cruel.load(Ordering::SeqCst);
    let overflow = if is_cruel { overflow } else { Overflow::Wait };
    let workers = shared.alive.len() as u64;
    let deed = match dice.roll(if is_cruel { 40 } else { 35 }) {
        0..10 => Deed::Dwell(dice.time(100 * MILLI)),
        10..15 => Deed::Pipe(dice.time(5 * SECOND)),
        15..18 => Deed::Wake(dice.time(MINUTE)),
        18..22 => Deed::Forward(dice.roll(workers) as usize),
        22..26 => Deed::Ask(dice.roll(workers) as usize),
        35 => Deed::Panic,
        36 | 37 => Deed::Fail,
        38 => Deed::PanicInPipe,
        39 => Deed::Hang,
        _ => Deed::Nothing,
    };
    let (number, parcel) = shared.parcel(to, (lane, overflow), deed);
    let sent = tokio::time::timeout(dice.time(2 * SECOND), shared.address(to).send(parcel)).await;
    if matches!(sent, Ok(Ok(()))) {
        shared.accepted(number);
    }
}

fn worker_policy(who: usize, dice: Option<&mut Dice>, is_patient: bool) -> ChildPolicy {
    let mut policy = patient(worker(who));
    if let Some(dice) = dice {
        policy.start_timeout = 2 * SECOND;
        policy.restart = match dice.roll(8) {
            0 => Restart::Temporary,
            1 => Restart::Transient,
            _ => Restart::Permanent,
        };
        if !is_patient {
            policy.stop_timeout = *dice.of(&[Duration::ZERO, 50 * MILLI, 5 * SECOND, MINUTE]);
        }
    }
    policy
}

fn patient(id: ActorId) -> ChildPolicy {
    ChildPolicy { start_timeout: HOUR, stop_timeout: HOUR, ..ChildPolicy::new(id) }
}

fn group_policy(group: usize, dice: Option<&mut Dice>) -> SupervisorPolicy {
    let mut policy = SupervisorPolicy {
        strategy: STRATEGIES[group % STRATEGIES.len()],
        intensity: Intensity { restarts_max: 3, period: SECOND },
        backoff: Backoff {
            first: 10 * MILLI,
            max: SECOND,
            jitter_percent: 20,
            reset_after: 10 * SECOND,
        },
        seed: group as u64,
        ..SupervisorPolicy::DEFAULT
    };
    if let Some(dice) = dice {
        policy.strategy = *dice.of(&STRATEGIES);
        policy.intensity.restarts_max = dice.roll(6) as u32;
        policy.intensity.period = SECOND + dice.time(30 * SECOND);
        policy.backoff.first = dice.time(50 * MILLI);
        policy.backoff.jitter_percent = dice.roll(101) as u8;
    }
    policy
}

/// An hour of trouble. Every second seed has peace before the end, which then comes under load;
/// for the others the end comes in the middle of everything.
pub(crate) async fn hour(seed: u64) -> Played {
    let mut dice = Dice::new(seed);
    let is_peaceful = seed.is_multiple_of(2);
    let mut world = World::begin(seed, Some(dice.for_the(1)), is_peaceful).await;
    let clock = world.runtime.clock();
    let begun = clock.now();
    let (mut all, mut cruel) = (JoinSet::new(), JoinSet::new());
    all.spawn(world.watcher());
    all.spawn(world.watchdog());
    all.spawn(world.sender(dice.for_the(2), HOUR));
    cruel.spawn(world.killer(dice.for_the(3)));

    let mut peace = None;
    if is_peaceful {
        tokio::time::sleep(50 * MINUTE).await;
        world.shared.is_cruel.store(false, Ordering::SeqCst);
        cruel.shutdown().await;
        // Until all that was sent in worse times has done its harm.
        tokio::time::sleep(9 * MINUTE).await;
        peace = Some(world.shared.fates.lock().len());
    } else {
        tokio::time::sleep(59 * MINUTE).await;
    }
    for n in 0..3 {
        all.spawn(world.sender(dice.for_the(4 + n), SECOND));
    }
    tokio::time::sleep(30 * SECOND + dice.time(30 * SECOND)).await;
    let retired = world.retired();
    world.shared.trace.write("the end");
    world.running.stop();
    let ended = world.running.ended().await;
    world.shared.trace.write(format_args!("{ended:?}"));
    let time = clock.now().since(begun);
    world.running.abandon();
    cruel.shutdown().await;
    all.shutdown().await;
    let peace = peace.filter(|_| ended == Ended::Stopped);
    let figures = judge(&world, peace, &retired);
    Played::new(world.shared.trace.take(), time, figures)
}
