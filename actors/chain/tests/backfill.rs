//! A chain that was long before we came: how fast it is read, beside a loop that only fetches
//! the same in the same batches.
//!
//! `SYNOD_BLOCKS=20000 cargo test --release -p synod-chain --test backfill -- --nocapture`
#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code, missing_docs, unreachable_pub)]

#[path = "faults/anvil.rs"]
mod anvil;
mod common;
#[path = "faults/followed.rs"]
mod followed;

use std::time::{Duration, Instant};

use anvil::{Anvil, LOGS, hex, post};
use followed::{Followed, endpoint};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use synod_chain_alloy::Verify;

/// Headers of one request, as the adapter asks for them.
const BATCH: u64 = 200;
/// Of so many blocks one holds logs.
const SPARSE: u64 = 50;

/// What this process has used of its processors.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Everything the adapter asks for, unread; in seconds.
async fn fetch(node: &Anvil, head: u64) -> f64 {
    let begun = Instant::now();
    let mut from = 0;
    while from <= head {
        let to = head.min(from + BATCH - 1);
        let questions: Vec<_> = (from..=to)
            .map(|number| {
                let params = json!([hex(number), false]);
                json!({ "jsonrpc": "2.0", "id": number, "method": "eth_getBlockByNumber", "params": params })
            })
            .collect();
        let body = serde_json::to_vec(&questions).unwrap();
        assert!(500 * (to - from) < post(node.port, &body).await.unwrap().len() as u64);
        let filter = json!({ "fromBlock": hex(from), "toBlock": hex(to), "address": node.emitter });
        node.ask("eth_getLogs", json!([filter])).await;
        from = to + 1;
    }
    begun.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_chain_is_read_whole() {
    let blocks = std::env::var("SYNOD_BLOCKS").map_or(1_000, |text| text.parse().unwrap());
    let node = Anvil::start(7_005).await;
    while node.head().await < blocks {
        node.ask("anvil_mine", json!([hex(SPARSE - 1)])).await;
        node.mine(1).await;
    }
    let head = node.head().await;
    println!("| verify | blocks/s | of the ceiling | CPU ms per 1,000 blocks | RSS |");
    println!("|---|---|---|---|---|");
    for verify in [Verify::None, Verify::Headers, Verify::Receipts] {
        let ceiling = fetch(&node, head).await;
        let way = endpoint("own", &format!("http://127.0.0.1:{}", node.port), 0, verify);
        let (begun, used) = (Instant::now(), processor_time());
        let followed = Followed::start(&node, 7_005, 0, vec![way]).await;
        followed.catches_up("the whole", &node).await;
        let took = begun.elapsed().as_secs_f64();
        let used = (processor_time() - used).as_secs_f64() * 1_000.0;
        let told = followed.logs();
        assert_eq!(told, node.logs(0).await, "{verify:?}");
        assert_eq!(told.len() as u64, head.saturating_sub(1) / SPARSE * LOGS);
        let (rate, share) = (head as f64 / took, ceiling / took);
        let cost = used / (head as f64 / 1_000.0);
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        println!("| {verify:?} | {rate:.0} | {share:.2} | {cost:.1} | {} MiB |", pages / 256);
    }
}
