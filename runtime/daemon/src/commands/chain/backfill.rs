//! `synod chain backfill`.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::client::{Client, escaped};
use super::text;
use crate::cli::BackfillArgs;
use crate::exit::{Exit, OK, UNAVAILABLE};
use crate::out;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// Orders it, and says how it goes until everything is told.
pub(super) fn backfill(args: &BackfillArgs) -> Result<u8, Exit> {
    let client = Client::new(&args.read.daemon);
    let path = format!(
        "/v1/chains/{}/backfills?consumer={}&from={}",
        escaped(&args.chain),
        escaped(&args.consumer),
        args.from
    );
    let accepted = client.post(&path)?;
    if args.no_wait {
        let told = format!("{} will be told the past of {}", args.consumer, args.chain);
        if args.read.json {
            out::line(accepted)?
        } else {
            out::line(told)?
        }
        return Ok(OK);
    }
    let mut last = Value::Null;
    loop {
        let status = client.get("/v1/status")?;
        let chain = &status["chains"][&args.chain];
        let all = chain["backfills"].as_array();
        let mut ours = all.into_iter().flatten();
        let now = ours.find(|each| each["consumer"] == args.consumer.as_str()).cloned();
        let is_over = all.is_some() && now.as_ref().is_none_or(|now| now["is_told"] == true);
        if let Some(now) = now.filter(|now| *now != last) {
            if args.read.json {
                out::line(&now)?
            } else {
                out::line(line(&now).trim_start())?
            }
            last = now;
        }
        for what in [&last, chain] {
            if let Some(reason) = what["reason"].as_str() {
                return Err(Exit::new(UNAVAILABLE, format!("following has stopped: {reason}")));
            }
        }
        if is_over {
            break;
        }
        sleep(LOOK);
    }
    let told = format!("{} has been told everything from block {} on", args.consumer, args.from);
    if args.read.json {
        out::line(json!({ "done": true }))?
    } else {
        out::line(told)?
    }
    Ok(OK)
}

/// How one stands.
pub(super) fn line(backfill: &Value) -> String {
    format!(
        "  {} is told the past from block {}: next {} of {}, {} events undelivered, {}",
        text(&backfill["consumer"]),
        backfill["from"],
        backfill["next"],
        backfill["until"],
        backfill["undelivered"],
        if backfill["is_told"] == true { "told" } else { text(&backfill["phase"]) },
    )
}
