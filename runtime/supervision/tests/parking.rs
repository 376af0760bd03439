//! Children that wait until it makes sense to start them, and ends that policies ask for.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Puppet, Stage, child, id, pass, policy};
use synod_supervision::core::{
    BreakerPolicy, ChildPolicy, OnExceeded, Recovery, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Breaker, Capacity, ChildSpec, Ended, Running, RuntimeEvent, SupervisorSpec,
};

const SECOND: Duration = Duration::from_secs(1);

async fn tree(stage: &mut Stage, policy: SupervisorPolicy, children: &[ChildPolicy]) -> Running {
    let specs = children.iter().map(|child| {
        let capacity = Capacity { control: 8, high: 8, normal: 8 };
        let address = stage.runtime.address(child.id.clone(), capacity);
        stage.puppets.push(address.clone());
        ChildSpec::worker::<common::State>(child.clone(), &address, stage.args())
    });
    let spec = SupervisorSpec { id: id("root"), policy, children: specs.collect() };
    let mut running = stage.runtime.start(spec).await.unwrap();
    assert!(running.ready().await);
    running
}

fn shows(stage: &Stage) -> String {
    let tree = stage.runtime.tree(&id("root"));
    let nodes = tree.flatten().into_iter().map(|node| format!("{}:{}", node.id, node.state));
    nodes.collect::<Vec<_>>().join(" ")
}

fn breaker(stage: &Stage) -> Arc<Breaker> {
    stage.runtime.breaker("node", BreakerPolicy::default())
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_while_its_breaker_is_open_waits_until_it_is_not() {
    let mut stage = Stage::new();
    let node = breaker(&stage);
    let needy = ChildPolicy { needs: vec!["node".to_owned()], ..child("a") };
    let mut events = stage.runtime.watch();
    let _running = tree(&mut stage, policy(Strategy::OneForOne, 0), &[needy, child("b")]).await;
    node.force_open();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:running", "who does not fail runs on");
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    pass(3_600 * SECOND).await;
    assert_eq!(shows(&stage), "root:running a:parked b:running");
    node.reset();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:running");
    assert_eq!(stage.diary.lines(), ["start a", "start b", "start a", "1"]);
    let mut parked = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let RuntimeEvent::Parked { actor, why, until_ms, .. } = event {
            parked.push((actor, why, until_ms));
        }
    }
    assert_eq!(parked, [(id("a"), "breaker", None)]);
}

