//! What supervisors do to real actors: restart, escalate, start and stop in order.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use common::{Puppet, Stage, child, id, pass, policy};
use synod_supervision::core::Strategy;
use synod_supervision::{ChildSpec, Ended, RuntimeEvent, SupervisorSpec};

const SECOND: Duration = Duration::from_secs(1);

async fn three(strategy: Strategy) -> (Stage, synod_supervision::Running) {
    let mut stage = Stage::new();
    let children = ["a", "b", "c"].map(|name| stage.puppet(name, 8)).into();
    let running = stage.start(strategy, children).await;
    (stage, running)
}

async fn check(strategy: Strategy, expected: [u64; 3]) {
    for kill in [false, true] {
        let (stage, _running) = three(strategy).await;
        if kill {
            stage.runtime.kill(&id("b")).unwrap();
        } else {
            stage.puppets[1].tell(Puppet::Fail).unwrap();
        }
        pass(SECOND).await;
        assert_eq!(stage.incarnations(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_for_one_restarts_the_failed_one() {
    check(Strategy::OneForOne, [1, 2, 1]).await;
}

#[tokio::test(start_paused = true)]
async fn one_for_all_restarts_all() {
    check(Strategy::OneForAll, [2, 2, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_restarts_it_and_those_after_it() {
    check(Strategy::RestForOne, [1, 2, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_keeps_the_mail_of_all() {
    let (stage, _running) = three(Strategy::OneForAll).await;
    stage.diary.clear();
    stage.puppets[1].tell(Puppet::Panic).unwrap();
    for puppet in &stage.puppets {
        puppet.tell(Puppet::Note(1)).unwrap();
    }
    pass(SECOND).await;
    let notes = stage.diary.lines().iter().filter(|line| *line == "1").count();
    assert_eq!(notes, 3);
}

#[tokio::test(start_paused = true)]
async fn children_start_in_order_and_stop_in_reverse_draining_their_mail() {
    let mut stage = Stage::new();
    let slow = common::Args { starts_slowly: SECOND, ..stage.args() };
    let children = vec![stage.puppet_with("a", 8, slow), stage.puppet("b", 8)];
    let mut running = stage.start(Strategy::OneForOne, children).await;
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    stage.puppets[1].tell(Puppet::Pipe(SECOND, 2)).unwrap();
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
    let lines = stage.diary.lines();
    assert_eq!(running.ended().await, Ended::Stopped, "it can be asked again");
    assert_eq!(lines, ["start a", "start b", "1", "2", "stop b", "stop a"]);
    assert!(stage.runtime.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_is_tried_again() {
    let mut stage = Stage::new();
    let stillborn = Arc::new(AtomicU32::new(3));
    let args = common::Args { stillborn, ..stage.args() };
    let children = vec![stage.puppet_with("a", 8, args)];
    let _running = stage.start(Strategy::OneForOne, children).await;
    assert_eq!(stage.diary.lines(), ["start a"]);
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_escalate_and_at_the_root_end_everything() {
    let mut stage = Stage::new();
    let inner = vec![stage.puppet("a", 64)];
    let below =
        SupervisorSpec { id: id("below"), policy: policy(Strategy::OneForOne, 1), children: inner };
    let sibling = stage.puppet("b", 8);
    let children = vec![ChildSpec::supervisor(child("below"), below), sibling];
    let mut running = stage.start(Strategy::OneForOne, children).await;
    for _ in 0..2 {
        stage.puppets[0].tell(Puppet::Panic).unwrap();
    }
    pass(5 * SECOND).await;
    let tree = stage.runtime.tree(&id("root"));
    assert_eq!(tree.children[0].node.restarts, 1, "the supervisor itself was restarted");
    assert_eq!(stage.incarnations(), [3, 1]);

    for _ in 0..12 {
        stage.puppets[0].tell(Puppet::Panic).unwrap();
    }
    let ended = running.ended().await;
    assert!(matches!(&ended, Ended::GaveUp(why) if why.contains("below")), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_will_not_end_is_killed_in_time() {
    let mut stage = Stage::new();
    let children = vec![stage.puppet("a", 8)];
    let mut running = stage.start(Strategy::OneForOne, children).await;
    stage.puppets[0].tell(Puppet::Hang).unwrap();
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    pass(SECOND).await;
    let asked = stage.runtime.clock().now();
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
    assert!(stage.runtime.clock().now().since(asked) < 6 * SECOND);
    running.abandon();
    let reasons: Vec<_> =
        stage.runtime.dead_letters().iter().map(|dead| dead.reason.name()).collect();
    assert_eq!(reasons, ["in_hand", "abandoned"]);
}

#[tokio::test(start_paused = true)]
async fn a_wished_restart_is_told_to_watchers_and_is_no_failure() {
    let (stage, _running) = three(Strategy::OneForOne).await;
    let mut watch = stage.runtime.watch();
    for _ in 0..20 {
        stage.runtime.restart(&id("c")).unwrap();
        pass(SECOND).await;
    }
    assert_eq!(stage.incarnations(), [1, 1, 21]);
    let mut restarted = 0;
    while let Ok(event) = watch.try_recv() {
        restarted += u32::from(matches!(event, RuntimeEvent::Restarted { .. }));
    }
    assert_eq!(restarted, 20);
    assert!(stage.runtime.restart(&id("nobody")).is_err());
    assert!(stage.runtime.kill(&id("nobody")).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_order_of_stopping_is_the_same_every_time() {
    for _ in 0..100 {
        let mut stage = Stage::new();
        let names = ["a", "b", "c", "d", "e", "f"];
        let children = names.map(|name| stage.puppet(name, 8)).into();
        let mut running = stage.start(Strategy::OneForOne, children).await;
        stage.diary.clear();
        running.stop();
        running.ended().await;
        let expected: Vec<String> = names.iter().rev().map(|name| format!("stop {name}")).collect();
        assert_eq!(stage.diary.lines(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_is_told_by_its_own_name() {
    let (stage, _running) = three(Strategy::OneForOne).await;
    let mut watch = stage.runtime.watch();
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    stage.puppets[1].tell(Puppet::Panic).unwrap();
    stage.runtime.kill(&id("c")).unwrap();
    pass(SECOND).await;
    let mut reasons = Vec::new();
    while let Ok(event) = watch.try_recv() {
        if let RuntimeEvent::Exited { actor, reason, .. } = event {
            reasons.push((actor.to_string(), reason));
        }
    }
    reasons.sort();
    let expected = [("a", "error"), ("b", "panic"), ("c", "killed")];
    assert_eq!(reasons, expected.map(|(actor, reason)| (actor.to_owned(), reason)));
}
