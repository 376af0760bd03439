//! Settings of the kind `executor`.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::Address;
use synod_types::operator::OperatorId;

use crate::check::Check;
use crate::format;
use crate::secret::{self, Secret, SecretSection};
use crate::shape::join;

/// One operator: performs tasks, exactly once each, and has the results signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecutorSection {
    /// The address under which the operator is registered; a member of the set.
    #[schemars(schema_with = "format::address")]
    pub(crate) operator: Address,
    /// The operator set it answers for, a name among `sets`.
    pub(crate) set: String,
    /// Who does the work.
    #[serde(default)]
    performer: PerformerName,
    /// Of the performer `process`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<ProcessSection>,
    /// Whether it takes tasks from the chain itself, rather than from a `task` actor.
    #[serde(default)]
    pub(crate) follow: bool,
    /// Tasks performed at once.
    #[serde(default = "concurrency_max")]
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) concurrency_max: usize,
    /// Unfinished tasks; more are refused.
    #[serde(default = "tasks_max")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub(crate) tasks_max: usize,
    /// Finished tasks remembered.
    #[serde(default = "tasks_kept_max")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) tasks_kept_max: usize,
    /// The policy, among `breakers`, of the circuit breaker around the performer.
    #[serde(default = "breaker")]
    pub(crate) breaker: String,
}

fn concurrency_max() -> usize {
    4
}

fn tasks_max() -> usize {
    1024
}

fn tasks_kept_max() -> usize {
    10_000
}

fn breaker() -> String {
    "default".to_owned()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PerformerName {
    /// In this process: the square of a number. For trying out.
    #[default]
    Square,
    /// A child process for each task.
    Process,
}

/// A child process for each task: the payload on its stdin, the answer on its stdout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProcessSection {
    /// The program and its arguments. Required.
    #[schemars(length(max = 256))]
    command: Vec<String>,
    /// It is killed after this long.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    timeout: Duration,
    /// It is killed if it answers more.
    #[schemars(range(min = 1, max = 16_777_216))]
    output_bytes_max: usize,
    /// Its environment, all of it.
    #[schemars(extend("maxProperties" = 256, "propertyNames" = { "format": "variable" }))]
    environment: BTreeMap<String, SecretSection>,
}

impl Default for ProcessSection {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            timeout: Duration::from_secs(10),
            output_bytes_max: 65_536,
            environment: BTreeMap::new(),
        }
    }
}

/// Settings of an executor, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutorSettings {
    /// A member of the set; no other executor answers for it there.
    pub operator: OperatorId,
    /// Name of an operator set that is configured.
    pub set: String,
    /// Who does the work.
    pub performer: Performer,
    /// Whether it takes tasks from the chain itself; then the set's chain feeds it.
    pub follow: bool,
    /// Tasks performed at once.
    pub concurrency_max: usize,
    /// Unfinished tasks.
    pub tasks_max: usize,
    /// Finished tasks remembered.
    pub tasks_kept_max: usize,
    /// The policy of the breaker around the performer.
    pub breaker: crate::BreakerPolicy,
}

/// Who does the work of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Performer {
    /// In this process: the square of a number.
    Square,
    /// A child process for each task.
    Process(Process),
}

/// A child process: payload on its stdin, answer on its stdout.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// The program and its arguments; not empty.
    pub command: Vec<String>,
    /// It is killed after this long.
    pub timeout: Duration,
    /// It is killed if it answers more.
    pub output_bytes_max: usize,
    /// Its environment, all of it.
    pub environment: BTreeMap<String, Secret>,
}

impl ExecutorSection {
    pub(crate) fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        id: &str,
    ) -> Option<ExecutorSettings> {
        let operator = OperatorId(self.operator);
        let performer = self.check_performer(check, key);
        let breaker = check.breaker(&join(key, "breaker"), &self.breaker);
        let place = (self.set.clone(), operator);
        if let Some(other) = check.operators.insert(place, id.to_owned()) {
            let hint = format!("actors.{other} answers for it in the same set");
            check.found.refuse(&join(key, "operator"), "two executors of one operator", hint);
        }
        self.check_set(check, key, id);
        Some(ExecutorSettings {
            operator,
            set: self.set.clone(),
            performer: performer?,
            follow: self.follow,
            concurrency_max: self.concurrency_max,
            tasks_max: self.tasks_max,
            tasks_kept_max: self.tasks_kept_max,
            breaker: breaker?,
        })
    }

    fn check_set(&self, check: &mut Check<'_, '_>, key: &str, id: &str) {
        let Some(set) = check.set(&join(key, "set"), &self.set) else {
            return;
        };
        if !set.members.iter().any(|member| member.operator == self.operator) {
            let hint = format!("add it to sets.{}.members, or correct it", self.set);
            check.found.refuse(&join(key, "operator"), "not a member of its set", hint);
        }
        if self.follow && check.is_unfed(id, &set.chain) {
            let hint = format!("add \"{id}\" to actors.{}.edges.events", set.chain);
            check.found.refuse(&join(key, "follow"), "the set's chain does not feed it", hint);
        }
    }

    /// With the table of the chosen performer, if it was left out.
    pub(crate) fn completed(mut self) -> Self {
        match self.performer {
            PerformerName::Square => {}
            PerformerName::Process => drop(self.process.get_or_insert_default()),
        }
        self
    }

    fn check_performer(&self, check: &mut Check<'_, '_>, key: &str) -> Option<Performer> {
        let key = join(key, "process");
        match self.performer {
            PerformerName::Square => {
                if check.found.is_written(&key) {
                    let hint = "remove it, or set performer = \"process\"";
                    check.found.refuse(&key, "settings of a performer that is not chosen", hint);
                }
                Some(Performer::Square)
            }
            PerformerName::Process => {
                let process = self.process.clone().unwrap_or_default();
                let environment =
                    secret::check_all(check, &join(&key, "environment"), &process.environment);
                if process.command.first().is_none_or(String::is_empty) {
                    let hint = "the program and its arguments, as in command = [\"./perform\"]";
                    check.found.refuse(&join(&key, "command"), "no program to run", hint);
                    return None;
                }
                Some(Performer::Process(Process {
                    command: process.command,
                    timeout: process.timeout,
                    output_bytes_max: process.output_bytes_max,
                    environment,
                }))
            }
        }
    }
}
