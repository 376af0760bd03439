//! Scripts: what is told on the left, what is ordered on the right.
//!
//! `exit a2 error` is the end of the second generation of `a`; `alarm a 3` is the third alarm
//! asked for on behalf of `a`. A start asks for one alarm, so does a stop, a kill, a back-off.

mod ends;
mod exhaustive;
mod groups;
mod judge;
mod one_for_one;
mod random;
mod wishes;

use crate::policy::{Backoff, Intensity, Restart};
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
    }
}

/// `a` is permanent, `a?` transient, `a!` temporary.
fn children(names: &str) -> Vec<ChildPolicy> {
    let child = |name: &str| ChildPolicy {
        id: ActorId::new(name.trim_end_matches(['?', '!'])).unwrap(),
        restart: match name.chars().last() {
            Some('?') => Restart::Transient,
            Some('!') => Restart::Temporary,
            _ => Restart::Permanent,
        },
        start_timeout: Duration::from_secs(1),
        stop_timeout: Duration::from_millis(500),
    };
    names.split(' ').map(child).collect()
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
        let (now, event) = parse(&supervisor, told);
        let effects = supervisor.step(now, event);
        let orders: Vec<String> = effects.iter().filter_map(&show).collect();
        assert_eq!(orders.join(", "), *expected, "line {}: {told}", index + 1);
    }
}

fn parse(supervisor: &Supervisor, told: &str) -> (Moment, Event) {
    let words: Vec<&str> = told.split(' ').collect();
    let now = Moment::from_unix_millis(words[0].parse().unwrap());
    let subject = words.get(2).copied().unwrap_or("nobody");
    let name = subject.trim_end_matches(|c: char| c.is_ascii_digit());
    let generation = Generation(subject[name.len()..].parse().unwrap_or_default());
    let child = ActorId::new(name).unwrap();
    let event = match words[1] {
        "start" => Event::Start,
        "stop" => Event::Stop,
        "halt" => Event::Halt,
        "restart" => Event::RestartChild { child },
        "ready" => Event::Ready { child, generation },
        "exit" => Event::Exited { child, generation, reason: reason(words[3]) },
        "alarm" => {
            let number = words[3].parse().unwrap();
            let child = supervisor.find(&child).unwrap_or(usize::MAX);
            Event::Alarm { token: AlarmToken { child, number } }
        }
        unknown => panic!("no such event: {unknown}"),
    };
    (now, event)
}

fn reason(word: &str) -> ExitReason {
    match word {
        "normal" => ExitReason::Normal,
        "error" => ExitReason::Error("e".to_owned()),
        "panic" => ExitReason::Panic("p".to_owned()),
        "killed" => ExitReason::Killed,
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
        Effect::WakeAt { token, at } => format!("wake #{} at {}", token.number, at.unix_millis()),
        Effect::Report(report) => render_report(report),
        Effect::Ready => "ready".to_owned(),
        Effect::Finished(Outcome::Stopped) => "finished".to_owned(),
        Effect::Finished(Outcome::Exceeded { child, reason, restarts, .. }) => {
            format!("exceeded by {child}: {} number {restarts}", reason.label())
        }
        Effect::Finished(Outcome::StartFailed { child, reason }) => {
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
        Report::GaveUp { child, reason } => format!("(gave up {child}: {})", reason.label()),
    }
}
