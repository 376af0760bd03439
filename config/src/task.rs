//! Settings of the kind `task`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::shape::join;

/// The aggregator's life of tasks: asks the members, gathers what they answer, certifies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskSettings {
    /// Operator sets it serves, names among `sets`. Empty: all.
    #[schemars(length(max = 1024))]
    pub sets: Vec<String>,
    /// Unfinished tasks; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub tasks_max: usize,
    /// Finished tasks remembered.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub tasks_kept_max: usize,
    /// Bytes of a task's payload; a longer one fails.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub payload_bytes_max: usize,
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
}

impl Default for TaskSettings {
    fn default() -> Self {
        Self {
            sets: Vec::new(),
            tasks_max: 1024,
            tasks_kept_max: 10_000,
            payload_bytes_max: 65_536,
            submit_timeout: Duration::from_secs(10),
            retry_first: Duration::from_millis(200),
            retry_max: Duration::from_secs(10),
            deadline_max: Duration::from_secs(600),
        }
    }
}

impl TaskSettings {
    /// The checked form: `sets` names all that are served.
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str, id: &str) -> Option<Self> {
        check.at_most(key, ("retry_first", self.retry_first), ("retry_max", self.retry_max));
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
}
