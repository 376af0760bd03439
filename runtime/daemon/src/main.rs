//! The binary.

use std::process::ExitCode;

use clap::Parser;
use synod_daemon::cli::Cli;
use synod_daemon::commands::perform;

fn main() -> ExitCode {
    synod_daemon::mark_start();
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
