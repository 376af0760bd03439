//! Introduces actors to one another: a checked configuration becomes a tree of specifications,
//! every actor with the outlets its edges name.

mod addresses;
mod alloy;
mod chain;
mod desks;
mod knowledge;
mod policy;
mod service;
mod store;

pub use desks::Desks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_config::{Actor, Child, Config, Settings};
use synod_protocol::store::StoreMsg;
use synod_protocol::task::TaskEvent;
use synod_supervision::core::{Strategy, SupervisorPolicy};
use synod_supervision::{ChildSpec, Failure, Outlet, Runtime, SupervisorSpec};
use synod_types::actor::ActorId;
use synod_types::signature::PublicKey;
use synod_types::time::Moment;

use addresses::Addresses;

/// A tree ready to be started, and whom to ask from outside of it.
pub struct House {
    /// The root supervisor and all below it.
    pub root: SupervisorSpec,
    /// Outlets for the surfaces.
    pub desks: Desks,
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
    let mut maker = Maker {
        config,
        runtime,
        addresses: &addresses,
        extras,
        data_dir: &config.runtime.data_dir,
        keys: BTreeMap::new(),
    };
    maker.read_keys()?;
    let mut root = maker.supervisor(&config.topology.root)?;
    root.children.extend(std::mem::take(&mut maker.extras.children));
    Ok(House { root, desks: Desks::of(&addresses) })
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
        for id in self.addresses.readers(id) {
            let watched = self.runtime.watch_over(id, policy::of_watch(actor));
            watched.map_err(|error| TopologyError::new(id, error))?;
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
