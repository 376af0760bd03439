use synod_types::B256;
use synod_types::chain::BlockId;

use super::*;

/// What an event without logs weighs.
const WEIGHT: usize = 160;

fn event(number: u64) -> ChainEvent {
    ChainEvent::Retracted { block: BlockId { number, hash: B256::ZERO } }
}

/// How many of five events one batch has.
#[track_caller]
fn check_batch(batch_events_max: usize, batch_bytes_max: usize, expected: usize) {
    let limits = Limits { batch_events_max, batch_bytes_max, ..Limits::default() };
    let events: Vec<ChainEvent> = (0..5).map(event).collect();
    assert_eq!(batch(events.iter(), &limits), events[..expected]);
}

#[test]
fn a_batch_keeps_to_both_limits_and_holds_one_event_at_least() {
    check_batch(64, 1 << 20, 5);
    check_batch(4, 1 << 20, 4);
    check_batch(0, 1 << 20, 1);
    check_batch(64, WEIGHT * 3, 3);
    check_batch(64, WEIGHT * 3 - 1, 2);
    check_batch(64, 0, 1);
}

#[test]
fn what_waits_is_weighed_until_all_have_answered() {
    let mut outbox = Outbox::new(2, EventNumber(0));
    for number in 0..3 {
        outbox.push(event(number));
    }
    assert_eq!((outbox.len(), outbox.bytes()), (3, WEIGHT * 3));
    let limits = Limits { batch_events_max: 2, ..Limits::default() };
    assert_eq!(outbox.deliveries(Moment::default(), &limits), [], "nothing is durable");
    outbox.make_durable(EventNumber(2));
    let sent = outbox.deliveries(Moment::default(), &limits);
    assert_eq!(sent.iter().map(Delivery::last).collect::<Vec<_>>(), [EventNumber(2); 2]);
    assert!(outbox.settle(0, EventNumber(2)));
    assert_eq!((outbox.len(), outbox.bytes()), (3, WEIGHT * 3));
    assert!(outbox.settle(1, EventNumber(2)));
    assert_eq!((outbox.len(), outbox.bytes()), (1, WEIGHT));
    assert!(!outbox.settle(1, EventNumber(2)), "it has answered already");
}

#[test]
fn what_failed_goes_out_again_when_it_is_time() {
    let at = Moment::from_unix_seconds;
    let mut outbox = Outbox::new(1, EventNumber(0));
    outbox.push(event(0));
    outbox.make_durable(EventNumber(1));
    let limits = Limits::default();
    assert_eq!(outbox.next_retry(), Some(Moment::default()));
    assert_eq!(outbox.deliveries(at(1), &limits).len(), 1);
    assert_eq!(outbox.next_retry(), None, "it is out");
    assert!(!outbox.fail(0, EventNumber(7), |_| panic!("no such batch")));
    for failures in 1..3 {
        assert!(outbox.fail(0, EventNumber(1), |told| {
            assert_eq!(told, failures);
            at(5)
        }));
        assert_eq!(outbox.next_retry(), Some(at(5)));
        assert_eq!(outbox.deliveries(at(4), &limits), []);
        assert_eq!(outbox.deliveries(at(5), &limits).len(), 1);
    }
    assert!(outbox.settle(0, EventNumber(1)));
    assert_eq!(outbox.next_retry(), None, "all is answered");
}
