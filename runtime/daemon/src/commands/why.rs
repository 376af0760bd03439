//! `synod why`.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::client::{Client, escaped};
use super::status::describe;
use crate::cli::ActorArgs;
use crate::exit::{Exit, OK};
use crate::out;

/// Says why an actor failed, the last failure first.
pub(super) fn why(args: &ActorArgs) -> Result<u8, Exit> {
    let client = Client::new(&args.read.daemon);
    let node = client.get(&format!("/v1/actors/{}", escaped(&args.id)))?;
    if args.read.json {
        out::json(&node)?;
        return Ok(OK);
    }
    out::line(describe(&node))?;
    let failures = node["failures"].as_array().map(Vec::as_slice).unwrap_or_default();
    if failures.is_empty() {
        out::line("it has not failed since the daemon began")?;
    }
    for failure in failures.iter().rev() {
        for line in story(failure) {
            out::line(line)?;
        }
    }
    Ok(OK)
}

/// A failure over a few lines.
fn story(failure: &Value) -> Vec<String> {
    let text = |key: &str| failure[key].as_str();
    let mut lines = vec![format!("{}  {}", clock(&failure["at"]), text("cause").unwrap_or("?"))];
    let mut fact = |name: &str, value: &str| lines.push(format!("    {name:<9}{value}"));
    match failure["incarnation"].as_u64() {
        None | Some(0) => (),
        Some(life) => fact("life", &life.to_string()),
    }
    fact("in hand", text("message").unwrap_or("nothing"));
    if let Some(trace) = text("trace") {
        fact("trace", trace);
    }
    for step in failure["then"].as_array().into_iter().flatten() {
        let what = step["what"].as_str().unwrap_or("?");
        fact("then", &format!("{what} ({})", clock(&step["at"])));
    }
    lines
}

/// Nanoseconds since the Unix epoch, in UTC.
fn clock(at: &Value) -> String {
    let at = Duration::from_nanos(at.as_u64().unwrap_or_default());
    humantime::format_rfc3339_millis(UNIX_EPOCH + at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_all_that_is_known() {
        let failure = serde_json::json!({
            "at": 1_700_000_000_123_000_000_u64, "incarnation": 2, "reason": "panic",
            "cause": "panicked: no such task", "message": "chain",
            "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
            "then": [{ "at": 1_700_000_000_333_000_000_u64, "what": "restarted as life 3" }],
        });
        let expected = [
            "2023-11-14T22:13:20.123Z  panicked: no such task",
            "    life     2",
            "    in hand  chain",
            "    trace    4bf92f3577b34da6a3ce929d0e0e4736",
            "    then     restarted as life 3 (2023-11-14T22:13:20.333Z)",
        ];
        assert_eq!(story(&failure), expected);
    }
}
