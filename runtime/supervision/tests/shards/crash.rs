//! What a crash takes and what it does not.

use synod_supervision::CallError;

use super::*;

/// The purse itself panics at a coin that comes too early.
#[tokio::test(start_paused = true)]
async fn messages_that_wait_are_handled_in_order_by_the_next_life() {
    let stage = Stage::start(spec(1, 4), Rows::default()).await;
    for coin in 1..=50 {
        for purse in 0..8 {
            stage.purses.tell(PurseMsg::Drop(purse, coin)).unwrap();
        }
        if coin % 10 == 0 {
            stage.purses.tell(PurseMsg::Panic(coin % 8)).unwrap();
        }
    }
    pass(60 * SECOND).await;
    for purse in 0..8 {
        assert_eq!(stage.count(purse).await, 50);
    }
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.iter().map(|letter| letter.kind).collect::<Vec<_>>(), ["panic"; 5]);
    stage.rows.see(|seen| assert_eq!((seen.live, seen.live_most), (4, 4)));
}

#[tokio::test(start_paused = true)]
async fn what_was_in_no_hurry_dies_with_the_shard_if_nothing_saved_it() {
    let stage = Stage::start(spec(1, 4), Rows::default()).await;
    stage.purses.tell(PurseMsg::Lend(1)).unwrap();
    stage.purses.tell(PurseMsg::Lend(2)).unwrap();
    assert_eq!((stage.count(1).await, stage.put(2).await), (1, 2));
    stage.purses.tell(PurseMsg::Panic(3)).unwrap();
    pass(SECOND).await;
    assert_eq!((stage.count(1).await, stage.count(2).await), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_is_there_after_a_crash() {
    let stage = Stage::start(spec(2, 16), Rows::default()).await;
    for round in 1..=10 {
        for purse in 0..10 {
            assert_eq!(stage.put(purse).await, round);
        }
        stage.purses.tell(PurseMsg::Panic(round)).unwrap();
        pass(2 * SECOND).await;
    }
    for purse in 0..10 {
        assert_eq!(stage.count(purse).await, 10);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_saved_is_not_acknowledged() {
    let stage = Stage::start(spec(1, 4), Rows::default()).await;
    stage.put(1).await;
    stage.rows.see(|seen| seen.saves_failing = 1);
    let asked = stage.purses.call(SECOND, |reply| PurseMsg::Put(1, reply)).await;
    assert_eq!(asked.unwrap_err().to_string(), "the question was dropped unanswered");
    assert_eq!(stage.count(1).await, 1, "it is as it was");
    assert_eq!(stage.put(1).await, 2);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_put_away_stays_until_it_can() {
    let stage = Stage::start(spec(1, 1), Rows::default()).await;
    stage.put(1).await;
    stage.put(2).await;
    stage.purses.tell(PurseMsg::Lend(2)).unwrap();
    stage.rows.see(|seen| seen.saves_failing = 1);
    // The room for it cannot be made, so its message, and the shard, begin anew.
    stage.purses.tell(PurseMsg::Drop(1, 2)).unwrap();
    pass(2 * SECOND).await;
    assert_eq!(stage.count(1).await, 2, "a message that can be copied outlives the crash");
    stage.rows.see(|seen| assert_eq!(seen.live_most, 1));
}

#[tokio::test(start_paused = true)]
async fn rows_that_cannot_be_read_for_a_while_lose_no_message() {
    let stage = Stage::start(spec(1, 4), Rows::default()).await;
    stage.rows.see(|seen| seen.loads_failing = 2);
    for coin in 1..=3 {
        stage.purses.tell(PurseMsg::Drop(9, coin)).unwrap();
    }
    pass(5 * SECOND).await;
    assert_eq!(stage.count(9).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_slow_load_holds_up_its_own_shard_only() {
    let stage = Stage::start(spec(2, 64), Rows::default()).await;
    let handled = || {
        let tree = stage.runtime.tree(&id("root"));
        tree.flatten().iter().find(|node| node.id.as_str() == "purses-1").unwrap().handled
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for key in 0..32 {
        let before = handled();
        stage.count(key).await;
        if before < handled() { first.push(key) } else { second.push(key) }
    }
    assert!(2 <= first.len() && 2 <= second.len(), "{first:?} {second:?}");
    pass(2 * IDLE).await;
    stage.count(second[0]).await;
    stage.rows.see(|seen| seen.slow = 100 * SECOND);
    stage.purses.tell(PurseMsg::Lend(first[0])).unwrap();
    pass(SECOND).await;
    assert_eq!(stage.count(second[0]).await, 0);
    let asked = stage.purses.call(SECOND, |reply| PurseMsg::Count(first[1], reply)).await;
    assert_eq!(asked, Err(CallError::Timeout));
}
