//! What happened, in words.

use super::sight::{Failure, Happened};
pub(super) use crate::words::{clock, grouped, rate, time};

/// A sign to every state: colour is not the only difference.
pub(super) fn sign(state: &str) -> &'static str {
    match state {
        "running" | "closed" | "restarted" | "forced_closed" => "●",
        "backoff" | "open" | "forced_open" | "exited" | "killed" | "gave_up" | "unresponsive"
        | "stuck" | "quarantined" | "fenced" => "▲",
        "ended" | "started" | "stopped" | "drained" => "○",
        _ => "◐",
    }
}

/// What happened, in a line.
pub(super) fn event(happened: &Happened) -> String {
    let who = happened.actor.as_deref().unwrap_or("?");
    let life = happened.incarnation.filter(|life| *life != 0);
    if let ("breaker", Some(state)) = (happened.event.as_str(), &happened.state) {
        return format!("breaker {who} is {}", state.replace('_', " "));
    }
    let more = match (&happened.detail, life) {
        (Some(detail), _) => format!(": {detail}"),
        (None, Some(life)) => format!(", life {life}"),
        (None, None) => String::new(),
    };
    format!("{who} {}{more}", happened.event.replace('_', " "))
}

/// In which life a failure happened, with which message in hand, of which trace.
pub(super) fn circumstances(failure: &Failure) -> String {
    let life = match failure.incarnation {
        0 => String::new(),
        life => format!("life {life}, "),
    };
    let message = match &failure.message {
        Some(kind) => format!("handling `{kind}`"),
        None => "with no message in hand".to_owned(),
    };
    let trace = failure.trace.as_ref().map(|trace| format!(", trace {trace}")).unwrap_or_default();
    format!("{life}{message}{trace}")
}
