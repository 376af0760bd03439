//! `[supervisors.<id>]`, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format;
use crate::recovery::{AutoShutdown, OnExceeded};

/// A supervisor: which children, in which order, and what happens when one fails. The one named
/// `root` is the top; when it gives up, the process ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SupervisorSection {
    /// Actors and supervisors, in order of start; they are stopped in reverse.
    #[schemars(length(max = 1024))]
    pub(crate) children: Vec<String>,
    /// Who else is restarted when a child fails.
    pub(crate) strategy: Strategy,
    /// Restarts within `period`; one more is one too many: see `on_exceeded`.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) restarts_max: u32,
    /// What follows one failure too many.
    pub(crate) on_exceeded: OnExceeded,
    /// With `on_exceeded = "park"`: how long the children are halted; it doubles each time they
    /// fail again before they have run for `backoff_reset_after`, up to an hour.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub(crate) park_for: Duration,
    /// With `on_exceeded = "park"`: failures after which they are halted again.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) park_probes: u32,
    /// Whether it ends when significant children have ended by themselves.
    pub(crate) auto_shutdown: AutoShutdown,
    /// Its own end may end its parent: see `auto_shutdown`. Not for `root`.
    pub(crate) significant: bool,
    /// Children it may have at once, those added while it runs included.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) children_max: usize,
    /// The time in which `restarts_max` restarts are suffered.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration")]
    pub(crate) period: Duration,
    /// Wait before a restart; it doubles with each in a row.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "0s", "x-max" = "1h"))]
    pub(crate) backoff_first: Duration,
    /// The longest such wait.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "0s", "x-max" = "1h"))]
    pub(crate) backoff_max: Duration,
    /// How much each wait varies, up and down.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) jitter_percent: u8,
    /// A child that ran this long starts with the first wait again.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration")]
    pub(crate) backoff_reset_after: Duration,
    /// When it is itself restarted by its parent. Not for `root`.
    pub(crate) restart: Restart,
    /// How long its parent waits for an orderly stop of all of it. Not for `root`.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub(crate) stop_timeout: Duration,
}

impl Default for SupervisorSection {
    fn default() -> Self {
        Self {
            children: Vec::new(),
            strategy: Strategy::OneForOne,
            restarts_max: 10,
            on_exceeded: OnExceeded::Escalate,
            park_for: Duration::from_secs(30),
            park_probes: 3,
            auto_shutdown: AutoShutdown::Never,
            significant: false,
            children_max: 1024,
            period: Duration::from_secs(60),
            backoff_first: Duration::from_millis(50),
            backoff_max: Duration::from_secs(10),
            jitter_percent: 10,
            backoff_reset_after: Duration::from_secs(30),
            restart: Restart::Permanent,
            stop_timeout: Duration::from_secs(20),
        }
    }
}

/// Who is restarted when a child fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The child.
    OneForOne,
    /// All children.
    OneForAll,
    /// The child and those started after it.
    RestForOne,
}

impl Strategy {
    /// Its name in a file and in the graph.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        }
    }
}

/// When a child is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Always.
    Permanent,
    /// After a failure, not after an orderly end.
    Transient,
    /// Never.
    Temporary,
}
