//! Groups `sup_start` and `sup_start_map`.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_tree_starts_and_ends_when_asked() {
    let mut tree = Plan::of("a").start(ONE, 2).await;
    assert_eq!(tree.shows(), "a:running:1");
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert_eq!(tree.exits(), "a:drained");
    assert_eq!(tree.shows(), "a:ended:1");
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_that_does_not_start_has_ended_and_the_next_starts() {
    for strategy in [ONE, ALL, REST] {
        let plan = Plan::of("a! b!");
        plan.failing[0].1.store(1, Ordering::SeqCst);
        let mut tree = plan.start(strategy, 0).await;
        assert_eq!(tree.shows(), "a:ended:1 b:running:1");
        pass(HOUR).await;
        assert_eq!(tree.shows(), "a:ended:1 b:running:1");
        assert_eq!(tree.exits(), "a:start_failed");
    }
}

async fn check_refused(plan: Plan, expected: &str) {
    let diary = plan.stage.diary.clone();
    let refused = plan.try_start(ONE, 2).await.err().unwrap();
    assert!(refused.chain().contains(expected), "{refused:?}");
    assert_eq!(diary.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_breaks_a_rule_does_not_start() {
    check_refused(Plan::of("a a"), "two children are named a").await;
    let mut plan = Plan::new();
    plan.add(ChildPolicy { start_timeout: Duration::ZERO, ..child("a") }, Duration::ZERO);
    check_refused(plan, "start timeout of a").await;
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_breaks_a_rule_is_a_child_that_does_not_start() {
    let mut plan = Plan::of("a b b");
    plan.group(child("below"), 1, ONE, 2);
    let mut tree = plan.try_start(ONE, 2).await.unwrap();
    assert!(!tree.running.ready().await);
    let why = tree.gives_up().await;
    assert!(why.contains("below") && why.contains("two children are named b"), "{why}");
    assert_eq!(tree.diary(), "start a, stop a");
}

/// The message that reaches the one who started the tree is the child's own.
#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_start_fails_the_tree_and_says_why() {
    let mut plan = Plan::of("a b");
    plan.failing[1].1.store(u32::MAX, Ordering::SeqCst);
    plan.group(child("below"), 0, ONE, 2);
    let mut tree = plan.try_start(ONE, 0).await.unwrap();
    assert!(!tree.running.ready().await);
    let why = tree.gives_up().await;
    assert!(why.contains("below") && why.contains("stillborn"), "{why}");
    assert_eq!(tree.diary(), "start a, stop a");
    let exits = "b:start_failed b:start_failed b:start_failed a:normal below:error";
    assert_eq!(tree.exits(), exits);
}

#[tokio::test(start_paused = true)]
async fn a_wished_start_that_fails_is_tried_again() {
    let mut tree = Plan::of("a").start(ONE, 1).await;
    tree.fail_starts("a", 1);
    tree.stage.runtime.restart(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:3");
    assert_eq!(tree.exits(), "a:normal a:start_failed");
}

/// OTP refuses to restart who runs; here that is what an operator may wish for.
#[tokio::test(start_paused = true)]
async fn orders_to_nobody_are_refused_and_a_wish_starts_anew() {
    let tree = Plan::of("a b!").start(ONE, 0).await;
    let runtime = &tree.stage.runtime;
    assert!(runtime.restart(&id("nobody")).is_err());
    assert!(runtime.kill(&id("nobody")).is_err());
    runtime.restart(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:2 b:running:1");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:2 b:ended:1");
    runtime.kill(&id("b")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:2 b:ended:1", "to kill who has ended is nothing");
    runtime.restart(&id("b")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:2 b:running:2");
}
