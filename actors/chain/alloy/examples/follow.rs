//! Follows a node and prints what it did: `follow http://127.0.0.1:8545 [ws://127.0.0.1:8545]`.
//!
//! The journal is in memory: each start begins at block 0. Ends when standard output does.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "an example")]

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use synod_chain::{Source, SourceError};
use synod_chain_alloy::{AlloySource, Connection};
use synod_chain_core::{Effect, Follower, Input, Limits, Plan, Record, Rules, check_links};
use synod_supervision::Clock;
use synod_types::chain::{ChainEvent, EventNumber, LogFilter, Sight, Trouble};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let http_url = args.next().expect("the address of a node");
    let ws_url = args.next();
    let source = AlloySource::new(&http_url, ws_url.as_deref(), &Connection::default()).unwrap();
    let hinted = Arc::new(tokio::sync::Notify::new());
    let heard = Arc::clone(&hinted);
    source.listen(Box::new(move || heard.notify_one()));
    let chain = source.identity().await.unwrap().chain;
    let limits = Limits { rollback_patience: Duration::from_secs(2), ..Limits::default() };
    let filter = LogFilter::default();
    let rules = Rules { chain, start_block: Some(0), filter, consumers: 0, limits };
    let mut follower = Follower::new(rules);
    let clock = Clock::system();

    let mut inputs = vec![Input::Start];
    loop {
        for input in std::mem::take(&mut inputs) {
            for effect in follower.apply(clock.now(), input).unwrap() {
                match effect {
                    Effect::Look(ticket, plan) => {
                        let seen = look(&source, plan).await;
                        inputs.push(Input::Seen(ticket, seen.map_err(|error| report(&error))));
                    }
                    Effect::Journal(record) => inputs.push(Input::Durable(print(record))),
                    Effect::Deliver(_) | Effect::WakeAt(_) => (),
                    Effect::Halted(halt) => line(&format!("halted: {halt}")),
                }
            }
        }
        if inputs.is_empty() {
            let is_hint = tokio::time::timeout(Duration::from_millis(200), hinted.notified()).await;
            inputs.push(if is_hint.is_ok() { Input::NewHead } else { Input::Tick });
        }
    }
}

/// The actor's own look goes through a breaker besides.
async fn look(source: &AlloySource, plan: Plan) -> Result<Sight, SourceError> {
    match plan {
        Plan::Identify => {
            let identity = source.identity().await?;
            Ok(Sight::Identity { identity, head: source.head().await? })
        }
        Plan::Extend { tip, from, blocks, .. } => {
            let head = source.head().await?;
            let first = tip.map_or(from, |tip| tip.number);
            let last = head.min(from + u64::from(blocks) - 1);
            let headers = source.headers(first, last).await?;
            let logs = match check_links(tip, &headers) {
                Ok(above) => source.logs(above, &LogFilter::default()).await?,
                Err(_) => vec![],
            };
            Ok(Sight::Segment { head, headers, logs })
        }
        Plan::Compare { from, to } => {
            let (identity, head) = (source.identity().await?, source.head().await?);
            Ok(Sight::Headers { identity, head, headers: source.headers(from, to).await? })
        }
    }
}

fn report(error: &SourceError) -> Trouble {
    line(&format!("trouble: {error}"));
    error.trouble
}

fn print(record: Record) -> EventNumber {
    let Record::Told { first, events, .. } = record else { return EventNumber::default() };
    for event in &events {
        line(&match event {
            ChainEvent::Committed { block, logs } => {
                format!("committed {} with {} logs", block.id, logs.len())
            }
            ChainEvent::Retracted { block } => format!("retracted {block}"),
        });
    }
    EventNumber(first.plus(events.len()).0 - 1)
}

fn line(text: &str) {
    let mut out = std::io::stdout();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}
