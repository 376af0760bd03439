//! `synod actors`.

use serde_json::Value;

use super::client::{Client, escaped};
use super::status::describe;
use crate::cli::{ActorAction, ActorsArgs, ReadArgs};
use crate::exit::{Exit, OK};
use crate::out;

/// Lists actors, or restarts or kills one.
pub(super) fn actors(args: &ActorsArgs) -> Result<u8, Exit> {
    match &args.action {
        None => list(&Client::new(&args.read.daemon), args.read.json),
        Some(ActorAction::Restart { id }) => restart(id, &args.read),
        Some(ActorAction::Kill { id }) => act(id, &args.read, ("kill", "was killed")),
    }
}

/// Ends an actor in order and has it started again.
pub(super) fn restart(id: &str, read: &ReadArgs) -> Result<u8, Exit> {
    act(id, read, ("restart", "is being restarted"))
}

fn act(id: &str, read: &ReadArgs, (verb, done): (&str, &str)) -> Result<u8, Exit> {
    let client = Client::new(&read.daemon);
    let answer = client.post(&format!("/v1/actors/{}/{verb}", escaped(id)))?;
    if read.json {
        out::json(&answer)?;
    } else {
        out::line(format_args!("{id} {done}"))?;
    }
    Ok(OK)
}

fn list(client: &Client<'_>, as_json: bool) -> Result<u8, Exit> {
    let actors = client.get("/v1/actors")?;
    if as_json {
        out::json(&actors)?;
        return Ok(OK);
    }
    for node in actors.as_array().into_iter().flatten().filter(is_actor) {
        out::line(describe(node))?;
    }
    Ok(OK)
}

fn is_actor(node: &&Value) -> bool {
    node["role"].as_str() == Some("actor")
}
