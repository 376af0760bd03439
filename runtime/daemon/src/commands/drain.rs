//! `synod drain`.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, escaped};
use crate::cli::DrainArgs;
use crate::exit::{DRAIN, Exit, OK};
use crate::out;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// Asks for an orderly end, and says how it goes until the daemon is gone.
pub(super) fn drain(args: &DrainArgs) -> Result<u8, Exit> {
    let client = Client::new(&args.read.daemon);
    if let Some(actor) = &args.actor {
        return drain_one(&client, actor, args.read.json);
    }
    let mut path = "/v1/drain".to_owned();
    if let Some(deadline) = args.deadline {
        let deadline = humantime::format_duration(deadline).to_string().replace(' ', "");
        path.push_str(&format!("?deadline={}", escaped(&deadline)));
    }
    let begun = Instant::now();
    let mut last = client.post(&path)?;
    let mut read_at = Instant::now();
    tell(args, &last)?;
    // Its surface is the last thing that a daemon lets go.
    while let Some(now) = client.get_if_there("/v1/drain")? {
        read_at = Instant::now();
        if counts(&now) != counts(&last) {
            tell(args, &now)?;
        }
        last = now;
        sleep(LOOK);
    }
    let took = begun.elapsed();
    let left = last["left_ms"].as_u64().map(Duration::from_millis);
    let is_late = left.is_some_and(|left| left <= read_at.elapsed());
    if args.read.json {
        out::line(json!({ "ended": true, "in_time": !is_late, "took_ms": millis(took) }))?;
    } else {
        out::line(format_args!("the daemon has ended after {:.1} s", took.as_secs_f64()))?;
    }
    if is_late {
        let why = "its deadline had passed; what was accepted is in the journal";
        return Err(Exit::new(DRAIN, why));
    }
    Ok(OK)
}

/// Asks for the end of one actor, and says how much it has left to do.
fn drain_one(client: &Client<'_>, id: &str, as_json: bool) -> Result<u8, Exit> {
    client.post(&format!("/v1/drain/{}", escaped(id)))?;
    let mut last = None;
    loop {
        let node = client.get(&format!("/v1/actors/{}", escaped(id)))?;
        let waiting = node["mailbox_depth"].as_u64();
        if matches!(node["state"].as_str(), Some("dismissed" | "ended")) {
            if as_json {
                out::json(&node)?;
            } else {
                out::line(format_args!("{id} has ended; `synod restart {id}` brings it back"))?;
            }
            return Ok(OK);
        }
        if !as_json && last != waiting {
            out::line(format_args!("draining {id}: {} messages wait", waiting.unwrap_or(0)))?;
        }
        last = waiting;
        sleep(LOOK);
    }
}

fn tell(args: &DrainArgs, told: &Value) -> Result<(), Exit> {
    if args.read.json {
        return out::line(told);
    }
    out::line(format_args!(
        "draining: {} of {} actors are up, {} messages wait",
        told["up"], told["actors"], told["waiting"],
    ))
}

fn counts(told: &Value) -> (&Value, &Value) {
    (&told["up"], &told["waiting"])
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
