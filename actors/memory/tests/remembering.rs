//! The actor on paused time: durable before visible, found before embedded, the same after a kill.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Process, World, agent, commit, new, retract, texts};
use synod_memory::Work;
use synod_protocol::memory::MemoryMsg;
use synod_supervision::CallError;
use synod_tests::stage::{SECOND, pass};
use synod_tests::store::Fate;
use synod_types::memory::{MemoryQuery, MemoryRefusal, ScoredBy};

fn both(text: &str) -> MemoryQuery {
    let text = Some(text.to_owned());
    MemoryQuery { text: text.clone(), nearest: text, ..MemoryQuery::default() }
}

async fn embedded(process: &Process, who: &str) -> u64 {
    process.call(|reply| MemoryMsg::Count(agent(who), reply)).await.unwrap().unwrap().embedded
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_survives_a_kill() {
    let world = World::default();
    let process = world.start(Work::default()).await;
    let id = process.store("a", "k", "the bridge was paused").await.unwrap();
    let gone = process.store("a", "l", "the bridge was opened").await.unwrap();
    process.call(|reply| MemoryMsg::Forget(agent("a"), gone, reply)).await.unwrap().unwrap();
    process.die().await;

    let process = world.start(Work::default()).await;
    assert_eq!(process.find("a", "bridge").await, ["the bridge was paused"]);
    assert_eq!(process.store("a", "k", "the bridge was paused").await, Ok(id));
    assert_eq!(process.store("a", "k", "another").await, Err(MemoryRefusal::KeyTaken(id)));
    let theirs = process.call(|reply| MemoryMsg::Get(agent("b"), id, reply)).await.unwrap();
    assert_eq!(theirs, Err(MemoryRefusal::NotFound(id)));
    let mine = process.call(|reply| MemoryMsg::Get(agent("a"), id, reply)).await.unwrap();
    assert_eq!(mine.unwrap().reads, 1);
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_what_is_not_durable() {
    let world = World::default();
    let process = world.start(Work::default()).await;
    world.disk.always(Fate::AnswerHeld);
    let told = process.tell(vec![commit(1)]).await;
    let query = MemoryQuery { text: Some("block".to_owned()), ..MemoryQuery::default() };
    let asked = process.memory.request(|reply| MemoryMsg::Query(agent("observer"), query, reply));
    let asked = asked.await.unwrap();
    let early = async { told.within(Duration::from_secs(2)).await };
    assert!(early.await.is_err());
    world.disk.recover();
    let page = asked.within(Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(page.hits.len(), 1);
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_answers_waiting_for_the_journal_are_refused() {
    let world = World::default();
    let process = world.start(Work { answers_max: 1, ..Work::default() }).await;
    world.disk.always(Fate::AnswerHeld);
    let first = process.memory.request(|reply| MemoryMsg::Store(agent("a"), new("k", "x"), reply));
    let first = first.await.unwrap();
    assert_eq!(process.store("a", "l", "y").await, Err(MemoryRefusal::Busy(1)));
    world.disk.recover();
    assert!(first.within(Duration::from_secs(1)).await.unwrap().is_ok());
    assert!(process.store("a", "l", "y").await.is_ok());
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn blocks_are_remembered_and_unlearned() {
    let world = World::default();
    let process = world.start(Work::default()).await;
    let batch = vec![commit(1), commit(2), commit(3)];
    process.tell(batch.clone()).await.within(common::PATIENCE).await.unwrap();
    process.tell(batch).await.within(common::PATIENCE).await.unwrap();
    process.tell(vec![retract(3), retract(2)]).await.within(common::PATIENCE).await.unwrap();
    process.die().await;

    let process = world.start(Work::default()).await;
    let found = process.find("observer", "block").await;
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("Block 1 on chain 31337"), "{found:?}");
    assert_eq!(process.find("a", "block").await, Vec::<String>::new());
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn words_find_what_has_no_vector_yet() {
    let world = World::default();
    world.model.set_down(true);
    let process = world.start(Work::default()).await;
    process.store("a", "k", "swapped ether").await.unwrap();
    process.store("a", "l", "bridged ether").await.unwrap();

    let page = process.query("a", both("swapped")).await.unwrap();
    assert_eq!((page.scored_by, texts(&page)), (ScoredBy::Text, vec!["swapped ether".to_owned()]));
    let nearest = MemoryQuery { text: None, ..both("swapped") };
    let refused = process.query("a", nearest.clone()).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused}");

    world.model.set_down(false);
    pass(5 * SECOND).await;
    assert_eq!(embedded(&process, "a").await, 2);
    let page = process.query("a", both("swapped")).await.unwrap();
    assert_eq!(page.scored_by, ScoredBy::Both);
    assert_eq!(texts(&page), ["swapped ether", "bridged ether"]);
    assert_eq!(process.query("a", nearest).await.unwrap().scored_by, ScoredBy::Vectors);
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn a_text_no_model_takes_does_not_keep_the_others_from_theirs() {
    let world = World::default();
    world.model.dislike("poison");
    let process = world.start(Work { texts_max: 8, ..Work::default() }).await;
    for number in 0..10 {
        process.store("a", &number.to_string(), &format!("text {number}")).await.unwrap();
    }
    process.store("a", "p", "poison").await.unwrap();
    process.die().await;

    let process = world.start(Work { texts_max: 8, ..Work::default() }).await;
    pass(5 * SECOND).await;
    assert_eq!(embedded(&process, "a").await, 10);
    let asked = world.model.asked();
    pass(60 * SECOND).await;
    assert_eq!(world.model.asked(), asked, "still asking");
    assert_eq!(process.find("a", "poison").await, ["poison"]);
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_takes_the_place_of_records() {
    let world = World::default();
    let work = Work { snapshot_every: 5, ..Work::default() };
    let process = world.start(work).await;
    for number in 0..12 {
        process.store("a", &number.to_string(), &format!("number {number}")).await.unwrap();
    }
    pass(SECOND).await;
    assert!(world.disk.has_snapshot("memory"));
    process.die().await;

    let process = world.start(work).await;
    assert_eq!(process.find("a", "number").await.len(), 12);
    process.die().await;
}

#[tokio::test(start_paused = true)]
async fn an_asker_dropped_by_a_kill_asks_again_and_gets_the_same() {
    let world = World::default();
    let process = world.start(Work::default()).await;
    world.disk.always(Fate::AnswerHeld);
    let first = process.memory.request(|reply| MemoryMsg::Store(agent("a"), new("k", "x"), reply));
    let first = first.await.unwrap();
    pass(SECOND).await;
    process.runtime.kill(process.memory.id()).unwrap();
    world.disk.recover();
    assert_eq!(first.within(Duration::from_secs(5)).await, Err(CallError::Dropped));
    let again = process.store("a", "k", "x").await.unwrap();
    assert_eq!(process.store("a", "k", "x").await, Ok(again));
    assert_eq!(process.find("a", "x").await, ["x"]);
    process.die().await;
}
