use proptest::prelude::{prop_assert, proptest};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn stamp(incarnation: u64, progress: u64, work: Work, on_stuck: OnStuck) -> Stamp {
    let policy = WatchPolicy { stuck_after: 8 * SECOND, on_stuck };
    Stamp { incarnation: Incarnation(incarnation), progress, work, policy }
}

/// Looks once a second at `a`, which shows each of `stamps` in turn: what is found, and when.
#[track_caller]
fn check(stamps: impl IntoIterator<Item = Stamp>, expected: &[(usize, &str)]) {
    let mut watch = Watch::new();
    let mut found = Vec::new();
    for (second, stamp) in stamps.into_iter().enumerate() {
        let now = Moment::from_unix_seconds(1_000 + second as u64);
        for finding in watch.look(now, &[(id("a"), stamp)]) {
            found.push((second, word(&finding)));
        }
    }
    assert_eq!(found, expected);
}

fn word(finding: &Finding) -> &'static str {
    match finding {
        Finding::Stuck { work: Work::Busy, .. } => "busy",
        Finding::Stuck { .. } => "waiting",
        Finding::Immovable { .. } => "immovable",
        Finding::Recovered { .. } => "recovered",
    }
}

use OnStuck::{Report, Restart};
use Work::{Busy, Idle, Waiting};

#[test]
fn one_message_too_long_is_found_once() {
    check([stamp(1, 5, Busy, Report); 40], &[(8, "busy")]);
    check([stamp(1, 5, Waiting, Report); 40], &[(8, "waiting")]);
}

#[test]
fn many_messages_for_long_are_not() {
    check((0..100).map(|n| stamp(1, n / 7, Busy, Restart)), &[]);
}

#[test]
fn having_nothing_to_do_is_not_being_stuck() {
    check([stamp(1, 5, Idle, Restart); 100], &[]);
}

#[test]
fn it_is_told_when_it_gets_on_again() {
    let stuck = [stamp(1, 5, Busy, Report); 20];
    let on = [stamp(1, 6, Idle, Report); 5];
    check(stuck.into_iter().chain(on), &[(8, "busy"), (20, "recovered")]);
    let next = [stamp(2, 5, Waiting, Report); 5];
    check(stuck.into_iter().chain(next), &[(8, "busy"), (20, "recovered")]);
}

#[test]
fn who_outlives_its_kill_is_told_once() {
    check([stamp(1, 5, Busy, Restart); 40], &[(8, "busy"), (9, "immovable")]);
    check([stamp(1, 5, Waiting, Restart); 40], &[(8, "waiting"), (9, "immovable")]);
    check([stamp(1, 5, Busy, Report); 40], &[(8, "busy")]);
}

#[test]
fn taking_a_message_is_getting_on() {
    let waits = [stamp(1, 5, Waiting, Restart); 7];
    let busy = [stamp(1, 5, Busy, Restart); 8];
    check(waits.into_iter().chain(busy), &[]);
}

#[test]
fn a_process_that_was_stopped_blames_nobody() {
    let mut watch = Watch::new();
    let stamps = [(id("a"), stamp(1, 5, Busy, Restart))];
    watch.look(Moment::from_unix_seconds(1_000), &stamps);
    assert_eq!(watch.look(Moment::from_unix_seconds(9_000), &stamps), []);
}

#[test]
fn who_is_gone_is_forgotten() {
    let mut watch = Watch::new();
    let stamps = [(id("a"), stamp(1, 5, Busy, Report))];
    for second in 0..20 {
        watch.look(Moment::from_unix_seconds(second), &stamps);
    }
    assert_eq!(watch.look(Moment::from_unix_seconds(20), &[]), []);
    assert_eq!(watch.seen.len(), 0);
}

#[test]
fn it_looks_more_often_at_the_impatient_and_never_too_often() {
    let pause_at = |stuck_after| {
        let mut watch = Watch::new();
        let policy = WatchPolicy { stuck_after, on_stuck: Report };
        watch.look(Moment::default(), &[(id("a"), Stamp { policy, ..stamp(1, 0, Idle, Report) })]);
        watch.pause()
    };
    assert_eq!(pause_at(Duration::MAX), Watch::PAUSE_MAX);
    assert_eq!(pause_at(4 * SECOND), SECOND / 2);
    assert_eq!(pause_at(Duration::ZERO), Watch::PAUSE_MIN);
}

proptest! {
    /// An actor handles messages that take any time, with any breaks. Whoever takes longer than
    /// it may plus what two pauses are is found in time; whoever does not is never found.
    #[test]
    fn the_stuck_are_found_in_time_and_nobody_else(
        spans in proptest::collection::vec((0..3_000_u64, 0..12_000_u64), 1..30),
        first in 0..1_000_u64,
    ) {
        let limit = 8_000;
        let mut watch = Watch::new();
        let mut begun = Vec::new();
        let mut at = 0;
        for (idle, busy) in spans {
            begun.push((at + idle, at + idle + busy));
            at += idle + busy;
        }
        let mut now = first;
        let mut found = vec![None; begun.len()];
        while now < at {
            let done = begun.iter().take_while(|(_, end)| *end <= now).count();
            let is_busy = begun.get(done).is_some_and(|(start, _)| *start <= now);
            let work = if is_busy { Busy } else { Idle };
            let seen = [(id("a"), stamp(1, done as u64, work, Restart))];
            for finding in watch.look(Moment::from_unix_millis(now), &seen) {
                if matches!(finding, Finding::Stuck { .. }) {
                    found[done] = Some(now - begun[done].0);
                }
            }
            now += watch.pause().as_millis() as u64;
        }
        for ((start, end), found) in begun.iter().zip(found) {
            let took = end - start;
            prop_assert!(found.is_none_or(|after| limit <= after && after <= limit * 5 / 4));
            prop_assert!(found.is_some() || took <= limit * 5 / 4 || at < start + limit * 5 / 4);
        }
    }
}

#[test]
fn work_has_a_name_in_events() {
    assert_eq!(
        [Work::Idle, Work::Waiting, Work::Busy].map(Work::name),
        ["idle", "waiting", "busy"]
    );
}
