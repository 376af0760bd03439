//! The binary beside a real node: what a chain announces is certified, whatever befalls the
//! chain, the node or the binary. `SYNOD_SEED` chooses another run of reorgs and crashes.

use std::fs;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::json;
use synod_signature_core::verify;
use synod_signature_keyfile::KeyFile;
use synod_types::certificate::CertificateRule;
use synod_types::signature::{Digest, Scheme, Signature};
use synod_types::{B256, Bytes, U256};

use crate::anvil_support::{AVS, CAPITALS, House, SQUARE};

fn squared(number: u64) -> [u8; 32] {
    U256::from(number * number).to_be_bytes()
}

fn certified(times: u64) -> Vec<(String, u64)> {
    vec![("certified".to_owned(), times)]
}

#[test]
fn every_task_on_the_chain_is_certified_once() {
    let mut house = House::aggregator(CAPITALS);
    let node = &house.node;
    let words = ["one", "two", "three", "four", "five"];
    node.ask("evm_setAutomine", json!([false]));
    let sent = words[..3].iter().map(|word| node.send_task(house.mailbox, word));
    let sent: Vec<_> = sent.collect();
    let stranger = node.task(house.mailbox, "0x00000000000000000000000000000000000000aa", "alien");
    node.ask("eth_sendTransaction", json!([stranger]));
    node.ask("evm_mine", json!([]));
    node.ask("evm_setAutomine", json!([true]));
    let mut tasks: Vec<_> = sent.iter().map(|tx| node.announced(tx)).collect();
    assert!(tasks.iter().all(|task| task.block == 2), "three in one block: {tasks:?}");
    tasks.extend(words[3..].iter().map(|word| house.create_task(word)));
    let certify = |house: &House| -> Vec<u64> {
        let output = |word: &str| word.to_uppercase().into_bytes();
        let views = words.iter().zip(&tasks).map(|(w, task)| house.certifies(task, &output(w)));
        views.map(|view| view["ended_ms"].as_u64().unwrap()).collect()
    };
    let first = certify(&house);
    assert_eq!(house.ends(), certified(5));
    let all = house.reach.read("/v1/tasks")["tasks"].clone();
    assert_eq!(all.as_array().unwrap().len(), 5, "not the stranger's: {all}");
    house.remembers_the_chain();

    house.crash();
    house.start_again();
    assert_eq!(certify(&house), first, "as it was");
    house.certifies(&house.create_task("six"), b"SIX");
    assert_eq!(house.ends(), certified(1), "in this life");
    house.remembers_the_chain();
}

/// Takes back as many blocks, in which one task was certified (if they are more than one) and
/// one was still worked at, and announces another task instead.
fn check_reorg(depth: u64, is_down: bool) {
    let mut house = House::aggregator(CAPITALS);
    house.certifies(&house.create_task("before"), b"BEFORE");
    let hold = house.directory.path().join("hold");
    fs::write(&hold, "").unwrap();
    let is_deep = 1 < depth;
    let done = is_deep.then(|| house.create_task("done"));
    let done = done.inspect(|task| drop(house.certifies(task, b"DONE")));
    let held = house.create_task("held");
    house.in_state(&held, "processing");
    for _ in 2..depth {
        house.node.ask("evm_mine", json!([]));
    }
    let reverted = house.node.hashes_from(house.node.head() - depth + 1);
    house.remembers_the_chain();

    if is_down {
        house.crash();
    }
    let instead = house.node.task(house.mailbox, AVS, "instead");
    house.node.reorg(depth, &[instead]);
    if is_down {
        house.start_again();
    }
    let canonical = house.node.hashes_from(1);
    assert!(reverted.iter().all(|hash| !canonical.contains(hash)), "a reorg it is");
    house.remembers_the_chain();
    let view = house.in_state(&held, "failed");
    assert_eq!((&view["failure"], &view["is_retracted"]), (&json!("retracted"), &json!(true)));
    if let Some(done) = done {
        assert_eq!(house.certifies(&done, b"DONE")["is_retracted"], true);
    }
    let block = house.node.block(house.node.head() - depth + 1);
    let instead = house.node.announced(&block["transactions"][0]);
    assert_eq!(house.certifies(&instead, b"INSTEAD")["is_retracted"], false);
    fs::remove_file(&hold).unwrap();
    house.certifies(&house.create_task("after"), b"AFTER");
    house.remembers_the_chain();
    assert_eq!(house.in_state(&held, "failed")["failure"], "retracted", "for good");
}

#[test]
fn a_block_taken_back_takes_its_task_along() {
    check_reorg(1, false);
}

#[test]
fn five_blocks_taken_back_take_their_tasks_along() {
    check_reorg(5, false);
}

#[test]
fn a_reorg_while_the_daemon_is_down_is_seen_when_it_is_back() {
    check_reorg(5, true);
}

