//! Small trees, every order of events.

use super::judge::Judge;
use super::*;

/// Every script of up to `depth` meaningful events after the start, each prefix followed by
/// every way to end or settle. Returns how many were played.
fn explore(judge: &Judge, depth: u32) -> u64 {
    judge.clone().must_finish(true);
    judge.clone().must_finish(false);
    judge.clone().must_settle();
    if depth == 0 || judge.supervisor.is_finished() {
        return 1;
    }
    let mut count = 1;
    for event in meaningful(judge) {
        let mut next = judge.clone();
        next.now = next.now + Duration::from_millis(1);
        if let Event::Alarm { token } = event {
            next.ring(token);
        }
        next.tell(event);
        count += explore(&next, depth - 1);
    }
    count
}

fn meaningful(judge: &Judge) -> Vec<Event> {
    let mut events = vec![Event::Stop];
    for (index, life) in judge.lives.iter().enumerate() {
        events.push(Event::RestartChild { child: judge.id(index) });
        let Some(life) = life else { continue };
        if !life.is_ready {
            events.push(judge.ready(index, life));
        }
        events.push(judge.exited(index, life, ExitReason::Normal));
        events.push(judge.exited(index, life, ExitReason::Killed));
    }
    // An older alarm is ignored by its number: one suffices to see that, the last is enough.
    for index in 0..judge.lives.len() {
        let last = judge.alarms.keys().rfind(|token| token.child == index);
        events.extend(last.map(|&token| Event::Alarm { token }));
    }
    events
}

/// Explores from the order to start, and from the moment all are up.
#[track_caller]
fn check(names: &str, restarts_max: u32, depth: u32) {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let mut judge = Judge::new(policy(strategy, restarts_max), children(names));
        judge.tell(Event::Start);
        let from_start = explore(&judge, depth);
        while let Some(index) =
            judge.lives.iter().position(|l| l.as_ref().is_some_and(|l| !l.is_ready))
        {
            judge.tell(judge.ready(index, judge.lives[index].as_ref().unwrap()));
        }
        let from_up = explore(&judge, depth);
        assert!(from_start.min(from_up) > 3_000, "only {from_start} and {from_up} scripts");
    }
}

#[test]
fn two_permanent_children() {
    check("a b", 2, 5);
}

#[test]
fn a_transient_and_a_temporary_child() {
    check("a? b!", 1, 5);
}

#[test]
fn three_permanent_children() {
    check("a b c", 1, 4);
}

#[test]
fn three_children_of_three_kinds() {
    check("a b! c?", 1, 4);
}
