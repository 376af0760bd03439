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

/// What the limits count is never less than what is written.
#[test]
fn an_event_is_no_longer_than_its_weight() {
    let most = BlockId { number: u64::MAX, hash: B256::repeat_byte(0xff) };
    let block = Block { id: most, parent: most.hash, timestamp: u64::MAX };
    for (logs, topics, data) in [(0, 0, 0), (1, 4, 0), (300, 4, 127), (9, 0, 70_000)] {
        let log = Log {
            address: Address::repeat_byte(0xff),
            topics: vec![most.hash; topics],
            data: vec![0xff; data].into(),
            transaction: most.hash,
            index: u64::MAX,
        };
        let event = ChainEvent::Committed { block, logs: vec![log; logs] };
        let (first, answered) = (EventNumber(u64::MAX), EventNumber(u64::MAX));
        let weight = crate::assemble::weight(&event);
        let record = Record::Told { first, events: vec![event], answered };
        assert!(record.encode().len() <= weight, "{} > {weight}", record.encode().len());
    }
}

#[test]
fn the_form_on_disk_does_not_drift() {
    let identity = ChainIdentity { chain: ChainId(1), genesis: B256::repeat_byte(0xab) };
    let mut expected = vec![0, 0, 1, 32];
    expected.extend([0xab; 32]);
    expected.push(5);
    assert_eq!(Record::Began { identity, start: 5 }.encode(), expected);
}
