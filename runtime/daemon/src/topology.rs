//! Introduces actors to one another: a checked configuration becomes a tree of specifications,
//! every actor with the outlets its edges name.

mod addresses;
mod alloy;
mod chain;
mod desks;
mod knowledge;
mod policy;
pub(crate) mod service;
pub(crate) mod store;

pub use desks::Desks;
pub use service::{RemoteView, inspect_keys, look_at_remotes, remotes};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_config::{Actor, Child, Config, Plan, Settings, Verb};
use synod_protocol::store::StoreMsg;
use synod_protocol::task::TaskEvent;
use synod_supervision::core::{BreakerPolicy, Strategy, SupervisorPolicy, WatchPolicy};
use synod_supervision::{Breaker, ChildSpec, Failure, Outlet, Runtime, SupervisorSpec};
use synod_types::actor::ActorId;
use synod_types::signature::PublicKey;
use synod_types::time::Moment;

use addresses::Addresses;

/// A tree ready to be started, and whom to ask from outside of it.
pub struct House {
    /// The root supervisor and all below it.
    pub root: SupervisorSpec,
    addresses: Addresses,
    keys: BTreeMap<ActorId, PublicKey>,
    breakers: Breakers,
    /// How the watchdog looks at each actor, and how often it may die of one message.
    watches: BTreeMap<ActorId, (WatchPolicy, usize)>,
}

impl House {
    /// Says how the watchdog is to look at each of its actors, and when a message is quarantined.
    ///
    /// # Errors
    /// [`TopologyError`]: one of them does not run here.
    pub fn watch_over(&self, runtime: &Runtime) -> Result<(), TopologyError> {
        self.watches.iter().try_for_each(|(id, (policy, poison_after))| {
            let watched = runtime.watch_over(id, *policy);
            let guarded = runtime.quarantine_after(id, *poison_after);
            watched.and(guarded).map_err(|error| TopologyError::new(id, error))
        })
    }

    /// Outlets for the surfaces.
    pub fn desks(&self) -> Desks {
        Desks::of(&self.addresses)
    }

    /// The breakers of its actors.
    pub fn breakers(&self) -> impl Iterator<Item = &Arc<Breaker>> {
        self.breakers.values().map(|(_, breaker)| breaker)
    }
}

/// By actor, each with the rules it was made by.
type Breakers = BTreeMap<ActorId, (BreakerPolicy, Arc<Breaker>)>;

/// A house that runs, and what is to become of it.
#[derive(Clone, Copy)]
struct Standing<'a> {
    house: &'a House,
    plan: &'a Plan,
}

impl Standing<'_> {
    fn verb(&self, id: &ActorId) -> Option<Verb> {
        self.plan.actors.get(id).map(|step| step.verb)
    }

    /// What is made anew for it is nothing at all: it runs as it is, be it elsewhere.
    fn kept(&self, id: &ActorId) -> Option<ChildSpec> {
        match self.verb(id)? {
            Verb::Untouched | Verb::Moved => self.house.root.find(id),
            Verb::Added | Verb::Removed | Verb::Replaced | Verb::Changed => None,
        }
    }
}

/// Why a checked configuration cannot be run on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{actor}: {why}")]
pub struct TopologyError {
    /// Whose.
    pub actor: ActorId,
    /// What is in the way, and what to do.
    pub why: String,
}

impl TopologyError {
    fn new(actor: &ActorId, why: impl std::fmt::Display) -> Self {
        Self { actor: actor.clone(), why: why.to_string() }
    }

    /// With all causes of `error`.
    fn caused(actor: &ActorId, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(actor, Failure::from(error).chain())
    }
}

/// Makes every address, then every actor's arguments, then the tree. Opens the journals and
/// reads the keys; starts nothing.
///
/// # Errors
/// [`TopologyError`].
pub fn compile(config: &Config, runtime: &Runtime, extras: Extras) -> Result<House, TopologyError> {
    let addresses = Addresses::make(config, runtime)?;
    let house = build(config, runtime, extras, (addresses, None))?;
    house.watch_over(runtime)?;
    Ok(house)
}

