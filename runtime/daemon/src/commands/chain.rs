//! `synod chain`.

mod backfill;

use serde_json::Value;

use super::client::Client;
use crate::cli::{ChainAction, ChainArgs, ReadArgs};
use crate::exit::{Exit, OK, UNAVAILABLE};
use crate::out;

pub(super) fn chain(args: &ChainArgs) -> Result<u8, Exit> {
    match &args.action {
        ChainAction::Status(args) => status(args),
        ChainAction::Backfill(args) => backfill::backfill(args),
    }
}

/// Says how each chain is followed, and through what; exit 0 only if none is halted.
fn status(args: &ReadArgs) -> Result<u8, Exit> {
    let mut status = Client::new(&args.daemon).get("/v1/status")?;
    let chains = status["chains"].take();
    let all = chains.as_object().into_iter().flatten();
    let is_halted = all.clone().any(|(_, chain)| chain["phase"] == "halted");
    if args.json {
        out::json(&chains)?;
    } else if chains.as_object().is_none_or(serde_json::Map::is_empty) {
        out::line("no chain is followed")?;
    } else {
        for (id, chain) in all {
            lines(id, chain).iter().try_for_each(out::line)?;
        }
    }
    Ok(if is_halted { UNAVAILABLE } else { OK })
}

fn lines(id: &str, chain: &Value) -> Vec<String> {
    if let Some(error) = chain["error"].as_str() {
        return vec![format!("{id} does not answer: {error}")];
    }
    let number = |value: &Value| value.as_u64().map_or("none".to_owned(), |n| n.to_string());
    let (head, committed) = (&chain["head"], &chain["committed"]["number"]);
    let lag = head.as_u64().zip(committed.as_u64());
    let lag = lag.map_or("?".to_owned(), |(head, own)| head.saturating_sub(own).to_string());
    let mut lines = vec![format!(
        "{id} (chain {}): {}, head {}, committed {}, {lag} behind, {} events undelivered",
        chain["chain"],
        text(&chain["phase"]),
        number(head),
        number(committed),
        chain["undelivered"],
    )];
    lines.extend(chain["reason"].as_str().map(|reason| format!("  because {reason}")));
    for endpoint in chain["endpoints"].as_array().into_iter().flatten() {
        let reason = endpoint["reason"].as_str().map(|reason| format!(" as {reason}"));
        lines.push(format!(
            "  endpoint {}: {}{}, health {}, head {}",
            text(&endpoint["name"]),
            text(&endpoint["state"]),
            reason.unwrap_or_default(),
            endpoint["score"],
            number(&endpoint["head"]),
        ));
    }
    lines.extend(chain["backfills"].as_array().into_iter().flatten().map(backfill::line));
    lines
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chain_is_told_with_its_endpoints() {
        let chain = json!({
            "chain": 1, "phase": "following", "head": 107, "committed": { "number": 105 },
            "undelivered": 3, "endpoints": [
                { "name": "own", "state": "demoted", "reason": "stale", "score": 880, "head": 90 },
                { "name": "backup", "state": "serving", "score": 1000, "head": 107 },
            ], "backfills": [
                { "consumer": "memory", "from": 5, "next": 30, "until": 90, "undelivered": 7,
                  "is_told": false, "phase": "catching_up" },
            ],
        });
        let expected = [
            "l1 (chain 1): following, head 107, committed 105, 2 behind, 3 events undelivered",
            "  endpoint own: demoted as stale, health 880, head 90",
            "  endpoint backup: serving, health 1000, head 107",
            "  memory is told the past from block 5: next 30 of 90, 7 events undelivered, catching_up",
        ];
        assert_eq!(lines("l1", &chain), expected);
        let halted = json!({ "chain": 1, "phase": "halted", "reason": "why", "undelivered": 0 });
        assert_eq!(lines("l1", &halted)[1], "  because why");
        let dead = json!({ "error": "no answer" });
        assert_eq!(lines("l1", &dead), ["l1 does not answer: no answer"]);
    }
}
