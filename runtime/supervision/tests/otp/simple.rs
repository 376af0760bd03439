//! `simple_one_for_one`: children of one template, which come and go.

use synod_supervision::core::{ChildState, InvalidTree};
use synod_supervision::{Runtime, Template};

use super::*;

/// A tree without children, and what they are to be made from.
async fn pool(kind: &str, restarts_max: u32) -> (Tree, Template<State>) {
    let tree = Plan::new().start(ONE, restarts_max).await;
    let template = Template {
        policy: child(&format!("any{kind}")),
        capacity: Capacity { control: 8, high: 8, normal: 8 },
        args: tree.stage.args(),
    };
    (tree, template)
}

async fn start(tree: &mut Tree, template: &Template<State>, name: &str) -> Result<(), ChildError> {
    let runtime: Runtime = tree.stage.runtime.clone();
    let address = runtime.start_from(&id("root"), template, id(name), None).await?;
    tree.stage.puppets.push(address);
    Ok(())
}

/// `simple_one_for_one`, `which_children_simple_one_for_one`, `sup_start_map_simple`.
#[tokio::test(start_paused = true)]
async fn children_of_a_template_are_restarted_one_by_one_and_listed() {
    let (mut tree, template) = pool("", 2).await;
    assert_eq!(tree.shows(), "");
    for name in ["a", "b"] {
        start(&mut tree, &template, name).await.unwrap();
    }
    assert_eq!(tree.shows(), "a:running:1 b:running:1");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:1 b:running:2");
    let children = tree.stage.runtime.children(&id("root")).unwrap();
    let listed: Vec<_> = children.iter().map(|view| (view.id.as_str(), view.state)).collect();
    assert_eq!(listed, [("a", ChildState::Running), ("b", ChildState::Running)]);
    assert_eq!(tree.stage.runtime.child(&id("b")).unwrap().restarts, 1);
    assert_eq!(tree.stage.runtime.child(&id("c")), None);
}

/// `child_adm_simple`: who is terminated is gone, and its name is free.
#[tokio::test(start_paused = true)]
async fn children_of_a_template_are_gone_when_they_are_terminated() {
    let (mut tree, template) = pool("", 2).await;
    start(&mut tree, &template, "a").await.unwrap();
    let twice = start(&mut tree, &template, "a").await;
    assert_eq!(twice, Err(Refusal::from(InvalidTree::Duplicate(id("a"))).into()));
    assert_eq!(tree.terminate("a").await, Ok(()));
    assert_eq!(tree.shows(), "");
    assert_eq!(tree.delete("a").await, Err(ChildError::NoSuchChild(id("a"))));
    assert!(tree.stage.runtime.restart(&id("a")).is_err());
    start(&mut tree, &template, "a").await.unwrap();
    assert_eq!(tree.shows(), "a:running:1");
}

#[tokio::test(start_paused = true)]
async fn a_child_of_a_template_cannot_take_the_name_of_another_and_harms_it_not() {
    let (tree, template) = pool("", 2).await;
    let runtime = &tree.stage.runtime;
    let below = SupervisorSpec { id: id("below"), policy: policy(ONE, 2), children: Vec::new() };
    let place = Place::default();
    let below = ChildSpec::supervisor(child("below"), below);
    runtime.start_child(&id("root"), below, place).await.unwrap();
    let taken = Refusal::from(InvalidTree::Duplicate(id("below")));
    let told = runtime.start_from(&id("root"), &template, id("below"), None).await;
    assert_eq!(told.err(), Some(taken.into()));
    runtime.start_from(&id("below"), &template, id("a"), None).await.unwrap();
    assert_eq!(runtime.children(&id("below")).unwrap().len(), 1);
}

/// `sup_start_child_returns_error_simple`, `sup_start_ignore_…_start_child_simple`.
#[tokio::test(start_paused = true)]
async fn a_child_of_a_template_that_does_not_start_is_forgotten() {
    for kind in ["", "!"] {
        let (mut tree, template) = pool(kind, 0).await;
        template.args.stillborn.store(1, Ordering::SeqCst);
        let told = start(&mut tree, &template, "a").await;
        assert!(matches!(told, Err(ChildError::NotStarted(_))), "{told:?}");
        assert_eq!(tree.shows(), "");
        start(&mut tree, &template, "a").await.unwrap();
        assert_eq!(tree.shows(), "a:running:1");
        assert_eq!(tree.stop().await, Ended::Stopped);
    }
}

