//! A node, spoken to by JSON-RPC over HTTP, WebSocket or a Unix socket.
//!
//! Truth comes when it is asked for. A subscription to new heads, if there is one, only says that
//! it is time to ask: what it skips, repeats or swallows does no harm. Headers are asked for in
//! batches and their hashes recomputed; logs only of blocks whose bloom filter may hold wanted
//! ones, of a few blocks by hash and of many by range, or from receipts that are checked against
//! the header. Either way each log must be of one of the blocks, and the last block must still
//! stand afterwards.
//!
//! Answers are cut off at a size. Addresses may hold credentials; no error or log line shows them.

mod endpoint;
mod headers;
mod heads;
mod ipc;
mod logs;
mod metrics;
mod proof;
mod rpc;
mod socket;
mod source;
mod transport;
mod trouble;
mod wire;

pub use endpoint::InvalidUrl;
pub use metrics::describe;
pub use source::{AlloySource, Connection, Finality, Verify};
