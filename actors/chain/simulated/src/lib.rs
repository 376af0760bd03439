//! A chain in this process: blocks by the clock, tasks and other logs by the seed, reorgs by
//! command or by plan.
//!
//! Nothing of it is stored but the time of its genesis and the reorgs it was told to make; every
//! block follows from these and the settings. So the same directory shows the same chain after a
//! restart, grown by the blocks that became due meanwhile.
//!
//! It is no node: no transactions, no state, no fees. Hashes are hashes of what a block follows
//! from, not of a header.

mod announce;
mod blocks;
mod chain;
mod ledger;

pub use announce::task_hash;
pub use blocks::Settings;
pub use chain::{CannotReorg, Clock, SimulatedChain};
pub use ledger::LedgerError;
