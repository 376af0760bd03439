//! A file whose shape is right, every default filled in: what the checks of meaning look at.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::actor::{Life, Targets};
use crate::aggregation::AggregationSettings;
use crate::breaker::BreakerPolicy;
use crate::chain::ChainSection;
use crate::embedding::EmbeddingSettings;
use crate::executor::ExecutorSection;
use crate::findings::Findings;
use crate::kinds::Kind;
use crate::memory::MemorySettings;
use crate::quorum::QuorumSettings;
use crate::runtime::{Http, Log, Metrics, Runtime};
use crate::set::SetSection;
use crate::shape::join;
use crate::signer::SignerSection;
use crate::store::StoreSettings;
use crate::supervisor::SupervisorSection;
use crate::task::TaskSettings;

/// The sections that could be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Written {
    pub(crate) runtime: Runtime,
    pub(crate) log: Log,
    pub(crate) http: Http,
    pub(crate) metrics: Metrics,
    pub(crate) breakers: BTreeMap<String, BreakerPolicy>,
    pub(crate) supervisors: BTreeMap<String, SupervisorSection>,
    pub(crate) actors: BTreeMap<String, ActorSection>,
    pub(crate) sets: BTreeMap<String, SetSection>,
}

/// `[actors.<id>]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ActorSection {
    pub(crate) kind: Kind,
    #[serde(flatten)]
    pub(crate) life: Life,
    pub(crate) edges: BTreeMap<String, Targets>,
    pub(crate) settings: Settings,
}

/// `[actors.<id>.settings]`, by kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Settings {
    Store(StoreSettings),
    Chain(Box<ChainSection>),
    Embedding(EmbeddingSettings),
    Memory(MemorySettings),
    Signer(Box<SignerSection>),
    Executor(Box<ExecutorSection>),
    Aggregation(AggregationSettings),
    Quorum(QuorumSettings),
    Task(TaskSettings),
}

impl Written {
    /// Reads what the shape check let through.
    pub(crate) fn read(found: &mut Findings<'_>, mut file: Map<String, Json>) -> Self {
        let mut take = |name: &str| file.remove(name).unwrap_or_else(|| Json::Object(Map::new()));
        let [runtime, log, http, metrics] = ["runtime", "log", "http", "metrics"].map(&mut take);
        let [breakers, supervisors, actors, sets] =
            ["breakers", "supervisors", "actors", "sets"].map(&mut take);
        let mut breakers: BTreeMap<String, BreakerPolicy> = entries(found, "breakers", breakers);
        if !found.is_misshapen_around("breakers.default") {
            breakers.entry("default".to_owned()).or_default();
        }
        Self {
            runtime: section(found, "runtime", runtime).unwrap_or_default(),
            log: section(found, "log", log).unwrap_or_default(),
            http: section(found, "http", http).unwrap_or_default(),
            metrics: section(found, "metrics", metrics).unwrap_or_default(),
            breakers,
            supervisors: entries(found, "supervisors", supervisors),
            actors: each(actors)
                .filter_map(|(id, actor)| {
                    let actor = ActorSection::read(found, &join("actors", &id), actor)?;
                    Some((id, actor))
                })
                .collect(),
            sets: entries(found, "sets", sets),
        }
    }

    /// What the actor is, if it is there.
    pub(crate) fn kind(&self, id: &str) -> Option<Kind> {
        self.actors.get(id).map(|actor| actor.kind)
    }

    /// The settings of the actor, if it is there.
    pub(crate) fn settings(&self, id: &str) -> Option<&Settings> {
        self.actors.get(id).map(|actor| &actor.settings)
    }

    /// Where an output of an actor leads.
    pub(crate) fn targets(&self, id: &str, output: &str) -> Vec<String> {
        let targets = self.actors.get(id).and_then(|actor| actor.edges.get(output));
        let each = targets.map(|targets| targets.each("")).unwrap_or_default();
        each.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    /// The chains that feed the actor.
    pub(crate) fn feeds<'w>(&'w self, id: &'w str) -> impl Iterator<Item = &'w str> {
        let chains = self.actors.iter().filter(|(_, actor)| actor.kind == Kind::Chain);
        let feeds = chains.filter(move |(_, chain)| {
            let targets = chain.edges.get("events");
            targets.is_some_and(|targets| targets.each("").iter().any(|(_, name)| *name == id))
        });
        feeds.map(|(chain, _)| chain.as_str())
    }
}

impl ActorSection {
    fn read(found: &mut Findings<'_>, key: &str, actor: Json) -> Option<Self> {
        let kind = Kind::named(actor.get("kind")?.as_str()?)?;
        let part =
            |name: &str| actor.get(name).cloned().unwrap_or_else(|| Json::Object(Map::new()));
        let settings = Settings::read(found, &join(key, "settings"), kind, part("settings"))?;
        let edges = section(found, &join(key, "edges"), part("edges"))?;
        let life = section(found, key, actor)?;
        Some(Self { kind, life, edges, settings })
    }
}

impl Settings {
    fn read(found: &mut Findings<'_>, key: &str, kind: Kind, settings: Json) -> Option<Self> {
        Some(match kind {
            Kind::Store => Self::Store(section(found, key, settings)?),
            Kind::Chain => {
                let chain: ChainSection = section(found, key, settings)?;
                Self::Chain(Box::new(chain.completed()))
            }
            Kind::Embedding => Self::Embedding(section(found, key, settings)?),
            Kind::Memory => Self::Memory(section(found, key, settings)?),
            Kind::Signer => {
                let signer: SignerSection = section(found, key, settings)?;
                Self::Signer(Box::new(signer.completed()))
            }
            Kind::Executor => {
                let executor: ExecutorSection = section(found, key, settings)?;
                Self::Executor(Box::new(executor.completed()))
            }
            Kind::Aggregation => Self::Aggregation(section(found, key, settings)?),
            Kind::Quorum => Self::Quorum(section(found, key, settings)?),
            Kind::Task => Self::Task(section(found, key, settings)?),
        })
    }
}

fn entries<T: DeserializeOwned>(
    found: &mut Findings<'_>,
    key: &str,
    table: Json,
) -> BTreeMap<String, T> {
    let read = each(table).filter_map(|(name, value)| {
        let value = section(found, &join(key, &name), value)?;
        Some((name, value))
    });
    read.collect()
}

fn each(table: Json) -> impl Iterator<Item = (String, Json)> {
    let table = if let Json::Object(table) = table { table } else { Map::new() };
    table.into_iter()
}

/// The shape is right, so this fails only where it was wrong and a key was left out.
fn section<T: DeserializeOwned>(found: &mut Findings<'_>, key: &str, table: Json) -> Option<T> {
    match serde_json::from_value(table) {
        Ok(section) => Some(section),
        Err(error) => {
            found.refuse(key, error.to_string(), "see docs/configuration.md");
            None
        }
    }
}
