//! Numbers and moments as people read them.

use std::time::{Duration, UNIX_EPOCH};

use super::sight::{Failure, Happened};

/// The time of day in UTC.
pub(super) fn clock(unix_millis: u64) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(unix_millis)).unwrap_or(UNIX_EPOCH);
    let whole = humantime::format_rfc3339_seconds(at).to_string();
    whole.get(11..19).unwrap_or(&whole).to_owned()
}

/// Three digits and a unit.
pub(super) fn time(nanos: u64) -> String {
    let scaled = |unit: f64, name: &str| {
        let number = nanos as f64 / unit;
        if number < 9.95 { format!("{number:.1} {name}") } else { format!("{number:.0} {name}") }
    };
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => scaled(1e3, "µs"),
        1_000_000..1_000_000_000 => scaled(1e6, "ms"),
        _ => scaled(1e9, "s"),
    }
}

/// A rate a second.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 => "0".to_owned(),
        rate if rate < 9.95 => format!("{rate:.1}"),
        rate if rate < 9_999.5 => format!("{rate:.0}"),
        rate if rate < 999_500.0 => format!("{:.0}k", rate / 1e3),
        rate => format!("{:.1}M", rate / 1e6),
    }
}

/// 1234567 as 1,234,567.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sign to every state: colour is not the only difference.
pub(super) fn sign(state: &str) -> &'static str {
    match state {
        "running" | "closed" | "restarted" | "forced_closed" => "●",
        "backoff" | "open" | "forced_open" | "exited" | "killed" | "gave_up" | "unresponsive"
        | "stuck" | "quarantined" => "▲",
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
