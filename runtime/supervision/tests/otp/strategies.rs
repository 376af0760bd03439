//! Groups `restart_one_for_one`, `restart_one_for_all`, `restart_rest_for_one`.

use super::*;

#[tokio::test(start_paused = true)]
async fn failures_far_enough_apart_never_are_too_many() {
    let mut tree = Plan::of("a").start(ONE, 1).await;
    for life in 2..10 {
        tree.fails("a").await;
        assert_eq!(tree.shows(), format!("a:running:{life}"));
        pass(60 * SECOND).await;
    }
    assert!(tree.is_up().await);
}

#[tokio::test(start_paused = true)]
async fn one_for_one_restarts_one_and_gives_up_after_too_many() {
    let mut tree = Plan::of("a b").start(ONE, 2).await;
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:running:2 b:running:1");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:2 b:running:2");
    tree.fails("b").await;
    assert!(tree.gives_up().await.contains("b failed: told to, failure 3 of its group"));
    assert_eq!(tree.exits(), "a:error b:error b:error a:normal");
}

#[tokio::test(start_paused = true)]
async fn one_for_all_restarts_all_and_gives_up_after_too_many() {
    let mut tree = Plan::of("a b").start(ALL, 2).await;
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:running:2 b:running:2");
    assert_eq!(tree.exits(), "a:error b:normal");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:3 b:running:3");
    tree.fails("a").await;
    assert!(tree.gives_up().await.contains("failure 3 of its group"));
    assert_eq!(tree.exits(), "b:error a:normal a:error b:normal");
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_restarts_the_later_and_gives_up_after_too_many() {
    let mut tree = Plan::of("a b c").start(REST, 2).await;
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:1 b:running:2 c:running:2");
    assert_eq!(tree.exits(), "b:error c:normal");
    tree.fails("c").await;
    assert_eq!(tree.shows(), "a:running:1 b:running:2 c:running:3");
    tree.fails("b").await;
    assert!(tree.gives_up().await.contains("failure 3 of its group"));
    assert_eq!(tree.exits(), "c:error b:error c:normal a:normal");
}

/// A child whose restarts fail, one after the other, ends its supervisor.
async fn check_escalation(strategy: Strategy, who: &str) {
    let mut tree = Plan::of("a b").start(strategy, 4).await;
    tree.fail_starts(who, u32::MAX);
    tree.fails("a").await;
    let why = tree.gives_up().await;
    assert!(why.contains(&format!("{who} did not start: stillborn, failure 5")), "{why}");
    let diary = tree.diary();
    assert_eq!(diary.matches("start a").count(), diary.matches("stop a").count(), "{diary}");
    assert_eq!(diary.matches("stop b").count(), 1, "{diary}");
}

#[tokio::test(start_paused = true)]
async fn one_for_one_escalates() {
    check_escalation(ONE, "a").await;
}

#[tokio::test(start_paused = true)]
async fn one_for_all_escalates() {
    check_escalation(ALL, "b").await;
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_escalates() {
    check_escalation(REST, "b").await;
}

#[tokio::test(start_paused = true)]
async fn one_for_all_begins_again_when_another_does_not_restart() {
    let mut tree = Plan::of("a b").start(ALL, 3).await;
    tree.fail_starts("b", 1);
    tree.fails("a").await;
    assert_eq!(tree.diary(), "stop b, start a, stop a, start a, start b");
    assert_eq!(tree.shows(), "a:running:3 b:running:3");
    assert_eq!(tree.stop().await, Ended::Stopped);
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_keeps_the_former_when_a_later_does_not_restart() {
    let mut tree = Plan::of("a b").start(REST, 3).await;
    tree.fail_starts("b", 1);
    tree.fails("a").await;
    assert_eq!(tree.diary(), "stop b, start a, start b");
    assert_eq!(tree.shows(), "a:running:2 b:running:3");
    assert_eq!(tree.stop().await, Ended::Stopped);
}

/// Names out of alphabetical order: what counts is the order they were given in.
#[tokio::test(start_paused = true)]
async fn children_start_as_given_and_end_in_reverse() {
    let mut tree = Plan::of("ch7 ch3 ch10 ch2 ch5").start(REST, 2).await;
    tree.fails("ch10").await;
    assert_eq!(tree.diary(), "stop ch5, stop ch2, start ch10, start ch2, start ch5");
    assert_eq!(tree.exits(), "ch10:error ch5:normal ch2:normal");
    tree.stage.diary.clear();
    tree.stop().await;
    assert_eq!(tree.diary(), "stop ch5, stop ch2, stop ch10, stop ch3, stop ch7");
}
