//! The words of the house: ids, time, blocks, tasks, stakes, certificates, vectors, memories.
//!
//! Nothing here waits, sends or decides. A word makes a wrong value unsayable where a type can,
//! and says in its documentation what it cannot.

pub mod actor;
pub mod agent;
pub mod aggregation;
pub mod certificate;
pub mod chain;
pub mod memory;
pub mod operator;
pub mod quorum;
pub mod signature;
pub mod store;
pub mod task;
pub mod time;
pub mod trace;
pub mod vector;

pub use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