/// `simple_one_for_one_extra`: one child is made from something of its own.
#[tokio::test(start_paused = true)]
async fn a_child_of_a_template_may_have_arguments_of_its_own() {
    let (tree, template) = pool("", 2).await;
    let own = common::Diary::default();
    let args = Args { diary: own.clone(), ..template.args.clone() };
    let root = id("root");
    tree.stage.runtime.start_from(&root, &template, id("a"), Some(args)).await.unwrap();
    tree.stage.runtime.start_from(&root, &template, id("b"), None).await.unwrap();
    assert_eq!(own.lines(), ["start a"]);
    assert_eq!(tree.diary(), "start b");
    tree.stage.runtime.kill(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(own.lines(), ["start a", "start a"], "in every life");
}

/// `simple_one_for_one_shutdown`: those that ended are not waited for.
#[tokio::test(start_paused = true)]
async fn the_end_takes_children_of_a_template_along() {
    let (mut tree, mut template) = pool("!", 2).await;
    template.policy.stop_timeout = SECOND;
    for name in ["a", "b", "c"] {
        start(&mut tree, &template, name).await.unwrap();
    }
    tree.fails("b").await;
    tree.address("c").tell(Puppet::Hang).unwrap();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert_eq!(tree.exits(), "b:error c:stop_timeout a:drained");
}

#[tokio::test(start_paused = true)]
async fn children_of_a_template_escalate() {
    let (mut tree, template) = pool("", 4).await;
    start(&mut tree, &template, "a").await.unwrap();
    start(&mut tree, &template, "b").await.unwrap();
    template.args.stillborn.store(u32::MAX, Ordering::SeqCst);
    tree.address("a").tell(Puppet::Fail).unwrap();
    let why = tree.gives_up().await;
    assert!(why.contains("a did not start: stillborn, failure 5"), "{why}");
}

/// `simple_one_for_one_restart_ignore`, for ignore read: did not start.
#[tokio::test(start_paused = true)]
async fn a_child_of_a_template_that_does_not_restart_is_tried_again() {
    let (mut tree, template) = pool("", 4).await;
    start(&mut tree, &template, "a").await.unwrap();
    template.args.stillborn.store(2, Ordering::SeqCst);
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:running:4");
    assert_eq!(tree.exits(), "a:error a:start_failed a:start_failed");
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_in_a_loop_of_failing_starts_of_a_template() {
    let (mut tree, template) = pool("", 10_000).await;
    start(&mut tree, &template, "a").await.unwrap();
    template.args.stillborn.store(u32::MAX, Ordering::SeqCst);
    tree.fails("a").await;
    let other = start(&mut tree, &template, "b").await;
    assert!(matches!(other, Err(ChildError::NotStarted(_))), "it answers meanwhile");
    let asked = tree.stage.runtime.clock().now();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(tree.stage.runtime.clock().now().since(asked) < SECOND);
}

/// Thousands come and go; nothing of them stays.
#[tokio::test(start_paused = true)]
async fn many_temporary_children_leave_nothing_behind() {
    let (mut tree, template) = pool("!", 0).await;
    for n in 0..3_000 {
        let name = format!("c{n}");
        start(&mut tree, &template, &name).await.unwrap();
        tree.stage.puppets.pop().unwrap().tell(Puppet::Finish).unwrap();
        if n % 100 == 0 {
            pass(SECOND).await;
        }
    }
    pass(SECOND).await;
    assert_eq!(tree.shows(), "");
    assert!(tree.is_up().await);
    assert_eq!(Arc::strong_count(&template.args.stillborn), 1);
    start(&mut tree, &template, "c0").await.unwrap();
    assert_eq!(tree.shows(), "c0:running:1");
}
