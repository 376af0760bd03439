use std::time::Duration;

use super::*;

fn section(first: u64, max: u64, period: u64, reset_after: u64) -> SupervisorSection {
    SupervisorSection {
        backoff_first: Duration::from_millis(first),
        backoff_max: Duration::from_millis(max),
        period: Duration::from_millis(period),
        backoff_reset_after: Duration::from_millis(reset_after),
        jitter_percent: 0,
        ..SupervisorSection::default()
    }
}

/// The quickest way to fail, found by trying all: at each step wait, and perhaps run long enough
/// for the next wait to be the first again.
fn tried(section: &SupervisorSection, left: u64, attempt: u32) -> u64 {
    let (first, max) = (section.backoff_first.as_millis(), section.backoff_max.as_millis());
    let wait = u64::try_from((first << attempt.min(20)).min(max)).unwrap();
    let reset_after = u64::try_from(section.backoff_reset_after.as_millis()).unwrap();
    let at_once = left.checked_sub(wait).map_or(0, |left| 1 + tried(section, left, attempt + 1));
    let later = left.checked_sub(wait + reset_after);
    at_once.max(later.map_or(0, |left| 1 + tried(section, left, 0)))
}

#[test]
fn no_way_to_fail_is_quicker_than_the_bound() {
    for (first, max, period, reset_after) in [
        (50, 1_000, 3_000, 3_001),
        (50, 1_000, 3_000, 700),
        (100, 100, 1_500, 200),
        (10, 640, 2_000, 500),
        (300, 600, 299, 300),
        (300, 600, 300, 300),
    ] {
        let section = section(first, max, period, reset_after);
        let bound = failures_max(&section);
        let found = 1 + tried(&section, period, 0);
        assert!(found <= bound && bound <= found + found / 3, "{found} {bound}");
    }
    assert_eq!(failures_max(&section(300, 600, 300, 1_000)), 2);
    assert_eq!(failures_max(&section(100, 400, 1_100, 5_000)), 5, "100, 200, 400, 400");
}

#[test]
fn without_back_off_there_is_no_bound() {
    assert_eq!(failures_max(&section(0, 0, 1_000, 1_000)), u64::MAX);
    let jitter = SupervisorSection { jitter_percent: 100, ..section(50, 100, 1_000, 1_000) };
    assert_eq!(failures_max(&jitter), u64::MAX);
    assert_eq!(failures_max(&section(50, 100, 1_000, 0)), u64::MAX);
}
