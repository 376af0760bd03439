//! What is said to commands that read a topology file.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use synod_config::Profile;

use super::duration;

/// Which topology.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The topology file
    #[arg(short, long, env = "SYNOD_CONFIG", conflicts_with = "profile")]
    pub config: Option<PathBuf>,
    /// A topology that is built in
    #[arg(short, long, env = "SYNOD_PROFILE", value_parser = profile())]
    pub profile: Option<Profile>,
}

/// `synod run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which topology.
    #[command(flatten)]
    pub file: FileArgs,
    /// Where the journal and keys are kept, instead of `runtime.data_dir`
    #[arg(long, env = "SYNOD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Reload whenever the topology file is another one
    #[arg(long, env = "SYNOD_WATCH")]
    pub watch: bool,
}

/// `synod dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// End after this time, as in 30s or 5m
    #[arg(long = "for", value_name = "TIME", env = "SYNOD_FOR", value_parser = duration)]
    pub for_: Option<Duration>,
    /// Kill a random actor now and then
    #[arg(long, env = "SYNOD_CHAOS")]
    pub chaos: bool,
    /// Seed of the chain and of the chaos
    #[arg(long, env = "SYNOD_SEED", default_value_t = 7)]
    pub seed: u64,
    /// Print one JSON object a line
    #[arg(long, env = "SYNOD_JSON")]
    pub json: bool,
    /// Keep the journal, keys and chain here; without it they go with the process
    #[arg(long, env = "SYNOD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Listen here for HTTP; port 0 takes a free one
    #[arg(long, env = "SYNOD_HTTP_LISTEN")]
    pub http: Option<std::net::SocketAddr>,
    /// Listen here for Prometheus; port 0 takes a free one
    #[arg(long, env = "SYNOD_METRICS_LISTEN")]
    pub metrics: Option<std::net::SocketAddr>,
}

/// `synod validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The topology file
    pub path: Option<PathBuf>,
    /// Which topology.
    #[command(flatten)]
    pub file: FileArgs,
    /// Print the whole configuration as it will be used, secrets redacted
    #[arg(long)]
    pub show: bool,
    /// Do not look whether the keys and passwords it names are there and closed to others
    #[arg(long, env = "SYNOD_WITHOUT_KEYS")]
    pub without_keys: bool,
}

/// `synod init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The file to write; must not exist
    #[arg(default_value = "synod.toml")]
    pub path: PathBuf,
    /// What to start from; without it, the reference file with every key and its default
    #[arg(short, long, env = "SYNOD_PROFILE", value_parser = profile())]
    pub profile: Option<Profile>,
}

/// `synod diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The topology file as it was
    pub old: PathBuf,
    /// The topology file as it shall be
    pub new: PathBuf,
    /// Print JSON
    #[arg(long, env = "SYNOD_JSON")]
    pub json: bool,
}

/// `synod explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The actor or supervisor
    pub actor: String,
    /// Which topology.
    #[command(flatten)]
    pub file: FileArgs,
    /// Print JSON
    #[arg(long, env = "SYNOD_JSON")]
    pub json: bool,
}

/// `synod graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// Which topology.
    #[command(flatten)]
    pub file: FileArgs,
    /// How to draw it
    #[arg(long, default_value = "mermaid", env = "SYNOD_FORMAT")]
    pub format: GraphFormat,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid flowchart
    Mermaid,
    /// Nodes and edges as JSON
    Json,
}

/// One of those that are built in, by its name.
fn profile() -> impl TypedValueParser<Value = Profile> {
    let names =
        Profile::ALL.map(|profile| PossibleValue::new(profile.name()).help(profile.about()));
    PossibleValuesParser::new(names)
        .try_map(|name| Profile::named(&name).ok_or("no profile of this name"))
}
