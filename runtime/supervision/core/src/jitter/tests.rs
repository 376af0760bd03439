use super::*;

#[test]
fn the_generator_is_splitmix64() {
    // First outputs of the reference implementation for the seeds 0 and 1234567.
    assert_eq!(splitmix64(0), 0xe220_a839_7b1d_cdaf);
    assert_eq!(splitmix64(1_234_567), 6_457_827_717_110_365_317);
}

#[test]
fn growth_stops_at_the_cap_and_never_overflows() {
    let second = Duration::from_secs(1);
    let delay = |exponent| exponential(Duration::from_millis(100), 2, exponent, second);
    assert_eq!(delay(0), Duration::from_millis(100));
    assert_eq!(delay(3), Duration::from_millis(800));
    assert_eq!(delay(4), second);
    assert_eq!(delay(u32::MAX), second);
    assert_eq!(exponential(Duration::MAX, 2, 1, Duration::MAX), Duration::MAX);
}

#[test]
fn jitter_stays_within_its_percent_and_uses_both_sides() {
    let delay = Duration::from_millis(1000);
    let drawn: Vec<Duration> = (0..1000).map(|seed| jittered(delay, 10, seed)).collect();
    let least = drawn.iter().min().unwrap();
    let most = drawn.iter().max().unwrap();
    assert!(Duration::from_millis(900) <= *least && *least < Duration::from_millis(905));
    assert!(*most <= Duration::from_millis(1100) && Duration::from_millis(1095) < *most);
    assert_eq!(jittered(delay, 0, 7), delay);
    assert_eq!(jittered(Duration::ZERO, 10, 7), Duration::ZERO);
}
