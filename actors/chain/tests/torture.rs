//! A real node that reorganises, rolls back and stands still, and a process that dies: what the
//! consumer has is what the node has, log by log.
//!
//! `SYNOD_ROUNDS=200 cargo test -p synod-chain --test torture -- --nocapture` says how many times
//! the process dies.
#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code, missing_docs, unreachable_pub)]

#[path = "faults/anvil.rs"]
mod anvil;
mod common;
#[path = "faults/followed.rs"]
mod followed;

use std::sync::Arc;
use std::time::Duration;

use anvil::Anvil;
use followed::{Followed, endpoint};
use serde_json::json;
use synod_chain::Endpoint;
use synod_chain_alloy::{AlloySource, Connection, Finality, Verify};
use synod_types::chain::ChainPhase;

fn ways(node: &Anvil) -> Vec<Endpoint> {
    vec![endpoint("own", &format!("http://127.0.0.1:{}", node.port), 0, Verify::Headers)]
}

async fn assert_equal(what: &str, followed: &Followed, node: &Anvil) {
    followed.catches_up(what, node).await;
    assert_eq!(followed.logs(), node.logs(0).await, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reorgs_of_every_depth_leave_no_trace() {
    let node = Anvil::start(7_003).await;
    for _ in 0..110 {
        node.mine(1).await;
    }
    let mut followed = Followed::start(&node, 7_003, 0, ways(&node)).await;
    assert_equal("the beginning", &followed, &node).await;
    for depth in [1, 5, 12, 100] {
        let before = followed.notes.retracted();
        node.reorg(depth).await;
        // As high as before: no head tells of it.
        assert_equal(&format!("depth {depth}"), &followed, &node).await;
        assert_eq!(followed.notes.retracted() - before, depth as usize);
    }
    for depth in [1, 12, 100] {
        let remains = followed.die().await;
        let before = remains.1.retracted();
        node.reorg(depth).await;
        node.mine(1).await;
        followed = Followed::again(&node, 7_003, ways(&node), remains).await;
        assert_equal(&format!("depth {depth}, unseen"), &followed, &node).await;
        assert_eq!(followed.notes.retracted() - before, depth as usize);
    }
    assert_eq!(followed.status().await.phase, ChainPhase::Following);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_final_is_not_told() {
    let node = Anvil::start(7_006).await;
    for _ in 0..80 {
        node.mine(1).await;
    }
    for (finality, tag) in [(Finality::Safe, "safe"), (Finality::Finalized, "finalized")] {
        let connection = Connection { finality, ..Connection::default() };
        let url = format!("http://127.0.0.1:{}", node.port);
        let source = AlloySource::new(&url, None, &connection).unwrap();
        let followed =
            Followed::start(&node, 7_006, 0, vec![Endpoint::only(Arc::new(source))]).await;
        let block = node.ask("eth_getBlockByNumber", json!([tag, false])).await;
        let highest = anvil::parse(&block["number"]);
        assert!((1..80).contains(&highest), "{tag}: {highest}");
        followed.reaches(highest).await;
        assert_eq!(followed.status().await.head, Some(highest), "{tag}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_process_dies_nothing_is_missed_and_nothing_doubled() {
    let rounds: u64 = std::env::var("SYNOD_ROUNDS").map_or(12, |text| text.parse().unwrap());
    let node = Anvil::start(7_004).await;
    // Enough to be behind: half of the deaths happen while it catches up.
    for _ in 0..40 {
        node.mine(1).await;
    }
    let mut followed = Followed::start(&node, 7_004, 0, ways(&node)).await;
    let (mut reorgs, mut rollbacks) = (0, 0);
    for round in 0..rounds {
        let head = node.head().await;
        for _ in 0..round % 7 {
            node.mine(1 + round % 2).await;
        }
        if round % 3 == 1 {
            node.reorg((1 + round * 7 % 30).min(head - 2)).await;
            reorgs += 1;
        }
        if round % 11 == 10 {
            node.rollback(1 + round % 5).await;
            rollbacks += 1;
        }
        tokio::time::sleep(Duration::from_millis(round * 37 % 120)).await;
        let remains = followed.die().await;
        followed = Followed::again(&node, 7_004, ways(&node), remains).await;
        if round % 10 == 9 {
            assert_equal(&format!("round {round}"), &followed, &node).await;
        }
    }
    assert_equal("the end", &followed, &node).await;
    let (logs, retracted) = (followed.logs().len(), followed.notes.retracted());
    println!(
        "{rounds} deaths, {reorgs} reorgs, {rollbacks} rollbacks, {retracted} blocks taken back, \
        {logs} logs stand, 0 differ, {} events came again after a death",
        followed.notes.repeated()
    );
    let phase = followed.status().await.phase;
    assert_eq!(phase, ChainPhase::Following, "{}", json!(phase));
}
