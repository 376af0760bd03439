//! `synod dead-letters`.

use serde_json::Value;

use super::client::{Client, escaped};
use crate::cli::{DeadLetterAction, DeadLettersArgs, DeadWhich};
use crate::exit::{Exit, OK};
use crate::out;

/// Lists dead letters, shows one, sends one again, or forgets some.
pub(super) fn dead_letters(args: &DeadLettersArgs) -> Result<u8, Exit> {
    let client = Client::new(&args.read.daemon);
    let one = |id: &u64| format!("/v1/dead-letters/{id}");
    let answer = match &args.action {
        None => client.get("/v1/dead-letters")?,
        Some(DeadLetterAction::List(which)) => client.get(&query(which))?,
        Some(DeadLetterAction::Show { id }) => client.get(&one(id))?,
        Some(DeadLetterAction::Replay { id }) => client.post(&format!("{}/replay", one(id)))?,
        Some(DeadLetterAction::Purge { id: Some(id), .. }) => client.delete(&one(id))?,
        Some(DeadLetterAction::Purge { id: None, which, .. }) => client.delete(&query(which))?,
    };
    if args.read.json {
        out::json(&answer)?;
        return Ok(OK);
    }
    match &args.action {
        None | Some(DeadLetterAction::List(_)) => list(&answer)?,
        Some(DeadLetterAction::Show { .. }) => show(&answer)?,
        Some(DeadLetterAction::Replay { .. }) => {
            out::line(format_args!("sent again: {}", describe(&answer)))?;
        }
        Some(DeadLetterAction::Purge { .. }) => {
            out::line(format_args!("{} forgotten", answer["purged"]))?;
        }
    }
    Ok(OK)
}

fn query(which: &DeadWhich) -> String {
    let parts = [("actor", &which.actor), ("reason", &which.reason)];
    let parts = parts
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={}", escaped(value))));
    format!("/v1/dead-letters?{}", parts.collect::<Vec<_>>().join("&"))
}

fn list(letters: &Value) -> Result<(), Exit> {
    let letters = letters.as_array().map(Vec::as_slice).unwrap_or_default();
    if letters.is_empty() {
        out::line("no dead letters")?;
    }
    letters.iter().try_for_each(|letter| out::line(describe(letter)))
}

/// One on one line.
fn describe(letter: &Value) -> String {
    let text = |key: &str| letter[key].as_str().unwrap_or("?").to_owned();
    let mut line =
        format!("{} {} `{}` {}", letter["id"], text("actor"), text("kind"), text("reason"));
    if let Some(digest) = letter["digest"].as_str() {
        line.push_str(&format!(", digest {digest} of {} bytes", letter["bytes"]));
    }
    if letter["can_replay"].as_bool() == Some(true) {
        line.push_str(", can be sent again");
    }
    if let Some(cause) = letter["cause"].as_str() {
        line.push_str(&format!(": {cause}"));
    }
    line
}

fn show(letter: &Value) -> Result<(), Exit> {
    for (key, value) in letter.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        out::line(format_args!("{key}: {text}"))?;
    }
    Ok(())
}
