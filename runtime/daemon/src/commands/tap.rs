//! `synod tap`.

use serde_json::Value;

use super::client::{Client, escaped};
use crate::cli::{Tap, TapArgs};
use crate::exit::{Exit, OK, USAGE};
use crate::out;

/// Prints messages as they are handled, until the limit, the end of the daemon, or Ctrl-C.
pub(super) fn tap(args: &TapArgs) -> Result<u8, Exit> {
    let path = path(args)?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    if left == 0 {
        return Ok(OK);
    }
    Client::new(&args.daemon).follow(&path, |kind, data| {
        if kind == "missed" {
            out::line(format_args!("… {data} messages were not shown: this tap is too slow"))?;
            return Ok(true);
        }
        if args.json {
            out::line(data)?
        } else {
            out::line(describe(data))?
        }
        left -= 1;
        Ok(left > 0)
    })?;
    Ok(OK)
}

fn path(args: &TapArgs) -> Result<String, Exit> {
    let mut path = "/v1/tap?".to_owned();
    let mut ask = |key: &str, value: &str| path.push_str(&format!("{key}={}&", escaped(value)));
    match &args.what {
        None => (),
        Some(Tap::Actor(actor)) => ask("actor", actor),
        Some(Tap::Edge(from, to)) => {
            ask("from", from);
            ask("to", to);
        }
        Some(Tap::Kind(_)) if args.kind.is_some() => {
            return Err(Exit::new(USAGE, "name one kind, as `kind:K` or as `--kind K`"));
        }
        Some(Tap::Kind(kind)) => ask("kind", kind),
    }
    if let Some(kind) = &args.kind {
        ask("kind", kind);
    }
    if let Some(sample) = args.sample {
        ask("sample", &sample.to_string());
    }
    Ok(path)
}

fn describe(data: &str) -> String {
    let tapped: Value = serde_json::from_str(data).unwrap_or_default();
    if let (Some(from), Some(to)) = (tapped["from"].as_str(), tapped["to"].as_str()) {
        let at = tapped["at"].as_u64().unwrap_or(0) / 1_000_000;
        return format!("{at} {from}->{to} {}", tapped["kind"].as_str().unwrap_or("?"));
    }
    let micros = |key: &str| {
        let time = &tapped[key];
        let (seconds, nanos) = (time["secs"].as_u64(), time["nanos"].as_u64());
        seconds.unwrap_or(0) * 1_000_000 + nanos.unwrap_or(0) / 1_000
    };
    let outcome = if tapped["is_failed"].as_bool() == Some(true) { " FAILED" } else { "" };
    let trace = tapped["trace"].as_str().map(|trace| format!(" trace {trace}")).unwrap_or_default();
    format!(
        "{} {}#{} {} waited {} µs, took {} µs{outcome}{trace}",
        tapped["at"].as_u64().unwrap_or(0) / 1_000_000,
        tapped["actor"].as_str().unwrap_or("?"),
        tapped["incarnation"],
        tapped["kind"].as_str().unwrap_or("?"),
        micros("waited"),
        micros("handled_in"),
    )
}
