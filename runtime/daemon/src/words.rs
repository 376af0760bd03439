//! Numbers and moments as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// The time of day in UTC.
pub(crate) fn clock(unix_millis: u64) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(unix_millis)).unwrap_or(UNIX_EPOCH);
    let whole = humantime::format_rfc3339_seconds(at).to_string();
    whole.get(11..19).unwrap_or(&whole).to_owned()
}

/// Three digits and a unit.
pub(crate) fn time(nanos: u64) -> String {
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
pub(crate) fn rate(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 => "0".to_owned(),
        rate if rate < 9.95 => format!("{rate:.1}"),
        rate if rate < 9_999.5 => format!("{rate:.0}"),
        rate if rate < 999_500.0 => format!("{:.0}k", rate / 1e3),
        rate => format!("{:.1}M", rate / 1e6),
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
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
