//! From answers to certificates: ours, through mailboxes, and others' beside it.

mod latency;
mod ours;
mod rivals;
mod scenario;
mod table;

pub use latency::{latency, longest_polls};
pub use ours::Ours;
pub use rivals::{Rival, each_paired_twice, each_verified};
pub use scenario::{Scenario, Secrets, Shape};
pub use table::{SHAPES, certificates};
