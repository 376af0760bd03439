//! Text with a meaning: durations, addresses, amounts, names. Each format is a word of the schema.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;
use synod_types::actor::ActorId;
use synod_types::agent::AgentId;
use synod_types::{Address, U256};

/// A rule that a text breaks, and a hint.
type Broken = (String, String);

/// Holds `text` against the format and bounds of `shape`.
pub(crate) fn check(shape: &Json, text: &str) -> Result<(), Broken> {
    let limit = |name| shape.get(name).and_then(Json::as_u64);
    let (min, max) = (limit("minLength").unwrap_or(0), limit("maxLength").unwrap_or(65_536));
    if !(min..=max).contains(&(text.len() as u64)) {
        let hint = format!("{min} to {max} bytes of text");
        return Err(("wrong length".to_owned(), hint));
    }
    match shape.get("format").and_then(Json::as_str) {
        Some("duration") => check_duration(shape, text),
        Some("address") => {
            expect(text.parse::<Address>().is_ok() && text.starts_with("0x"), || {
                ("not an address", "`0x` and 40 hexadecimal digits")
            })
        }
        Some("amount") => expect(amount(text).is_some(), || {
            ("not an amount", "decimal digits, at most 2^256 - 1")
        }),
        Some("hex") => expect(is_hex(text), || {
            ("not hexadecimal", "`0x` and an even number of hexadecimal digits")
        }),
        Some("listen") => expect(text.parse::<SocketAddr>().is_ok(), || {
            ("not an address to listen on", "an IP address and a port, as in \"127.0.0.1:8080\"")
        }),
        Some("actor-id") => expect(ActorId::new(text).is_ok(), || {
            ("not a name", "1 to 64 of a-z, 0-9, `-`, `_`, `.`, beginning with a letter or digit")
        }),
        Some("agent-id") => expect(AgentId::new(text).is_ok(), || {
            ("not an agent id", "1 to 128 visible ASCII characters without `/`")
        }),
        Some("metric-prefix") => expect(is_metric_prefix(text), || {
            ("not a metric prefix", "a-z, 0-9 and `_`, beginning with a letter")
        }),
        Some("log-directives") => expect(is_directives(text), || {
            (
                "not log directives",
                "a level, or target=level, as in \"info,synod_chain=debug\"; \
              levels are off, error, warn, info, debug, trace",
            )
        }),
        Some("variable") => expect(is_variable(text), || {
            ("not the name of an environment variable", "A-Z, a-z, 0-9 and `_`, no digit first")
        }),
        _ => Ok(()),
    }
}

/// A decimal amount of up to 256 bits.
pub(crate) fn amount(text: &str) -> Option<U256> {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { U256::from_str_radix(text, 10).ok() } else { None }
}

fn expect(
    is_right: bool,
    broken: impl FnOnce() -> (&'static str, &'static str),
) -> Result<(), Broken> {
    if is_right {
        return Ok(());
    }
    let (rule, hint) = broken();
    Err((rule.to_owned(), hint.to_owned()))
}

fn check_duration(shape: &Json, text: &str) -> Result<(), Broken> {
    let Ok(duration) = humantime::parse_duration(text) else {
        let hint = "a number and a unit, as in \"500ms\", \"20s\" or \"10m\"";
        return Err(("not a duration".to_owned(), hint.to_owned()));
    };
    let (min, max) = (bound(shape, "x-min"), bound(shape, "x-max"));
    if (min..=max).contains(&duration) {
        return Ok(());
    }
    let [min, max] = [min, max].map(|bound| humantime::format_duration(bound).to_string());
    Err(("out of range".to_owned(), format!("a duration from {min} to {max}")))
}

fn bound(shape: &Json, name: &str) -> Duration {
    let text = shape.get(name).and_then(Json::as_str).unwrap_or("0s");
    humantime::parse_duration(text).unwrap_or_default()
}

fn is_hex(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|digits| {
        digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_metric_prefix(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_variable(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_directives(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_target = |target: &str| {
        !target.is_empty()
            && target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-:".contains(&byte))
    };
    text.split(',').all(|directive| match directive.split_once('=') {
        Some((target, level)) => is_target(target) && LEVELS.contains(&level),
        None => LEVELS.contains(&directive),
    })
}

/// A duration; fields narrow the bounds with `x-min` and `x-max`.
pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "duration", "x-min": "1ms", "x-max": "1day" })
}

/// 20 bytes in hexadecimal.
pub(crate) fn address(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "address", "pattern": "^0x[0-9a-fA-F]{40}$" })
}

/// Amounts of stake.
pub(crate) fn amounts(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 1, "maxItems": 16,
        "items": { "type": "string", "format": "amount", "pattern": "^[0-9]{1,78}$" }
    })
}

/// Bytes in hexadecimal.
pub(crate) fn hex(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "hex", "pattern": "^0x([0-9a-fA-F]{2})*$" })
}

/// Where a server listens.
pub(crate) fn listen(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "listen" })
}

/// The name of an agent.
pub(crate) fn agent_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "agent-id" })
}

/// What metrics' names begin with.
pub(crate) fn metric_prefix(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string", "format": "metric-prefix", "maxLength": 32, "pattern": "^[a-z][a-z0-9_]*$"
    })
}

/// What is logged.
pub(crate) fn log_directives(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "log-directives" })
}

/// A path in the file system.
pub(crate) fn path(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": 4096 })
}
