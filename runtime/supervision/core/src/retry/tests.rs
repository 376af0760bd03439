use super::*;

#[track_caller]
fn check(retry: Retry, expected_millis: &[u64]) {
    let delays: Vec<Duration> = retry.delays(7).collect();
    let expected: Vec<Duration> =
        expected_millis.iter().copied().map(Duration::from_millis).collect();
    assert_eq!(delays, expected);
}

#[test]
fn waits_double_up_to_the_cap() {
    let max = Duration::from_secs(1);
    let plain = Retry { max, jitter_percent: 0, attempts: 7, ..Retry::default() };
    check(plain, &[100, 200, 400, 800, 1000, 1000]);
}

#[test]
fn the_first_attempt_needs_no_wait() {
    let plain = Retry { jitter_percent: 0, ..Retry::default() };
    check(plain, &[100, 200]);
    check(Retry { attempts: 1, ..plain }, &[]);
    check(Retry { attempts: 0, ..plain }, &[]);
}

#[test]
fn a_constant_wait_is_a_factor_of_one() {
    check(Retry { factor: 1, jitter_percent: 0, attempts: 4, ..Retry::default() }, &[100; 3]);
}

#[test]
fn the_same_seed_gives_the_same_waits_and_another_others() {
    let retry = Retry { attempts: 10, ..Retry::default() };
    let series = |seed| retry.delays(seed).collect::<Vec<_>>();
    assert_eq!(series(1), series(1));
    assert_ne!(series(1), series(2));
    for (delay, plain) in series(1).iter().zip(Retry { jitter_percent: 0, ..retry }.delays(1)) {
        assert!(plain * 9 / 10 <= *delay && *delay <= plain * 11 / 10, "{delay:?} of {plain:?}");
    }
}
