//! `synod breakers`.

use serde_json::Value;

use super::client::{Client, escaped};
use crate::cli::{BreakerAction, BreakersArgs};
use crate::exit::{Exit, OK};
use crate::out;

/// Lists breakers, or forces or resets one.
pub(super) fn breakers(args: &BreakersArgs) -> Result<u8, Exit> {
    let client = Client::new(&args.read.daemon);
    let answer = match &args.action {
        None => client.get("/v1/breakers")?,
        Some(BreakerAction::Open { name }) => act(&client, name, "open")?,
        Some(BreakerAction::Close { name }) => act(&client, name, "close")?,
        Some(BreakerAction::Reset { name }) => act(&client, name, "reset")?,
    };
    if args.read.json {
        out::json(&answer)?;
        return Ok(OK);
    }
    let all = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
    if all.is_empty() {
        out::line("this topology has no breakers: nothing in it calls the outside")?;
    }
    for breaker in &all {
        let field = |key: &str| breaker[key].as_str().unwrap_or("?").to_owned();
        let retries = retries(&breaker["retries"]);
        out::line(format_args!("{} {}{retries}", field("name"), field("state")))?;
    }
    Ok(OK)
}

/// How calls are repeated, if that has happened or been refused.
fn retries(retries: &Value) -> String {
    let number = |key: &str| retries[key].as_u64().unwrap_or_default();
    let (made, refused, spent) = (number("made"), number("refused"), number("out_of_budget"));
    if (made, refused) == (0, 0) {
        return String::new();
    }
    let left = number("budget_left");
    format!(", {made} retries, {refused} refused ({spent} out of budget), {left} left")
}

fn act(client: &Client<'_>, name: &str, action: &str) -> Result<Value, Exit> {
    client.post(&format!("/v1/breakers/{}/{action}", escaped(name)))
}
