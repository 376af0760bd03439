//! What is remembered of how actors failed.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use common::{Args, Puppet, Stage, id, pass};
use synod_supervision::core::Strategy;
use synod_supervision::{FailureRecord, Running};

const SECOND: Duration = Duration::from_secs(1);

async fn one(with: impl FnOnce(Args) -> Args) -> (Stage, Running) {
    let mut stage = Stage::new();
    let args = with(stage.args());
    let child = stage.puppet_with("a", 8, args);
    let running = stage.start(Strategy::OneForOne, vec![child]).await;
    (stage, running)
}

fn failures(stage: &Stage) -> Vec<FailureRecord> {
    let tree = stage.runtime.tree(&id("root"));
    tree.flatten().into_iter().find(|node| node.id == id("a")).unwrap().failures.clone()
}

/// Of each failure: the life, the reason, the cause, and the message in hand.
type Known<'a> = (u64, &'a str, &'a str, Option<&'a str>);

fn check(stage: &Stage, expected: &[Known<'_>]) {
    let all = failures(stage);
    let known = all.iter().map(|failure| {
        (failure.incarnation.0, failure.reason, failure.cause.as_str(), failure.message)
    });
    assert_eq!(known.collect::<Vec<_>>(), expected);
    assert!(all.is_sorted_by_key(|failure| failure.at));
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_its_cause_and_the_message_in_hand() {
    let (stage, _running) = one(|args| args).await;
    let actor = &stage.puppets[0];
    actor.tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    actor.tell(Puppet::Panic).unwrap();
    pass(SECOND).await;
    actor.tell(Puppet::Hang).unwrap();
    pass(SECOND).await;
    stage.runtime.kill(&id("a")).unwrap();
    pass(SECOND).await;
    let panicked = "panicked: told to";
    check(
        &stage,
        &[
            (1, "error", "failed: told to", Some("fail")),
            (2, "panic", panicked, Some("panic")),
            (3, "killed", "killed", Some("hang")),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_without_a_message_in_hand_names_none() {
    let stillborn = |args| Args { stillborn: Arc::new(AtomicU32::new(1)), ..args };
    let (stage, _running) = one(stillborn).await;
    stage.puppets[0].tell(Puppet::Fail).unwrap();
    pass(SECOND).await;
    stage.puppets[0].tell(Puppet::PanicInPipe).unwrap();
    pass(SECOND).await;
    check(
        &stage,
        &[
            (1, "start_failed", "did not start: stillborn", None),
            (2, "error", "failed: told to", Some("fail")),
            (3, "error", "failed: panic in piped work: in a pipe", None),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn an_orderly_restart_is_no_failure() {
    let (stage, _running) = one(|args| args).await;
    stage.runtime.restart(&id("a")).unwrap();
    pass(SECOND).await;
    assert_eq!(stage.incarnations(), [2]);
    check(&stage, &[]);
}

#[tokio::test(start_paused = true)]
async fn the_last_eight_are_kept() {
    let (stage, _running) = one(|args| args).await;
    for _ in 0..10 {
        stage.puppets[0].tell(Puppet::Fail).unwrap();
        pass(61 * SECOND).await;
    }
    let lives: Vec<u64> = failures(&stage).iter().map(|failure| failure.incarnation.0).collect();
    assert_eq!(lives, [3, 4, 5, 6, 7, 8, 9, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_what_its_supervisor_did() {
    let (stage, _running) = one(|args| args).await;
    for _ in 0..2 {
        stage.puppets[0].tell(Puppet::Fail).unwrap();
        pass(SECOND).await;
    }
    let steps = |failure: &FailureRecord| -> Vec<String> {
        failure.then.iter().map(|step| step.what.clone()).collect()
    };
    let all = failures(&stage);
    assert_eq!(steps(&all[0]), ["to be restarted, attempt 1", "restarted as life 2"]);
    assert_eq!(steps(&all[1]), ["to be restarted, attempt 2", "restarted as life 3"]);
    let (failed, planned, back) = (all[1].at, all[1].then[0].at, all[1].then[1].at);
    assert_eq!(planned.since(failed), Duration::from_millis(20), "after its back-off");
    assert!(planned <= back);
    for _ in 0..4 {
        stage.puppets[0].tell(Puppet::Fail).unwrap();
        pass(SECOND).await;
    }
    let last = failures(&stage).pop().unwrap();
    assert_eq!(steps(&last), ["too many failures: its supervisor gave up"]);
}
