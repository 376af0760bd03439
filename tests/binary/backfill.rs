//! A consumer of a real node's chain is told the past, whatever befalls the binary meanwhile.
//! `SYNOD_ROUNDS` says how often it is killed; `SYNOD_SEED` chooses another run.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::anvil_support::{AVS, House, SQUARE};
use crate::support::{post, ran};

/// Blocks of one order.
const STEP: u64 = 20;
/// Blocks below which no order reaches.
const LEAST: u64 = 10;

/// Blocks the chain is longer than can be taken back, when the first order comes.
const SETTLED: u64 = 80;

fn open(start: u64) -> House {
    let knowledge = r#"[supervisors.knowledge]
children = ["embedding", "memory"]
[actors.embedding]
kind = "embedding"
[actors.memory]
kind = "memory"
edges = { embedding = "embedding", journal = "store" }
settings = { observer = "chain-observer", page_max = 10000 }
[actors.store]"#;
    let start_block = format!("start_block = {start}\nfetch_blocks_max = 7\nbatch_events_max = 3");
    let changes = [
        ("children = [\"store\", ", "children = [\"store\", \"knowledge\", "),
        ("events = [\"tasks\"]", "events = [\"tasks\", \"memory\"]"),
        ("[actors.store]", knowledge),
        ("start_block = 1", start_block.as_str()),
    ];
    let house = House::open("aggregator.toml", SQUARE, &changes);
    let missing = start + SETTLED - house.node.head();
    house.node.ask("anvil_mine", json!([format!("{missing:#x}")]));
    house
}

/// Waits until the agent remembers exactly the node's blocks from `first` on.
#[track_caller]
fn remembers_from(house: &House, first: u64) {
    let expected = house.node.hashes_from(first);
    let url = house.reach.at("/v1/memory/chain-observer/query");
    let query = json!({ "order": "oldest", "tags": ["block"], "limit": 10_000 }).to_string();
    house.until("the agent to remember the chain", || {
        let page = post(&url, &query).json();
        let hits = page["hits"].as_array().unwrap().clone();
        let hash = |hit: &Value| {
            let block = &hit["memory"]["origin"]["block"];
            (block["number"].as_u64().unwrap(), block["hash"].as_str().unwrap().to_owned())
        };
        let mut blocks: Vec<_> = hits.iter().map(hash).collect();
        blocks.sort();
        let hashes: Vec<String> = blocks.into_iter().map(|(_, hash)| hash).collect();
        (hashes == expected).then_some(())
    });
}

/// Whether the order was taken; one may be under way.
fn order(house: &House, from: u64) -> bool {
    let path = format!("/v1/chains/chain/backfills?consumer=memory&from={from}");
    let answer = post(&house.reach.at(&path), "");
    assert!([200, 409, 503].contains(&answer.status), "{}: {}", answer.status, answer.text);
    answer.status == 200
}

#[test]
fn whenever_it_is_killed_past_and_present_make_one_chain() {
    let rounds = std::env::var("SYNOD_ROUNDS").map_or(5, |text| text.parse().unwrap());
    let seed = std::env::var("SYNOD_SEED").map_or(7, |seed| seed.parse().unwrap());
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let start = LEAST + STEP * rounds;
    let mut house = open(start);
    remembers_from(&house, start);
    for round in 1..=rounds {
        let from = start - STEP * round;
        house.until("an order to be taken", || order(&house, from).then_some(()));
        if dice.next_u64() % 2 == 0 {
            let depth = 1 + dice.next_u64() % 3;
            let instead = house.node.task(house.mailbox, AVS, &format!("{round}"));
            house.node.reorg(depth, &[instead]);
        }
        house.node.ask("evm_mine", json!([]));
        // It is somewhere else each time.
        for _ in 0..dice.next_u64() % 6 {
            house.reach.read("/v1/status");
        }
        house.crash();
        house.start_again();
    }
    remembers_from(&house, LEAST);
    let status = house.reach.read("/v1/status");
    assert_eq!((&status["restarts"], &status["dead_letters"]), (&json!(0), &json!(0)), "{status}");
}

#[test]
fn a_backfill_is_ordered_shown_and_refused_by_name() {
    let house = open(40);
    remembers_from(&house, 40);
    let url = house.reach.at("");
    let ask = |chain: &str, consumer: &str, from: &str| {
        ran(&["chain", "backfill", chain, consumer, "--from", from, "--url", &url])
    };
    let done = ask("chain", "memory", "5");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(done.out.contains("memory has been told everything from block 5 on"), "{}", done.out);
    remembers_from(&house, 5);
    for (chain, consumer, from, why) in [
        ("chian", "memory", "1", "there is no chain `chian`; did you mean `chain`?"),
        ("chain", "memoir", "1", "memoir is told nothing of this chain; memory, tasks are"),
        ("chain", "memory", "6", "memory has been told everything from block 5 on"),
    ] {
        let refused = ask(chain, consumer, from);
        assert_eq!(refused.code, Some(69), "{}", refused.out);
        assert!(refused.err.contains(why), "{} does not say {why}", refused.err);
    }
}