/// Makes what is new or changed by the plan, and takes the rest from the house that runs. Opens
/// new journals and reads the keys; whoever runs notices nothing.
///
/// # Errors
/// [`TopologyError`]; nothing has changed.
pub fn rebuild(
    config: &Config,
    runtime: &Runtime,
    house: &House,
    plan: &Plan,
) -> Result<House, TopologyError> {
    let standing = Standing { house, plan };
    let is_kept = |id: &ActorId| standing.verb(id).is_some_and(|verb| verb != Verb::Replaced);
    let addresses = house.addresses.remade(config, runtime, &is_kept)?;
    build(config, runtime, Extras::default(), (addresses, Some(standing)))
}

fn build(
    config: &Config,
    runtime: &Runtime,
    extras: Extras,
    (addresses, standing): (Addresses, Option<Standing<'_>>),
) -> Result<House, TopologyError> {
    let mut maker = Maker {
        config,
        runtime,
        addresses: &addresses,
        extras,
        data_dir: &config.runtime.data_dir,
        keys: BTreeMap::new(),
        breakers: RefCell::default(),
        standing,
    };
    maker.read_keys()?;
    let mut root = maker.supervisor(&config.topology.root)?;
    root.children.extend(std::mem::take(&mut maker.extras.children));
    let (keys, breakers) = (maker.keys, maker.breakers.into_inner());
    let mut watches = BTreeMap::new();
    for (id, actor) in &config.topology.actors {
        let readers = addresses.readers(id).into_iter();
        let rules = (policy::of_watch(actor), actor.poison_after);
        watches.extend(readers.map(|id| (id.clone(), rules)));
    }
    Ok(House { root, addresses, keys, breakers, watches })
}

/// What a daemon adds to what the file says.
#[derive(Default)]
pub struct Extras {
    /// The time on simulated chains; that of the runtime, unless given.
    pub chain_clock: Option<Arc<dyn Fn() -> Moment + Send + Sync>>,
    /// Who hears of accepted, certified and failed tasks.
    pub listener: Option<Outlet<TaskEvent>>,
    /// More children of the root, started last.
    pub children: Vec<ChildSpec>,
}

/// What is at hand while arguments are made.
struct Maker<'a> {
    config: &'a Config,
    runtime: &'a Runtime,
    addresses: &'a Addresses,
    extras: Extras,
    data_dir: &'a Path,
    /// Public halves of the keys that signers here hold.
    keys: BTreeMap<ActorId, PublicKey>,
    breakers: RefCell<Breakers>,
    standing: Option<Standing<'a>>,
}

