//! The daemon: introduces actors to one another, listens, starts, shows, drains.
//!
//! ```text
//!   topology file ─▶ Config (checked) ─▶ topology::compile ─▶ SupervisorSpec ─▶ Runtime
//!                                              │
//!                                              └▶ Desks ─▶ HTTP, command line
//! ```

pub mod chaos;
pub mod cli;
pub mod commands;
pub mod dumps;
pub mod exit;
pub mod exposition;
pub mod graph;
pub mod http;
pub mod lifecycle;
pub mod narrator;
pub mod out;
pub mod reference;
pub mod reload;
pub mod signals;
mod signguard;
pub mod telemetry;
pub mod top;
pub mod topology;
mod words;

use std::sync::OnceLock;
use std::time::Instant;

static START: OnceLock<Instant> = OnceLock::new();

/// Notes when the process started; the first call counts.
pub fn mark_start() -> Instant {
    *START.get_or_init(Instant::now)
}
