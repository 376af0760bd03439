//! Supervisors of supervisors: `tree` and `simple_global_supervisor`.

use super::*;

/// a and b under one, c and d under another, both restarted together.
fn two_groups() -> Plan {
    let mut plan = Plan::of("a b");
    plan.group(child("left"), 0, ONE, 4);
    for name in ["c", "d"] {
        plan.add(child(name), Duration::ZERO);
    }
    plan.group(child("right"), 1, ONE, 4);
    plan
}

#[tokio::test(start_paused = true)]
async fn a_failure_rises_only_when_there_are_too_many() {
    let mut tree = two_groups().start(ALL, 4).await;
    tree.fails("d").await;
    let once = "left:running a:running:1 b:running:1 right:running c:running:1 d:running:2";
    assert_eq!(tree.shows(), once);

    // With that of d: the fifth is one too many.
    tree.fail_starts("c", 3);
    tree.fails("c").await;
    let all = "left:running a:running:2 b:running:2 right:running c:running:5 d:running:3";
    assert_eq!(tree.shows(), all);
    assert_eq!(tree.view().children[1].node.restarts, 1);
    assert!(tree.is_up().await);
}

/// `simple_global_supervisor` without the names: here addresses are what outlives everyone.
#[tokio::test(start_paused = true)]
async fn a_killed_supervisor_returns_with_its_children_and_addresses_hold() {
    let mut plan = Plan::of("a b");
    plan.group(child("below"), 0, ALL, 3);
    let tree = plan.start(ALL, 3).await;
    tree.stage.runtime.kill(&id("below")).unwrap();
    for name in ["a", "b"] {
        tree.address(name).tell(Puppet::Note(1)).unwrap();
    }
    pass(SECOND).await;
    assert_eq!(tree.shows(), "below:running a:running:2 b:running:2");
    assert_eq!(tree.stage.diary.lines().iter().filter(|line| *line == "1").count(), 2);
    tree.stage.runtime.kill(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "below:running a:running:3 b:running:3");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "below:running a:running:4 b:running:4");
    tree.stage.runtime.restart(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "below:running a:running:5 b:running:5");
}

#[tokio::test(start_paused = true)]
async fn a_killed_root_leaves_nobody_behind() {
    let mut tree = two_groups().start(ALL, 4).await;
    let held = Arc::strong_count(&tree.failing[0].1);
    assert_eq!(held, 3, "by the test, the specification, and the incarnation");
    tree.running.abandon();
    pass(SECOND).await;
    assert!(matches!(tree.running.ended().await, Ended::GaveUp(_)));
    assert_eq!(Arc::strong_count(&tree.failing[0].1), 1);
    assert!(tree.address("a").tell(Puppet::Note(1)).is_err());
}
