//! Settings of the kind `chain`.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::chain::ChainId;

use crate::breaker::BreakerPolicy;
use crate::check::Check;
use crate::endpoint::{AlloySection, AlloySettings};
use crate::format;
use crate::near;
use crate::shape::join;

/// One chain, followed. Which logs are wanted follows from the operator sets that name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ChainSection {
    /// Where blocks come from.
    source: SourceName,
    /// EIP-155 id of the chain; a node of another chain is not followed.
    #[schemars(range(min = 1, max = 9_223_372_036_854_775_807_u64))]
    chain_id: u64,
    /// The first block to look at when nothing has been journalled yet. Without it, the newest
    /// one that is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    start_block: Option<u64>,
    /// Blocks that must stand above a block before it is told.
    #[schemars(range(min = 0, max = 1_000_000))]
    confirmations: u64,
    /// Blocks that may be taken back at once; beyond, the actor stops following and says so.
    /// 256 are remembered.
    #[schemars(range(min = 1, max = 256))]
    pub(crate) reorg_depth_max: usize,
    /// Blocks asked for at once.
    #[schemars(range(min = 1, max = 10_000))]
    fetch_blocks_max: u32,
    /// Events that may wait for consumers' answers before fetching pauses.
    #[schemars(range(min = 1, max = 1_048_576))]
    undelivered_max: usize,
    /// Bytes of events that may wait likewise.
    #[schemars(range(min = 65_536, max = 1_073_741_824))]
    undelivered_bytes_max: usize,
    /// Events told to a consumer at once.
    #[schemars(range(min = 1, max = 64))]
    batch_events_max: usize,
    /// Bytes told at once, or written as one record, if it is more than one event.
    #[schemars(range(min = 1024, max = 16_777_216))]
    batch_bytes_max: usize,
    /// Bytes of one block's wanted logs; above it following stops.
    #[schemars(range(min = 1024, max = 16_777_216))]
    event_bytes_max: usize,
    /// Time between looks when nothing is missing.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    poll_interval: Duration,
    /// Time to the first repetition after trouble; it doubles from there.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    retry_first: Duration,
    /// The longest such time.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    retry_max: Duration,
    /// How long a node may lag behind what was already told before blocks are taken back.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    rollback_patience: Duration,
    /// How long a consumer may take over a batch before it is told again.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    answer_timeout: Duration,
    /// Records after which a snapshot is worth while.
    #[schemars(range(min = 1, max = 1_000_000))]
    snapshot_every: u64,
    /// Pieces of the chain, of `fetch_blocks_max` blocks each, read ahead of the one that is wanted
    /// while far behind. 0: none. Endpoints with a budget are not read ahead from.
    #[schemars(range(min = 0, max = 64))]
    prefetch_max: usize,
    /// The policy, among `breakers`, of the circuit breaker around the node.
    breaker: String,
    /// Consumers that are told the past as well, each from which block on: what was before the
    /// first block that it is told as it happens, at the same time as that goes on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend(
        "maxProperties" = 16,
        "additionalProperties" = { "type": "integer", "minimum": 0, "maximum": i64::MAX }
    ))]
    backfill: BTreeMap<String, u64>,
    /// Of the source `simulated`: a chain in this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated: Option<SimulatedChain>,
    /// Of the source `alloy`: nodes, by JSON-RPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    alloy: Option<AlloySection>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SourceName {
    /// A chain in this process, which mints tasks.
    Simulated,
    /// One node or several.
    Alloy,
}

/// A chain in this process. Seeded: the same seed gives the same blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatedChain {
    /// Its seed. Without it, it follows from `runtime.seed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: Option<u64>,
    /// Time between blocks.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "10ms", "x-max" = "1h"))]
    pub block_interval: Duration,
    /// A task is announced in every block whose number is a multiple of this. 0: never.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub task_every: u64,
    /// How long after its block a task must be answered.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "1s"))]
    pub task_deadline: Duration,
    /// A reorg happens at every block whose number is a multiple of this. 0: never.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub reorg_every: u64,
    /// Blocks replaced by a reorg.
    #[schemars(range(min = 1, max = 256))]
    pub reorg_depth: u64,
}

/// Settings of a chain, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainSettings {
    /// Where blocks come from.
    pub source: ChainSource,
    /// Which chain it must be.
    pub chain_id: ChainId,
    /// The first block to look at; none: the newest confirmed one.
    pub start_block: Option<u64>,
    /// Consumers that are told the past as well, each from which block on.
    pub backfill: BTreeMap<String, u64>,
    /// Blocks that must stand above a block before it is told.
    pub confirmations: u64,
    /// 1 to 256.
    pub reorg_depth_max: usize,
    /// Blocks asked for at once.
    pub fetch_blocks_max: u32,
    /// Events that may wait for answers.
    pub undelivered_max: usize,
    /// Bytes of events that may wait for answers.
    pub undelivered_bytes_max: usize,
    /// 1 to 64.
    pub batch_events_max: usize,
    /// Bytes told at once.
    pub batch_bytes_max: usize,
    /// Bytes of one block's wanted logs.
    pub event_bytes_max: usize,
    /// Time between looks.
    pub poll_interval: Duration,
    /// Time to the first repetition.
    pub retry_first: Duration,
    /// No shorter than the first.
    pub retry_max: Duration,
    /// How long a node may lag.
    pub rollback_patience: Duration,
    /// How long a consumer may take over a batch.
    pub answer_timeout: Duration,
    /// Records after which a snapshot is worth while.
    pub snapshot_every: u64,
    /// Pieces read ahead.
    pub prefetch_max: usize,
    /// The policy of the breaker around the source.
    pub breaker: BreakerPolicy,
}

