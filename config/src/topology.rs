//! The checked topology: which actors run, under which supervisors, and who talks to whom.

use std::collections::BTreeMap;
use std::time::Duration;

use synod_types::actor::ActorId;

use crate::actor::{Class, Mailbox, OnStuck};
use crate::aggregation::AggregationSettings;
use crate::chain::ChainSettings;
use crate::embedding::EmbeddingSettings;
use crate::executor::ExecutorSettings;
use crate::kinds::{Kind, Manner, Sentence};
use crate::memory::MemorySettings;
use crate::quorum::QuorumSettings;
use crate::recovery::{AutoShutdown, OnExceeded, Recovery};
use crate::signer::SignerSettings;
use crate::store::StoreSettings;
use crate::supervisor::{Restart, Strategy};
use crate::task::TaskSettings;

/// Who runs, under whom, and who talks to whom. Everything named in it is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// The top supervisor.
    pub root: ActorId,
    /// All supervisors, `root` among them: a tree.
    pub supervisors: BTreeMap<ActorId, Supervisor>,
    /// All actors, each the child of one supervisor.
    pub actors: BTreeMap<ActorId, Actor>,
    /// All edges, by sender, output and target. What one sends, the other takes; asks form no
    /// cycle.
    pub edges: Vec<Edge>,
}

/// A supervisor.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervisor {
    /// Who it is a child of; none for the root.
    pub parent: Option<ActorId>,
    /// At least one, in order of start.
    pub children: Vec<Child>,
    /// Who is restarted when a child fails.
    pub strategy: Strategy,
    /// Restarts within `period`; one more is a failure of its own.
    pub restarts_max: u32,
    /// See `restarts_max`.
    pub period: Duration,
    /// What follows one failure too many.
    pub on_exceeded: OnExceeded,
    /// How long children are parked at first.
    pub park_for: Duration,
    /// Failures on probation after which they are parked again; at least one.
    pub park_probes: u32,
    /// Whether it ends with its significant children.
    pub auto_shutdown: AutoShutdown,
    /// Whether its own end may end its parent.
    pub significant: bool,
    /// Children it may have at once.
    pub children_max: usize,
    /// Waits between restarts.
    pub backoff: Backoff,
    /// When its parent restarts it.
    pub restart: Restart,
    /// How long its parent waits for its orderly stop.
    pub stop_timeout: Duration,
}

/// Waits between restarts in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Before a restart; it doubles with each in a row.
    pub first: Duration,
    /// No shorter than the first.
    pub max: Duration,
    /// 0 to 100.
    pub jitter_percent: u8,
    /// A child that ran this long starts with the first wait again.
    pub reset_after: Duration,
}

/// A child of a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// An actor.
    Actor(ActorId),
    /// A supervisor.
    Supervisor(ActorId),
}

impl Child {
    /// Its name.
    pub const fn id(&self) -> &ActorId {
        match self {
            Self::Actor(id) | Self::Supervisor(id) => id,
        }
    }
}

/// An actor.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// Who it is a child of.
    pub supervisor: ActorId,
    /// When it is restarted.
    pub restart: Restart,
    /// What follows when restarts do not help.
    pub recovery: Recovery,
    /// If it is degraded: the first wait before it is tried again.
    pub retry_after: Duration,
    /// Whether its own end may end its supervisor.
    pub significant: bool,
    /// Actors whose breakers it cannot work without.
    pub needs: Vec<ActorId>,
    /// How long a start may take.
    pub start_timeout: Duration,
    /// How long an orderly stop may take.
    pub stop_timeout: Duration,
    /// When it counts as stuck.
    pub stuck_after: Duration,
    /// What is done when it is.
    pub on_stuck: OnStuck,
    /// If it still holds on to its thread so long after it was to end, it is fenced and replaced.
    pub replace_after: Option<Duration>,
    /// Fenced lives of it that may run at once.
    pub fenced_max: u32,
    /// How often it may die of one message.
    pub poison_after: usize,
    /// How many messages may wait.
    pub mailbox: Mailbox,
    /// On which threads it runs.
    pub class: Class,
    /// More than one: it is a pool of so many.
    pub workers: usize,
    /// What it is, and how.
    pub settings: Settings,
}

impl Actor {
    /// What it is.
    pub const fn kind(&self) -> Kind {
        self.settings.kind()
    }
}

/// Settings, by kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Settings {
    /// Of the journal.
    Store(StoreSettings),
    /// Of a chain.
    Chain(ChainSettings),
    /// Of an embedding.
    Embedding(EmbeddingSettings),
    /// Of a memory.
    Memory(MemorySettings),
    /// Of a signer.
    Signer(SignerSettings),
    /// Of an executor.
    Executor(ExecutorSettings),
    /// Of an aggregation.
    Aggregation(AggregationSettings),
    /// Of a quorum.
    Quorum(QuorumSettings),
    /// Of the life of tasks.
    Task(TaskSettings),
}

impl Settings {
    /// Whose they are.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Store,
            Self::Chain(_) => Kind::Chain,
            Self::Embedding(_) => Kind::Embedding,
            Self::Memory(_) => Kind::Memory,
            Self::Signer(_) => Kind::Signer,
            Self::Executor(_) => Kind::Executor,
            Self::Aggregation(_) => Kind::Aggregation,
            Self::Quorum(_) => Kind::Quorum,
            Self::Task(_) => Kind::Task,
        }
    }
}

/// One actor speaks to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The sender.
    pub from: ActorId,
    /// Which of its outputs.
    pub output: &'static str,
    /// Who takes it.
    pub to: ActorId,
    /// What is said.
    pub sentence: Sentence,
    /// Whether an answer is wanted.
    pub manner: Manner,
}

impl Topology {
    /// Where an output of an actor leads, in order of name.
    pub fn targets<'t>(
        &'t self,
        from: &'t ActorId,
        output: &'t str,
    ) -> impl Iterator<Item = &'t ActorId> {
        let edges = self.edges.iter();
        edges.filter(move |edge| edge.from == *from && edge.output == output).map(|edge| &edge.to)
    }
    /// The supervisor that an actor or supervisor is a child of; none for the root.
    pub fn parent<'t>(&'t self, id: &ActorId) -> Option<&'t ActorId> {
        let actor = self.actors.get(id).map(|actor| &actor.supervisor);
        actor.or_else(|| self.supervisors.get(id)?.parent.as_ref())
    }
}
