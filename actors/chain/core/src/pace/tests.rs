use std::time::Duration;

use super::*;

const LIMITS: Limits = Limits {
    confirmations: 0,
    reorg_depth_max: 64,
    fetch_blocks_max: 4,
    undelivered_max: 1,
    undelivered_bytes_max: 1,
    batch_events_max: 1,
    batch_bytes_max: 1,
    event_bytes_max: 1,
    poll: Duration::from_secs(1),
    retry_min: Duration::from_secs(2),
    retry_max: Duration::from_secs(60),
    rollback_patience: Duration::from_secs(1),
};

fn at(seconds: u64) -> Moment {
    Moment::from_unix_seconds(seconds)
}

/// What troubles lead to: how many blocks are asked for, and after how many seconds.
#[track_caller]
fn check(troubles: &[Trouble], expected: &[(u32, u64)]) {
    let mut pace = Pace::new(&LIMITS);
    let mut found = Vec::new();
    for &trouble in troubles {
        pace.failed(at(0), trouble, &LIMITS);
        found.push((pace.blocks(), pace.next_at().since(at(0)).as_secs()));
    }
    assert_eq!(found, expected);
}

#[test]
fn each_trouble_is_waited_out_in_its_way() {
    use Trouble::{Refused, Timeout, TooLarge, Torn, Unavailable};
    check(&[TooLarge, TooLarge, TooLarge, TooLarge], &[(2, 2), (1, 4), (1, 8), (1, 16)]);
    check(&[Torn, Timeout, Torn], &[(2, 2), (1, 4), (1, 8)]);
    check(&[Unavailable, Unavailable, TooLarge], &[(4, 2), (4, 4), (2, 2)]);
    check(&[Refused, Unavailable], &[(4, 60), (4, 4)]);
}

#[test]
fn what_is_asked_for_doubles_up_to_the_limit() {
    let mut pace = Pace::new(&LIMITS);
    for _ in 0..9 {
        pace.failed(at(0), Trouble::Torn, &LIMITS);
    }
    let grown = [1, 2, 4, 4].map(|_| {
        let blocks = pace.blocks();
        pace.grew(blocks as usize, &LIMITS);
        blocks
    });
    assert_eq!(grown, [1, 2, 4, 4]);
}

#[test]
fn only_full_pieces_say_that_more_would_fit() {
    let mut pace = Pace::new(&LIMITS);
    pace.failed(at(0), Trouble::Torn, &LIMITS);
    pace.grew(1, &LIMITS);
    assert_eq!(pace.blocks(), 2);
    pace.grew(2, &LIMITS);
    assert_eq!(pace.blocks(), 4);
}

#[test]
fn what_was_too_much_is_tried_again_by_little_and_seldom() {
    let mut pace = Pace::new(&LIMITS);
    pace.failed(at(0), Trouble::TooLarge, &LIMITS);
    for asked in [2, 3, 4] {
        assert_eq!(pace.blocks(), asked);
        for _ in 0..STREAK {
            assert_eq!(pace.blocks(), asked);
            pace.grew(asked as usize, &LIMITS);
        }
    }
    assert_eq!(pace.blocks(), 4, "no more than the limit");
}

#[test]
fn a_hint_shortens_a_pause_but_no_punishment() {
    let mut pace = Pace::new(&LIMITS);
    pace.succeeded(at(9));
    pace.hint(at(5));
    assert_eq!(pace.next_at(), at(5));
    pace.hint(at(7));
    assert_eq!(pace.next_at(), at(5), "nor is it put off");
    pace.failed(at(5), Trouble::Timeout, &LIMITS);
    pace.hint(at(5));
    assert_eq!(pace.next_at(), at(7));
    pace.succeeded(at(9));
    pace.hint(at(8));
    assert_eq!(pace.next_at(), at(8));
}