/// Where blocks come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ChainSource {
    /// A chain in this process.
    Simulated(SimulatedChain),
    /// A node, or several.
    Alloy(AlloySettings),
}

impl Default for ChainSection {
    fn default() -> Self {
        Self {
            source: SourceName::Simulated,
            chain_id: 31_337,
            start_block: None,
            confirmations: 0,
            reorg_depth_max: 64,
            fetch_blocks_max: 200,
            undelivered_max: 4096,
            undelivered_bytes_max: 16 << 20,
            batch_events_max: 64,
            batch_bytes_max: 256 << 10,
            event_bytes_max: 1 << 20,
            poll_interval: Duration::from_millis(500),
            retry_first: Duration::from_millis(100),
            retry_max: Duration::from_secs(10),
            rollback_patience: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(10),
            snapshot_every: 1024,
            prefetch_max: 4,
            breaker: "default".to_owned(),
            backfill: BTreeMap::new(),
            simulated: None,
            alloy: None,
        }
    }
}

impl Default for SimulatedChain {
    fn default() -> Self {
        Self {
            seed: None,
            block_interval: Duration::from_millis(400),
            task_every: 2,
            task_deadline: Duration::from_secs(60),
            reorg_every: 0,
            reorg_depth: 2,
        }
    }
}

impl ChainSection {
    /// With the table of the chosen source, if it was left out.
    pub(crate) fn completed(mut self) -> Self {
        match self.source {
            SourceName::Simulated => drop(self.simulated.get_or_insert_default()),
            SourceName::Alloy => drop(self.alloy.get_or_insert_default()),
        }
        self
    }

    pub(crate) fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        id: &str,
    ) -> Option<ChainSettings> {
        self.check_backfill(check, key, id);
        let source = match self.source {
            SourceName::Simulated => self.check_simulated(check, key),
            SourceName::Alloy => self.check_alloy(check, key),
        };
        check.at_most(key, ("retry_first", self.retry_first), ("retry_max", self.retry_max));
        let breaker = check.breaker(&join(key, "breaker"), &self.breaker);
        Some(ChainSettings {
            source: source?,
            chain_id: ChainId(self.chain_id),
            start_block: self.start_block,
            backfill: self.backfill.clone(),
            confirmations: self.confirmations,
            reorg_depth_max: self.reorg_depth_max,
            fetch_blocks_max: self.fetch_blocks_max,
            undelivered_max: self.undelivered_max,
            undelivered_bytes_max: self.undelivered_bytes_max,
            batch_events_max: self.batch_events_max,
            batch_bytes_max: self.batch_bytes_max,
            event_bytes_max: self.event_bytes_max,
            poll_interval: self.poll_interval,
            retry_first: self.retry_first,
            retry_max: self.retry_max,
            rollback_patience: self.rollback_patience,
            answer_timeout: self.answer_timeout,
            snapshot_every: self.snapshot_every,
            prefetch_max: self.prefetch_max,
            breaker: breaker?,
        })
    }

    /// Whom the chain does not feed it cannot tell the past.
    fn check_backfill(&self, check: &mut Check<'_, '_>, key: &str, id: &str) {
        let fed = check.written.targets(id, "events");
        for name in self.backfill.keys().filter(|name| !fed.contains(*name)) {
            let hint = near::hint(name, fed.iter().map(String::as_str));
            let rule = format!("not among the edges.events of {id}");
            check.found.refuse(&join(&join(key, "backfill"), name), rule, hint);
        }
    }

    fn check_simulated(&self, check: &mut Check<'_, '_>, key: &str) -> Option<ChainSource> {
        refuse_foreign(check, &join(key, "alloy"), "alloy");
        let simulated = self.simulated.clone().unwrap_or_default();
        let depth_key = join(&join(key, "simulated"), "reorg_depth");
        let SimulatedChain { reorg_every, reorg_depth, .. } = simulated;
        if reorg_every > 0 && reorg_depth > self.reorg_depth_max as u64 {
            let hint = format!("at most {}, or raise reorg_depth_max", self.reorg_depth_max);
            check.found.refuse(&depth_key, "above reorg_depth_max", hint);
        }
        if reorg_every > 0 && reorg_depth >= reorg_every {
            let hint = "the chain would never grow: fewer blocks than reorg_every";
            check.found.refuse(&depth_key, "not below reorg_every", hint);
        }
        Some(ChainSource::Simulated(simulated))
    }

    fn check_alloy(&self, check: &mut Check<'_, '_>, key: &str) -> Option<ChainSource> {
        refuse_foreign(check, &join(key, "simulated"), "simulated");
        let alloy = self.alloy.clone().unwrap_or_default();
        alloy.check(check, &join(key, "alloy")).map(ChainSource::Alloy)
    }
}

/// Keys of a source that is not chosen would do nothing.
fn refuse_foreign(check: &mut Check<'_, '_>, key: &str, source: &str) {
    if check.found.is_written(key) {
        let hint = format!("remove it, or set source = \"{source}\"");
        check.found.refuse(key, "settings of a source that is not chosen", hint);
    }
}