#[test]
fn what_is_not_confirmed_is_not_told() {
    let house = House::confirming(2, CAPITALS);
    let before = house.create_task("before");
    let never = house.create_task("never");
    house.node.ask("evm_mine", json!([]));
    house.certifies(&before, b"BEFORE");
    let chain = || house.reach.read("/v1/status")["chains"]["chain"].clone();
    let head = house.node.head();
    house.until("the head to be seen", || (chain()["head"] == head).then_some(()));
    assert_eq!(chain()["committed"]["number"], head - 2);
    house.node.reorg(2, &[house.node.task(house.mailbox, AVS, "instead")]);
    for _ in 0..2 {
        house.node.ask("evm_mine", json!([]));
    }
    let instead = house.node.tasks(house.mailbox).pop().unwrap();
    house.certifies(&instead, b"INSTEAD");
    assert_eq!(house.task(&never), None);
    let scrape = house.reach.scrape();
    let reorgs = scrape.lines().find(|line| line.starts_with("synod_chain_reorgs_total{"));
    assert!(reorgs.is_none_or(|line| line.ends_with(" 0")), "{reorgs:?}");
}

#[test]
fn a_task_that_returns_in_another_block_stands() {
    let house = House::aggregator(CAPITALS);
    house.node.ask("anvil_setBlockTimestampInterval", json!([0]));
    let task = house.create_task("again");
    house.certifies(&task, b"AGAIN");
    let again = house.node.task(house.mailbox, AVS, "again");
    let other = house.node.task(house.mailbox, AVS, "other");
    house.node.reorg(1, &[again, other]);
    let back = house.node.tasks(house.mailbox);
    assert_eq!(back[0].created, task.created);
    assert_ne!(back[0].block_hash, task.block_hash);
    house.certifies(&back[1], b"OTHER");
    house.remembers_the_chain();
    let view = house.certifies(&back[0], b"AGAIN");
    assert_eq!(view["is_retracted"], false, "{view}");
    assert_eq!(house.ends(), certified(2), "neither of them twice");
}

#[test]
fn a_task_under_way_that_returns_begins_anew() {
    let house = House::aggregator(CAPITALS);
    house.node.ask("anvil_setBlockTimestampInterval", json!([0]));
    let hold = house.directory.path().join("hold");
    fs::write(&hold, "").unwrap();
    let held = house.create_task("held");
    house.in_state(&held, "processing");
    let again = house.node.task(house.mailbox, AVS, "held");
    let other = house.node.task(house.mailbox, AVS, "other");
    house.node.reorg(1, &[again, other]);
    let back = house.node.tasks(house.mailbox);
    assert_eq!(back[0].created, held.created);
    house.certifies(&back[1], b"OTHER");
    fs::remove_file(&hold).unwrap();
    assert_eq!(house.certifies(&back[0], b"HELD")["is_retracted"], false);
}

#[test]
fn a_node_that_goes_back_and_stays_there_is_believed() {
    let house = House::aggregator(SQUARE);
    let tasks = ["2", "3", "4"].map(|payload| house.create_task(payload));
    for (number, task) in (2..).zip(&tasks) {
        house.certifies(task, &squared(number));
    }
    house.remembers_the_chain();
    house.node.ask("anvil_rollback", json!([2]));
    house.remembers_the_chain();
    let is_retracted = |task| house.task(task).unwrap()["is_retracted"].clone();
    assert_eq!(tasks.each_ref().map(is_retracted), [json!(false), json!(true), json!(true)]);
    house.certifies(&house.create_task("5"), &squared(5));
    house.remembers_the_chain();
}

#[test]
fn another_chain_at_the_same_address_is_not_followed() {
    let mut house = House::aggregator(SQUARE);
    let task = house.create_task("3");
    house.certifies(&task, &squared(3));
    house.node.stop();
    house.node.start_another();
    house.node.deploy();
    house.create_task("4");
    house.until("the chain to halt", || {
        let chain = house.reach.read("/v1/status")["chains"]["chain"].clone();
        (chain["phase"] == "halted").then_some(())
    });
    assert_eq!(house.certifies(&task, &squared(3))["is_retracted"], false);
    assert_eq!(house.ends(), certified(1));
    let said = house.synod.err.so_far();
    let stopped = said.iter().find(|line| line.contains("following has stopped")).unwrap();
    assert!(stopped.contains("\"actor\":\"chain\"") && stopped.contains("genesis"), "{stopped}");
}

