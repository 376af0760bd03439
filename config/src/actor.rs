//! `[actors.<id>]`, as written: what every kind has in common.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format;
use crate::recovery::Recovery;
use crate::supervisor::Restart;

/// How an actor lives, whatever its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Life {
    /// When it is restarted.
    pub(crate) restart: Restart,
    /// What follows when restarts do not help.
    pub(crate) recovery: Recovery,
    /// With `recovery = "degrade"`: the wait before it is tried again; it doubles with each in a
    /// row, up to an hour.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub(crate) retry_after: Duration,
    /// Its own end may end its supervisor: see `auto_shutdown`.
    pub(crate) significant: bool,
    /// Actors whose breakers it cannot work without. If it fails while one of them is open, it
    /// waits until that lets calls through, and the failure does not count. Needs form no cycle.
    #[schemars(length(max = 16))]
    pub(crate) needs: Vec<String>,
    /// How long a start may take before it counts as failed.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub(crate) start_timeout: Duration,
    /// How long an orderly stop may take before it is killed.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub(crate) stop_timeout: Duration,
    /// Busy with one message, or not taking its mail, for longer than this: it is stuck.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "100ms", "x-max" = "24h"))]
    pub(crate) stuck_after: Duration,
    /// What is done when it is stuck; it is said, counted and shown in any case.
    pub(crate) on_stuck: OnStuck,
    /// So long after it was killed, or has ended, and still holds on to its thread, it is fenced
    /// and started again beside what is left of it: nothing that still does counts. Without it,
    /// its next life waits until it lets go. Not for a `store` or `signer`, of which two must
    /// never own one file or key. It takes its mail one message at a time then.
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "100ms", "x-max" = "24h"))]
    pub(crate) replace_after: Option<Duration>,
    /// With `replace_after`: fenced lives of it that may run at once, each of which holds a thread.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) fenced_max: u32,
    /// It may die of one message so often; then that message is quarantined.
    #[schemars(range(min = 1, max = 16))]
    pub(crate) poison_after: usize,
    /// How many messages of each lane may wait; what happens to one more, its type says.
    pub(crate) mailbox: Mailbox,
    /// On which threads it runs.
    pub(crate) class: Class,
    /// More than one: a pool of so many equal actors, named after it, that take from its mailbox
    /// as they get free. Only an `embedding` may be one: what the others know, one must know.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) workers: usize,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            restart: Restart::Permanent,
            recovery: Recovery::Restart,
            retry_after: Duration::from_secs(60),
            significant: false,
            needs: Vec::new(),
            start_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(5),
            stuck_after: Duration::from_secs(60),
            on_stuck: OnStuck::Restart,
            replace_after: None,
            fenced_max: 2,
            poison_after: 3,
            mailbox: Mailbox::default(),
            class: Class::Async,
            workers: 1,
        }
    }
}

/// On which threads an actor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// On those that all actors share.
    Async,
    /// On one of its own, with its alarms and calls: it may block, and holds up nobody else.
    Blocking,
}

/// What is done about a stuck actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnStuck {
    /// Nothing more.
    Report,
    /// It is killed; once it is gone, its supervisor starts it again.
    Restart,
}

/// How many messages may wait in each lane of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mailbox {
    /// Orders of the runtime.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub control: usize,
    /// Alarms and answers.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub high: usize,
    /// Everything else.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub normal: usize,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { control: 64, high: 256, normal: 1024 }
    }
}

/// Where an output leads: one actor, or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Targets {
    One(String),
    Many(Vec<String>),
}

impl Targets {
    /// The actors' names, each with its key under `key`.
    pub(crate) fn each(&self, key: &str) -> Vec<(String, &str)> {
        match self {
            Self::One(name) => vec![(key.to_owned(), name)],
            Self::Many(names) => {
                let keyed = names.iter().enumerate();
                keyed.map(|(index, name)| (format!("{key}[{index}]"), name.as_str())).collect()
            }
        }
    }
}
