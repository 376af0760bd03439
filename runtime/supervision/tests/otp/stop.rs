//! Group `sup_stop`, and ends in the middle of restarts.

use super::*;

fn time_to_stop(name: &str, stop_timeout: Duration) -> ChildPolicy {
    ChildPolicy { stop_timeout, ..child(name) }
}

#[tokio::test(start_paused = true)]
async fn who_may_take_for_ever_is_waited_for() {
    let mut plan = Plan::new();
    plan.add(time_to_stop("a", Duration::MAX), Duration::ZERO);
    plan.group(time_to_stop("below", Duration::MAX), 0, ONE, 2);
    plan.add(time_to_stop("b", Duration::MAX), Duration::ZERO);
    let mut tree = plan.start(ONE, 2).await;
    for name in ["a", "b"] {
        tree.address(name).tell(Puppet::Pipe(HOUR, 7)).unwrap();
    }
    let asked = tree.stage.runtime.clock().now();
    tree.address("a").tell(Puppet::Wake(2 * HOUR, 8)).unwrap();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(HOUR <= tree.stage.runtime.clock().now().since(asked));
    assert_eq!(tree.exits(), "b:drained a:drained below:drained");
    assert_eq!(tree.diary(), "7, 7, stop b, stop a");
}

#[tokio::test(start_paused = true)]
async fn who_ends_in_time_ends_and_who_does_not_is_killed() {
    let mut plan = Plan::new();
    plan.add(time_to_stop("a", SECOND), Duration::ZERO);
    plan.add(time_to_stop("b", SECOND), Duration::ZERO);
    let mut tree = plan.start(ONE, 2).await;
    tree.address("b").tell(Puppet::Hang).unwrap();
    let asked = tree.stage.runtime.clock().now();
    assert_eq!(tree.stop().await, Ended::Stopped);
    let took = tree.stage.runtime.clock().now().since(asked);
    assert!(SECOND <= took && took < 2 * SECOND, "{took:?}");
    assert_eq!(tree.exits(), "b:stop_timeout a:drained");
    assert_eq!(tree.diary(), "stop a");
}

#[tokio::test(start_paused = true)]
async fn without_time_to_stop_a_child_is_killed() {
    let mut plan = Plan::of("a");
    plan.add(time_to_stop("b", Duration::ZERO), Duration::ZERO);
    let mut tree = plan.start(ONE, 2).await;
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert_eq!(tree.exits(), "b:killed a:drained");
    assert_eq!(tree.diary(), "stop a");
}

#[tokio::test(start_paused = true)]
async fn many_without_time_to_stop_are_all_killed() {
    let mut plan = Plan::new();
    for n in 0..10 {
        plan.add(time_to_stop(&format!("c{n}!"), Duration::ZERO), Duration::ZERO);
    }
    let mut tree = plan.start(ONE, 2).await;
    assert_eq!(tree.stop().await, Ended::Stopped);
    let expected: Vec<String> = (0..10).rev().map(|n| format!("c{n}:killed")).collect();
    assert_eq!(tree.exits(), expected.join(" "));
    assert_eq!(tree.diary(), "");
}

/// The last started takes its time to end; the others end meanwhile, each in its own way.
#[tokio::test(start_paused = true)]
async fn who_ends_by_itself_during_the_end_does_not_disturb_it() {
    for strategy in [ONE, ALL, REST] {
        let mut tree = Plan::of("a p p2 t? t2? o! o2! z").start(strategy, 0).await;
        tree.address("z").tell(Puppet::Pipe(2 * SECOND, 1)).unwrap();
        pass(SECOND / 10).await;
        tree.running.stop();
        pass(SECOND / 10).await;
        for name in ["p", "t", "o"] {
            tree.address(name).tell(Puppet::Fail).unwrap();
            tree.stage.runtime.kill(&id(&format!("{name}2"))).unwrap();
        }
        assert_eq!(tree.running.ended().await, Ended::Stopped);
        assert_eq!(tree.diary(), "1, stop z, stop a");
        let mut exits = tree.exits();
        assert!(exits.ends_with("z:drained a:drained"), "{exits}");
        exits.truncate(exits.len() - "z:drained a:drained".len());
        let mut exits: Vec<&str> = exits.split_whitespace().collect();
        exits.sort_unstable();
        assert_eq!(exits.join(" "), "o2:killed o:error p2:killed p:error t2:killed t:error");
    }
}

