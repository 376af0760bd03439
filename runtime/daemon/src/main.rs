//! The binary.

use std::process::ExitCode;

use clap::Parser;
use synod_daemon::cli::Cli;
use synod_daemon::commands::perform;
use synod_daemon::dumps;

fn main() -> ExitCode {
    synod_daemon::mark_start();
    if let Err(error) = dumps::forbid() {
        eprintln!(
            "synod: a crash may leave keys in a core dump, which cannot be forbidden: {error}"
        );
    }
    match perform(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(exit) => {
            if !exit.message.is_empty() {
                eprintln!("synod: {}", exit.message);
            }
            exit.code()
        }
    }
}
