use std::time::Duration;

use super::*;

const START: Moment = Moment::from_unix_seconds(1_000);

fn after(seconds: u64) -> Moment {
    START + Duration::from_secs(seconds)
}

#[test]
fn what_is_unset_does_not_ring() {
    let mut timers = Timers::new();
    timers.set(after(1), 'a');
    timers.set(after(2), 'b');
    timers.unset(after(1), 'a');
    assert_eq!(timers.arm(), Some(after(2)));
    assert_eq!(timers.ring(after(9)), ['b']);
}

#[test]
fn what_is_due_rings_in_order_and_once() {
    let mut timers = Timers::new();
    timers.set(after(2), 'b');
    timers.set(after(1), 'c');
    timers.set(after(3), 'a');
    assert_eq!(timers.ring(after(2)), ['c', 'b']);
    assert_eq!(timers.ring(after(2)), []);
    assert_eq!(timers.ring(after(3)), ['a']);
}

#[test]
fn an_alarm_is_asked_for_only_if_it_is_the_earliest() {
    let mut timers = Timers::new();
    assert_eq!(timers.arm(), None);
    timers.set(after(5), 'a');
    assert_eq!(timers.arm(), Some(after(5)));
    timers.set(after(7), 'b');
    assert_eq!(timers.arm(), None, "the alarm that is set comes first");
    timers.set(after(2), 'c');
    assert_eq!(timers.arm(), Some(after(2)));
    assert_eq!(timers.ring(after(2)), ['c']);
    assert_eq!(timers.arm(), Some(after(5)), "the next, once the earlier one has rung");
}
