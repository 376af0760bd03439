//! What a mailbox promises: bounds, order, and that a restart loses one message and no more.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{Puppet, Stage, pass};
use synod_supervision::core::Strategy;
use synod_supervision::{CallError, DeadReason, RejectReason};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn one_message_kills_and_all_others_are_delivered() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 1_024);
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.diary.clear();
    for n in 0..1_000 {
        let msg = if n == 100 { Puppet::Panic } else { Puppet::Note(n) };
        stage.puppets[0].tell(msg).unwrap();
    }
    pass(SECOND).await;

    let seen: Vec<u32> = stage.diary.lines().iter().filter_map(|line| line.parse().ok()).collect();
    let expected: Vec<u32> = (0..1_000).filter(|&n| n != 100).collect();
    assert_eq!(seen, expected);
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind, dead[0].reason), ("panic", DeadReason::InHand));
    assert_eq!(stage.incarnations(), [2]);
}

#[tokio::test(start_paused = true)]
async fn messages_wait_for_the_first_incarnation() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    pass(SECOND).await;
    assert_eq!(stage.diary.lines(), ["start p", "1"]);
}

#[tokio::test(start_paused = true)]
async fn urgent_mail_is_handled_first() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    stage.puppets[0].tell(Puppet::Urgent(2)).unwrap();
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    pass(SECOND).await;
    assert_eq!(stage.diary.lines(), ["start p", "2", "1"]);
}

#[tokio::test(start_paused = true)]
async fn urgent_mail_overtakes_what_is_in_hand() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 1_024);
    stage.puppets[0].tell(Puppet::Dwell(2 * SECOND)).unwrap();
    (0..20).for_each(|n| stage.puppets[0].tell(Puppet::Note(n)).unwrap());
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.diary.clear();
    pass(SECOND).await;
    stage.puppets[0].tell(Puppet::Urgent(100)).unwrap();
    stage.puppets[0].tell(Puppet::Urgent(101)).unwrap();
    pass(2 * SECOND).await;
    let expected: Vec<String> =
        [100, 101].into_iter().chain(0..20).map(|n| n.to_string()).collect();
    assert_eq!(stage.diary.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_the_killed_had_in_hand_comes_first_in_the_next_life() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 1_024);
    let (puppet, depth) = (stage.puppets[0].clone(), |stage: &Stage| {
        stage.runtime.tree(&common::id("root")).children[0].node.mailbox_depth
    });
    (0..10).for_each(|n| puppet.tell(Puppet::Note(n)).unwrap());
    puppet.tell(Puppet::Hang).unwrap();
    (10..200).for_each(|n| puppet.tell(Puppet::Note(n)).unwrap());
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    pass(SECOND).await;
    assert_eq!(depth(&stage), 190, "what is in hand counts as waiting");
    (200..300).for_each(|n| puppet.tell(Puppet::Note(n)).unwrap());
    stage.runtime.kill(&common::id("p")).unwrap();
    pass(SECOND).await;

    let expected: Vec<String> = (0..300).map(|n: u32| n.to_string()).collect();
    let started = ["start p".to_owned()];
    let lives = [&started, &expected[..10], &started, &expected[10..]].concat();
    assert_eq!(stage.diary.lines(), lives);
    let dead = stage.runtime.dead_letters();
    assert_eq!((dead.len(), dead[0].kind), (1, "hang"));
    assert_eq!(depth(&stage), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_later_one_replaces_is_not_in_hand_before_its_turn() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 1_024);
    let puppet = stage.puppets[0].clone();
    puppet.tell(Puppet::Dwell(2 * SECOND)).unwrap();
    puppet.tell(Puppet::Note(1)).unwrap();
    puppet.tell(Puppet::Latest(7, 2)).unwrap();
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.diary.clear();
    pass(SECOND).await;
    puppet.tell(Puppet::Latest(7, 3)).unwrap();
    pass(2 * SECOND).await;
    assert_eq!(stage.diary.lines(), ["1", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_lane_does_what_the_message_says() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 2);
    let puppet = stage.puppets[0].clone();
    puppet.tell(Puppet::Note(1)).unwrap();
    puppet.tell(Puppet::Latest(7, 2)).unwrap();

    let refused = puppet.tell(Puppet::Note(3)).unwrap_err();
    assert_eq!(refused.reason, RejectReason::Full);
    puppet.tell(Puppet::Latest(7, 4)).unwrap();
    assert!(puppet.tell(Puppet::Latest(8, 5)).is_err(), "another key finds no room");
    puppet.tell(Puppet::Newest(6)).unwrap();

    let waiting = tokio::task::LocalSet::new();
    let patient = puppet.clone();
    let sent = waiting.spawn_local(async move { patient.send(Puppet::Patient(7)).await.is_ok() });
    waiting
        .run_until(async {
            pass(SECOND).await;
            assert!(!sent.is_finished(), "there is no room yet");
            let _running = stage.start(Strategy::OneForOne, vec![child]).await;
            assert!(sent.await.unwrap());
            pass(SECOND).await;
        })
        .await;
    assert_eq!(stage.diary.lines(), ["start p", "4", "6", "7"]);
    let dead = stage.runtime.dead_letters();
    assert_eq!((dead.len(), dead[0].reason), (1, DeadReason::DroppedOldest));
}

