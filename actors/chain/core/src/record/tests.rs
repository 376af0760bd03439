use synod_types::chain::{Block, ChainId, Log};
use synod_types::{Address, B256, Bytes};

use super::*;

#[track_caller]
fn check(record: &Record) {
    assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(record));
    let mut longer = record.encode();
    longer.truncate(longer.len() - 1);
    assert!(Record::decode(&longer).is_err(), "a record cut short is no record");
}

#[test]
fn records_are_read_as_written() {
    let id = BlockId { number: 7, hash: B256::repeat_byte(1) };
    let identity = ChainIdentity { chain: ChainId(31_337), genesis: B256::repeat_byte(9) };
    check(&Record::Began { identity, start: 5 });
    let log = Log {
        address: Address::repeat_byte(2),
        topics: vec![B256::repeat_byte(3), B256::ZERO],
        data: Bytes::from_static(b"data"),
        transaction: B256::repeat_byte(4),
        index: 12,
    };
    let block = Block { id, parent: B256::repeat_byte(5), timestamp: 1_700_000_000 };
    check(&Record::Told {
        first: EventNumber(300),
        events: vec![
            ChainEvent::Committed { block, logs: vec![log] },
            ChainEvent::Retracted { block: id },
        ],
        answered: EventNumber(299),
    });
}

#[test]
fn the_form_on_disk_does_not_drift() {
    let identity = ChainIdentity { chain: ChainId(1), genesis: B256::repeat_byte(0xab) };
    let mut expected = vec![0, 0, 1, 32];
    expected.extend([0xab; 32]);
    expected.push(5);
    assert_eq!(Record::Began { identity, start: 5 }.encode(), expected);
}
