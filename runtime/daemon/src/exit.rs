//! How the process ends. Codes are those of `sysexits.h`, so that a service manager can tell a
//! mistake in a file from a failure at work.

use std::process::ExitCode;

/// All went as asked.
pub const OK: u8 = 0;
/// What was compared differs, as `diff` says it.
pub const DIFFERENT: u8 = 1;
/// The command line is wrong. (clap uses 2.)
pub const USAGE: u8 = 64;
/// A file that was given is not what it should be, or does not fit what is there.
pub const DATA: u8 = 65;
/// A daemon or address that was asked for is not to be had.
pub const UNAVAILABLE: u8 = 69;
/// The root supervisor gave up.
pub const SOFTWARE: u8 = 70;
/// A file could not be read or written.
pub const IO: u8 = 74;
/// Draining took longer than it may; what was left is in the journal.
pub const DRAIN: u8 = 75;
/// The configuration is wrong.
pub const CONFIG: u8 = 78;

/// An error and the code it ends the process with.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Exit {
    /// What to tell the user.
    pub message: String,
    /// The exit code.
    pub code: u8,
}

impl Exit {
    /// An error that ends the process with `code`.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), code }
    }

    /// The code for the system.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<std::io::Error> for Exit {
    fn from(error: std::io::Error) -> Self {
        Self::new(IO, error.to_string())
    }
}
