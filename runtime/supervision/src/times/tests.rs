use std::time::Duration;

use proptest::prelude::*;
use synod_types::time::Moment;

use super::{BUCKETS, LAST, Times, bucket_of, end_of};

fn at(seconds: u64) -> Moment {
    Moment::from_unix_millis(1_700_000_000_000 + seconds * 1_000)
}

const fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

#[test]
fn nothing_counted_nothing_told() {
    assert_eq!(Times::default().quantile(990), None);
}

#[test]
fn one_slow_message_of_a_hundred_is_beyond_the_99th_and_two_are_not() {
    let mut times = Times::default();
    for _ in 0..99 {
        times.record(at(0), micros(10));
    }
    times.record(at(0), micros(50_000));
    assert!(times.quantile(990).unwrap() < micros(12));
    times.record(at(0), micros(50_000));
    assert!(micros(50_000) <= times.quantile(990).unwrap());
    assert!(times.quantile(500).unwrap() < micros(12));
}

#[test]
fn what_is_long_ago_is_forgotten_once_something_new_is_counted() {
    let mut times = Times::default();
    times.record(at(0), micros(50_000));
    times.record(at(11), micros(10));
    assert!(micros(50_000) <= times.quantile(990).unwrap(), "the window before counts");
    times.record(at(22), micros(10));
    assert!(times.quantile(990).unwrap() < micros(12), "the one before that does not");
    times.record(at(100), micros(1_000));
    let last = times.quantile(500).unwrap();
    assert!(micros(1_000) <= last && last < micros(1_200), "a long silence clears both: {last:?}");
}

#[test]
fn buckets_follow_one_another_without_a_gap() {
    for bucket in 0..BUCKETS {
        assert_eq!(bucket_of(end_of(bucket)), bucket);
        let next = bucket_of(end_of(bucket) + Duration::from_nanos(1));
        assert_eq!(next, (bucket + 1).min(BUCKETS - 1));
    }
    assert_eq!(end_of(BUCKETS - 1), Duration::from_nanos((1 << LAST) - 1));
    assert_eq!(bucket_of(Duration::MAX), BUCKETS - 1);
}

proptest! {
    /// Beside the slow obvious way: sort and count.
    #[test]
    fn a_quantile_is_never_short_and_at_most_an_eighth_long(
        nanos in prop::collection::vec(128_u64..60_000_000_000, 1..200),
        per_mille in 1_u64..=1_000,
    ) {
        let mut times = Times::default();
        for each in &nanos {
            times.record(at(0), Duration::from_nanos(*each));
        }
        let mut sorted = nanos.clone();
        sorted.sort_unstable();
        let rank = (nanos.len() as u64 * per_mille).div_ceil(1_000);
        let exact = sorted[usize::try_from(rank).unwrap() - 1];
        let told = u64::try_from(times.quantile(per_mille).unwrap().as_nanos()).unwrap();
        prop_assert!(exact <= told && told <= exact + exact / 8 + 1, "{exact} told as {told}");
    }
}
