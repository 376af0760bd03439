//! What a header proves: its own hash, which logs cannot be in its block, which receipts are.

use alloy::consensus::proofs::ordered_trie_root_with_encoder;
use alloy::consensus::{Eip658Value, Header, Receipt, ReceiptWithBloom};
use alloy::primitives::{Address, B256, Bloom, BloomInput, Bytes, LogData, U64, logs_bloom};
use alloy::rlp::{BufMut, Encodable};
use serde::Deserialize;
use synod_types::chain::{Block, BlockId, Log, LogFilter, PlacedLog};

/// What remains of a header whose hash was recomputed.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) bloom: Box<Bloom>,
    pub(crate) receipts_root: B256,
}

impl Proof {
    /// None if `hash` is not that of the header.
    pub(crate) fn of(header: &Header, hash: B256) -> Option<Self> {
        let (bloom, receipts_root) = (Box::new(header.logs_bloom), header.receipts_root);
        (header.hash_slow() == hash).then_some(Self { bloom, receipts_root })
    }

    /// Whether a wanted log can be in the block. If not, none is.
    pub(crate) fn may_hold(&self, filter: &LogFilter) -> bool {
        let holds = |bytes: &[u8]| self.bloom.contains_input(BloomInput::Raw(bytes));
        if self.bloom.is_zero() {
            return false;
        }
        let address = filter.addresses.is_empty()
            || filter.addresses.iter().any(|address| holds(address.as_slice()));
        let event =
            filter.events.is_empty() || filter.events.iter().any(|event| holds(event.as_slice()));
        address && event
    }

    /// Whether this log can be in the block.
    pub(crate) fn may_be(&self, log: &Log) -> bool {
        let holds = |bytes: &[u8]| self.bloom.contains_input(BloomInput::Raw(bytes));
        holds(log.address.as_slice()) && log.topics.iter().all(|topic| holds(topic.as_slice()))
    }
}

/// The answer to `eth_getBlockReceipts`, one of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireReceipt {
    #[serde(default, rename = "type")]
    kind: U64,
    status: Option<U64>,
    root: Option<B256>,
    cumulative_gas_used: U64,
    transaction_hash: B256,
    logs: Vec<WireLog>,
}

#[derive(Debug, Deserialize)]
struct WireLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

/// The wanted logs of a block, from its receipts. None if they are not those of `root`.
///
/// The root proves emitter, topics, data and order of every log, and that none is missing. Which
/// transaction a log is of is taken from the node's word.
pub(crate) fn proven_logs(
    block: &Block,
    root: B256,
    receipts: Vec<WireReceipt>,
    filter: &LogFilter,
) -> Option<Vec<PlacedLog>> {
    let encoded: Option<Vec<Vec<u8>>> = receipts.iter().map(encode).collect();
    let found = ordered_trie_root_with_encoder(&encoded?, |receipt, out| out.put_slice(receipt));
    if found != root {
        return None;
    }
    let logs = receipts.into_iter().flat_map(|receipt| {
        let transaction = receipt.transaction_hash;
        receipt.logs.into_iter().map(move |log| (transaction, log))
    });
    let placed = (0_u64..).zip(logs).map(|(index, (transaction, log))| {
        let WireLog { address, topics, data } = log;
        let block = BlockId { ..block.id };
        PlacedLog { block, log: Log { address, topics, data, transaction, index } }
    });
    Some(placed.filter(|placed| filter.wants(&placed.log)).collect())
}

/// As it stands in the trie (EIP-2718). None for a log with more than four topics.
fn encode(receipt: &WireReceipt) -> Option<Vec<u8>> {
    let logs: Option<Vec<alloy::primitives::Log>> = receipt
        .logs
        .iter()
        .map(|log| {
            let data = LogData::new(log.topics.clone(), log.data.clone())?;
            Some(alloy::primitives::Log { address: log.address, data })
        })
        .collect();
    let logs = logs?;
    let status = match (receipt.status, receipt.root) {
        (Some(status), _) => Eip658Value::Eip658(!status.is_zero()),
        (None, Some(root)) => Eip658Value::PostState(root),
        (None, None) => return None,
    };
    let logs_bloom = logs_bloom(&logs);
    let cumulative_gas_used = receipt.cumulative_gas_used.to();
    let receipt_of = Receipt { status, cumulative_gas_used, logs };
    let mut bytes = Vec::new();
    if let Ok(kind @ 1..) = u8::try_from(receipt.kind.to::<u64>()) {
        bytes.put_u8(kind);
    }
    ReceiptWithBloom { receipt: receipt_of, logs_bloom }.encode(&mut bytes);
    Some(bytes)
}
