//! Scripts: what is told on the left, what is ordered on the right.
//!
//! `exit a2 error` is the end of the second generation of `a`; `alarm a 3` is the third alarm
//! asked for on behalf of `a`. A start asks for one alarm, so does a stop, a kill, a back-off.
//! `alarm self 1` is the first of the supervisor's own. `open until 900` and `close` are about
//! the one breaker, `add b! a` adds a temporary child before `a`.

mod dynamic;
mod ends;
mod exhaustive;
mod fencing;
mod groups;
mod judge;
mod one_for_one;
mod parked;
mod random;
mod released;
mod significant;
mod wishes;

use crate::policy::{AutoShutdown, Backoff, Fencing, Intensity, OnExceeded, Recovery, Restart};
use crate::wish::{Stay, Wish};
use crate::{ExitReason, Report};

use super::*;

/// Three children up at 3 ms; alarms so far: one each.
const UP: [(&str, &str); 4] = [
    ("0 start", "start a1"),
    ("1 ready a1", "start b1"),
    ("2 ready b1", "start c1"),
    ("3 ready c1", "ready"),
];

/// Starts may take 1 s, stops 500 ms. Back-off from 100 ms to 1 s, reset after 60 s.
fn policy(strategy: Strategy, restarts_max: u32) -> SupervisorPolicy {
    SupervisorPolicy {
        strategy,
        intensity: Intensity { restarts_max, period: Duration::from_secs(10) },
        backoff: Backoff {
            first: Duration::from_millis(100),
            max: Duration::from_secs(1),
            jitter_percent: 0,
            reset_after: Duration::from_secs(60),
        },
        seed: 0,
        ..SupervisorPolicy::default()
    }
}

/// How a name ends says what the child is.
const MARKS: [char; 7] = ['?', '!', '*', '~', '-', '+', '^'];

/// `a` is permanent, `a?` transient, `a!` temporary; `*` is significant, `~` needs the breaker;
/// `-` is isolated, `+` degraded for two seconds when restarts do not help; `^` is fenced after
/// 700 ms, twice at most.
fn child(name: &str) -> ChildPolicy {
    let id = ActorId::new(name.trim_end_matches(MARKS)).unwrap();
    let mut child = ChildPolicy {
        start_timeout: Duration::from_secs(1),
        stop_timeout: Duration::from_millis(500),
        ..ChildPolicy::new(id)
    };
    for mark in name.chars().filter(|mark| MARKS.contains(mark)) {
        match mark {
            '?' => child.restart = Restart::Transient,
            '!' => child.restart = Restart::Temporary,
            '*' => child.is_significant = true,
            '~' => child.needs = vec!["node".to_owned()],
            '-' => child.recovery = Recovery::Isolate,
            '^' => {
                let after = Duration::from_millis(700);
                child.fencing = Some(Fencing { after, lives_max: 2 });
            }
            _ => child.recovery = Recovery::Degrade { retry_after: Duration::from_secs(2) },
        }
    }
    child
}

fn children(names: &str) -> Vec<ChildPolicy> {
    names.split(' ').filter(|name| !name.is_empty()).map(child).collect()
}

/// Plays the script against a supervisor of these children; compares the orders given.
#[track_caller]
fn check(policy: SupervisorPolicy, names: &str, script: &[(&str, &str)]) {
    check_of(policy, children(names), script, |effect| match effect {
        Effect::WakeAt { .. } | Effect::Report(_) => None,
        _ => Some(render(effect)),
    });
}

/// As [`check`], with reports and alarms.
#[track_caller]
fn check_all(policy: SupervisorPolicy, names: &str, script: &[(&str, &str)]) {
    check_of(policy, children(names), script, |effect| Some(render(effect)));
}

#[track_caller]
fn check_of(
    policy: SupervisorPolicy,
    children: Vec<ChildPolicy>,
    script: &[(&str, &str)],
    show: impl Fn(&Effect) -> Option<String>,
) {
    let mut supervisor = Supervisor::new(policy, children).unwrap();
    for (index, (told, expected)) in script.iter().enumerate() {
        let orders: Vec<String> = match parse(&supervisor, told) {
            (now, Told::Event(event)) => supervisor.step(now, event),
            (now, Told::Wish(wish)) => match supervisor.ask(now, wish) {
                Ok(effects) => effects,
                Err(refusal) => {
                    assert_eq!(format!("refused: {refusal}"), *expected, "line {}", index + 1);
                    continue;
                }
            },
        }
        .iter()
        .filter_map(&show)
        .collect();
        assert_eq!(orders.join(", "), *expected, "line {}: {told}", index + 1);
    }
}

/// Something that happened, or something wished for.
enum Told {
    Event(Event),
    Wish(Wish),
}

