//! Traps of plain ractor and of supervisors built on it, each beside what happens here.
//!
//! A test in `plain` holds the defect: when it fails, ractor has mended it and the trap can go.
//! The test of the same name in `ours` holds that we are not in the trap.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod ours;
mod plain;
