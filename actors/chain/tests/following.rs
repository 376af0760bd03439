//! The actor on paused time: a simulated chain on one side, a store and consumers on the other.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::World;
use synod_chain::Source;
use synod_supervision::Ended;
use synod_tests::stage::{SECOND, id, pass};
use synod_types::chain::{Block, ChainPhase, Trouble};

async fn canonical(world: &World) -> Vec<Block> {
    world.source.chain.headers(1, u64::MAX).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn consumers_are_told_what_the_chain_does() {
    let world = World::new(0);
    let process = world.start().await;
    pass(60 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert!((70..=75).contains(&world.notes[0].logs()), "a task in every second block");
    let status = process.status().await;
    assert_eq!((status.phase, status.undelivered), (ChainPhase::Following, 0));
    assert_eq!((world.notes[0].retracted(), world.notes[0].repeated()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn reorgs_are_taken_back_and_followed() {
    let world = World::new(11);
    let _process = world.start().await;
    pass(20 * SECOND).await;
    for depth in [1, 7, 20, 33] {
        world.source.chain.reorg(depth).unwrap();
        pass(10 * SECOND).await;
        world.assert_followed(&canonical(&world).await);
    }
    assert!(world.notes[1].retracted() >= 61);
}

#[tokio::test(start_paused = true)]
async fn a_killed_actor_goes_on_where_it_was() {
    let world = World::new(11);
    let process = world.start().await;
    for round in 0_u64..100 {
        tokio::time::sleep(Duration::from_millis(370 + 11 * round)).await;
        if round.is_multiple_of(10) {
            drop(world.source.chain.reorg(1 + round / 4));
        }
        process.runtime.kill(&id("chain")).unwrap();
    }
    pass(10 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert!(world.disk.has_snapshot("chain"));
}

#[tokio::test(start_paused = true)]
async fn a_reorg_while_the_process_is_dead_is_seen_by_the_next() {
    let world = World::new(0);
    let first = world.start().await;
    pass(60 * SECOND).await;
    first.die().await;
    let before = world.notes[0].blocks().len();
    world.source.chain.reorg(40).unwrap();
    pass(30 * SECOND).await;
    assert_eq!(world.notes[0].blocks().len(), before, "nobody is there");
    let _second = world.start().await;
    pass(10 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert!((35..=40).contains(&world.notes[0].retracted()));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_brings_the_same_events_again() {
    let world = World::new(0);
    let _process = world.start().await;
    world.notes[1].lose_answers(3);
    pass(60 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert_eq!(world.notes[0].repeated(), 0);
    assert!(world.notes[1].repeated() >= 3);
}

#[tokio::test(start_paused = true)]
async fn a_killed_consumer_holds_up_nobody_and_misses_nothing() {
    let world = World::new(11);
    let process = world.start().await;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(510)).await;
        process.runtime.kill(&id("consumer-1")).unwrap();
    }
    pass(10 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fails_opens_the_breaker_and_is_followed_again_later() {
    let world = World::new(0);
    let process = world.start().await;
    pass(5 * SECOND).await;
    world.source.fail(Some(Trouble::Unavailable));
    pass(20 * SECOND).await;
    let breaker = process.runtime.find_breaker("node").unwrap();
    assert_eq!(breaker.view().state, "open");
    let asked = world.source.asked();
    pass(20 * SECOND).await;
    assert_eq!(world.source.asked(), asked, "an open breaker lets no question through");
    world.source.fail(None);
    pass(80 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert_eq!(breaker.view().state, "closed");
}

#[tokio::test(start_paused = true)]
async fn a_torn_look_does_not_speak_against_the_node() {
    let world = World::new(0);
    let process = world.start().await;
    world.source.fail(Some(Trouble::Torn));
    pass(60 * SECOND).await;
    assert_eq!(process.runtime.find_breaker("node").unwrap().view().state, "closed");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_loses_every_other_question_is_followed_all_the_same() {
    let world = World::new(0);
    world.source.stumble(2);
    let process = world.start().await;
    pass(60 * SECOND).await;
    // Whether a look's first question or a later one is lost is chance: only the first delays it.
    let told = world.notes[0].blocks().len();
    assert!(100 < told, "{told} blocks");
    let breaker = process.runtime.find_breaker("node").unwrap().view();
    assert!(10 < breaker.retries.made, "{breaker:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_question_of_a_look_is_put_once() {
    let world = World::new(0);
    world.source.fail(Some(Trouble::Unavailable));
    let process = world.start().await;
    pass(60 * SECOND).await;
    let breaker = process.runtime.find_breaker("node").unwrap().view();
    assert_eq!((breaker.retries.made, breaker.retries.refused), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hint_makes_it_look_at_once() {
    let world = World::new(0);
    let _process = world.start().await;
    tokio::time::sleep(Duration::from_millis(5_010)).await;
    let asked = world.source.asked();
    world.source.hint();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(asked < world.source.asked());
}

#[tokio::test(start_paused = true)]
async fn a_reorg_too_deep_halts_without_a_word_to_anyone() {
    let world = World::new(0);
    let process = world.start().await;
    pass(60 * SECOND).await;
    world.source.chain.reorg(100).unwrap();
    let before = world.notes[0].blocks().len();
    pass(60 * SECOND).await;
    assert!(matches!(process.phase().await, ChainPhase::Halted(_)));
    assert!(world.notes[0].blocks().len() <= before + 1);
    process.runtime.restart(&id("chain")).unwrap();
    pass(10 * SECOND).await;
    assert!(matches!(process.phase().await, ChainPhase::Halted(_)), "it looks again, and halts");
}

#[tokio::test(start_paused = true)]
async fn it_ends_in_order_at_once() {
    let world = World::new(0);
    let mut process = world.start().await;
    pass(60 * SECOND).await;
    process.running.stop();
    let ended = tokio::time::timeout(Duration::from_secs(2), process.running.ended()).await;
    assert_eq!(ended, Ok(Ended::Stopped));
}
