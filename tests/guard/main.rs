//! One key, one duty, one digest: whoever asks, wherever it is killed, whatever becomes of its
//! store. `GUARD_DUTIES`, `GUARD_KILLS` and `GUARD_HARMED` say how much of each.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

mod harm;
mod harmed;
mod house;
mod kills;
mod threads;

/// A number from the environment.
fn count(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |count| count.parse().unwrap())
}
