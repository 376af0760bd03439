//! The house seen from outside: its walls, its rooms together, its binary.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod evm;
