use std::collections::BTreeMap;

use serde::Deserialize;

/// What `/v1/view` says. What a newer daemon adds is passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Sight {
    pub(super) version: String,
    pub(super) now_ms: u64,
    pub(super) tree: Node,
    #[serde(default)]
    pub(super) rates: BTreeMap<String, f64>,
    #[serde(default)]
    pub(super) breakers: Vec<Breaker>,
    #[serde(default)]
    pub(super) dead_letters: u64,
    /// Of these, messages in quarantine.
    #[serde(default)]
    pub(super) quarantined: u64,
}

/// An actor or supervisor, and those below it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) role: String,
    pub(super) supervisor: Option<String>,
    pub(super) state: String,
    pub(super) incarnation: u64,
    pub(super) restarts: u64,
    pub(super) last_exit: Option<String>,
    pub(super) last_exit_ms: Option<u64>,
    pub(super) mailbox_depth: u64,
    pub(super) mailbox_bound: u64,
    pub(super) handled: u64,
    #[serde(default)]
    pub(super) handling_p50_ns: Option<u64>,
    #[serde(default)]
    pub(super) handling_p99_ns: Option<u64>,
    #[serde(default)]
    pub(super) failures: Vec<Failure>,
    pub(super) strategy: Option<String>,
    pub(super) intensity: Option<(u32, u32)>,
    #[serde(default)]
    pub(super) children: Vec<Self>,
}

impl Node {
    pub(super) fn is_actor(&self) -> bool {
        self.role == "actor"
    }
}

/// How an incarnation ended.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Failure {
    /// Nanoseconds since the Unix epoch.
    pub(super) at: u64,
    pub(super) incarnation: u64,
    pub(super) cause: String,
    pub(super) message: Option<String>,
    pub(super) trace: Option<String>,
    #[serde(default)]
    pub(super) then: Vec<Aftermath>,
}

/// What a supervisor did about a failure.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Aftermath {
    pub(super) what: String,
}

/// A circuit breaker.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Breaker {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) open_until_ms: Option<u64>,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.state.contains("open")
    }
}

/// Something that happened in the runtime.
#[derive(Clone, Debug, Deserialize)]
pub struct Happened {
    pub(super) event: String,
    /// Nanoseconds since the Unix epoch.
    pub(super) at: u64,
    #[serde(alias = "supervisor", alias = "breaker")]
    pub(super) actor: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) incarnation: Option<u64>,
    pub(super) state: Option<String>,
}

/// A written edge of the topology.
#[derive(Clone, Debug, Deserialize)]
pub struct Edge {
    pub(super) from: String,
    pub(super) output: String,
    pub(super) to: String,
    pub(super) carries: String,
}