#[tokio::test(start_paused = true)]
async fn an_asker_learns_how_its_question_ended() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 1);
    let puppet = stage.puppets[0].clone();
    let running = stage.start(Strategy::OneForOne, vec![child]).await;

    assert_eq!(puppet.call(SECOND, Puppet::Ask).await.unwrap().0, 1);
    assert_eq!(puppet.call(SECOND, Puppet::Keep).await, Err(CallError::Timeout));

    let dropped = puppet.request(Puppet::Keep).await.unwrap();
    pass(SECOND).await;
    puppet.tell(Puppet::Panic).unwrap();
    assert_eq!(dropped.within(SECOND).await, Err(CallError::Dropped));

    pass(SECOND).await;
    puppet.tell(Puppet::Hang).unwrap();
    pass(SECOND).await;
    puppet.tell(Puppet::Note(1)).unwrap();
    assert_eq!(puppet.call(SECOND, Puppet::Ask).await.unwrap_err(), CallError::Full);

    running.stop();
    pass(SECOND).await;
    assert_eq!(puppet.call(SECOND, Puppet::Ask).await.unwrap_err(), CallError::Closed);
}

#[tokio::test(start_paused = true)]
async fn alarms_pipes_and_threads_answer_as_messages_and_die_with_the_incarnation() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    let puppet = stage.puppets[0].clone();
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.diary.clear();

    puppet.tell(Puppet::Wake(SECOND, 1)).unwrap();
    puppet.tell(Puppet::Pipe(2 * SECOND, 2)).unwrap();
    puppet.tell(Puppet::Block(3)).unwrap();
    pass(3 * SECOND).await;
    assert_eq!(stage.diary.lines(), ["3", "1", "2"]);
    stage.diary.clear();

    puppet.tell(Puppet::Wake(SECOND, 4)).unwrap();
    puppet.tell(Puppet::Pipe(SECOND, 5)).unwrap();
    puppet.tell(Puppet::Fail).unwrap();
    pass(3 * SECOND).await;
    assert_eq!(stage.diary.lines(), ["start p"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_pipe_fails_the_incarnation() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 8);
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    stage.puppets[0].tell(Puppet::PanicInPipe).unwrap();
    pass(SECOND).await;
    assert_eq!(stage.incarnations(), [2]);
    let tree = stage.runtime.tree(&common::id("root"));
    let last = tree.children[0].node.last_exit.clone().unwrap();
    assert!(last.contains("in a pipe"), "{last}");
}

#[tokio::test]
async fn no_push_is_missed_between_empty_and_idle() {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 4);
    let puppet = stage.puppets[0].clone();
    let _running = stage.start(Strategy::OneForOne, vec![child]).await;
    for _ in 0..20_000 {
        // Would hang, and time out, if a wake-up were lost.
        puppet.call(10 * SECOND, Puppet::Ask).await.unwrap();
    }
}
