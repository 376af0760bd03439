//! `synod stuck`.

use super::client::Client;
use super::status::describe;
use crate::cli::ReadArgs;
use crate::exit::{Exit, OK, UNAVAILABLE};
use crate::out;

/// Lists actors that the watchdog finds stuck; exit 0 only if there are none.
pub(super) fn stuck(args: &ReadArgs) -> Result<u8, Exit> {
    let actors = Client::new(&args.daemon).get("/v1/actors")?;
    let all = actors.as_array().map(Vec::as_slice).unwrap_or_default();
    let stuck: Vec<_> = all.iter().filter(|node| !node["stuck"].is_null()).collect();
    if args.json {
        out::json(&serde_json::json!(stuck))?;
    } else if stuck.is_empty() {
        out::line("no actor is stuck")?;
    }
    if !args.json {
        stuck.iter().try_for_each(|node| out::line(describe(node)))?;
    }
    Ok(if stuck.is_empty() { OK } else { UNAVAILABLE })
}
