//! Small trees, every order of events.

use super::judge::Judge;
use super::*;

/// Every script of up to `depth` meaningful events after the start, each prefix followed by
/// every way to end or settle. Returns how many were played.
fn explore(judge: &Judge, depth: u32, also: &[Also]) -> u64 {
    judge.clone().must_finish(true);
    judge.clone().must_finish(false);
    judge.clone().must_settle();
    judge.clone().must_fence();
    if depth == 0 || judge.supervisor.is_finished() {
        return 1;
    }
    let mut count = 1;
    for told in meaningful(judge, also) {
        let mut next = judge.clone();
        next.now = next.now + Duration::from_millis(1);
        match told {
            Told::Event(Event::Alarm { token }) => {
                let event = next.ring(token);
                next.tell(event);
            }
            Told::Event(event) => next.tell(event),
            Told::Wish(wish) => next.ask(wish),
        }
        count += explore(&next, depth - 1, also);
    }
    count
}

/// What may happen beside starts, ends, alarms and wishes to restart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Also {
    /// Children come and go.
    Wishes,
    /// The breaker opens and closes.
    Breaker,
    /// Children are killed by others and do not go; fenced ones go at last.
    Fences,
}

fn meaningful(judge: &Judge, also: &[Also]) -> Vec<Told> {
    let mut events = vec![Event::Stop];
    let mut wishes = Vec::new();
    for (index, row) in judge.rows.iter().enumerate() {
        events.push(Event::RestartChild { child: judge.id(index) });
        wishes.push(Wish::Terminate(judge.id(index)));
        wishes.push(Wish::Delete(judge.id(index)));
        if also.contains(&Also::Fences) && 0 < row.fenced {
            let running = row.fenced - 1;
            events.push(Event::FencedLives { child: judge.id(index), running });
        }
        let Some(life) = &row.life else { continue };
        if also.contains(&Also::Fences) {
            let (child, generation) = (judge.id(index), life.generation);
            events.push(Event::Dying { child, generation, reason: ExitReason::Stuck });
        }
        if !life.is_ready {
            events.push(judge.ready(index));
        }
        events.push(judge.exited(index, ExitReason::Normal));
        events.push(judge.exited(index, ExitReason::Killed));
    }
    // An older alarm is ignored by its number: one suffices to see that, the last is enough.
    let serials = judge.supervisor.children.iter().map(|child| child.serial);
    for serial in std::iter::once(0).chain(serials) {
        let last = judge.alarms.keys().rfind(|token| token.child == serial);
        events.extend(last.map(|&token| Event::Alarm { token }));
    }
    if also.contains(&Also::Breaker) {
        let name = || "node".to_owned();
        let soon = judge.now + Duration::from_millis(700);
        let open_until = if judge.open_until.is_none() { Some(soon) } else { None };
        events.push(Event::Breaker { name: name(), open_until });
    }
    wishes.push(Wish::Add { policy: child("x!"), before: None, stay: Stay::Shown });
    let first = judge.rows.first().map(|row| row.policy.id.clone());
    wishes.push(Wish::Add { policy: child("y"), before: first, stay: Stay::Forgotten });
    wishes.retain(|_| also.contains(&Also::Wishes));
    events.into_iter().map(Told::Event).chain(wishes.into_iter().map(Told::Wish)).collect()
}

/// So many events a script, unless `SYNOD_SEARCH_DEPTH` says otherwise: a lower number for a quick
/// look, a higher one for a search of hours.
fn asked_depth() -> Option<u32> {
    let text = std::env::var("SYNOD_SEARCH_DEPTH").ok()?;
    Some(text.parse().expect("SYNOD_SEARCH_DEPTH is a number of events"))
}

/// Explores from the order to start, and from the moment all are up.
#[track_caller]
fn check(names: &str, usual_depth: u32, also: &[Also], shape: impl Fn(&mut SupervisorPolicy)) {
    let depth = asked_depth().unwrap_or(usual_depth);
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let mut policy = policy(strategy, 1);
        shape(&mut policy);
        let mut judge = Judge::new(policy, children(names));
        judge.tell(Event::Start);
        let from_start = explore(&judge, depth, also);
        let is_new = |row: &super::judge::Row| row.life.as_ref().is_some_and(|l| !l.is_ready);
        while let Some(index) = judge.rows.iter().position(is_new) {
            judge.tell(judge.ready(index));
        }
        let from_up = explore(&judge, depth, also);
        let is_enough = depth < usual_depth || from_start.min(from_up) > 400;
        assert!(is_enough, "only {from_start} and {from_up} scripts");
    }
}

#[test]
fn two_permanent_children() {
    check("a b", 4, &[], |policy| policy.intensity.restarts_max = 2);
}

#[test]
fn a_transient_and_a_temporary_child() {
    check("a? b!", 4, &[], |_| ());
}

#[test]
fn three_permanent_children() {
    check("a b c", 4, &[], |_| ());
}

#[test]
fn three_children_of_three_kinds() {
    check("a b! c?", 4, &[], |_| ());
}

#[test]
fn children_that_come_and_go() {
    check("a b", 3, &[Also::Wishes], |_| ());
    check("a?", 3, &[Also::Wishes], |policy| policy.children_max = 2);
}

#[test]
fn significant_children() {
    for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
        check("a?* b!* c", 4, &[], |policy| policy.auto_shutdown = auto_shutdown);
    }
}

#[test]
fn children_that_need_a_breaker() {
    check("a b~ c", 4, &[Also::Breaker], |policy| policy.intensity.restarts_max = 0);
}

#[test]
fn children_that_are_fenced() {
    check("a^ b", 4, &[Also::Fences], |policy| policy.intensity.restarts_max = 3);
    check("a^? b!^", 4, &[Also::Fences], |_| ());
}

#[test]
fn parked_children() {
    check("a b", 4, &[], |policy| {
        let open = Duration::from_secs(3);
        policy.on_exceeded = OnExceeded::Park { open, probes: 2 };
        policy.intensity.restarts_max = 0;
    });
}

#[test]
fn an_exit_of_everything() {
    check("a b c", 4, &[], |policy| {
        policy.on_exceeded = OnExceeded::Exit;
        policy.intensity.restarts_max = 0;
    });
}

#[test]
fn children_that_others_can_do_without() {
    check("a- b+ c", 4, &[], |policy| policy.intensity.restarts_max = 0);
}
