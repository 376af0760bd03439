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
#[schemars(deny_unknown_fields)]
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
    /// How much it takes on.
    #[serde(flatten)]
    pub(crate) limits: ExecutorLimits,
    /// The policy, among `breakers`, of the circuit breaker around the performer.
    #[serde(default = "breaker")]
    breaker: String,
}

fn breaker() -> String {
    "default".to_owned()
}

/// How much an executor takes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ExecutorLimits {
    /// Tasks waiting for the performer; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub queue_max: usize,
    /// Runs of the performer at once.
    #[schemars(range(min = 1, max = 1024))]
    pub running_max: usize,
    /// Tasks remembered, ended ones included; at least `queue_max` and `running_max` together.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub kept_max: usize,
    /// Askers waiting for one task; more are refused.
    #[schemars(range(min = 1, max = 1024))]
    pub askers_max: usize,
    /// Bytes of a task's payload; a longer one is refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub payload_bytes_max: usize,
    /// Bytes of an output; a performer that returns more has failed.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub output_bytes_max: usize,
    /// How often the performer is tried when its failure may pass.
    #[schemars(range(min = 1, max = 1000))]
    pub attempts_max: u32,
    /// How long a task may take, whatever its announcement says.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "1s"))]
    pub deadline_max: Duration,
    /// Wait before the next attempt to perform or to sign; it doubles from there.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub retry_first: Duration,
    /// The longest such wait.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub retry_max: Duration,
}

impl Default for ExecutorLimits {
    fn default() -> Self {
        Self {
            queue_max: 1024,
            running_max: 4,
            kept_max: 10_000,
            askers_max: 16,
            payload_bytes_max: 65_536,
            output_bytes_max: 65_536,
            attempts_max: 3,
            deadline_max: Duration::from_secs(600),
            retry_first: Duration::from_millis(100),
            retry_max: Duration::from_secs(10),
        }
    }
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
    /// Its environment, all of it.
    #[schemars(extend("maxProperties" = 256, "propertyNames" = { "format": "variable" }))]
    environment: BTreeMap<String, SecretSection>,
}

impl Default for ProcessSection {
    fn default() -> Self {
        Self { command: Vec::new(), timeout: Duration::from_secs(10), environment: BTreeMap::new() }
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
    /// How much it takes on.
    pub limits: ExecutorLimits,
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
        let limits = &self.limits;
        check.at_most(key, ("retry_first", limits.retry_first), ("retry_max", limits.retry_max));
        let needed = limits.queue_max + limits.running_max;
        if limits.kept_max < needed {
            let hint = format!("at least {needed}");
            check.found.refuse(&join(key, "kept_max"), "below queue_max + running_max", hint);
        }
        Some(ExecutorSettings {
            operator,
            set: self.set.clone(),
            performer: performer?,
            follow: self.follow,
            limits: self.limits.clone(),
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
                    environment,
                }))
            }
        }
    }
}
