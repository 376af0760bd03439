//! Who is in memory, and until when.

use synod_supervision::InvalidShards;
use synod_supervision::core::InvalidResidents;

use super::*;

#[tokio::test(start_paused = true)]
async fn an_entity_comes_with_its_first_message_and_goes_when_it_is_idle() {
    let stage = Stage::start(spec(2, 8), Rows::default()).await;
    stage.rows.see(|seen| assert_eq!(seen.loads, 0, "nobody was loaded before"));
    stage.purses.tell(PurseMsg::Lend(7)).unwrap();
    assert_eq!(stage.count(7).await, 1);
    stage.rows.see(|seen| assert_eq!((seen.live, seen.loads, seen.saves), (1, 1, 0)));
    pass(IDLE * 2).await;
    stage.rows.see(|seen| {
        assert_eq!((seen.live, seen.saves), (0, 1), "what was not safe was saved first");
        assert_eq!(seen.coins[&7], 1);
    });
    assert_eq!(stage.count(7).await, 1, "it is loaded again");
    stage.rows.see(|seen| assert_eq!((seen.loads, seen.saves), (2, 1)));
    pass(IDLE * 2).await;
    stage.rows.see(|seen| assert_eq!((seen.live, seen.saves), (0, 1), "nothing was to be saved"));
}

#[tokio::test(start_paused = true)]
async fn who_is_used_stays() {
    let stage = Stage::start(spec(1, 8), Rows::default()).await;
    for _ in 0..20 {
        stage.put(1).await;
        pass(IDLE / 2).await;
    }
    stage.rows.see(|seen| assert_eq!((seen.loads, seen.live), (1, 1)));
    pass(IDLE * 5 / 8).await;
    stage.rows.see(|seen| assert_eq!(seen.live, 0, "an eighth longer at most"));
}

#[tokio::test(start_paused = true)]
async fn a_full_table_makes_room_by_the_one_used_longest_ago() {
    let stage = Stage::start(spec(1, 2), Rows::default()).await;
    for purse in [1, 2, 1, 3] {
        stage.put(purse).await;
    }
    let loads = stage.rows.see(|seen| seen.loads);
    stage.count(1).await;
    stage.rows.see(|seen| assert_eq!(seen.loads, loads, "1 was used after 2 and stayed"));
    stage.count(2).await;
    stage.rows.see(|seen| {
        assert_eq!(seen.loads, loads + 1, "2 had gone");
        assert_eq!((seen.live, seen.live_most), (2, 2));
    });
}

#[tokio::test(start_paused = true)]
async fn many_that_are_idle_at_once_all_go() {
    let stage = Stage::start(spec(1, 1_000), Rows::default()).await;
    for purse in 0..1_000 {
        stage.purses.tell(PurseMsg::Lend(purse)).unwrap();
    }
    pass(SECOND).await;
    stage.rows.see(|seen| assert_eq!(seen.live, 1_000));
    pass(IDLE * 9 / 8).await;
    stage.rows.see(|seen| assert_eq!((seen.live, seen.saves), (0, 1_000)));
}

#[tokio::test(start_paused = true)]
async fn at_an_orderly_end_all_is_saved() {
    let mut stage = Stage::start(spec(2, 64), Rows::default()).await;
    for purse in 0..50 {
        stage.purses.tell(PurseMsg::Lend(purse)).unwrap();
    }
    stage.running.stop();
    stage.running.ended().await;
    stage.rows.see(|seen| {
        assert_eq!(seen.live, 0);
        assert_eq!(seen.coins.values().sum::<u64>(), 50, "accepted and handled, then saved");
    });
}

#[tokio::test(start_paused = true)]
async fn limits_are_checked_before_anything_starts() {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let refused = |spec| runtime.shards::<Purse>(id("p"), spec, Rows::default()).unwrap_err();
    let no_time = ShardsSpec { idle_after: Duration::ZERO, ..spec(1, 1) };
    assert_eq!(refused(no_time), InvalidShards::Residents(InvalidResidents::IdleAfter));
    assert_eq!(refused(spec(1, 0)), InvalidShards::Residents(InvalidResidents::LiveMax(0)));
    assert_eq!(refused(spec(0, 1)).to_string(), "a pool needs at least one worker");
    assert!(refused(spec(1_001, 1)).to_string().contains("more than the 1000"));
}

#[tokio::test(start_paused = true)]
async fn shards_stand_in_the_tree_by_their_names() {
    let stage = Stage::start(spec(3, 1), Rows::default()).await;
    let names: Vec<_> = stage.shards.names().map(ToString::to_string).collect();
    assert_eq!(names, ["purses-1", "purses-2", "purses-3"]);
    let tree = stage.runtime.tree(&id("root"));
    let running = |name: &String| {
        tree.flatten().iter().any(|node| node.id.as_str() == name && node.state == "running")
    };
    assert!(names.iter().all(running));
}
