//! Settings of the kind `task`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::shape::join;
use crate::written::Settings;

/// The aggregator's life of tasks: asks the members, gathers what they answer, certifies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskSettings {
    /// Operator sets it serves, names among `sets`. Empty: all.
    #[schemars(length(max = 1024))]
    pub sets: Vec<String>,
    /// Unfinished tasks, beyond which no further block is taken from a chain.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub open_max: usize,
    /// Tasks in the hands of operators at once; the others wait.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub processing_max: usize,
    /// Tasks remembered, ended ones included; at least `open_max`.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub kept_max: usize,
    /// A block with so many above it is there to stay; at least `reorg_depth_max` of its chains.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub reorg_max: u64,
    /// Bytes of a task's payload; a task with a longer one is passed over.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub payload_bytes_max: usize,
    /// Bytes of an output; a longer one is no answer.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub output_bytes_max: usize,
    /// How long an executor may take to answer before it is asked again.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub submit_timeout: Duration,
    /// Wait before an executor is asked again; it doubles from there.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub retry_first: Duration,
    /// The longest such wait.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub retry_max: Duration,
    /// How long a task may stay open, whatever its announcement says.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "1s"))]
    pub deadline_max: Duration,
    /// How often ballot and aggregation of a task in progress are put again, in case they or
    /// their outcome were lost.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub remind_every: Duration,
}

impl Default for TaskSettings {
    fn default() -> Self {
        Self {
            sets: Vec::new(),
            open_max: 1024,
            processing_max: 256,
            kept_max: 10_000,
            reorg_max: 64,
            payload_bytes_max: 65_536,
            output_bytes_max: 65_536,
            submit_timeout: Duration::from_secs(10),
            retry_first: Duration::from_millis(200),
            retry_max: Duration::from_secs(10),
            deadline_max: Duration::from_secs(600),
            remind_every: Duration::from_secs(5),
        }
    }
}

impl TaskSettings {
    /// The checked form: `sets` names all that are served.
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str, id: &str) -> Option<Self> {
        check.at_most(key, ("retry_first", self.retry_first), ("retry_max", self.retry_max));
        self.check_limits(check, key, id);
        let key = join(key, "sets");
        let mut sets = self.sets.clone();
        if sets.is_empty() {
            sets = check.written.sets.keys().cloned().collect();
            if sets.is_empty() && !check.found.is_misshapen_around("sets") {
                let hint = "write a [sets.<name>]: who answers this actor's tasks";
                check.found.refuse(&key, "no operator set to serve", hint);
            }
        }
        for (index, name) in sets.iter().enumerate() {
            let item = if self.sets.is_empty() { key.clone() } else { format!("{key}[{index}]") };
            let Some(set) = check.set(&item, name) else {
                continue;
            };
            if check.is_unfed(id, &set.chain) {
                let rule = format!("the chain of set `{name}` does not feed this actor");
                let hint = format!("add \"{id}\" to actors.{}.edges.events", set.chain);
                check.found.refuse(&item, rule, hint);
            }
        }
        Some(Self { sets, ..self.clone() })
    }

    /// What it takes on must not overrun those it asks, nor be forgotten before it is final.
    fn check_limits(&self, check: &mut Check<'_, '_>, key: &str, id: &str) {
        if self.kept_max < self.open_max {
            let hint = format!("at least open_max, which is {}", self.open_max);
            check.found.refuse(&join(key, "kept_max"), "below open_max", hint);
        }
        for output in ["aggregation", "quorum"] {
            let target = check.written.targets(id, output).pop().unwrap_or_default();
            let (name, max) = match check.written.settings(&target) {
                Some(Settings::Aggregation(settings)) => ("tasks_max", settings.tasks_max),
                Some(Settings::Quorum(settings)) => ("open_max", settings.open_max),
                _ => continue, // told where edges are checked
            };
            if self.processing_max > max {
                let hint = format!("at most {name} of `{target}`, which is {max}");
                let rule = format!("more at once than its {output} takes");
                check.found.refuse(&join(key, "processing_max"), rule, hint);
            }
        }
        for chain in check.written.feeds(id) {
            if let Some(Settings::Chain(settings)) = check.written.settings(chain)
                && self.reorg_max < settings.reorg_depth_max as u64
            {
                let depth = settings.reorg_depth_max;
                let hint = format!("at least reorg_depth_max of `{chain}`, which is {depth}");
                let rule = "less than a chain may take back";
                check.found.refuse(&join(key, "reorg_max"), rule, hint);
            }
        }
    }
}
