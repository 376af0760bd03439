use synod_types::chain::{ChainId, Log};
use synod_types::operator::OperatorSetId;
use synod_types::task::{TaskCreated, TaskId};
use synod_types::{Address, B256, U256, keccak256};

const WORD: usize = 32;

/// A task's hash as the mailbox contract computes it: keccak of `abi.encode(uint256 count, address
/// mailbox, uint256 chain, (address refundCollector, (address avs, uint32 id), bytes payload))`.
pub fn task_hash(
    (mailbox, chain): (Address, ChainId),
    count: u64,
    refund_collector: Address,
    set: OperatorSetId,
    payload: &[u8],
) -> TaskId {
    let words = [
        U256::from(count),
        word(mailbox),
        U256::from(chain.0),
        // Where the parameters begin, and within them, where the payload does.
        U256::from(4 * WORD),
        word(refund_collector),
        word(set.avs),
        U256::from(set.number),
        U256::from(4 * WORD),
        U256::from(payload.len()),
    ];
    let mut encoded: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<WORD>).collect();
    encoded.extend_from_slice(payload);
    encoded.resize(encoded.len().next_multiple_of(WORD), 0);
    TaskId(keccak256(encoded))
}

/// The log by which `mailbox` announces a task.
pub(crate) fn announcement(mailbox: Address, created: &TaskCreated, index: u64) -> Log {
    let (topics, data) = created.encode();
    Log { address: mailbox, topics, data, transaction: created.task.0, index }
}

/// A token's transfer: what most logs of most chains are.
pub(crate) fn transfer(seed: B256, index: u64) -> Log {
    let party = |end: &[u8]| Address::from_word(keccak256([seed.as_slice(), end].concat()));
    let amount = U256::from_be_slice(&seed[24..]);
    Log {
        address: Address::repeat_byte(0x70),
        topics: vec![
            keccak256("Transfer(address,address,uint256)"),
            party(b"from").into_word(),
            party(b"to").into_word(),
        ],
        data: amount.to_be_bytes::<WORD>().into(),
        transaction: seed,
        index,
    }
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_the_hash_the_contract_gave_it() {
        let vectors =
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/ponos.json"));
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let vector = &vectors["task_created_log"];
        let topics: Vec<B256> = serde_json::from_value(vector["topics"].clone()).unwrap();
        let data: synod_types::Bytes = serde_json::from_value(vector["data"].clone()).unwrap();
        let mailbox: Address = serde_json::from_value(vector["address"].clone()).unwrap();
        let created = TaskCreated::decode(&topics, &data).unwrap().unwrap();
        let chain = ChainId(vector["chain_id"].as_u64().unwrap());
        let count = vector["global_task_count"].as_u64().unwrap();
        let refund = created.refund_collector;
        let hash = task_hash((mailbox, chain), count, refund, created.set, &created.payload);
        assert_eq!(hash, created.task);
        let log = announcement(mailbox, &created, 3);
        assert_eq!((log.topics, log.data, log.index), (topics, data, 3));
    }
}
