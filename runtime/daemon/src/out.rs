//! Standard output. A reader that has gone (`| head`) ends the command quietly.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use crate::exit::Exit;

/// Writes one line.
///
/// # Errors
/// Standard output cannot be written. A closed pipe is an [`Exit`] with code 0.
pub fn line(text: impl Display) -> Result<(), Exit> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Exit::new(crate::exit::OK, String::new()),
        _ => error.into(),
    })
}

/// Writes a JSON value over several lines.
///
/// # Errors
/// As for [`line()`].
pub fn json(value: &serde_json::Value) -> Result<(), Exit> {
    line(format_args!("{value:#}"))
}
