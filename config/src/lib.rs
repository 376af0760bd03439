//! One TOML file → one checked topology.
//!
//! ```text
//!   text ──▶ TOML ──▶ shape ──▶ Written ──▶ meaning ──▶ Config
//!            │        │                     │
//!            └────────┴─────────────────────┴──▶ ConfigErrors: every one with its place
//! ```
//!
//! Shape — types, bounds, formats, unknown and missing keys — is held against the JSON Schema that
//! `synod schema` prints, which is generated from the section structs and [`KINDS`]. Meaning —
//! names that must exist, edges that must fit, trees that must be trees — is checked section by
//! section. All errors are collected, and none is told twice: where the shape of a key is wrong,
//! its meaning is not asked.
//!
//! Only the checked form leaves this crate. [`Config::effective`] shows it as a file again, with
//! secrets redacted.

mod actor;
mod aggregation;
mod breaker;
mod chain;
mod check;
mod config;
mod embedding;
mod endpoint;
mod error;
mod executor;
mod explain;
mod file;
mod findings;
mod format;
mod graph;
mod keys;
mod kinds;
mod member;
mod memory;
mod near;
mod needs;
mod origins;
mod plan;
mod pool;
mod profile;
mod quorum;
mod reach;
mod recovery;
mod reference;
mod remote;
mod retry;
mod runtime;
mod schema;
mod secret;
mod set;
mod shape;
mod signer;
mod store;
mod supervisor;
mod task;
#[cfg(test)]
mod tests;
mod topology;
mod tree;
mod written;

pub use actor::{Class, Mailbox, OnStuck};
pub use aggregation::{AggregationSettings, Arithmetic};
pub use breaker::{BreakerPolicy, OpensOn};
pub use chain::{ChainSettings, ChainSource, SimulatedChain};
pub use config::Config;
pub use embedding::EmbeddingSettings;
pub use endpoint::{AlloySettings, EndpointSettings, Finality, Verification};
pub use error::{ConfigError, ConfigErrors};
pub use executor::{ExecutorLimits, ExecutorSettings, Performer, Process};
pub use explain::{Above, Explanation, Guarded, Sourced, Spoken};
pub use kinds::{KINDS, Kind, KindSpec, Manner, Origin, Output, Sentence};
pub use member::{Member, MemberKey};
pub use memory::MemorySettings;
pub use near::hint;
pub use origins::Origin as ValueOrigin;
pub use plan::{KeyChange, Plan, Refused, Step, Verb};
pub use profile::{DEFAULT, Profile};
pub use quorum::QuorumSettings;
pub use recovery::{AutoShutdown, OnExceeded, Recovery};
pub use reference::reference_markdown;
pub use remote::{RemoteKind, RemoteSettings};
pub use runtime::{Http, Log, LogFormat, Metrics, Runtime};
pub use schema::schema;
pub use secret::Secret;
pub use set::OperatorSet;
pub use signer::{KeySource, PasswordSource, SignerSettings};
pub use store::StoreSettings;
pub use supervisor::{Restart, Strategy};
pub use task::TaskSettings;
pub use topology::{Actor, Backoff, Child, Edge, Settings, Supervisor, Topology};
