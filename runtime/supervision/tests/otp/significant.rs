//! Group `significant`: supervisors that end with their children.

use AutoShutdown::{AllSignificant, AnySignificant, Never};
use synod_supervision::core::AutoShutdown;

use super::*;

async fn tree(names: &str, strategy: Strategy, auto_shutdown: AutoShutdown) -> Tree {
    let policy = SupervisorPolicy { auto_shutdown, ..policy(strategy, 4) };
    Plan::of(names).start_as(policy).await
}

async fn ends(tree: &mut Tree) -> bool {
    tokio::time::timeout(10 * SECOND, tree.running.ended()).await == Ok(Ended::Stopped)
}

fn finish(tree: &Tree, name: &str) {
    tree.address(name).tell(Puppet::Finish).unwrap();
}

/// However it ends.
#[tokio::test(start_paused = true)]
async fn a_significant_temporary_child_takes_its_supervisor_along() {
    for way in [Puppet::Finish, Puppet::Fail, Puppet::Panic] {
        let mut tree = tree("a b!* c", ONE, AnySignificant).await;
        tree.address("b").tell(way).unwrap();
        assert!(ends(&mut tree).await);
        assert!(tree.exits().ends_with("c:drained a:drained"));
    }
    let mut tree = tree("a!* b!* c", ONE, AllSignificant).await;
    tree.fails("a").await;
    assert!(tree.is_up().await, "one is left");
    finish(&tree, "b");
    assert!(ends(&mut tree).await);
}

/// Only if it ended in order: otherwise it returns.
#[tokio::test(start_paused = true)]
async fn a_significant_transient_child_takes_its_supervisor_along_when_it_is_done() {
    let mut any = tree("a?* b", ONE, AnySignificant).await;
    any.fails("a").await;
    assert_eq!(any.shows(), "a:running:2 b:running:1");
    finish(&any, "a");
    assert!(ends(&mut any).await);
    let mut all = tree("a?* b?* c?", ONE, AllSignificant).await;
    finish(&all, "a");
    assert!(all.is_up().await);
    finish(&all, "c");
    assert!(all.is_up().await, "it is not significant");
    finish(&all, "b");
    assert!(ends(&mut all).await);
}

#[tokio::test(start_paused = true)]
async fn children_that_are_not_significant_take_nobody_along() {
    for auto_shutdown in [Never, AnySignificant, AllSignificant] {
        let mut tree = tree("a? b!", ONE, auto_shutdown).await;
        finish(&tree, "a");
        finish(&tree, "b");
        pass(SECOND).await;
        assert!(tree.is_up().await);
        assert_eq!(tree.shows(), "a:ended:1 b:ended:1");
    }
}

/// `significant_simple`.
#[tokio::test(start_paused = true)]
async fn significant_children_that_were_added_count() {
    let mut tree = tree("", ONE, AllSignificant).await;
    tree.add("a!*").await.unwrap();
    tree.add("b!*").await.unwrap();
    finish(&tree, "a");
    assert!(tree.is_up().await);
    assert_eq!(tree.shows(), "b:running:1");
    finish(&tree, "b");
    assert!(ends(&mut tree).await);
}

/// What the supervisor itself brings to an end does not count.
#[tokio::test(start_paused = true)]
async fn a_significant_bystander_takes_nobody_along() {
    for strategy in [ALL, REST] {
        for auto_shutdown in [AnySignificant, AllSignificant] {
            let mut tree = tree("a b!* c?*", strategy, auto_shutdown).await;
            tree.fails("a").await;
            assert!(tree.is_up().await);
            assert_eq!(tree.shows(), "a:running:2 b:ended:1 c:running:2");
            tree.terminate("c").await.unwrap();
            assert!(tree.is_up().await);
        }
    }
}

/// A supervisor that ended with its child may itself be significant to its own.
#[tokio::test(start_paused = true)]
async fn an_automatic_end_rises_as_far_as_it_is_significant() {
    for (name, rises) in [("below?*", true), ("below?", false), ("below", false)] {
        let mut plan = Plan::of("a!*");
        plan.group(child(name), 0, ONE, 4);
        plan.add(child("b"), Duration::ZERO);
        let auto_shutdown = AnySignificant;
        let mut tree = plan.start_as(SupervisorPolicy { auto_shutdown, ..policy(ONE, 4) }).await;
        let runtime = tree.stage.runtime.clone();
        let inner = SupervisorPolicy { auto_shutdown, ..policy(ONE, 4) };
        runtime.change_supervisor(&id("below"), inner).await.unwrap();
        finish(&tree, "a");
        pass(SECOND).await;
        if rises {
            assert!(ends(&mut tree).await);
            continue;
        }
        assert!(tree.is_up().await);
        let is_back = !name.ends_with('?');
        let expected = if is_back {
            "below:running a:running:2 b:running:1"
        } else {
            "below:ended a:ended:1 b:running:1"
        };
        assert_eq!(tree.shows(), expected);
    }
}

/// The rule changes while the tree runs; what ended before does not count, what ends next does.
#[tokio::test(start_paused = true)]
async fn the_rule_of_automatic_ends_can_change() {
    use AutoShutdown as Rule;
    let cases: [(Rule, Rule, bool); 6] = [
        (Never, AnySignificant, true),
        (AnySignificant, Never, false),
        (Never, AllSignificant, false),
        (AllSignificant, Never, false),
        (AnySignificant, AllSignificant, false),
        (AllSignificant, AnySignificant, true),
    ];
    for (before, after, first_is_enough) in cases {
        let mut tree = tree("a?* b?* c", ONE, before).await;
        let changed = SupervisorPolicy { auto_shutdown: after, ..policy(ONE, 4) };
        tree.stage.runtime.change_supervisor(&id("root"), changed).await.unwrap();
        finish(&tree, "a");
        pass(SECOND).await;
        let what = format!("{before:?} {after:?}");
        assert_eq!(tree.is_up().await, !first_is_enough, "{what}");
        if first_is_enough {
            continue;
        }
        finish(&tree, "b");
        assert_eq!(ends(&mut tree).await, after != Never, "{what}");
    }
}

/// `significant_upgrade_child`.
#[tokio::test(start_paused = true)]
async fn a_child_can_become_significant() {
    let mut tree = tree("a? b? c", ONE, AnySignificant).await;
    tree.stage.runtime.change_child(child("b?*")).await.unwrap();
    finish(&tree, "a");
    assert!(tree.is_up().await);
    finish(&tree, "b");
    assert!(ends(&mut tree).await);
}

/// A permanent child never ends for good, so it cannot be waited for.
#[tokio::test(start_paused = true)]
async fn a_permanent_child_cannot_be_significant() {
    let refused = Plan::of("a*").try_start(ONE, 1).await.err().unwrap();
    assert!(refused.chain().contains("a is permanent"), "{refused:?}");
}
