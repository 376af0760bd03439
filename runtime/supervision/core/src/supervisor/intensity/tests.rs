use std::collections::VecDeque;
use std::time::Duration;

use super::*;

/// Failures at these milliseconds, within a period of 1000; which of them is one too many.
#[track_caller]
fn check(restarts_max: u32, failures: &[u64], expected: Option<usize>) {
    let period = Duration::from_secs(1);
    let mut window = Window::new(Intensity { restarts_max, period });
    let exceeded = failures.iter().position(|&at| window.push(Moment::from_unix_millis(at), 1));
    assert_eq!(exceeded, expected);
}

#[test]
fn none_is_allowed_by_an_intensity_of_zero() {
    check(0, &[5], Some(0));
}

#[test]
fn one_more_than_the_intensity_is_too_many() {
    check(2, &[0, 1, 2], Some(2));
}

#[test]
fn a_failure_exactly_a_period_old_still_counts() {
    check(1, &[0, 1000], Some(1));
    check(1, &[0, 1001], None);
}

#[test]
fn the_window_slides() {
    check(2, &[0, 600, 1200, 1800, 2400, 3000], None);
    check(2, &[0, 600, 1200, 1300], Some(3));
}

#[test]
fn use_fades_without_an_event() {
    let period = Duration::from_secs(1);
    let mut window = Window::new(Intensity { restarts_max: 5, period });
    window.push(Moment::from_unix_millis(0), 1);
    window.push(Moment::from_unix_millis(500), 1);
    let used = |millis| window.used(Moment::from_unix_millis(millis));
    assert_eq!([used(500), used(1000), used(1001), used(1501)], [2, 2, 1, 0]);
}

proptest::proptest! {
    /// The rule as OTP's `supervisor:add_restart` has it: newest first, a list rebuilt each time.
    #[test]
    fn agrees_with_the_rule_as_otp_writes_it(
        restarts_max in 0..5_u32,
        gaps in proptest::collection::vec(0..800_u64, 1..40),
    ) {
        let mut window =
            Window::new(Intensity { restarts_max, period: Duration::from_millis(1000) });
        let mut otp: VecDeque<u64> = VecDeque::new();
        let mut now = 0;
        for gap in gaps {
            now += gap;
            otp.push_front(now);
            otp = otp.into_iter().take_while(|then| now <= then + 1000).collect();
            let is_exceeded = window.push(Moment::from_unix_millis(now), 1);
            assert_eq!(is_exceeded, otp.len() > restarts_max as usize);
            assert_eq!(window.used(Moment::from_unix_millis(now)) as usize, otp.len());
            if is_exceeded {
                break;
            }
        }
    }
}
