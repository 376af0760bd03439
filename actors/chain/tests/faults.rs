//! A real node behind a proxy that answers most requests wrongly, in 27 ways, beside a second
//! way to the same node: every log is told once and in order, and nothing that is not so.
//!
//! `SYNOD_EVENTS=10000 SYNOD_WAYS=1 cargo test -p synod-chain --test faults -- --nocapture` tells
//! how many logs of each kind of fault, and whether there is a second way at all.
#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code, missing_docs, unreachable_pub)]

#[path = "faults/anvil.rs"]
mod anvil;
mod common;
#[path = "faults/followed.rs"]
mod followed;
#[path = "faults/kind.rs"]
mod kind;
#[path = "faults/proxy.rs"]
mod proxy;

use std::time::Duration;

use anvil::{Anvil, LOGS};
use followed::{Followed, endpoint};
use kind::Kind;
use proxy::Proxy;
use synod_chain_alloy::Verify;

const CHAIN: u64 = 7_001;
const OTHER: u64 = 7_002;
/// Blocks of a reorg in the middle of each run.
const REORG: u64 = 3;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Follows through a bad endpoint while blocks come, and a reorg; says how many logs came, how
/// many faults there were, and how far another chain fell behind.
async fn check(kind: Kind, node: &Anvil, other: &Anvil, bystander: &Followed) -> (usize, u64, u64) {
    let proxy = Proxy::start(node.port, kind).await;
    let verify = if kind.needs_receipts() { Verify::Receipts } else { Verify::Headers };
    let mut ways = vec![endpoint("bad", &proxy.url, 0, verify)];
    if setting("SYNOD_WAYS", 2) != 1 {
        ways.push(endpoint("good", &format!("http://127.0.0.1:{}", node.port), 10, verify));
    }
    let from = node.head().await + 1;
    let followed = Followed::start(node, CHAIN, from, ways).await;
    let events = setting("SYNOD_EVENTS", 120);
    let calls = if events < 2_000 { 1 } else { 5 };
    let blocks = events.div_ceil(LOGS * calls).max(2 * REORG);
    let mut lag = 0;
    for block in 0..blocks {
        node.mine(calls).await;
        if block == blocks / 2 {
            node.reorg(REORG).await;
        }
        other.mine(1).await;
        let theirs = other.head().await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        lag = lag.max(theirs.saturating_sub(bystander.tip()));
    }
    // What the reorg took.
    node.mine(calls).await;
    node.mine(calls).await;
    followed.catches_up(&format!("{kind:?}"), node).await;

    let told = followed.logs();
    assert_eq!(told, node.logs(from).await, "{kind:?}");
    assert_eq!(followed.notes.repeated(), 0, "{kind:?}");
    let faults = proxy.faults();
    assert!(0 < faults, "{kind:?} never happened");
    (told.len(), faults, lag)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_endpoint_does_every_log_is_told_once() {
    let (node, other) = (Anvil::start(CHAIN).await, Anvil::start(OTHER).await);
    let way = endpoint("own", &format!("http://127.0.0.1:{}", other.port), 0, Verify::Headers);
    let bystander = Followed::start(&other, OTHER, 0, vec![way]).await;
    println!("| fault | logs | faults | missed or doubled | blocks another chain was behind |");
    println!("|---|---|---|---|---|");
    for kind in Kind::ALL {
        // The only way there is says that it is of another chain: that halts.
        if kind == Kind::WrongChainId && setting("SYNOD_WAYS", 2) == 1 {
            continue;
        }
        let (logs, faults, lag) = check(kind, &node, &other, &bystander).await;
        println!("| {kind:?} | {logs} | {faults} | 0 | {lag} |");
    }
    bystander.catches_up("the other chain", &other).await;
}
