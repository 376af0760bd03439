//! A chain that takes back its newest blocks every second, and a daemon that is killed: what is
//! left is the chain as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use synod_chain::Source;
use synod_chain_simulated::{Settings, SimulatedChain};
use synod_supervision::Clock;
use synod_types::chain::ChainId;
use synod_types::operator::OperatorSetId;
use synod_types::{Address, B256};

use super::super::support::{Reach, Synod, post, until};
use super::{network, with};

const DEPTH: u64 = 3;

/// The chain of the configuration below, as everybody sees it.
fn chain(home: &Path) -> SimulatedChain {
    let avs = Address::left_padding_from(&[0xaf]);
    let settings = Settings {
        seed: 7,
        chain: ChainId(31_337),
        block_interval: Duration::from_millis(100),
        task_every: 2,
        task_deadline: Duration::from_secs(20),
        mailbox: Address::left_padding_from(&[0xb0]),
        sets: vec![OperatorSetId { avs, number: 0 }],
        reorg_every: 10,
        reorg_depth: DEPTH,
    };
    let clock = Clock::system();
    let directory = home.join("data/actors/chain");
    SimulatedChain::open(settings, Arc::new(move || clock.now()), &directory).unwrap()
}

/// The hashes of blocks that will never be taken back, by height.
fn settled(home: &Path) -> BTreeMap<u64, B256> {
    let chain = chain(home);
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let head = tokio.block_on(chain.head()).unwrap();
    let blocks = tokio.block_on(chain.headers(0, head - DEPTH)).unwrap();
    blocks.into_iter().map(|block| (block.id.number, block.id.hash)).collect()
}

/// Every block that the observer remembers, newest and unsettled ones too.
fn remembered(reach: &Reach) -> BTreeMap<u64, B256> {
    let mut blocks = BTreeMap::new();
    let mut cursor = Value::Null;
    loop {
        let query = json!({ "order": "oldest", "limit": 100, "cursor": cursor });
        let page = post(&reach.at("/v1/memory/chain-observer/query"), &query.to_string()).json();
        for hit in page["hits"].as_array().unwrap() {
            let block = &hit["memory"]["origin"]["block"];
            let hash = serde_json::from_value(block["hash"].clone()).unwrap();
            let before = blocks.insert(block["number"].as_u64().unwrap(), hash);
            assert!(before.is_none(), "two memories at the height of {block}");
        }
        cursor = page["next"].clone();
        if cursor.is_null() {
            return blocks;
        }
    }
}

#[test]
fn what_was_taken_back_leaves_no_trace() {
    let home = tempfile::tempdir().unwrap();
    let config = network(home.path(), |text| {
        let simulated = "poll_interval = \"50ms\", simulated = { seed = 7, reorg_every = 10, \
                         reorg_depth = 3, block_interval = \"100ms\", task_every = 2, \
                         task_deadline = \"20s\" }";
        with(&text, "poll_interval = \"100ms\"", simulated)
    });
    let mut outputs: BTreeMap<String, Value> = BTreeMap::new();
    for life in 1..=3 {
        let (mut synod, reach) = Synod::run(&config);
        let committed =
            || reach.read("/v1/status")["chains"]["chain"]["committed"]["number"].as_u64();
        until("some reorgs", || (Some(30 * life) <= committed()).then_some(()));
        check_memory(home.path(), &reach);
        check_tasks(home.path(), &reach, &mut outputs);
        synod.signal(Signal::KILL);
        synod.end();
    }
    assert!(20 <= outputs.len(), "{}", outputs.len());
}

/// Of settled heights exactly the chain's blocks are remembered.
fn check_memory(home: &Path, reach: &Reach) {
    until("the memory to be the chain", || {
        let remembered = remembered(reach);
        // What is settled later may have been remembered before it was.
        let settled = settled(home);
        let (last, _) = remembered.last_key_value()?;
        let last = last.checked_sub(2 * DEPTH)?;
        let expected: BTreeMap<_, _> = settled.range(1..=last).collect();
        let remembered: BTreeMap<_, _> = remembered.range(1..=last).collect();
        (30 <= 2 * expected.len() && remembered == expected).then_some(())
    });
}

/// A task whose block is gone is retracted, failed or announced by another block; no task is
/// certified with two outputs.
fn check_tasks(home: &Path, reach: &Reach, outputs: &mut BTreeMap<String, Value>) {
    let listed = reach.read("/v1/tasks?limit=1000")["tasks"].clone();
    let settled = settled(home);
    let mut seen = BTreeSet::new();
    for task in listed.as_array().unwrap() {
        let id = task["id"].as_str().unwrap().to_owned();
        assert!(seen.insert(id.clone()), "{id} is listed twice");
        if task["state"] == "completed" {
            let view = reach.read(&format!("/v1/tasks/{id}"));
            let output = view["output"].clone();
            let before = outputs.insert(id.clone(), output.clone());
            assert!(before.is_none_or(|before| before == output), "{id} has two outputs: {view}");
        }
        let number = task["block_number"].as_u64().unwrap();
        // It may hear of the newest in a moment.
        let Some(hash) =
            settled.get(&number).filter(|_| settled.contains_key(&(number + 2 * DEPTH)))
        else {
            continue;
        };
        let is_there = task["block_hash"] == json!(hash);
        assert_eq!(task["is_retracted"], !is_there, "{task}");
        let is_open = task["state"] == "pending" || task["state"] == "processing";
        assert!(is_there || !is_open, "{task}");
        assert!(task["failure"] != "retracted" || !is_there, "{task}");
    }
}
