//! The command line. Every flag has an environment twin.

mod files;
mod keys;
mod running;
mod signguard;

pub use files::{
    DevArgs, DiffArgs, ExplainArgs, FileArgs, GraphArgs, GraphFormat, InitArgs, RunArgs,
    ValidateArgs,
};
pub use keys::{
    InfoArgs, Kdf, KeyExportArgs, KeyImportArgs, KeysAction, KeysArgs, NewArgs, NewPasswordArgs,
    PasswordArgs, RotateArgs,
};
pub use running::{
    ActorAction, ActorArgs, ActorsArgs, BackfillArgs, BreakerAction, BreakersArgs, ChainAction,
    ChainArgs, DaemonArgs, DeadLetterAction, DeadLettersArgs, DeadWhich, DrainArgs, ReadArgs,
    ReloadArgs, Tap, TapArgs, TopArgs,
};

pub use signguard::{ExportArgs, GuardAction, ImportArgs, SignguardArgs};

use std::time::Duration;

use clap::{Parser, Subcommand};

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
    /// Look at the chains that are followed, and have consumers told their past; exit 69 if one is
    /// halted
    Chain(ChainArgs),
    /// Look at messages that nobody handled, send one again or forget them
    DeadLetters(DeadLettersArgs),
    /// Look at circuit breakers, force or reset one
    #[command(visible_alias = "breaker")]
    Breakers(BreakersArgs),
    /// Look at what signing guards remember, write it to a file or take it from one, while no
    /// daemon runs
    Signguard(SignguardArgs),
    /// Make, import, list, look at, rotate and export keys
    Keys(KeysArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("must be longer than zero".to_owned()) } else { Ok(time) }
}