impl Maker<'_> {
    fn supervisor(&self, id: &ActorId) -> Result<SupervisorSpec, TopologyError> {
        let topology = &self.config.topology;
        let Some(supervisor) = topology.supervisors.get(id) else {
            return Err(TopologyError::new(id, "is no supervisor"));
        };
        let children = supervisor.children.iter().map(|child| match child {
            Child::Actor(id) => self.actor(id),
            Child::Supervisor(below) => {
                let Some(section) = topology.supervisors.get(below) else {
                    return Err(TopologyError::new(below, "is no supervisor"));
                };
                let policy = policy::of_supervisor_as_child(below, section);
                Ok(ChildSpec::supervisor(policy, self.supervisor(below)?))
            }
        });
        Ok(SupervisorSpec {
            id: id.clone(),
            policy: self.supervision(supervisor),
            children: children.collect::<Result<_, _>>()?,
        })
    }

    /// What chance is drawn from.
    fn seed(&self) -> u64 {
        self.config.runtime.seed.unwrap_or_default()
    }

    fn actor(&self, id: &ActorId) -> Result<ChildSpec, TopologyError> {
        let Some(actor) = self.config.topology.actors.get(id) else {
            return Err(TopologyError::new(id, "is no actor"));
        };
        if let Some(kept) = self.standing.and_then(|standing| standing.kept(id)) {
            self.keep_breaker(id);
            return Ok(kept);
        }
        Ok(self.of_kind(id, actor)?.of_class(policy::class(actor.class)))
    }

    fn of_kind(&self, id: &ActorId, actor: &Actor) -> Result<ChildSpec, TopologyError> {
        let policy = policy::of_actor(id, actor);
        match &actor.settings {
            Settings::Store(settings) => self.store(id, policy, settings),
            Settings::Chain(settings) => self.chain(id, policy, settings),
            Settings::Embedding(settings) => self.embedding(id, policy, settings),
            Settings::Memory(settings) => Ok(self.memory(id, policy, settings)),
            Settings::Signer(settings) => Ok(self.signer(id, policy, settings)),
            Settings::Executor(settings) => self.executor(id, policy, settings),
            Settings::Aggregation(settings) => self.aggregation(id, policy, settings),
            Settings::Quorum(settings) => self.quorum(id, policy, settings),
            Settings::Task(settings) => self.task(id, policy, settings),
        }
    }

    fn supervision(&self, section: &synod_config::Supervisor) -> SupervisorPolicy {
        policy::of_supervisor(section, self.seed())
    }

    /// How the workers of the pool `id` are restarted: as its supervisor restarts, each by itself.
    fn above_pool(&self, id: &ActorId) -> Result<SupervisorPolicy, TopologyError> {
        let topology = &self.config.topology;
        let supervisor = topology.actors.get(id).map(|actor| &actor.supervisor);
        let section = supervisor.and_then(|supervisor| topology.supervisors.get(supervisor));
        let section = section.ok_or_else(|| TopologyError::new(id, "has no supervisor"))?;
        Ok(SupervisorPolicy { strategy: Strategy::OneForOne, ..self.supervision(section) })
    }

    /// The breaker of an actor: the one it has, if that goes by these rules.
    fn breaker(&self, id: &ActorId, policy: BreakerPolicy) -> Arc<Breaker> {
        let known = self.standing.and_then(|standing| standing.house.breakers.get(id));
        let breaker = match known {
            Some((rules, breaker)) if *rules == policy => Arc::clone(breaker),
            Some(_) => self.runtime.unlisted_breaker(id.as_str(), policy),
            None if self.standing.is_some() => self.runtime.unlisted_breaker(id.as_str(), policy),
            None => self.runtime.breaker(id.as_str(), policy),
        };
        self.breakers.borrow_mut().insert(id.clone(), (policy, Arc::clone(&breaker)));
        breaker
    }

    fn keep_breaker(&self, id: &ActorId) {
        let known = self.standing.and_then(|standing| standing.house.breakers.get(id));
        self.breakers.borrow_mut().extend(known.map(|known| (id.clone(), known.clone())));
    }

    /// The actor that the one edge `output` of `id` leads to.
    fn target(&self, id: &ActorId, output: &'static str) -> ActorId {
        let mut targets = self.config.topology.targets(id, output);
        #[expect(clippy::expect_used, reason = "the configuration was checked for it")]
        targets.next().expect("an edge that must be there is there").clone()
    }

    /// Where this actor keeps what must last.
    fn journal(&self, id: &ActorId) -> Outlet<StoreMsg> {
        self.addresses.stores[&self.target(id, "journal")].clone().into()
    }

    /// Where this actor may keep files of its own.
    fn directory(&self, id: &ActorId) -> PathBuf {
        self.data_dir.join("actors").join(id.as_str())
    }
}

/// The mailbox an actor's section asks for.
fn capacity(actor: &Actor) -> synod_supervision::Capacity {
    let synod_config::Mailbox { control, high, normal } = actor.mailbox;
    synod_supervision::Capacity { control, high, normal }
}