#[test]
fn after_many_reorgs_and_crashes_the_tasks_are_those_of_the_chain() {
    let seed = std::env::var("SYNOD_SEED").map_or(5, |seed| seed.parse().unwrap());
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut house = House::aggregator(CAPITALS);
    for round in 0..16 {
        for each in 0..=dice.next_u64() % 3 {
            house.create_task(&format!("task {each} of {round}"));
        }
        let depth = 1 + dice.next_u64() % 5.min(house.node.head() - 1);
        let is_down = dice.next_u64() % 3 == 0;
        if is_down {
            house.crash();
        }
        let instead = house.node.task(house.mailbox, AVS, &format!("instead of {round}"));
        house.node.reorg(depth, &[instead]);
        if is_down {
            house.start_again();
        }
    }
    house.remembers_the_chain();
    let standing = house.node.tasks(house.mailbox);
    for task in &standing {
        let view = house.certifies(task, &task.created.payload.to_ascii_uppercase());
        assert_eq!(view["is_retracted"], false, "{view}");
    }
    let all = house.reach.read("/v1/tasks")["tasks"].clone();
    let retracted = all.as_array().unwrap().iter().filter(|view| view["is_retracted"] == true);
    assert_eq!(retracted.count() + standing.len(), all.as_array().unwrap().len());
    let status = house.reach.read("/v1/status");
    assert_eq!((&status["restarts"], &status["dead_letters"]), (&json!(0), &json!(0)), "{status}");
}

#[test]
fn a_node_that_goes_away_and_comes_back_costs_no_task() {
    let mut house = House::aggregator(SQUARE);
    house.certifies(&house.create_task("3"), &squared(3));
    let unseen = house.create_task("4");
    house.node.stop();
    house.breaker_is("open");
    house.all_are_well();
    house.node.start_again();
    let late = house.create_task("5");
    house.certifies(&unseen, &squared(4));
    house.certifies(&late, &squared(5));
    house.breaker_is("closed");
    house.remembers_the_chain();
    house.all_are_well();
    assert_eq!(house.ends(), certified(3));
    let said = house.synod.err.so_far();
    let errors: Vec<_> = said.iter().filter(|line| line.contains("\"level\":\"ERROR\"")).collect();
    assert!(errors.is_empty(), "nobody needs to act: {errors:?}");
}

#[test]
fn a_node_that_says_nothing_for_a_while_costs_no_task() {
    let house = House::aggregator(SQUARE);
    house.certifies(&house.create_task("3"), &squared(3));
    let unseen = house.create_task("4");
    house.node.freeze();
    house.breaker_is("open");
    house.all_are_well();
    house.node.thaw();
    house.certifies(&unseen, &squared(4));
    house.certifies(&house.create_task("5"), &squared(5));
    house.breaker_is("closed");
    house.remembers_the_chain();
    house.all_are_well();
}

#[test]
fn a_block_full_of_tasks_is_certified() {
    let house = House::aggregator(SQUARE);
    house.node.ask("evm_setAutomine", json!([false]));
    let sent: Vec<_> =
        (0..90).map(|n| house.node.send_task(house.mailbox, &n.to_string())).collect();
    house.node.ask("evm_mine", json!([]));
    for (number, tx) in (0..).zip(&sent) {
        house.certifies(&house.node.announced(tx), &squared(number));
    }
    assert_eq!(house.ends(), certified(90));
}

#[test]
fn an_executor_follows_the_chain_by_itself() {
    let mut house = House::open("executor.toml", CAPITALS, &[]);
    let hold = house.directory.path().join("hold");
    fs::write(&hold, "").unwrap();
    let alone = house.create_task("alone");
    let held = house.create_task("held");
    house.crash();
    house.node.reorg(1, &[house.node.task(house.mailbox, AVS, "together")]);
    house.start_again();
    let together = house.node.tasks(house.mailbox).pop().unwrap();
    let tasks = [alone, together];
    let file = house.directory.path().join("data/keys/signer.key");
    let key = KeyFile::existing(file, Scheme::Bn254).public_key().unwrap();
    for (task, output) in tasks.iter().zip(["ALONE", "TOGETHER"]) {
        let created = &task.created;
        let answer = house.until("a signed answer", || {
            let answers = house.reach.read("/v1/executors/executor/answers");
            let mut answers = answers.as_array().unwrap().clone().into_iter();
            answers.find(|it| it["id"] == json!(created.task) && it["state"] == "signed")
        });
        assert_eq!(answer["output"], json!(Bytes::from(output)), "{answer}");
        let digest: B256 = serde_json::from_value(answer["digest"].clone()).unwrap();
        let timestamp = created.reference_timestamp;
        let expected = CertificateRule::Bn254.digest(timestamp, created.task, output.as_bytes());
        assert_eq!(Digest(digest), expected, "{answer}");
        let bytes = serde_json::from_value(answer["signature"].clone()).unwrap();
        let signature = Signature { scheme: Scheme::Bn254, bytes };
        assert_eq!(verify(&key, expected, &signature), Ok(()), "{answer}");
    }
    let answers = house.reach.read("/v1/executors/executor/answers");
    let withdrawn = json!(held.created.task);
    let answers = answers.as_array().unwrap();
    assert!(answers.iter().all(|answer| answer["id"] != withdrawn), "{answers:?}");
}
