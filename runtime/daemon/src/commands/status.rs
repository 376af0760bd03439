//! `synod status` and `synod tree`.

use serde_json::Value;

use super::client::Client;
use crate::cli::ReadArgs;
use crate::exit::{Exit, OK, UNAVAILABLE};
use crate::out;

/// Says how the daemon is; exit 0 only if it is ready.
pub(super) fn status(args: &ReadArgs) -> Result<u8, Exit> {
    let status = Client::new(&args.daemon).get("/v1/status")?;
    let is_ready = status["ready"].as_bool() == Some(true);
    if args.json {
        out::json(&status)?;
    } else {
        let word = if is_ready { "ready" } else { "NOT READY" };
        out::line(format_args!("synod {}: {word}", text(&status["version"])))?;
        for reason in status["reasons"].as_array().into_iter().flatten() {
            out::line(format_args!("  because {}", text(reason)))?;
        }
        out::line(format_args!(
            "actors: {} of {} running, {} restarts, {} dead letters kept",
            status["running"], status["actors"], status["restarts"], status["dead_letters"],
        ))?;
        for (id, chain) in status["chains"].as_object().into_iter().flatten() {
            out::line(format_args!("chain {id}: {chain}"))?;
        }
        for (id, store) in status["stores"].as_object().into_iter().flatten() {
            out::line(format_args!("store {id}: {store}"))?;
        }
        for breaker in status["breakers"].as_array().into_iter().flatten() {
            let (name, state) = (text(&breaker["name"]), text(&breaker["state"]));
            out::line(format_args!("breaker {name}: {state}"))?;
        }
    }
    Ok(if is_ready { OK } else { UNAVAILABLE })
}

/// Draws the supervision tree.
pub(super) fn tree(args: &ReadArgs) -> Result<u8, Exit> {
    let tree = Client::new(&args.daemon).get("/v1/tree")?;
    if args.json {
        out::json(&tree)?;
    } else {
        draw(&tree, "", "")?;
    }
    Ok(OK)
}

fn draw(node: &Value, first: &str, rest: &str) -> Result<(), Exit> {
    out::line(format_args!("{first}{}", describe(node)))?;
    let children = node["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, child) in children.iter().enumerate() {
        let is_last = index + 1 == children.len();
        let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        draw(child, &format!("{rest}{branch}"), &format!("{rest}{below}"))?;
    }
    Ok(())
}

/// One node on one line.
pub(super) fn describe(node: &Value) -> String {
    let id = text(&node["id"]);
    let state = text(&node["state"]);
    let mut line = match node["role"].as_str() {
        Some("supervisor") => {
            let (used, max) = (&node["intensity"][0], &node["intensity"][1]);
            format!("{id} [{}] {state}, {used} of {max} restarts used", text(&node["strategy"]))
        }
        _ => format!(
            "{id} {state}, life {}, mail {}/{}, {} handled",
            node["incarnation"], node["mailbox_depth"], node["mailbox_bound"], node["handled"],
        ),
    };
    if let Some(how) = node["stuck"]["how"].as_str() {
        let kind = node["stuck"]["kind"].as_str().map(|kind| format!(" with `{kind}`"));
        let kind = kind.unwrap_or_default();
        line.push_str(&format!(", STUCK: {how}{kind} for {} ms", node["stuck"]["for_ms"]));
    }
    if let Some(fenced) = node["fenced"].as_u64().filter(|fenced| *fenced != 0) {
        line.push_str(&format!(", {fenced} fenced"));
    }
    for wait in node["waits_for"].as_array().into_iter().flatten() {
        let verb = if wait["is_held"] == true { "waits for" } else { "awaits" };
        line.push_str(&format!(", {verb} {} ×{}", text(&wait["actor"]), wait["calls"]));
    }
    if let Some(reason) = node["last_exit"].as_str() {
        line.push_str(&format!(", {} restarts, last {reason}", node["restarts"]));
    }
    line
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
