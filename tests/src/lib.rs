//! Doubles and tools of the tests: what several rooms put their actors before ([`store`],
//! [`stage`]), and what those need that look at the house from outside.
//!
//! A room names this one among its dev-dependencies only.

use std::path::{Path, PathBuf};

pub mod stage;
pub mod store;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
