//! The sentences of the house: one file says what one actor can be told.
//!
//! Commands are verbs, events past participles. A [`Reply`](synod_supervision::Reply) in a
//! sentence is owed an answer by whoever is told it.

pub mod chain;
pub mod embedding;
pub mod journal;
pub mod memory;
pub mod quorum;
pub mod signature;
pub mod store;
pub mod task;
