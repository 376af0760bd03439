//! What is said to commands that speak to a running daemon.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use ureq::http::Uri;

use super::duration;

/// Which daemon.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    /// Where the daemon listens for HTTP
    #[arg(long, env = "SYNOD_URL", default_value = "http://127.0.0.1:8080", global = true)]
    #[arg(value_parser = address)]
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
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub id: String,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// `synod drain`.
#[derive(Debug, Args)]
pub struct DrainArgs {
    /// Only this actor, or supervisor with all below it; `synod restart` brings it back
    #[arg(conflicts_with = "deadline", value_parser = NonEmptyStringValueParser::new())]
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
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Kill an actor as a crash would; its supervisor restarts it
    Kill {
        /// The actor
        #[arg(value_parser = NonEmptyStringValueParser::new())]
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

/// `synod chain`.
#[derive(Debug, Args)]
pub struct ChainArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ChainAction,
}

/// What to do with chains.
#[derive(Debug, Subcommand)]
pub enum ChainAction {
    /// Show how each chain is followed, and through which endpoints
    Status(ReadArgs),
    /// Tell a consumer what was before it came, at the same time as what happens, and show how far
    /// that is
    Backfill(BackfillArgs),
}

/// `synod chain backfill`.
#[derive(Debug, Args)]
pub struct BackfillArgs {
    /// The chain: an actor's name
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub chain: String,
    /// Who is told: an actor among the chain's edges.events
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub consumer: String,
    /// The first block; the last is the one below the first that it was told as it happened
    #[arg(long, value_name = "BLOCK")]
    pub from: u64,
    /// Order it, and do not wait until it is done
    #[arg(long)]
    pub no_wait: bool,
    /// Which daemon.
    #[command(flatten)]
    pub read: ReadArgs,
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
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
    },
    /// Let every call through until reset
    Close {
        /// The breaker
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
    },
    /// Close it and forget what it counted
    Reset {
        /// The breaker
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
    },
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

/// Where a daemon may listen. It speaks plain HTTP, on loopback or behind something that does not.
fn address(text: &str) -> Result<String, String> {
    let is_address = |uri: &Uri| {
        let is_whole = uri.authority().is_some_and(|authority| {
            let (host, all) = (authority.host(), authority.as_str());
            !host.is_empty() && (authority.port_u16().is_some() || all.ends_with(host))
        });
        is_whole && uri.scheme_str() == Some("http") && uri.query().is_none()
    };
    match text.parse::<Uri>() {
        Ok(uri) if is_address(&uri) => Ok(text.to_owned()),
        _ => Err("an address as in http://127.0.0.1:8080".to_owned()),
    }
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
