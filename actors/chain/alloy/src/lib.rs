//! A node, spoken to by JSON-RPC.
//!
//! Truth comes by HTTP, when asked. A WebSocket, if there is one, only says that it is time to
//! ask: what it skips, repeats or swallows does no harm. Headers are asked for in batches, logs
//! of a few blocks by hash and of many by range; either way each log must be of one of the blocks,
//! and the last block must still stand afterwards.
//!
//! Answers are cut off at a size. Addresses may hold credentials; no error or log line shows them.

mod endpoint;
mod heads;
mod rpc;
mod source;
mod transport;
mod trouble;
mod wire;

pub use endpoint::InvalidUrl;
pub use source::{AlloySource, Connection};
