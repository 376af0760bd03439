//! As nodes write it. Fields nobody needs are skipped, so that every chain's flavour fits.

use alloy::primitives::{Address, B256, Bytes, U64};
use serde::{Deserialize, Serialize};
use synod_types::chain::{Block, BlockId, LogFilter, PlacedLog};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    number: U64,
    hash: B256,
    parent_hash: B256,
    timestamp: U64,
}

impl From<Header> for Block {
    fn from(header: Header) -> Self {
        let id = BlockId { number: header.number.to(), hash: header.hash };
        Self { id, parent: header.parent_hash, timestamp: header.timestamp.to() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    block_number: Option<U64>,
    block_hash: Option<B256>,
    transaction_hash: Option<B256>,
    log_index: Option<U64>,
    #[serde(default)]
    removed: bool,
}

impl Log {
    /// None if it is of no block, or of one that has left the chain.
    pub(crate) fn placed(self) -> Option<PlacedLog> {
        if self.removed {
            return None;
        }
        let block = BlockId { number: self.block_number?.to(), hash: self.block_hash? };
        let log = synod_types::chain::Log {
            address: self.address,
            topics: self.topics,
            data: self.data,
            transaction: self.transaction_hash?,
            index: self.log_index?.to(),
        };
        Some(PlacedLog { block, log })
    }
}

/// The argument of `eth_getLogs`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    block_hash: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_block: Option<U64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_block: Option<U64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    address: &'a [Address],
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<[&'a [B256]; 1]>,
}

impl<'a> Query<'a> {
    pub(crate) fn of_block(hash: B256, filter: &'a LogFilter) -> Self {
        Self { block_hash: Some(hash), ..Self::of_filter(filter) }
    }

    pub(crate) fn of_range(from: u64, to: u64, filter: &'a LogFilter) -> Self {
        let (from_block, to_block) = (Some(U64::from(from)), Some(U64::from(to)));
        Self { from_block, to_block, ..Self::of_filter(filter) }
    }

    fn of_filter(filter: &'a LogFilter) -> Self {
        let topics = Some([filter.events.as_slice()]).filter(|[events]| !events.is_empty());
        let address = filter.addresses.as_slice();
        Self { block_hash: None, from_block: None, to_block: None, address, topics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_written_as_nodes_read_them() {
        let filter = LogFilter { addresses: vec![Address::ZERO], events: vec![B256::ZERO] };
        let (address, zero) = (format!("0x{}", "00".repeat(20)), format!("0x{}", "00".repeat(32)));
        let check = |query, expected| assert_eq!(serde_json::to_value(query).unwrap(), expected);
        check(
            Query::of_range(10, 255, &filter),
            serde_json::json!({
                "fromBlock": "0xa", "toBlock": "0xff", "address": [address], "topics": [[zero]]
            }),
        );
        let everything = LogFilter::default();
        let of_block = Query::of_block(B256::ZERO, &everything);
        check(of_block, serde_json::json!({ "blockHash": zero }));
    }

    #[test]
    fn removed_and_pending_logs_have_no_place() {
        let log = serde_json::json!({
            "address": Address::ZERO, "topics": [], "data": "0x", "blockNumber": "0x1",
            "blockHash": B256::ZERO, "transactionHash": B256::ZERO, "logIndex": "0x0",
            "removed": false, "blockTimestamp": "0x5"
        });
        let placed = |log| serde_json::from_value::<Log>(log).unwrap().placed();
        assert!(placed(log.clone()).is_some());
        for (key, value) in [("removed", true.into()), ("blockHash", serde_json::Value::Null)] {
            let mut other = log.clone();
            other[key] = value;
            assert_eq!(placed(other), None);
        }
    }
}
