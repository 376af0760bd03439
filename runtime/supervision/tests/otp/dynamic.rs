//! Children that come and go: `start_child`, `terminate_child`, `restart_child`, `delete_child`.

use synod_supervision::ChildCounts;
use synod_supervision::core::{ExitReason, InvalidTree, Stay};

use super::*;

/// `child_adm`: each order in each state it makes sense in, and in one it does not.
#[tokio::test(start_paused = true)]
async fn children_are_administered_one_by_one() {
    let mut tree = Plan::of("a").start(ONE, 2).await;
    let runtime = tree.stage.runtime.clone();
    assert_eq!(tree.add("b").await, Ok(()));
    assert_eq!(tree.shows(), "a:running:1 b:running:1");
    let twice = ChildSpec::worker::<State>(child("b"), tree.address("b"), tree.stage.args());
    let refused = runtime.start_child(&id("root"), twice, Place::default()).await;
    assert_eq!(refused, Err(Refusal::from(InvalidTree::Duplicate(id("b"))).into()));
    assert_eq!(tree.delete("b").await, Err(Refusal::NotEnded(id("b")).into()));

    assert_eq!(tree.terminate("b").await, Ok(()));
    assert_eq!(tree.shows(), "a:running:1 b:dismissed:1");
    assert!(tree.address("b").tell(Puppet::Note(1)).is_err(), "nobody would handle it");
    assert_eq!(tree.terminate("b").await, Ok(()), "it has ended already");
    runtime.restart(&id("b")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:1 b:running:2");
    tree.address("b").tell(Puppet::Note(2)).unwrap();
    pass(SECOND).await;

    assert_eq!(tree.terminate("b").await, Ok(()));
    assert_eq!(tree.delete("b").await, Ok(()));
    assert_eq!(tree.shows(), "a:running:1");
    assert_eq!(tree.delete("b").await, Err(ChildError::NoSuchChild(id("b"))));
    assert_eq!(tree.terminate("nobody").await, Err(ChildError::NoSuchChild(id("nobody"))));
    assert!(runtime.restart(&id("b")).is_err());
    assert_eq!(tree.exits(), "b:drained b:drained");
    assert_eq!(tree.diary(), "start b, stop b, start b, 2, stop b");
    let expected = ChildCounts { known: 1, active: 1, supervisors: 0, workers: 1 };
    assert_eq!(runtime.count_children(&id("root")), Some(expected));
    assert_eq!(runtime.count_children(&id("nobody")), None);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_added_and_does_not_start_is_forgotten() {
    for name in ["b", "b?", "b!"] {
        let mut tree = Plan::of("a").start(ONE, 0).await;
        let stillborn = tree.specify(child(name), 1);
        let root = id("root");
        let told = tree.stage.runtime.start_child(&root, stillborn, Place::default()).await;
        let why = ExitReason::StartFailed("stillborn".to_owned());
        assert_eq!(told, Err(ChildError::NotStarted(why)));
        assert_eq!(tree.shows(), "a:running:1");
        assert_eq!(tree.add("c").await, Ok(()));
        assert_eq!(tree.shows(), "a:running:1 c:running:1");
        assert!(tree.is_up().await, "it counts for nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_added_beyond_the_limit_or_after_the_end() {
    let policy = SupervisorPolicy { children_max: 2, ..policy(ONE, 0) };
    let mut tree = Plan::of("a").start_as(policy).await;
    assert_eq!(tree.add("b").await, Ok(()));
    let full = InvalidTree::TooManyChildren { count: 3, max: 2 };
    assert_eq!(tree.add("c").await, Err(Refusal::from(full).into()));
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(matches!(tree.add("d").await, Err(ChildError::NoSuchSupervisor(_))));
}

/// It is started before the one that is named, and stopped after it.
#[tokio::test(start_paused = true)]
async fn an_added_child_has_its_place_in_the_order() {
    let mut tree = Plan::of("a c").start(REST, 2).await;
    let b = tree.specify(child("b"), 0);
    let place = Place { before: Some(id("c")), stay: Stay::Shown };
    tree.stage.runtime.start_child(&id("root"), b, place).await.unwrap();
    assert_eq!(tree.shows(), "a:running:1 b:running:1 c:running:1");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:1 b:running:2 c:running:2");
    tree.stage.diary.clear();
    tree.stop().await;
    assert_eq!(tree.diary(), "stop c, stop b, stop a");
}

/// `sup_stop_timeout_dynamic`.
#[tokio::test(start_paused = true)]
async fn an_added_child_that_does_not_end_in_time_is_killed() {
    let mut tree = Plan::new().start(ONE, 2).await;
    for name in ["a", "b"] {
        let child = tree.specify(ChildPolicy { stop_timeout: SECOND, ..child(name) }, 0);
        tree.stage.runtime.start_child(&id("root"), child, Place::default()).await.unwrap();
    }
    tree.address("b").tell(Puppet::Hang).unwrap();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert_eq!(tree.exits(), "b:stop_timeout a:drained");
}

/// `sup_stop_brutal_kill_dynamic`.
#[tokio::test(start_paused = true)]
async fn added_children_without_time_to_stop_are_killed() {
    let mut tree = Plan::new().start(ONE, 2).await;
    for n in 0..10 {
        let policy = ChildPolicy { stop_timeout: Duration::ZERO, ..child(&format!("c{n}!")) };
        let child = tree.specify(policy, 0);
        tree.stage.runtime.start_child(&id("root"), child, Place::default()).await.unwrap();
    }
    assert_eq!(tree.stop().await, Ended::Stopped);
    let expected: Vec<String> = (0..10).rev().map(|n| format!("c{n}:killed")).collect();
    assert_eq!(tree.exits(), expected.join(" "));
}

/// What was accepted before the order to end is handled; what comes later is refused.
#[tokio::test(start_paused = true)]
async fn a_terminated_child_handles_what_is_queued() {
    let tree = Plan::of("a b").start(ALL, 0).await;
    for n in 0..5 {
        tree.address("b").tell(Puppet::Note(n)).unwrap();
    }
    assert_eq!(tree.terminate("b").await, Ok(()));
    assert_eq!(tree.diary(), "0, 1, 2, 3, 4, stop b");
    assert!(tree.address("b").tell(Puppet::Note(5)).is_err());
    assert!(tree.stage.runtime.dead_letters().is_empty());
}

/// Where OTP brings it back, ours stays away: somebody wanted it gone.
#[tokio::test(start_paused = true)]
async fn a_terminated_child_does_not_return_with_its_group() {
    let tree = Plan::of("a b c").start(ALL, 2).await;
    assert_eq!(tree.terminate("b").await, Ok(()));
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:running:2 b:dismissed:1 c:running:2");
}

/// The supervisor is made again from what it was, not from what the file said.
#[tokio::test(start_paused = true)]
async fn children_that_came_stay_when_their_supervisor_is_restarted_and_those_that_went_do_not() {
    let mut plan = Plan::of("a b");
    plan.group(child("below"), 0, ONE, 4);
    let mut tree = plan.start(ONE, 4).await;
    let below = id("below");
    for (name, stay) in [("c", Stay::Shown), ("d", Stay::Forgotten), ("e!", Stay::Shown)] {
        let spec = tree.specify(child(name), 0);
        let place = Place { before: None, stay };
        tree.stage.runtime.start_child(&below, spec, place).await.unwrap();
    }
    tree.terminate("b").await.unwrap();
    tree.delete("b").await.unwrap();
    tree.stage.runtime.kill(&below).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "below:running a:running:2 c:running:2");
}

/// `code_change`, as far as it is about flags and specifications.
#[tokio::test(start_paused = true)]
async fn policies_change_while_the_tree_runs() {
    let mut tree = Plan::of("a b").start(ONE, 0).await;
    let runtime = tree.stage.runtime.clone();
    runtime.change_supervisor(&id("root"), policy(ALL, 1)).await.unwrap();
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:running:2 b:running:2");
    runtime.change_child(child("a!")).await.unwrap();
    assert_eq!(tree.shows(), "a:running:2 b:running:2", "what runs goes on running");
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:ended:2 b:running:2");
    let wrong = SupervisorPolicy { children_max: 1, ..policy(ALL, 1) };
    assert!(runtime.change_supervisor(&id("root"), wrong).await.is_err());
    assert!(runtime.change_child(child("nobody")).await.is_err());
    assert!(tree.is_up().await);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_child_keeps_its_mailbox() {
    let tree = Plan::of("a b").start(ONE, 0).await;
    let (address, args) = (tree.address("a").clone(), tree.stage.args());
    let spec = ChildSpec::worker::<State>(child("a!"), &address, args);
    tree.address("a").tell(Puppet::Note(7)).unwrap();
    tree.stage.runtime.replace_child(spec).await.unwrap();
    pass(SECOND).await;
    tree.address("a").tell(Puppet::Note(8)).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:2 b:running:1");
    assert_eq!(tree.diary(), "7, stop a, start a, 8");
    tree.fails("a").await;
    assert_eq!(tree.shows(), "a:ended:2 b:running:1");
}

/// `do_not_save_start_parameters_for_temporary_children`.
#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_a_temporary_child_that_was_added() {
    let mut tree = Plan::of("a").start(ALL, 2).await;
    tree.add("b!").await.unwrap();
    let held = Arc::clone(&tree.failing[1].1);
    tree.failing.remove(1);
    assert_eq!(Arc::strong_count(&held), 3, "by the test, the specification, the incarnation");
    tree.fails("b").await;
    assert_eq!(tree.shows(), "a:running:1");
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(tree.stage.runtime.dead_letters().len(), 1, "the message that killed it");
}
