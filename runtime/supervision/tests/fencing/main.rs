//! A life that cannot be ended is fenced, and the next begins beside it: nothing the old one does
//! counts any more.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod several;
mod world;

use std::time::Duration;

use common::id;
use synod_supervision::core::{Watch, WatchPolicy};
use synod_supervision::{CallError, Class, DeadReason, RuntimeEvent};
use world::{FOR_EVER, LetGo, Seen, Told, stage};

const MANY: usize = 4;

fn was_refused(life: u64) -> Seen {
    let refused = || Some("the sender was fenced".to_owned());
    let (to_other, to_itself) = (refused(), refused());
    Seen::LetGo(LetGo { life, is_fenced: true, to_other, to_itself })
}

async fn check_replaced(class: Class) {
    let mut stage = stage::<false>(class, 2).await;
    stage.world.hold_lives_up_to(1);
    let asked = stage.holder.request(|reply| Told::Hold(Some(reply))).await.unwrap();
    stage.until(&Seen::Holds(1)).await;
    for n in 0..200 {
        stage.holder.tell(Told::Note(n)).unwrap();
    }
    stage.runtime.kill(&id("h")).unwrap();
    assert_eq!(stage.who().await, 2);
    // What waited is handled by the next life, in order, and nothing of it was lost.
    let notes: Vec<Seen> = (0..200).map(|n| Seen::Note(2, n)).collect();
    for note in &notes {
        assert_eq!(stage.sees.recv().await.unwrap(), *note);
    }
    assert_eq!((stage.world.alive(), stage.fenced_lives()), (vec![1, 2], 1));
    let fenced = stage.event(|event| matches!(event, RuntimeEvent::Fenced { .. })).await;
    let RuntimeEvent::Fenced { incarnation, running, .. } = fenced else { panic!() };
    assert_eq!((incarnation.0, running), (1, 1));
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind, dead[0].reason), ("hold", DeadReason::Fenced));
    let view = stage.runtime.tree(&id("root")).children[0].node.clone();
    assert_eq!(view.failures.len(), 1);
    let failure = &view.failures[0];
    assert_eq!(
        (failure.incarnation.0, failure.reason, failure.message),
        (1, "fenced", Some("hold"))
    );
    assert_eq!(failure.cause, "killed; it held on to its thread and was fenced");
    // The last one is counted after it has answered.
    assert_eq!(view.restarts, 1);
    assert!((200..=201).contains(&view.handled), "{}", view.handled);

    stage.world.release(1);
    let before = stage.until(&was_refused(1)).await;
    assert_eq!(before, []);
    stage.event(|event| matches!(event, RuntimeEvent::FenceOver { running: 0, .. })).await;
    assert_eq!(asked.within(FOR_EVER).await, Err(CallError::Dropped));
    stage.until(&Seen::Dropped(1)).await;
    // Nothing of it came through: neither then nor later.
    assert_eq!(stage.who().await, 2);
    assert!(stage.sees.try_recv().is_err());
    assert!(stage.others.try_recv().is_err());
    let view = stage.runtime.tree(&id("root")).children[0].node.clone();
    assert!((201..=202).contains(&view.handled), "{}", view.handled);
    assert_eq!((view.fenced, view.state), (0, "running"));
    assert_eq!((view.restarts, view.mailbox_depth), (1, 0));
    stage.running.stop();
    stage.running.ended().await;
}

