//! Logs and metrics of the process.

use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::layers::{Layer, PrefixLayer};
use tracing_subscriber::EnvFilter;

/// Upper bounds of histogram buckets, in seconds: 10 µs to 60 s.
const SECONDS: [f64; 14] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0,
];

/// Upper bounds of buckets of everything else, which is counted: texts, blocks, appends.
const COUNTS: [f64; 11] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1_024.0];

/// Before what the topology says. A lost socket is an error to alloy; to us it is one hint less,
/// polling goes on, and the chain actor says what there is to say, without the node's address.
/// ractor's spans name incarnations by numbers of its own; ours name them by actor and life.
const QUIET: &str = "alloy_pubsub=off,alloy_transport_ws=off,ractor=warn";

const START: &str = "process_start_time_seconds";

/// Why logs or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A directive of the log filter does not parse.
    #[error("log.level = {0:?}: {1}")]
    Level(String, String),
    /// The exporter refuses its configuration.
    #[error("metrics exporter: {0}")]
    Exporter(#[from] BuildError),
    /// Something else in this process has installed logs or metrics already.
    #[error("{0} can be installed only once in a process")]
    Twice(&'static str),
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Installs the log subscriber; logs go to standard error.
///
/// # Errors
/// `level` is no filter, or there is a subscriber already.
pub fn install_logs(form: LogForm, level: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{level}"))
        .map_err(|error| TelemetryError::Level(level.to_owned(), error.to_string()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match form {
        LogForm::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogForm::Json => builder.json().flatten_event(true).try_init(),
    };
    installed.map_err(|_| TelemetryError::Twice("logs"))
}

/// Installs the metrics recorder and describes every metric. Must come before any actor or
/// address is made: a handle made earlier is mute for ever.
///
/// # Errors
/// There is a recorder already.
pub fn install_metrics(namespace: &str) -> Result<PrometheusHandle, TelemetryError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    let named = PrefixLayer::new(namespace.to_owned()).layer(recorder);
    metrics::set_global_recorder(named).map_err(|_| TelemetryError::Twice("metrics"))?;
    describe();
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!(START).set(since_epoch.as_secs_f64());
    Ok(handle)
}

/// Describes every metric of the daemon.
pub fn describe() {
    describe_gauge!(START, Unit::Seconds, "When the process started (Unix time)");
    synod_supervision::metrics::describe();
    synod_store::describe();
    synod_chain::describe();
    synod_chain_alloy::describe();
    synod_embedding::metrics::describe();
    synod_memory::metrics::describe();
    synod_signature::describe();
    synod_quorum::describe();
    synod_task::describe();
    crate::reload::describe();
}