/// Its failures open the breaker, whose open time then ends by itself: somebody has to try.
#[tokio::test(start_paused = true)]
async fn a_child_is_let_go_when_the_open_time_is_over() {
    let mut stage = Stage::new();
    let node = breaker(&stage);
    let needy = ChildPolicy { needs: vec!["node".to_owned()], ..child("a") };
    let _running = tree(&mut stage, policy(Strategy::OneForOne, 0), &[needy]).await;
    let is_open = |node: &Breaker| node.view().state == "open";
    while !is_open(&node) {
        let refused: Result<(), _> = node.call(async { Err::<(), _>("refused") }).await;
        assert!(refused.is_err());
    }
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:parked");
    pass(3_600 * SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running");
    assert!(is_open(&node), "time alone changes nothing");
}

#[tokio::test(start_paused = true)]
async fn children_that_were_added_are_told_of_breakers_too() {
    let mut stage = Stage::new();
    let node = breaker(&stage);
    let _running = tree(&mut stage, policy(Strategy::OneForOne, 0), &[child("a")]).await;
    node.force_open();
    let needy = ChildPolicy { needs: vec!["node".to_owned()], ..child("b") };
    let address = stage.runtime.address(id("b"), Capacity::default());
    let spec = ChildSpec::worker::<common::State>(needy, &address, stage.args());
    stage.runtime.start_child(&id("root"), spec, Default::default()).await.unwrap();
    address.tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:parked");
    node.force_closed();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:running");
}

#[tokio::test(start_paused = true)]
async fn children_that_fail_too_often_are_halted_and_their_mail_is_kept() {
    let mut stage = Stage::new();
    let on_exceeded = OnExceeded::Park { open: 30 * SECOND, probes: 2 };
    let policy = SupervisorPolicy { on_exceeded, ..policy(Strategy::OneForOne, 0) };
    let mut running = tree(&mut stage, policy, &[child("a"), child("b")]).await;
    stage.puppets[0].tell(Puppet::Panic).unwrap();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:parked a:parked b:parked");
    for puppet in &stage.puppets {
        puppet.tell(Puppet::Note(7)).unwrap();
    }
    pass(30 * SECOND).await;
    assert_eq!(shows(&stage), "root:probing a:running b:running");
    assert_eq!(stage.diary.lines().iter().filter(|line| *line == "7").count(), 2);
    pass(10 * SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:running");
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
}

/// The others handle what they have been told, the last started first.
#[tokio::test(start_paused = true)]
async fn a_policy_can_end_the_whole_tree_in_order() {
    let mut stage = Stage::new();
    let capacity = Capacity { control: 8, high: 8, normal: 8 };
    let inner = stage.runtime.address(id("inner"), capacity);
    let inner_spec = ChildSpec::worker::<common::State>(child("inner"), &inner, stage.args());
    let below = SupervisorSpec {
        id: id("below"),
        policy: SupervisorPolicy {
            on_exceeded: OnExceeded::Exit,
            ..policy(Strategy::OneForOne, 0)
        },
        children: vec![inner_spec],
    };
    let (a, b) = (stage.puppet("a", 8), stage.puppet("b", 8));
    let children = vec![a, ChildSpec::supervisor(child("below"), below), b];
    let mut running = stage.start(Strategy::OneForOne, children).await;
    stage.diary.clear();
    stage.puppets[1].tell(Puppet::Dwell(SECOND)).unwrap();
    stage.puppets[1].tell(Puppet::Note(1)).unwrap();
    inner.tell(Puppet::Fail).unwrap();
    let Ended::GaveUp(why) = running.ended().await else { panic!("it was not asked to end") };
    assert!(why.contains("inner failed: told to, failure 1"), "{why}");
    assert_eq!(stage.diary.lines(), ["1", "stop b", "stop a"]);
    assert!(stage.runtime.dead_letters().len() == 1, "the message that failed");
}

#[tokio::test(start_paused = true)]
async fn others_go_on_without_who_is_isolated_or_degraded() {
    let mut stage = Stage::new();
    let isolated = ChildPolicy { recovery: Recovery::Isolate, ..child("a") };
    let recovery = Recovery::Degrade { retry_after: 10 * SECOND };
    let degraded = ChildPolicy { recovery, ..child("b") };
    let mut running =
        tree(&mut stage, policy(Strategy::OneForAll, 0), &[isolated, degraded, child("c")]).await;
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    stage.puppets[1].tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:dismissed b:parked c:running");
    assert!(stage.puppets[0].tell(Puppet::Note(1)).is_err(), "nobody would handle it");
    pass(10 * SECOND).await;
    assert_eq!(shows(&stage), "root:running a:dismissed b:running c:running");
    stage.runtime.restart(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(shows(&stage), "root:running a:running b:running c:running");
    running.stop();
    assert_eq!(running.ended().await, Ended::Stopped);
}

/// A handler that blocks its thread cannot be waited for; its supervisor is no part of that.
#[tokio::test(start_paused = true)]
async fn a_supervisor_answers_within_50_ms_while_a_child_does_not_come_back() {
    let mut stage = Stage::new();
    let _running =
        tree(&mut stage, policy(Strategy::OneForOne, 5), &[child("a"), child("b")]).await;
    stage.puppets[0].tell(Puppet::Hang).unwrap();
    pass(SECOND).await;
    let asked = stage.runtime.clock().now();
    stage.runtime.change_child(child("b")).await.unwrap();
    stage.runtime.terminate_child(&id("b")).await.unwrap();
    stage.runtime.delete_child(&id("b")).await.unwrap();
    let address = stage.runtime.address(id("c"), Capacity::default());
    let spec = ChildSpec::worker::<common::State>(child("c"), &address, stage.args());
    stage.runtime.start_child(&id("root"), spec, Default::default()).await.unwrap();
    let took = stage.runtime.clock().now().since(asked);
    assert!(took <= Duration::from_millis(50), "{took:?}");
    assert_eq!(shows(&stage), "root:running a:running c:running");
}
