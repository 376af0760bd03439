//! Groups `abnormal_termination` and those about temporary children. An actor cannot end normally
//! by itself: what follows a normal end is tested in the core.

use super::*;

/// All ways in which an incarnation can end without being asked to.
async fn check(name: &str, expected: &str) {
    for strategy in [ONE, ALL, REST] {
        for way in ["error", "panic", "killed"] {
            let mut tree = Plan::of(name).start(strategy, 2).await;
            match way {
                "error" => tree.address("a").tell(Puppet::Fail).unwrap(),
                "panic" => tree.address("a").tell(Puppet::Panic).unwrap(),
                _ => tree.stage.runtime.kill(&id("a")).unwrap(),
            }
            pass(SECOND).await;
            assert_eq!(tree.shows(), expected, "{way}");
            assert_eq!(tree.exits(), format!("a:{way}"));
            assert!(tree.is_up().await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_permanent_child_returns() {
    check("a", "a:running:2").await;
}

#[tokio::test(start_paused = true)]
async fn a_transient_child_returns_if_it_did_not_end_normally() {
    check("a?", "a:running:2").await;
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_does_not_return() {
    check("a!", "a:ended:1").await;
}

/// Its end is no failure of the supervisor, however many end, and nobody goes with it.
#[tokio::test(start_paused = true)]
async fn no_supervisor_ends_because_its_temporary_children_did() {
    for strategy in [ONE, ALL, REST] {
        let mut tree = Plan::of("a! b! c! d?").start(strategy, 0).await;
        tree.fails("c").await;
        tree.stage.runtime.kill(&id("a")).unwrap();
        tree.address("b").tell(Puppet::Panic).unwrap();
        assert!(tree.is_up().await);
        assert_eq!(tree.shows(), "a:ended:1 b:ended:1 c:ended:1 d:running:1");
        assert_eq!(tree.stop().await, Ended::Stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_bystander_goes_with_its_group_and_does_not_return() {
    for strategy in [ALL, REST] {
        let mut tree = Plan::of("a b!").start(strategy, 2).await;
        tree.fails("a").await;
        assert_eq!(tree.shows(), "a:running:2 b:ended:1");
        assert_eq!(tree.exits(), "a:error b:normal");
        assert!(tree.is_up().await);
    }
}

/// Where OTP forgets the child, ours remembers its name: it is shown, and it may be wished for.
#[tokio::test(start_paused = true)]
async fn a_temporary_child_that_ended_returns_by_wish_only() {
    for strategy in [ONE, ALL, REST] {
        let tree = Plan::of("a b!").start(strategy, 2).await;
        tree.fails("b").await;
        tree.stage.runtime.restart(&id("a")).unwrap();
        pass(SECOND).await;
        assert!(tree.shows().ends_with("b:ended:1"), "{}", tree.shows());
        tree.stage.runtime.restart(&id("b")).unwrap();
        pass(SECOND).await;
        assert!(tree.shows().ends_with("b:running:2"), "{}", tree.shows());
    }
}
