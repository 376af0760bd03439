//! The command line. Every flag has an environment twin.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A supervised actor runtime for AI agents and EigenLayer services.
#[derive(Debug, Parser)]
#[command(name = "synod", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the runtime that a topology file describes
    Run(RunArgs),
    /// Start a whole network in this process: a simulated chain, four operators, an aggregator,
    /// an agent memory
    Dev(DevArgs),
    /// Check a topology file; exit 0 if it can be run, 78 if not
    Validate(ValidateArgs),
    /// Write a topology file to start from
    Init(InitArgs),
    /// Print the JSON Schema of topology files
    Schema,
    /// Say what would change if one topology became another; exit 0 if they are the same, 1 if
    /// they differ, 78 if one cannot be run
    Diff(DiffArgs),
    /// Explain an actor: where it stands, what it is made from and where each value comes from, who
    /// talks to it, what happens when it fails
    Explain(ExplainArgs),
    /// Draw the topology with its typed edges
    Graph(GraphArgs),
    /// Have a running daemon read its file again and become what it says; nothing is lost, and what
    /// is untouched goes on
    Reload(ReloadArgs),
    /// Say how a running daemon is
    Status(ReadArgs),
    /// Show the supervision tree of a running daemon
    Tree(ReadArgs),
    /// Watch a running daemon on the terminal: tree, mailboxes, rates, times, restarts, breakers
    Top(TopArgs),
    /// Show messages as they are handled: of an actor, an edge or a kind, or all
    Tap(TapArgs),
    /// Say why an actor failed: its last failures, what was in hand, what its supervisor did
    Why(ActorArgs),
    /// End an actor in order and start its next incarnation
    Restart(ActorArgs),
    /// Bring a running daemon, or one actor, to an orderly end: what is accepted is finished first
    Drain(DrainArgs),
    /// Look at actors, restart or kill one
    Actors(ActorsArgs),
    /// Show actors that do not get on with their mail; exit 69 if there are any
    Stuck(ReadArgs),
    /// Look at messages that nobody handled, send one again or forget them
    DeadLetters(DeadLettersArgs),
    /// Look at circuit breakers, force or reset one
    #[command(visible_alias = "breaker")]
    Breakers(BreakersArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which topology.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The topology file
    #[arg(short, long, env = "SYNOD_CONFIG", conflicts_with = "profile")]
    pub config: Option<PathBuf>,
    /// A topology that is built in
    #[arg(short, long, env = "SYNOD_PROFILE")]
    pub profile: Option<Profile>,
}

/// A topology that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// A simulated chain, four operators, an aggregator, an agent memory
    Dev,
    /// A chain, an aggregator and the operators whose keys are here
    Aggregator,
    /// A chain and one operator that performs its tasks
    Executor,
    /// An agent memory
    Agent,
}

impl Profile {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Aggregator => "aggregator",
            Self::Executor => "executor",
            Self::Agent => "agent",
        }
    }
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
}

/// `synod init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The file to write; must not exist
    #[arg(default_value = "synod.toml")]
    pub path: PathBuf,
    /// What to start from; without it, the reference file with every key and its default
    #[arg(short, long, env = "SYNOD_PROFILE")]
    pub profile: Option<Profile>,
}

/// `synod reload`.
#[derive(Debug, Args)]
pub struct ReloadArgs {
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Only say what would be done
    #[arg(long, env = "SYNOD_DRY_RUN")]
    pub dry_run: bool,
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

/// Which daemon.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    /// Where the daemon listens for HTTP
    #[arg(long, env = "SYNOD_URL", default_value = "http://127.0.0.1:8080", global = true)]
    pub url: String,
}

/// `synod status`, `synod tree`, `synod stuck`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Which daemon.
    #[command(flatten)]
    pub daemon: DaemonArgs,
    /// Print JSON
    #[arg(long, env = "SYNOD_JSON", global = true)]
    pub json: bool,
}

/// `synod top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Which daemon.
    #[command(flatten)]
    pub daemon: DaemonArgs,
}

