//! A tree that runs, those who send to it, and its judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Address, Capacity, ChildSpec, Clock, ReformError, Running, Runtime, RuntimeLimits,
    SupervisorSpec,
};
use synod_types::actor::ActorId;
use tokio::task::JoinSet;

use super::Sum;
use super::actor::{Handled, Number, Values, Writer};
use super::model::{Group, Model, Part, ROOT};
use crate::dice::Dice;

const ROOM: Capacity = Capacity { control: 4, high: 4, normal: 64 };
const SENDERS: u64 = 3;

/// An address of either kind.
#[derive(Clone)]
enum Door {
    Zero(Address<Number<0>>),
    One(Address<Number<1>>),
}

impl Door {
    fn tell(&self, number: u64) -> bool {
        match self {
            Self::Zero(address) => address.tell(Number(number)).is_ok(),
            Self::One(address) => address.tell(Number(number)).is_ok(),
        }
    }
}

/// Where each actor listens, and what it was made from.
#[derive(Clone, Default)]
struct Made {
    doors: BTreeMap<u64, Door>,
    specs: BTreeMap<u64, ChildSpec>,
}

#[derive(Default)]
struct Post {
    accepted: Vec<u64>,
    refused: usize,
    next: u64,
}

pub(super) struct World {
    runtime: Runtime,
    running: Running,
    model: Model,
    made: Made,
    doors: Arc<Mutex<BTreeMap<u64, Door>>>,
    post: Arc<Mutex<Post>>,
    handled: Handled,
    senders: JoinSet<()>,
}

impl World {
    pub(super) async fn begin(dice: &mut Dice) -> Self {
        let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
        let (handled, model) = (Handled::default(), Model::random(dice));
        let made = make(&runtime, &model, None, &handled);
        let mut running = runtime.start(supervisor(&model, &made, ROOT)).await.unwrap();
        assert!(running.ready().await);
        let doors = Arc::new(Mutex::new(made.doors.clone()));
        let post = Arc::<Mutex<Post>>::default();
        let mut senders = JoinSet::new();
        for n in 0..SENDERS {
            senders.spawn(send(dice.for_the(n), Arc::clone(&doors), Arc::clone(&post)));
        }
        Self { runtime, running, model, made, doors, post, handled, senders }
    }

    /// One difference: applied, or undone, or refused.
    pub(super) async fn reload(&mut self, dice: &mut Dice, sum: &mut Sum) {
        tokio::time::sleep(dice.time(Duration::from_millis(300))).await;
        let mut model = self.model.changed(dice);
        let moved = if dice.roll(12) == 0 { model.move_group() } else { None };
        let stood = moved.and_then(|id| self.model.parents().get(&id).copied());
        let is_moved = stood.is_some_and(|under| under != ROOT);
        let made = make(&self.runtime, &model, Some((&self.model, &self.made)), &self.handled);
        let untouched: BTreeSet<ActorId> =
            self.model.untouched(&model).into_iter().map(name).collect();
        let all: BTreeSet<ActorId> = self.model.actors.keys().copied().map(name).collect();
        let touched = all.difference(&untouched).cloned().collect();
        let before = self.runtime.tree_digest(&name(ROOT), &touched);
        let lives = self.lives(&untouched);
        let outcome = self.runtime.reform(supervisor(&model, &made, ROOT)).await;
        sum.diffs += 1;
        sum.untouched += untouched.len();
        assert!(lives.values().all(|&life| 0 < life), "{lives:?}");
        assert_eq!(self.lives(&untouched), lives, "{outcome:?}");
        match outcome {
            Ok(reformed) => {
                assert!(!is_moved);
                sum.applied += 1;
                sum.added += reformed.added.len();
                sum.removed += reformed.removed.len();
                sum.restarted += reformed.restarted.len();
                (self.model, self.made) = (model, made);
                *self.doors.lock() = self.made.doors.clone();
                self.check_tree();
            }
            Err(error) => {
                let after = self.runtime.tree_digest(&name(ROOT), &touched);
                assert_eq!(after, before, "{error}");
                match error {
                    ReformError::Undone { .. } => sum.undone += 1,
                    ReformError::Moves(_) => sum.refused += 1,
                    other => panic!("{other}"),
                }
            }
        }
    }

    fn lives(&self, of: &BTreeSet<ActorId>) -> BTreeMap<ActorId, u64> {
        let tree = self.runtime.tree(&name(ROOT));
        let nodes = tree.flatten().into_iter().filter(|node| of.contains(&node.id));
        nodes.map(|node| (node.id.clone(), node.incarnation.0)).collect()
    }

