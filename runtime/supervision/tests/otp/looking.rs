//! `which_children`, `count_children` and their kin: the tree is a value that can be read at any
//! time.

use std::collections::BTreeMap;

use synod_supervision::Role;

use super::*;

/// Children by what they are and what they are doing.
fn counts(tree: &Tree) -> Counts {
    let mut counts = Counts::new();
    for node in tree.view().children.iter().map(|child| &child.node) {
        let role = if node.role == Role::Actor { ACTOR } else { SUPERVISOR };
        *counts.entry((role, node.state)).or_default() += 1;
    }
    counts
}

type Counts = BTreeMap<(&'static str, &'static str), usize>;

const ACTOR: &str = "actor";
const SUPERVISOR: &str = "supervisor";

#[tokio::test(start_paused = true)]
async fn children_are_counted_whatever_becomes_of_them() {
    let names: Vec<String> = (0..1_000).map(|n| format!("c{n}!")).collect();
    let tree = Plan::of(&names.join(" ")).start(ONE, 0).await;
    assert_eq!(counts(&tree), Counts::from([((ACTOR, "running"), 1_000)]));
    for n in 0..500 {
        tree.stage.runtime.kill(&id(&format!("c{n}"))).unwrap();
    }
    pass(SECOND).await;
    let expected = [((ACTOR, "running"), 500), ((ACTOR, "ended"), 500)];
    assert_eq!(counts(&tree), Counts::from(expected));
}

#[tokio::test(start_paused = true)]
async fn supervisors_are_counted_apart() {
    let mut plan = Plan::new();
    for n in 0..100 {
        plan.add(child(&format!("c{n}")), Duration::ZERO);
        plan.group(child(&format!("s{n}!")), n, ONE, 0);
    }
    plan.add(child("worker"), Duration::ZERO);
    let tree = plan.start(ONE, 0).await;
    for n in 0..50 {
        tree.stage.runtime.kill(&id(&format!("s{n}"))).unwrap();
    }
    pass(SECOND).await;
    let expected =
        [((ACTOR, "running"), 1), ((SUPERVISOR, "running"), 50), ((SUPERVISOR, "ended"), 50)];
    assert_eq!(counts(&tree), Counts::from(expected));
}

#[tokio::test(start_paused = true)]
async fn children_that_are_restarting_are_counted_too() {
    let tree = Plan::of("a b c").start(ONE, 10_000).await;
    for name in ["a", "b"] {
        tree.fail_starts(name, u32::MAX);
        tree.fails(name).await;
    }
    let expected = [((ACTOR, "running"), 1), ((ACTOR, "backoff"), 2)];
    assert_eq!(counts(&tree), Counts::from(expected));
    for name in ["a", "b"] {
        tree.fail_starts(name, 0);
    }
    pass(2 * SECOND).await;
    assert_eq!(counts(&tree), Counts::from([((ACTOR, "running"), 3)]));
}

#[tokio::test(start_paused = true)]
async fn children_are_listed_in_their_order_with_what_they_are() {
    let mut plan = Plan::of("a");
    plan.group(child("below"), 0, REST, 3);
    plan.add(child("b?"), Duration::ZERO);
    let tree = plan.start(ONE, 2).await;
    tree.stage.runtime.kill(&id("b")).unwrap();
    pass(SECOND).await;
    let view = tree.view();
    let shown: Vec<_> = view
        .flatten()
        .iter()
        .map(|node| {
            let supervisor = node.supervisor.as_ref().map(|id| id.as_str().to_owned());
            (node.id.to_string(), node.role, supervisor, node.strategy, node.intensity)
        })
        .collect();
    let (root, below) = (Some("root".to_owned()), Some("below".to_owned()));
    let expected = [
        ("root".to_owned(), Role::Supervisor, None, Some("one_for_one"), Some((1, 2))),
        ("below".to_owned(), Role::Supervisor, root.clone(), Some("rest_for_one"), Some((0, 3))),
        ("a".to_owned(), Role::Actor, below, None, None),
        ("b".to_owned(), Role::Actor, root, None, None),
    ];
    assert_eq!(shown, expected);
    assert_eq!(view.children[1].node.last_exit.as_deref(), Some("killed"));
}

/// As many as a supervisor may have.
#[tokio::test(start_paused = true)]
async fn many_children_start_in_order_and_end_in_reverse() {
    let names: Vec<String> = (0..1_024).map(|n| format!("c{n}")).collect();
    let plan = Plan::of(&names.join(" "));
    let diary = plan.stage.diary.clone();
    let mut tree = plan.try_start(ONE, 2).await.unwrap();
    assert!(tree.running.ready().await);
    let starts: Vec<String> = names.iter().map(|name| format!("start {name}")).collect();
    assert_eq!(diary.lines(), starts);
    diary.clear();
    assert_eq!(tree.stop().await, Ended::Stopped);
    let stops: Vec<String> = names.iter().rev().map(|name| format!("stop {name}")).collect();
    assert_eq!(diary.lines(), stops);
}
