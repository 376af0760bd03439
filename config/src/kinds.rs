//! The kinds of actors, what each takes and what it sends: the one table that the parser, the
//! daemon and the graph read.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::aggregation::AggregationSettings;
use crate::chain::ChainSection;
use crate::embedding::EmbeddingSettings;
use crate::executor::ExecutorSection;
use crate::memory::MemorySettings;
use crate::quorum::QuorumSettings;
use crate::schema::of;
use crate::signer::SignerSection;
use crate::store::StoreSettings;
use crate::task::TaskSettings;

/// What an actor is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The journal.
    Store,
    /// A chain, followed.
    Chain,
    /// Texts to vectors.
    Embedding,
    /// What agents remember.
    Memory,
    /// One key and its guard.
    Signer,
    /// One operator at work.
    Executor,
    /// Sums of signatures.
    Aggregation,
    /// Ballots.
    Quorum,
    /// The life of tasks.
    Task,
}

/// A type of message, as it stands on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sentence {
    /// To the journal.
    StoreMsg,
    /// What a chain did.
    ChainBatch,
    /// To the embedding.
    EmbeddingMsg,
    /// To the memory.
    MemoryMsg,
    /// To a signer.
    SignerMsg,
    /// To an executor.
    ExecutorMsg,
    /// To the aggregation.
    AggregationMsg,
    /// What the aggregation found.
    AggregationEvent,
    /// To the quorum.
    QuorumMsg,
    /// What the quorum decided.
    QuorumEvent,
    /// To the life of tasks.
    TaskMsg,
}

/// How a sentence is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// The sender wants an answer. Asks run downstream: they form no cycle.
    Ask,
    /// It does not.
    Tell,
}

/// Where an output's targets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the `edges` of the actor.
    Edges,
    /// In the operator sets: their members' executors.
    Sets,
}

/// One output of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Its name in `edges`.
    pub name: &'static str,
    /// What is said.
    pub sentence: Sentence,
    /// Whether an answer is wanted.
    pub manner: Manner,
    /// Where its targets are written.
    pub origin: Origin,
    /// Fewest targets.
    pub min: usize,
    /// Most targets.
    pub max: usize,
    /// What it is for.
    pub about: &'static str,
}

/// One kind of actor.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    /// Which.
    pub kind: Kind,
    /// What it takes.
    pub inputs: &'static [Sentence],
    /// Of what it takes: for what of it a sender waits when the mailbox is full.
    pub waits: &'static [Sentence],
    /// What it sends.
    pub outputs: &'static [Output],
    pub(crate) settings: fn() -> Json,
}

/// Every kind, in the order in which a file is best read.
pub const KINDS: &[KindSpec] = &[
    KindSpec {
        kind: Kind::Store,
        inputs: &[Sentence::StoreMsg],
        waits: &[Sentence::StoreMsg],
        outputs: &[],
        settings: of::<StoreSettings>,
    },
    KindSpec {
        kind: Kind::Chain,
        inputs: &[],
        waits: &[],
        outputs: &[
            Output {
                min: 0,
                max: 16,
                ..ask(
                    "events",
                    Sentence::ChainBatch,
                    "Who is told what the chain does; each answers once that is durable.",
                )
            },
            JOURNAL,
        ],
        settings: of::<ChainSection>,
    },
    KindSpec {
        kind: Kind::Embedding,
        inputs: &[Sentence::EmbeddingMsg],
        waits: &[],
        outputs: &[],
        settings: of::<EmbeddingSettings>,
    },
    KindSpec {
        kind: Kind::Memory,
        inputs: &[Sentence::MemoryMsg, Sentence::ChainBatch],
        waits: &[Sentence::ChainBatch],
        outputs: &[
            ask("embedding", Sentence::EmbeddingMsg, "Who turns texts into vectors."),
            JOURNAL,
        ],
        settings: of::<MemorySettings>,
    },
    KindSpec {
        kind: Kind::Signer,
        inputs: &[Sentence::SignerMsg],
        waits: &[Sentence::SignerMsg],
        outputs: &[JOURNAL],
        settings: of::<SignerSection>,
    },
    KindSpec {
        kind: Kind::Executor,
        inputs: &[Sentence::ExecutorMsg, Sentence::ChainBatch],
        waits: &[],
        outputs: &[ask("signer", Sentence::SignerMsg, "Who signs its results."), JOURNAL],
        settings: of::<ExecutorSection>,
    },
    KindSpec {
        kind: Kind::Aggregation,
        inputs: &[Sentence::AggregationMsg],
        waits: &[Sentence::AggregationMsg],
        outputs: &[tell("events", Sentence::AggregationEvent, "Who hears what was proven.")],
        settings: of::<AggregationSettings>,
    },
    KindSpec {
        kind: Kind::Quorum,
        inputs: &[Sentence::QuorumMsg],
        waits: &[Sentence::QuorumMsg],
        outputs: &[tell("events", Sentence::QuorumEvent, "Who hears verdicts and evidence.")],
        settings: of::<QuorumSettings>,
    },
    KindSpec {
        kind: Kind::Task,
        inputs: &[
            Sentence::TaskMsg,
            Sentence::ChainBatch,
            Sentence::AggregationEvent,
            Sentence::QuorumEvent,
        ],
        waits: &[],
        outputs: &[
            Output {
                origin: Origin::Sets,
                min: 0,
                max: 10_000,
                ..ask(
                    "executors",
                    Sentence::ExecutorMsg,
                    "Who performs: the executors of its sets' members.",
                )
            },
            ask("aggregation", Sentence::AggregationMsg, "Who sums and verifies signatures."),
            ask("quorum", Sentence::QuorumMsg, "Who counts stake."),
            JOURNAL,
        ],
        settings: of::<TaskSettings>,
    },
];

const JOURNAL: Output = ask("journal", Sentence::StoreMsg, "Where it keeps what must last.");

const fn ask(name: &'static str, sentence: Sentence, about: &'static str) -> Output {
    Output { name, sentence, manner: Manner::Ask, origin: Origin::Edges, min: 1, max: 1, about }
}

const fn tell(name: &'static str, sentence: Sentence, about: &'static str) -> Output {
    Output { manner: Manner::Tell, ..ask(name, sentence, about) }
}

impl Kind {
    /// Its name in a file, in metrics and in the graph.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Chain => "chain",
            Self::Embedding => "embedding",
            Self::Memory => "memory",
            Self::Signer => "signer",
            Self::Executor => "executor",
            Self::Aggregation => "aggregation",
            Self::Quorum => "quorum",
            Self::Task => "task",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().map(|spec| spec.kind).find(|kind| kind.name() == name)
    }

    /// What it takes and sends.
    pub fn spec(self) -> &'static KindSpec {
        let spec = KINDS.iter().find(|spec| spec.kind == self);
        #[expect(clippy::expect_used, reason = "a test finds every kind in the table")]
        spec.expect("every kind is in the table")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Sentence {
    /// The name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreMsg => "StoreMsg",
            Self::ChainBatch => "ChainBatch",
            Self::EmbeddingMsg => "EmbeddingMsg",
            Self::MemoryMsg => "MemoryMsg",
            Self::SignerMsg => "SignerMsg",
            Self::ExecutorMsg => "ExecutorMsg",
            Self::AggregationMsg => "AggregationMsg",
            Self::AggregationEvent => "AggregationEvent",
            Self::QuorumMsg => "QuorumMsg",
            Self::QuorumEvent => "QuorumEvent",
            Self::TaskMsg => "TaskMsg",
        }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