/// `synod tap`.
#[derive(Debug, Args)]
pub struct TapArgs {
    /// Which daemon.
    #[command(flatten)]
    pub daemon: DaemonArgs,
    /// An actor, an edge as in `chain->memory`, or a kind of message as in `kind:append`; without
    /// it, all messages
    #[arg(value_name = "ACTOR|EDGE|KIND", value_parser = tapped)]
    pub what: Option<Tap>,
    /// Only messages of this kind
    #[arg(long)]
    pub kind: Option<String>,
    /// End after so many messages
    #[arg(long)]
    pub limit: Option<u64>,
    /// Of so many messages, show one: as in 1/100
    #[arg(long, value_name = "1/N", value_parser = sample)]
    pub sample: Option<NonZeroU32>,
    /// Print one JSON object a line
    #[arg(long, env = "SYNOD_JSON")]
    pub json: bool,
}

/// What is tapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tap {
    /// What an actor handles.
    Actor(String),
    /// What one actor sends another.
    Edge(String, String),
    /// Messages of a kind.
    Kind(String),
}

/// `synod why`, `synod restart`.
#[derive(Debug, Args)]
pub struct ActorArgs {
    /// The actor or supervisor
    pub id: String,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// `synod drain`.
#[derive(Debug, Args)]
pub struct DrainArgs {
    /// Only this actor, or supervisor with all below it; `synod restart` brings it back
    #[arg(conflicts_with = "deadline")]
    pub actor: Option<String>,
    /// The longest a daemon may take, as in 30s; without it, `runtime.drain_timeout`. An actor has
    /// its own `stop_timeout`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// `synod actors`.
#[derive(Debug, Args)]
pub struct ActorsArgs {
    /// What to do; without it, list them.
    #[command(subcommand)]
    pub action: Option<ActorAction>,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What to do to an actor.
#[derive(Clone, Debug, Subcommand)]
pub enum ActorAction {
    /// End an actor in order and start its next incarnation
    Restart {
        /// The actor
        id: String,
    },
    /// Kill an actor as a crash would; its supervisor restarts it
    Kill {
        /// The actor
        id: String,
    },
}

/// `synod dead-letters`.
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// What to do; without it, list them.
    #[command(subcommand)]
    pub action: Option<DeadLetterAction>,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What to do to dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum DeadLetterAction {
    /// List them, the oldest first
    List(DeadWhich),
    /// Show all that is known of one; never what it says
    Show {
        /// Its number
        id: u64,
    },
    /// Send its message to its actor again; a quarantine of it ends
    Replay {
        /// Its number
        id: u64,
    },
    /// Forget one, or those of an actor or reason, or all; quarantines of theirs end
    Purge {
        /// Its number
        #[arg(required_unless_present_any = ["actor", "reason", "all"])]
        #[arg(conflicts_with_all = ["actor", "reason", "all"])]
        id: Option<u64>,
        /// All of them
        #[arg(long, conflicts_with_all = ["actor", "reason"])]
        all: bool,
        /// Which.
        #[command(flatten)]
        which: DeadWhich,
    },
}

/// Which dead letters.
#[derive(Clone, Debug, Args)]
pub struct DeadWhich {
    /// Only those for this actor
    #[arg(long)]
    pub actor: Option<String>,
    /// Only those that died like this: in_hand, quarantined, kept_out, dropped_oldest, abandoned
    #[arg(long)]
    pub reason: Option<String>,
}

/// `synod breakers`.
#[derive(Debug, Args)]
pub struct BreakersArgs {
    /// What to do; without it, list them.
    #[command(subcommand)]
    pub action: Option<BreakerAction>,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What to do to a breaker.
#[derive(Clone, Debug, Subcommand)]
pub enum BreakerAction {
    /// Let no call through until reset
    Open {
        /// The breaker
        name: String,
    },
    /// Let every call through until reset
    Close {
        /// The breaker
        name: String,
    },
    /// Close it and forget what it counted
    Reset {
        /// The breaker
        name: String,
    },
}

fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("must be longer than zero".to_owned()) } else { Ok(time) }
}

fn tapped(text: &str) -> Result<Tap, String> {
    let named = |name: &str| match name.trim() {
        "" => Err("an actor, an edge `a->b`, or `kind:K`, and each with its name".to_owned()),
        name => Ok(name.to_owned()),
    };
    if let Some(kind) = text.strip_prefix("kind:") {
        return named(kind).map(Tap::Kind);
    }
    match text.split_once("->") {
        Some((from, to)) => Ok(Tap::Edge(named(from)?, named(to)?)),
        None => named(text).map(Tap::Actor),
    }
}

fn sample(text: &str) -> Result<NonZeroU32, String> {
    let count = text.strip_prefix("1/").unwrap_or(text).parse();
    count.map_err(|_| format!("one of so many, as in 1/100; {} at most", u32::MAX))
}