fn parse(supervisor: &Supervisor, told: &str) -> (Moment, Told) {
    let words: Vec<&str> = told.split(' ').collect();
    let now = Moment::from_unix_millis(words[0].parse().unwrap());
    let subject = words.get(2).copied().unwrap_or("nobody");
    let name = subject.trim_end_matches(|c: char| c.is_ascii_digit());
    let generation = Generation(subject[name.len()..].parse().unwrap_or_default());
    let child = ActorId::new(name.trim_end_matches(MARKS)).unwrap();
    let event = match words[1] {
        "start" => Event::Start,
        "stop" => Event::Stop,
        "halt" => Event::Halt,
        "restart" => Event::RestartChild { child },
        "ready" => Event::Ready { child, generation },
        "dying" => Event::Dying { child, generation, reason: reason(words[3]) },
        "fenced" => Event::FencedLives { child, running: words[3].parse().unwrap() },
        "exit" => Event::Exited { child, generation, reason: reason(words[3]) },
        "alarm" => {
            let number = words[3].parse().unwrap();
            let serial = |index: usize| supervisor.children[index].serial;
            let unknown = if name == "self" { 0 } else { u64::MAX };
            let child = supervisor.find(&child).map_or(unknown, serial);
            Event::Alarm { token: AlarmToken { child, number } }
        }
        "open" => {
            let millis = words.get(3).map(|millis| millis.parse().unwrap());
            let open_until = Some(millis.map_or(Moment::MAX, Moment::from_unix_millis));
            Event::Breaker { name: "node".to_owned(), open_until }
        }
        "close" => Event::Breaker { name: "node".to_owned(), open_until: None },
        _ => return (now, Told::Wish(parse_wish(&words))),
    };
    (now, Told::Event(event))
}

fn parse_wish(words: &[&str]) -> Wish {
    let id = |name: &str| ActorId::new(name).unwrap();
    match words[1] {
        "add" | "lend" => Wish::Add {
            policy: child(words[2]),
            before: words.get(3).map(|name| id(name)),
            stay: if words[1] == "add" { Stay::Shown } else { Stay::Forgotten },
        },
        "terminate" => Wish::Terminate(id(words[2])),
        "delete" => Wish::Delete(id(words[2])),
        "release" => Wish::Release(id(words[2]), StopHow::Halt),
        "discharge" => Wish::Release(id(words[2]), StopHow::Drain),
        "restore" => {
            Wish::Restore { policy: child(words[2]), before: words.get(3).map(|name| id(name)) }
        }
        "order" => Wish::Order(words[2].chars().map(|name| id(&name.to_string())).collect()),
        "become" => Wish::ChangeChild(child(words[2])),
        unknown => panic!("no such event: {unknown}"),
    }
}

fn reason(word: &str) -> ExitReason {
    match word {
        "normal" => ExitReason::Normal,
        "drained" => ExitReason::Drained,
        "error" => ExitReason::Error("e".to_owned()),
        "panic" => ExitReason::Panic("p".to_owned()),
        "killed" => ExitReason::Killed,
        "stuck" => ExitReason::Stuck,
        "cancelled" => ExitReason::Cancelled,
        "start_failed" => ExitReason::StartFailed("s".to_owned()),
        unknown => panic!("no such reason: {unknown}"),
    }
}

fn render(effect: &Effect) -> String {
    match effect {
        Effect::StartChild { child, generation } => format!("start {child}{generation}"),
        Effect::StopChild { child, generation, how: StopHow::Drain } => {
            format!("drain {child}{generation}")
        }
        Effect::StopChild { child, generation, how: StopHow::Halt } => {
            format!("halt {child}{generation}")
        }
        Effect::KillChild { child, generation } => format!("kill {child}{generation}"),
        Effect::FenceChild { child, generation } => format!("fence {child}{generation}"),
        Effect::WakeAt { token, at } => format!("wake #{} at {}", token.number, at.unix_millis()),
        Effect::Report(report) => render_report(report),
        Effect::Ready => "ready".to_owned(),
        Effect::Forget { child } => format!("forget {child}"),
        Effect::Exit(outcome) => format!("exit: {}", render_outcome(outcome)),
        Effect::Finished(outcome) => render_outcome(outcome),
    }
}

fn render_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Stopped => "finished".to_owned(),
        Outcome::AutoShutdown { child } => format!("finished with {child}"),
        Outcome::Exceeded { child, reason, restarts, .. } => {
            format!("exceeded by {child}: {} number {restarts}", reason.label())
        }
        Outcome::StartFailed { child, reason } => {
            format!("no start of {child}: {}", reason.label())
        }
    }
}

fn render_report(report: &Report) -> String {
    match report {
        Report::Started { child, generation } => format!("(started {child}{generation})"),
        Report::Restarted { child, generation } => format!("(restarted {child}{generation})"),
        Report::Exited { child, generation, reason } => {
            format!("({child}{generation}: {})", reason.label())
        }
        Report::RestartScheduled { child, at, attempt } => {
            format!("({child} again at {} after {attempt})", at.unix_millis())
        }
        Report::Ended { child } => format!("({child} ended)"),
        Report::Unresponsive { child, generation } => format!("({child}{generation} stays)"),
        Report::Fenced { child, generation } => format!("({child}{generation} fenced)"),
        Report::GaveUp { child, reason } => format!("(gave up {child}: {})", reason.label()),
        Report::Discarded { child, reason } => format!("(discarded {child}: {})", reason.label()),
        Report::Isolated { child, reason } => format!("(isolated {child}: {})", reason.label()),
        Report::Parked { child, why, until } => match until {
            Some(until) => {
                format!("({child} parked: {} until {})", why.label(), until.unix_millis())
            }
            None => format!("({child} parked: {})", why.label()),
        },
        Report::Opened { child, until, .. } => {
            format!("(all parked by {child} until {})", until.unix_millis())
        }
        Report::Probing => "(probing)".to_owned(),
        Report::Recovered => "(recovered)".to_owned(),
        Report::ShuttingDown { child } => format!("(ends with {child})"),
    }
}
