//! `[runtime]`, `[log]`, `[http]` and `[metrics]`: the process around the actors. Their schemas hold
//! every rule of theirs, so each is its own checked form.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;

/// The process around the actors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// Directory of the journal, and of keys made by `generate`. Relative to the working
    /// directory; created if missing.
    #[schemars(schema_with = "format::path")]
    pub data_dir: PathBuf,
    /// How long an orderly stop may take before what still runs is killed.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub drain_timeout: Duration,
    /// Seed of every random choice: same seed, same choices. Without it, one is drawn at start
    /// and logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: Option<u64>,
    /// Threads that run actors. Without it, one per core.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub worker_threads: Option<usize>,
    /// Threads for heavy or blocking work at once; more work waits.
    #[schemars(range(min = 1, max = 1024))]
    pub blocking_threads_max: usize,
    /// Alarms set at once by one incarnation of an actor; more are refused.
    #[schemars(range(min = 1, max = 16_777_216))]
    pub alarms_max: usize,
    /// Calls under way at once in one incarnation of an actor; more are refused.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub in_flight_max: usize,
    /// Dead letters remembered, those in quarantine apart; all are counted.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub dead_letters_max: usize,
    /// Dead letters remembered with their message, which can then be sent again.
    #[schemars(range(min = 0, max = 1_048_576))]
    pub dead_letters_kept_max: usize,
    /// Messages in quarantine, all actors together; beyond, the oldest quarantine ends.
    #[schemars(range(min = 1, max = 65_536))]
    pub quarantined_max: usize,
    /// Events a watcher may lag behind before it misses some.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub watch_backlog_max: usize,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            data_dir: "synod-data".into(),
            drain_timeout: Duration::from_secs(20),
            seed: None,
            worker_threads: None,
            blocking_threads_max: 4,
            alarms_max: 65_536,
            in_flight_max: 4096,
            dead_letters_max: 1024,
            dead_letters_kept_max: 256,
            quarantined_max: 256,
            watch_backlog_max: 4096,
        }
    }
}

/// What is said on stderr.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How a line is written.
    pub format: LogFormat,
    /// What is logged: a level, or directives as in `info,synod_chain=debug`.
    #[schemars(schema_with = "format::log_directives")]
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// The local interface for people and tools. It has no access control yet: leave it on a loopback
/// address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where it listens.
    #[schemars(schema_with = "format::listen")]
    pub listen: SocketAddr,
    /// Requests answered at once; more are refused with 503.
    #[schemars(range(min = 1, max = 65_536))]
    pub requests_max: usize,
    /// Event streams open at once; more are refused.
    #[schemars(range(min = 1, max = 65_536))]
    pub streams_max: usize,
    /// The longest request body.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub body_bytes_max: usize,
    /// After this long a request is answered with a failure.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "1h"))]
    pub request_timeout: Duration,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            requests_max: 256,
            streams_max: 64,
            body_bytes_max: 1024 * 1024,
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// What Prometheus reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Where it listens.
    #[schemars(schema_with = "format::listen")]
    pub listen: SocketAddr,
    /// What every name begins with.
    #[schemars(schema_with = "format::metric_prefix")]
    pub namespace: String,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9090)), namespace: "synod".to_owned() }
    }
}

/// The two servers need two ports. Port 0 is whatever the system gives.
pub(crate) fn check_listen(check: &mut Check<'_, '_>, http: &Http, metrics: &Metrics) {
    let (http, metrics) = (http.listen, metrics.listen);
    let overlaps =
        http.ip() == metrics.ip() || http.ip().is_unspecified() || metrics.ip().is_unspecified();
    if http.port() == metrics.port() && http.port() != 0 && overlaps {
        let is_written = check.found.is_written("metrics.listen");
        let key = if is_written { "metrics.listen" } else { "http.listen" };
        let hint = format!("http.listen is {http}, metrics.listen is {metrics}");
        check.found.refuse(key, "one port for two servers", hint);
    }
}