#[tokio::test(start_paused = true)]
async fn who_fails_while_it_is_being_stopped_does_not_disturb_the_end() {
    for kind in ["", "?", "!"] {
        let names = ["a", "b", "c", "d"].map(|name| format!("{name}{kind}"));
        let mut tree = Plan::of(&names.join(" ")).start(ONE, 0).await;
        tree.running.stop();
        // The order to end is given, but nobody has heard it yet.
        tree.address("b").tell(Puppet::Panic).unwrap();
        tree.address("c").tell(Puppet::Fail).unwrap();
        tree.address("d").tell(Puppet::PanicInPipe).unwrap();
        assert_eq!(tree.running.ended().await, Ended::Stopped);
        let exits = tree.exits();
        let mut exits: Vec<&str> = exits.split(' ').collect();
        exits.sort_unstable();
        assert_eq!(exits, ["a:drained", "b:panic", "c:error", "d:error"]);
        assert_eq!(tree.diary(), "stop a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_answers_while_a_child_refuses_to_end() {
    let mut tree = Plan::of("a b").start(ONE, 5).await;
    tree.address("a").tell(Puppet::Hang).unwrap();
    pass(SECOND / 10).await;
    tree.stage.runtime.restart(&id("a")).unwrap();
    tree.stage.runtime.kill(&id("b")).unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:stopping:1 b:running:2");
    pass(5 * SECOND).await;
    assert_eq!(tree.shows(), "a:running:2 b:running:2");
    assert_eq!(tree.exits(), "b:killed a:stop_timeout");
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_in_a_loop_of_failing_starts() {
    let mut tree = Plan::of("a").start(ONE, 10_000).await;
    tree.fail_starts("a", u32::MAX);
    tree.fails("a").await;
    assert!(tree.shows().starts_with("a:backoff"), "{}", tree.shows());
    tree.stage.runtime.restart(&id("a")).unwrap();
    tree.fail_starts("a", 0);
    pass(SECOND / 10).await;
    assert!(tree.shows().starts_with("a:running"), "{}", tree.shows());

    tree.fail_starts("a", u32::MAX);
    tree.fails("a").await;
    let asked = tree.stage.runtime.clock().now();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(tree.stage.runtime.clock().now().since(asked) < SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_in_a_loop_of_failing_starts_of_a_group() {
    let mut tree = Plan::of("a b c").start(REST, 10_000).await;
    tree.fail_starts("b", u32::MAX);
    tree.fails("b").await;
    let shows = tree.shows();
    assert!(shows.starts_with("a:running:1 b:backoff"), "{shows}");
    assert!(shows.ends_with("c:waiting:1"), "{shows}");
    tree.fail_starts("b", 0);
    tree.stage.runtime.restart(&id("b")).unwrap();
    pass(SECOND / 10).await;
    assert!(tree.shows().ends_with("c:running:2"), "{}", tree.shows());

    tree.fail_starts("b", u32::MAX);
    tree.fails("b").await;
    tree.exits();
    let asked = tree.stage.runtime.clock().now();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(tree.stage.runtime.clock().now().since(asked) < SECOND);
    assert_eq!(tree.exits(), "a:drained");
}

/// OTP's supervisor waits for a start; here the end reaches into it.
#[tokio::test(start_paused = true)]
async fn the_end_comes_during_a_start_that_hangs() {
    let mut plan = Plan::of("a");
    plan.add(ChildPolicy { start_timeout: 2 * HOUR, ..child("b") }, HOUR);
    let mut tree = plan.try_start(ONE, 2).await.unwrap();
    pass(SECOND).await;
    assert_eq!(tree.shows(), "a:running:1 b:starting:1");
    let asked = tree.stage.runtime.clock().now();
    assert_eq!(tree.stop().await, Ended::Stopped);
    assert!(tree.stage.runtime.clock().now().since(asked) <= 6 * SECOND);
    assert_eq!(tree.diary(), "start a, stop a");
}
