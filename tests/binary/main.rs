//! The binary, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod drift;