    /// The tree is the one of the model, name by name and in order.
    fn check_tree(&self) {
        let tree = self.runtime.tree(&name(ROOT));
        for node in std::iter::once(&tree).chain(below(&tree)) {
            let children: Vec<&ActorId> = node.children.iter().map(|it| &it.node.id).collect();
            let id: u64 = node.node.id.as_str()[1..].parse().unwrap();
            let expected = self.model.groups.get(&id).map(|group| group.children.as_slice());
            let expected: Vec<ActorId> =
                expected.unwrap_or_default().iter().copied().map(name).collect();
            assert_eq!(children, expected.iter().collect::<Vec<_>>(), "{}", node.node.id);
        }
    }

    /// Ends everything; every number that was accepted was handled once.
    pub(super) async fn end(mut self, sum: &mut Sum) {
        self.senders.shutdown().await;
        self.running.stop();
        self.running.ended().await;
        self.running.abandon();
        assert_eq!(self.runtime.dead_letters(), []);
        let (post, handled) = (self.post.lock(), self.handled.lock());
        for number in &post.accepted {
            assert_eq!(handled.get(number), Some(&1), "{number}");
        }
        sum.accepted += post.accepted.len();
        sum.handled += handled.len();
        sum.refused_messages += post.refused;
    }
}

fn below(tree: &synod_supervision::TreeView) -> Vec<&synod_supervision::TreeView> {
    tree.children.iter().flat_map(|child| std::iter::once(child).chain(below(child))).collect()
}

/// Sends to whoever is there, in bursts.
async fn send(mut dice: Dice, doors: Arc<Mutex<BTreeMap<u64, Door>>>, post: Arc<Mutex<Post>>) {
    loop {
        tokio::time::sleep(dice.time(Duration::from_millis(40))).await;
        for _ in 0..dice.roll(6) {
            let all: Vec<Door> = doors.lock().values().cloned().collect();
            if all.is_empty() {
                continue;
            }
            let mut post = post.lock();
            let number = post.next;
            post.next += 1;
            if dice.of(&all).tell(number) {
                post.accepted.push(number);
            } else {
                post.refused += 1;
            }
        }
    }
}

fn name(id: u64) -> ActorId {
    ActorId::new(&format!("n{id}")).unwrap()
}

/// Makes what is new or changed, and takes the rest from what runs.
fn make(
    runtime: &Runtime,
    model: &Model,
    running: Option<(&Model, &Made)>,
    handled: &Handled,
) -> Made {
    let mut made = Made::default();
    for (id, part) in &model.actors {
        let known = running.and_then(|(model, made)| {
            Some((model.actors.get(id)?, made.doors.get(id)?, made.specs.get(id)?))
        });
        let (door, spec) = match known {
            Some((was, door, spec)) if was == part => (door.clone(), spec.clone()),
            Some((was, door, _)) if was.kind == part.kind => {
                (door.clone(), child(*id, part, door, handled))
            }
            _ => {
                let door = match (part.kind, running) {
                    (0, None) => Door::Zero(runtime.address(name(*id), ROOM)),
                    (0, Some(_)) => Door::Zero(runtime.unlisted_address(name(*id), ROOM)),
                    (_, None) => Door::One(runtime.address(name(*id), ROOM)),
                    (_, Some(_)) => Door::One(runtime.unlisted_address(name(*id), ROOM)),
                };
                let spec = child(*id, part, &door, handled);
                (door, spec)
            }
        };
        made.doors.insert(*id, door);
        made.specs.insert(*id, spec);
    }
    made
}

fn child(id: u64, part: &Part, door: &Door, handled: &Handled) -> ChildSpec {
    let policy =
        ChildPolicy { stop_timeout: Duration::from_secs(600), ..ChildPolicy::new(name(id)) };
    let Part { begins, dwells, .. } = *part;
    let values = Values { begins, dwells, handled: Arc::clone(handled) };
    match door {
        Door::Zero(address) => ChildSpec::worker::<Writer<0>>(policy, address, values),
        Door::One(address) => ChildSpec::worker::<Writer<1>>(policy, address, values),
    }
}

fn supervisor(model: &Model, made: &Made, id: u64) -> SupervisorSpec {
    let group = &model.groups[&id];
    let children = group.children.iter().map(|child| match model.groups.get(child) {
        None => made.specs[child].clone(),
        Some(below) => {
            let policy = ChildPolicy {
                start_timeout: Duration::from_secs(3_600),
                stop_timeout: Duration::from_secs(below.stop_seconds * 20),
                ..ChildPolicy::new(name(*child))
            };
            ChildSpec::supervisor(policy, supervisor(model, made, *child))
        }
    });
    SupervisorSpec { id: name(id), policy: policy(group), children: children.collect() }
}

fn policy(group: &Group) -> SupervisorPolicy {
    let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
    SupervisorPolicy {
        strategy: strategies[group.strategy as usize],
        intensity: Intensity { restarts_max: group.restarts_max, period: Duration::from_secs(60) },
        backoff: Backoff { jitter_percent: 0, ..SupervisorPolicy::default().backoff },
        ..SupervisorPolicy::default()
    }
}
