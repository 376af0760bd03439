//! What each command does.

mod actors;
mod breakers;
mod chain;
mod client;
mod dead_letters;
mod dev;
mod diff;
mod drain;
mod files;
mod graph;
mod keys;
mod reload;
mod run;
mod signguard;
mod status;
mod stuck;
mod tap;
mod top;
mod why;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, OK};

/// Carries out a command; the exit code.
///
/// # Errors
/// [`Exit`]: what to tell the user, and the code to end with.
pub fn perform(cli: Cli) -> Result<u8, Exit> {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Dev(args) => dev::dev(&args),
        Command::Validate(args) => files::validate(&args),
        Command::Init(args) => files::init(&args),
        Command::Schema => files::schema(),
        Command::Diff(args) => diff::diff(&args),
        Command::Explain(args) => diff::explain(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Reload(args) => reload::reload(&args),
        Command::Status(args) => status::status(&args),
        Command::Tree(args) => status::tree(&args),
        Command::Top(args) => top::top(&args),
        Command::Tap(args) => tap::tap(&args),
        Command::Why(args) => why::why(&args),
        Command::Restart(args) => actors::restart(&args.id, &args.read),
        Command::Drain(args) => drain::drain(&args),
        Command::Actors(args) => actors::actors(&args),
        Command::Stuck(args) => stuck::stuck(&args),
        Command::Chain(args) => chain::chain(&args),
        Command::DeadLetters(args) => dead_letters::dead_letters(&args),
        Command::Breakers(args) => breakers::breakers(&args),
        Command::Signguard(args) => signguard::signguard(&args),
        Command::Keys(args) => keys::keys(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "synod", &mut std::io::stdout());
            Ok(OK)
        }
    }
}
