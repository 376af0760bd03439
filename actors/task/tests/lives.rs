//! The task actors together, with a store, a signer, an aggregation and a quorum of the test.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{Process, World, announce, operator, squared, submission, task_id};
use synod_protocol::task::ExecutorMsg;
use synod_task_core::aggregator::Record;
use synod_tests::stage::{SECOND, pass};
use synod_types::task::{SubmitRefusal, TaskFilter, TaskId};

const NAMES: [&str; 9] =
    ["task", "op-1", "op-2", "op-3", "op-4", "aggregation", "quorum", "signer", "store"];

/// How often each task was certified, as the journal has it.
fn certified(world: &World) -> BTreeMap<TaskId, usize> {
    let mut times = BTreeMap::new();
    for record in world.disk.records("task") {
        if let Record::Certified { result, .. } = synod_task_core::decode(&record).unwrap() {
            *times.entry(result.task).or_default() += 1;
        }
    }
    times
}

#[track_caller]
fn each_once(world: &World, last: u8) {
    let expected: BTreeMap<TaskId, usize> = (1..=last).map(|n| (task_id(n), 1)).collect();
    assert_eq!(certified(world), expected);
}

async fn until_none_is_open(process: &Process) {
    for _ in 0..120 {
        pass(SECOND).await;
        let open = [TaskFilter::Pending, TaskFilter::Processing];
        let mut left = 0;
        for filter in open {
            left += process.list(filter).await.len();
        }
        if left == 0 {
            return;
        }
    }
    panic!("tasks are still open");
}

#[tokio::test(start_paused = true)]
async fn an_announced_task_is_certified() {
    let world = World::new();
    let process = world.start().await;
    process.announce(1, 3, 1).await.unwrap();
    pass(SECOND).await;
    for n in 1..=3 {
        let task = process.get(n).await.unwrap();
        assert_eq!((task.state, task.output), ("completed", Some(squared(n))));
        assert!(3 <= task.signers.len() && task.certificate.is_some());
    }
    assert_eq!(process.get(9).await, None);
    each_once(&world, 3);
    assert_eq!(world.performer.runs.load(Ordering::SeqCst), 12, "once each by each operator");
}

#[tokio::test(start_paused = true)]
async fn a_batch_told_again_changes_nothing() {
    let world = World::new();
    let process = world.start().await;
    for _ in 0..3 {
        process.announce(1, 2, 1).await.unwrap();
    }
    pass(SECOND).await;
    process.announce(1, 3, 1).await.unwrap();
    pass(SECOND).await;
    each_once(&world, 3);
}

#[tokio::test(start_paused = true)]
async fn one_silent_operator_holds_nobody_up() {
    let mut world = World::new();
    world.missing.insert(2);
    let process = world.start().await;
    process.announce(1, 4, 1).await.unwrap();
    pass(SECOND).await;
    each_once(&world, 4);
    let task = process.get(1).await.unwrap();
    assert_eq!(task.signers, [1, 3, 4].map(operator));
}

#[tokio::test(start_paused = true)]
async fn too_few_operators_and_the_task_expires() {
    let mut world = World::new();
    world.missing.extend([1, 2]);
    let process = world.start().await;
    process.announce(1, 1, 1).await.unwrap();
    pass(601 * SECOND).await;
    let task = process.get(1).await.unwrap();
    assert_eq!((task.state, task.failure.unwrap().name()), ("failed", "expired"));
    assert!(certified(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_killed_no_task_is_lost_or_certified_twice() {
    let world = World::new();
    let process = world.start().await;
    for n in 1..=60_u8 {
        process.kill(NAMES[usize::from(n) * 7 % NAMES.len()]);
        pass(Duration::from_millis(30)).await;
        process.kill(NAMES[usize::from(n) * 5 % NAMES.len()]);
        process.announce(n, n, 50).await.unwrap();
        pass(Duration::from_millis(40)).await;
    }
    until_none_is_open(&process).await;
    each_once(&world, 60);
    assert!(world.disk.has_snapshot("task"));
}

#[tokio::test(start_paused = true)]
async fn a_new_process_goes_on_where_the_old_one_died() {
    let world = World::new();
    let mut process = world.start().await;
    for n in 1..=20_u8 {
        process.announce(n, n, 1).await.unwrap();
        pass(Duration::from_millis(u64::from(n) * 11)).await;
        process.die().await;
        process = world.start().await;
    }
    until_none_is_open(&process).await;
    each_once(&world, 20);
}

#[tokio::test(start_paused = true)]
async fn without_room_the_chain_is_not_answered() {
    let mut world = World::new();
    world.open_max = 2;
    let process = world.start().await;
    process.announce(1, 5, 1).await.unwrap_err();
    process.announce(1, 5, 100).await.unwrap();
    until_none_is_open(&process).await;
    each_once(&world, 5);
}

#[tokio::test(start_paused = true)]
async fn a_submission_is_performed_once_and_answered_the_same() {
    let world = World::new();
    let process = world.start().await;
    let executor = &process.executors[&1];
    let ask = || executor.call(SECOND, |reply| ExecutorMsg::Submit(submission(5, 1), reply));
    let (one, two) = tokio::join!(ask(), ask());
    let answer = one.unwrap().unwrap();
    assert_eq!(two.unwrap().unwrap(), answer);
    assert_eq!(answer.output, squared(5));
    process.kill("op-1");
    pass(SECOND).await;
    assert_eq!(ask().await.unwrap().unwrap(), answer);
    assert_eq!(world.performer.runs.load(Ordering::SeqCst), 1);
    let not_mine = |reply| ExecutorMsg::Submit(submission(5, 2), reply);
    let refused = executor.call(SECOND, not_mine).await.unwrap();
    assert_eq!(refused, Err(SubmitRefusal::NotMine));
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_are_outlived() {
    let world = World::new();
    world.performer.failures.store(3, Ordering::SeqCst);
    let process = world.start().await;
    process.announce(1, 1, 1).await.unwrap();
    pass(5 * SECOND).await;
    each_once(&world, 1);
}

#[tokio::test(start_paused = true)]
async fn an_executor_that_follows_the_chain_needs_no_aggregator() {
    let mut world = World::new();
    world.follow = true;
    let process = world.start().await;
    announce(&process.executors[&3], 1, 2, 1).await.unwrap();
    process.kill("op-3");
    pass(SECOND).await;
    let executions = process.executions(3).await;
    let seen: Vec<_> = executions.iter().map(|view| (view.id, view.state)).collect();
    assert_eq!(seen, [(task_id(2), "signed"), (task_id(1), "signed")]);
    assert_eq!(executions[1].output, Some(squared(1)));
}
