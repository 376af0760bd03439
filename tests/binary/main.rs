//! The binary, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod anvil;
mod anvil_support;
mod backfill;
mod cli;
mod console;
mod dev;
mod drain;
mod drift;
mod ends;
mod faults;
mod http;
mod keys;
mod kill9;
mod metrics;
mod pool;
mod reload;
mod signals;
mod support;
mod top;