#[tokio::test]
async fn who_blocks_a_thread_of_its_own_is_replaced_beside_it() {
    check_replaced(Class::Blocking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_blocks_a_shared_thread_is_replaced_beside_it() {
    check_replaced(Class::Async).await;
}

#[tokio::test]
async fn no_more_lives_are_fenced_than_may_be_and_the_next_waits() {
    let mut stage = stage::<false>(Class::Blocking, 2).await;
    stage.fence(1, Told::Hold(None)).await;
    stage.fence(2, Told::Hold(None)).await;
    stage.world.hold_lives_up_to(3);
    stage.holder.tell(Told::Hold(None)).unwrap();
    stage.until(&Seen::Holds(3)).await;
    stage.runtime.kill(&id("h")).unwrap();
    // Its supervisor has looked at it when it has done this, and more than once.
    for _ in 0..MANY {
        stage.runtime.restart(&id("o")).unwrap();
        let is_back = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Restarted { actor, .. } if *actor == id("o"));
        stage.event(is_back).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((stage.world.alive(), stage.fenced_lives()), (vec![1, 2, 3], 2));
    stage.world.release(2);
    assert_eq!(stage.who().await, 4);
    stage.until(&Seen::Dropped(2)).await;
    assert_eq!((stage.world.alive(), stage.fenced_lives()), (vec![1, 3, 4], 2));
    // One that waits for a place and goes by itself needs none.
    stage.world.release(3);
    stage.until(&Seen::Dropped(3)).await;
    assert_eq!(stage.who().await, 4);
}

#[tokio::test]
async fn a_message_that_can_be_copied_is_tried_again_until_it_is_poison() {
    let mut stage = stage::<false>(Class::Blocking, 8).await;
    let stuck_after = Duration::from_millis(100);
    let watch = WatchPolicy { stuck_after, ..WatchPolicy::default() };
    stage.runtime.watch_over(&id("h"), watch).unwrap();
    let _watchdog = stage.runtime.watchdog().unwrap();
    stage.world.hold_lives_up_to(100);
    stage.holder.tell(Told::HoldAgain(7)).unwrap();
    for life in 1..=3 {
        stage.until(&Seen::Holds(life)).await;
    }
    assert_eq!(stage.who().await, 4);
    let dead = stage.runtime.dead_letters();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind, dead[0].reason), ("hold_again", DeadReason::Quarantined));
    assert_eq!(dead[0].lives.iter().map(|life| life.0).collect::<Vec<_>>(), [1, 2, 3]);
    let cause = dead[0].cause.as_deref();
    assert_eq!(cause, Some("was stuck and was killed; it held on to its thread and was fenced"));
    assert!(stage.holder.tell(Told::HoldAgain(7)).is_err());
}

#[tokio::test]
async fn who_owns_something_exclusively_is_never_replaced_beside_it() {
    let mut stage = stage::<true>(Class::Blocking, 2).await;
    stage.world.hold_lives_up_to(1);
    stage.holder.tell(Told::Hold(None)).unwrap();
    stage.until(&Seen::Holds(1)).await;
    let mut watch = Watch::new();
    stage.runtime.look(&mut watch);
    stage.runtime.kill(&id("h")).unwrap();
    // Nor if someone changes its policy to that.
    stage.runtime.change_child(world::fenced("h", 2)).await.unwrap();
    for _ in 0..MANY {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!((stage.world.alive(), stage.fenced_lives()), (vec![1], 0));
    }
    stage.world.release(1);
    assert_eq!(stage.who().await, 2);
    assert_eq!(stage.world.alive(), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn piped_work_that_blocks_is_fenced_too() {
    let mut stage = stage::<false>(Class::Async, 2).await;
    stage.world.hold_lives_up_to(1);
    stage.holder.tell(Told::HoldBeside).unwrap();
    stage.until(&Seen::Holds(1)).await;
    assert_eq!(stage.who().await, 2);
    let fenced = stage.event(|event| matches!(event, RuntimeEvent::Fenced { .. })).await;
    assert!(matches!(fenced, RuntimeEvent::Fenced { running: 1, .. }));
    let failures = stage.runtime.tree(&id("root")).children[0].node.failures.clone();
    assert_eq!(failures[0].cause, "failed: told to; it held on to its thread and was fenced");
    assert_eq!(stage.runtime.dead_letters()[0].reason, DeadReason::InHand);
    stage.world.release(1);
    stage.event(|event| matches!(event, RuntimeEvent::FenceOver { running: 0, .. })).await;
    assert_eq!(stage.who().await, 2);
}

#[tokio::test]
async fn a_start_that_blocks_is_fenced_too() {
    let mut stage = stage::<false>(Class::Blocking, 2).await;
    stage.world.hold_starts_up_to(2);
    stage.runtime.kill(&id("h")).unwrap();
    stage.until(&Seen::Holds(2)).await;
    stage.runtime.kill(&id("h")).unwrap();
    // Nobody knows that it was killed but the one who starts it, whose patience has to end.
    assert_eq!(stage.who().await, 3);
    assert_eq!((stage.world.alive(), stage.fenced_lives()), (vec![3], 1));
    stage.world.release(2);
    stage.event(|event| matches!(event, RuntimeEvent::FenceOver { running: 0, .. })).await;
    assert_eq!(stage.who().await, 3);
}

#[tokio::test]
async fn whoever_ends_waits_for_no_fenced_life() {
    let mut stage = stage::<false>(Class::Blocking, 2).await;
    stage.fence(1, Told::Hold(None)).await;
    stage.running.stop();
    stage.running.ended().await;
    assert_eq!(stage.fenced_lives(), 1);
    stage.world.release(1);
    stage.event(|event| matches!(event, RuntimeEvent::FenceOver { running: 0, .. })).await;
    assert_eq!(stage.fenced_lives(), 0);
}
