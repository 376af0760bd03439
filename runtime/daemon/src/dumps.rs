//! Memory that holds keys is written to no file.

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// From now on this process leaves no core dump, and other processes of the same user can neither
/// attach to it nor read its memory. A program it starts is not bound by this.
///
/// # Errors
/// What the kernel refuses.
pub fn forbid() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
