//! What happens here.

use std::time::Duration;

use synod_supervision::core::{ChildPolicy, Restart, Strategy};
use synod_supervision::{ChildSpec, Ended, Outlet, RejectReason, SupervisorSpec};
use synod_types::actor::Incarnation;

use crate::common::{Args, Puppet, Stage, State, child, id, pass, policy};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_crash_loses_what_was_accepted() {
    let mut stage = Stage::new();
    let spec = stage.puppet("actor", 1_000);
    let _running = stage.start(Strategy::OneForOne, vec![spec]).await;
    let actor = stage.puppets[0].clone();
    stage.diary.clear();
    for n in 0..1_000 {
        actor.tell(if n == 100 { Puppet::Panic } else { Puppet::Note(n) }).unwrap();
    }
    pass(MINUTE).await;
    let mut expected: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    "start actor".clone_into(&mut expected[100]);
    assert_eq!(stage.diary.lines(), expected, "999 of 999, in order");
    let life = actor.call(MINUTE, Puppet::Ask).await.unwrap();
    assert_eq!(life, Incarnation(2), "the address serves the next life");
}

#[tokio::test(start_paused = true)]
async fn a_stop_drops_the_queue() {
    let mut stage = Stage::new();
    let spec = stage.puppet("actor", 100);
    let mut running = stage.start(Strategy::OneForOne, vec![spec]).await;
    for n in 0..100 {
        stage.puppets[0].tell(Puppet::Note(n)).unwrap();
    }
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
    let handled = stage.diary.lines().iter().filter(|line| line.parse::<u32>().is_ok()).count();
    assert_eq!(handled, 100);
}

/// A tree of `outer`, `inner` below it, and the workers of `names` in `inner`.
fn tree(stage: &mut Stage, names: &[&str]) -> Vec<ChildSpec> {
    let children = names.iter().map(|name| stage.puppet(name, 10)).collect();
    let inner =
        SupervisorSpec { id: id("inner"), policy: policy(Strategy::OneForAll, 5), children };
    vec![ChildSpec::supervisor(child("inner"), inner)]
}

#[tokio::test(start_paused = true)]
async fn descendants_end_without_their_stop() {
    let mut stage = Stage::new();
    let children = tree(&mut stage, &["child"]);
    let mut running = stage.start(Strategy::OneForOne, children).await;
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
    assert_eq!(stage.diary.lines(), ["start child", "stop child"]);
}

#[tokio::test(start_paused = true)]
async fn children_stop_in_any_order() {
    for _ in 0..20 {
        let mut stage = Stage::new();
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let children = names.map(|name| stage.puppet(name, 10)).into();
        let mut running = stage.start(Strategy::OneForOne, children).await;
        stage.diary.clear();
        running.stop();
        running.ended().await;
        let expected: Vec<String> = names.iter().rev().map(|name| format!("stop {name}")).collect();
        assert_eq!(stage.diary.lines(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_has_no_bound() {
    let mut stage = Stage::new();
    let spec = stage.puppet("actor", 10);
    let _running = stage.start(Strategy::OneForOne, vec![spec]).await;
    let actor = &stage.puppets[0];
    actor.tell(Puppet::Dwell(MINUTE)).unwrap();
    pass(Duration::from_secs(1)).await;
    for n in 0..10 {
        actor.tell(Puppet::Note(n)).unwrap();
    }
    let refused = actor.tell(Puppet::Note(10)).unwrap_err();
    assert_eq!(refused.reason, RejectReason::Full);
    assert!(matches!(refused.msg, Puppet::Note(10)), "the sender has its message back");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_while_its_last_life_ends() {
    let mut stage = Stage::new();
    let children = tree(&mut stage, &["grandchild", "sibling"]);
    let _running = stage.start(Strategy::OneForOne, children).await;
    // The group restarts while one of it still handles something for a second.
    stage.puppets[0].tell(Puppet::Dwell(Duration::from_secs(1))).unwrap();
    pass(Duration::from_millis(1)).await;
    stage.puppets[1].tell(Puppet::Panic).unwrap();
    pass(MINUTE).await;
    assert_eq!(stage.incarnations(), [2, 2], "one restart, and no failed start on the way");
    assert_eq!(stage.runtime.tree(&id("root")).node.restarts, 0, "nothing was escalated");
    // Another runtime of this process has the same names.
    let mut other = Stage::new();
    let children = tree(&mut other, &["grandchild", "sibling"]);
    let _other = other.start(Strategy::OneForOne, children).await;
    assert_eq!(other.incarnations(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_port_drops_in_silence() {
    let mut stage = Stage::new();
    let spec = stage.puppet("actor", 64);
    let _running = stage.start(Strategy::OneForOne, vec![spec]).await;
    stage.diary.clear();
    let outlet: Outlet<Puppet> = stage.puppets[0].outlet();
    let refused = (0..1_000).filter(|&n| outlet.tell(Puppet::Note(n)).is_err()).count();
    pass(MINUTE).await;
    assert_eq!(stage.diary.lines().len() + refused, 1_000, "each is handled or given back");
    // One that may wait for room loses nothing.
    stage.diary.clear();
    for n in 0..1_000 {
        outlet.send(Puppet::Patient(n)).await.unwrap();
    }
    pass(MINUTE).await;
    assert_eq!(stage.diary.lines().len(), 1_000);
}

// Of supervisors built on ractor: a killed transient child stays dead, an old back-off timer
// restarts a group once more, restarts collide with a name and use up the budget, a child's stop
// never runs (above).

#[tokio::test(start_paused = true)]
async fn a_killed_transient_child_lives_again() {
    let stage = Stage::new();
    let address = stage.runtime.address(id("actor"), Default::default());
    let args: Args = stage.args();
    let transient = ChildPolicy { restart: Restart::Transient, ..child("actor") };
    let spec = ChildSpec::worker::<State>(transient, &address, args);
    let _running = stage.start(Strategy::OneForOne, vec![spec]).await;
    stage.runtime.kill(&id("actor")).unwrap();
    pass(MINUTE).await;
    assert_eq!(address.call(MINUTE, Puppet::Ask).await.unwrap(), Incarnation(2));
}

#[tokio::test(start_paused = true)]
async fn a_group_restarts_once_for_failures_during_its_back_off() {
    let mut stage = Stage::new();
    let children = tree(&mut stage, &["a", "b", "c"]);
    let _running = stage.start(Strategy::OneForOne, children).await;
    stage.diary.clear();
    // All fail at once: the first failure restarts the group, the others fall into it.
    for puppet in &stage.puppets {
        puppet.tell(Puppet::Panic).unwrap();
    }
    pass(MINUTE).await;
    let starts = stage.diary.lines().iter().filter(|line| line.starts_with("start")).count();
    assert_eq!(stage.incarnations(), [2, 2, 2]);
    assert_eq!(starts, 3);
}

#[tokio::test(start_paused = true)]
async fn a_restart_costs_the_budget_once() {
    let mut stage = Stage::new();
    let spec = stage.puppet("actor", 10);
    let mut running = stage.start(Strategy::OneForOne, vec![spec]).await;
    // The budget is five in a minute.
    for _ in 0..5 {
        stage.puppets[0].tell(Puppet::Panic).unwrap();
        pass(Duration::from_secs(2)).await;
    }
    assert_eq!(stage.incarnations(), [6]);
    stage.puppets[0].tell(Puppet::Panic).unwrap();
    assert!(matches!(running.ended().await, Ended::GaveUp(_)));
}
