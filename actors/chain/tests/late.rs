//! Consumers that come late are told the past while the present goes on.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{Process, World};
use synod_chain::Source;
use synod_protocol::chain::ChainMsg;
use synod_tests::stage::{SECOND, id, pass};
use synod_types::chain::{BackfillRefusal, Trouble};

const LATE: &str = "consumer-1";

async fn order(process: &Process, who: &str, from: u64) -> Result<(), BackfillRefusal> {
    let ask = |reply| ChainMsg::Backfill(id(who), from, reply);
    process.chain.call(Duration::from_secs(5), ask).await.unwrap()
}

/// Both have the whole chain, but for what it did since the last look.
#[track_caller]
fn assert_whole(world: &World, canonical: &[synod_types::chain::Block]) {
    for notes in &world.notes {
        let whole = notes.whole();
        let same = whole.iter().zip(canonical).take_while(|(ours, node)| ours == node).count();
        assert!(canonical.len() <= same + 5, "{same} of {} are the same", canonical.len());
    }
}

/// A world in which one consumer has followed for a minute.
async fn followed_by_one() -> World {
    let mut world = World::new(0);
    world.present = 1;
    let process = world.start().await;
    pass(60 * SECOND).await;
    process.die().await;
    world.present = 2;
    world
}

#[tokio::test(start_paused = true)]
async fn the_topology_has_a_late_consumer_told_the_past() {
    let mut world = followed_by_one().await;
    world.backfills = vec![(LATE.to_owned(), 1)];
    let process = world.start().await;
    pass(20 * SECOND).await;
    assert!(140 < world.notes[1].told_of_past());
    assert_whole(&world, &world.source.chain.headers(1, u64::MAX).await.unwrap());
    assert_eq!(process.status().await.undelivered, 0);
}

/// It is watched until no reorg can reach it; then it is over.
#[tokio::test(start_paused = true)]
async fn an_order_is_carried_out_once() {
    let world = followed_by_one().await;
    let process = world.start().await;
    pass(5 * SECOND).await;
    order(&process, LATE, 10).await.unwrap();
    pass(60 * SECOND).await;
    assert_eq!(process.status().await.backfills, []);
    let missing = BackfillRefusal::NothingMissing { consumer: LATE.to_owned(), floor: 10 };
    assert_eq!(order(&process, LATE, 10).await, Err(missing));
    order(&process, LATE, 1).await.unwrap();
    pass(60 * SECOND).await;
    let nobody = order(&process, "nobody", 1).await.unwrap_err();
    assert_eq!(
        nobody.to_string(),
        "nobody is told nothing of this chain; consumer-0, consumer-1 are"
    );
}

/// Orders, half-told pasts and the present outlive deaths, among reorgs and lost answers.
#[tokio::test(start_paused = true)]
async fn a_backfill_outlives_deaths_and_reorgs() {
    let mut world = followed_by_one().await;
    world.backfills = vec![(LATE.to_owned(), 1)];
    let mut process = world.start().await;
    for round in 0_u64..40 {
        pass(Duration::from_millis(90 + 7 * round)).await;
        world.notes[1].lose_answers((round % 3) as usize);
        if round.is_multiple_of(4) {
            drop(world.source.chain.reorg(1 + round / 2));
        }
        world.source.fail((round % 5 == 1).then_some(Trouble::Unavailable));
        if round.is_multiple_of(2) {
            process.runtime.kill(&id("chain")).unwrap();
        } else {
            process.die().await;
            process = world.start().await;
        }
    }
    world.source.fail(None);
    pass(60 * SECOND).await;
    assert_whole(&world, &world.source.chain.headers(1, u64::MAX).await.unwrap());
}
