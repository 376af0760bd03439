//! Who is stuck is found in time, said once, and replaced; who only works is left alone.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use common::{Puppet, Stage, id, pass};
use synod_supervision::core::{OnStuck, Strategy, Watch, WatchPolicy};
use synod_supervision::{ActorView, DeadReason, Running, Runtime, RuntimeEvent};
use tokio::task::JoinSet;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const STUCK_AFTER: Duration = Duration::from_secs(8);

/// One puppet that is watched so, and the watchdog's looks on the test's clock.
async fn watched(on_stuck: OnStuck) -> (Stage, Running, JoinSet<()>) {
    let mut stage = Stage::new();
    let child = stage.puppet("p", 64);
    stage.runtime.watch_over(&id("p"), WatchPolicy { stuck_after: STUCK_AFTER, on_stuck }).unwrap();
    let running = stage.start(Strategy::OneForOne, vec![child]).await;
    let mut watchdog = JoinSet::new();
    watchdog.spawn(looks(stage.runtime.clone()));
    stage.diary.clear();
    (stage, running, watchdog)
}

async fn looks(runtime: Runtime) {
    let mut watch = Watch::new();
    loop {
        runtime.look(&mut watch);
        tokio::time::sleep(watch.pause()).await;
    }
}

fn view(stage: &Stage) -> ActorView {
    stage.runtime.tree(&id("root")).children[0].node.clone()
}

#[tokio::test(start_paused = true)]
async fn an_actor_stuck_at_an_await_is_replaced_within_twice_the_time_it_may_take() {
    let (stage, _running, _watchdog) = watched(OnStuck::Restart).await;
    for offset in 0..20 {
        pass(offset * SECOND / 20).await;
        let (begun, puppet) = (Instant::now(), &stage.puppets[0]);
        puppet.tell(Puppet::Hang).unwrap();
        let next = puppet.call(Duration::MAX, Puppet::Ask).await.unwrap();
        assert!(STUCK_AFTER <= begun.elapsed(), "{:?}", begun.elapsed());
        assert!(begun.elapsed() <= 2 * STUCK_AFTER, "{:?}", begun.elapsed());
        assert_eq!(next.0, u64::from(offset) + 2);
        pass(60 * SECOND).await;
    }
    let last = view(&stage);
    assert_eq!(last.last_exit.as_deref(), Some("was stuck and was killed"));
    assert_eq!((last.restarts, last.stuck), (20, None));
    let dead = stage.runtime.dead_letters();
    assert!(dead.iter().all(|dead| (dead.kind, dead.reason) == ("hang", DeadReason::InHand)));
    assert_eq!(dead.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_only_reported_is_left_alone_and_shown_once() {
    let (stage, _running, _watchdog) = watched(OnStuck::Report).await;
    let mut events = stage.runtime.watch();
    stage.puppets[0].tell(Puppet::Dwell(60 * SECOND)).unwrap();
    stage.puppets[0].tell(Puppet::Note(1)).unwrap();
    pass(7 * SECOND).await;
    assert_eq!(view(&stage).stuck, None);
    pass(4 * SECOND).await;
    let stuck = view(&stage).stuck.unwrap();
    assert_eq!((stuck.how, stuck.kind), ("busy", Some("dwell")));
    assert!((8_000..=10_000).contains(&stuck.for_ms), "{stuck:?}");
    pass(60 * SECOND).await;
    assert_eq!((view(&stage).stuck, stage.incarnations()), (None, vec![1]));
    assert_eq!(stage.diary.lines(), ["1"]);
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event {
            RuntimeEvent::Stuck { stuck, .. } => told.push(stuck.how),
            RuntimeEvent::Unstuck { .. } => told.push("unstuck"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, ["busy", "unstuck"]);
}

#[tokio::test(start_paused = true)]
async fn much_work_and_none_are_no_reason() {
    let (stage, _running, _watchdog) = watched(OnStuck::Restart).await;
    for _ in 0..60 {
        stage.puppets[0].tell(Puppet::Dwell(3 * SECOND)).unwrap();
    }
    pass(400 * SECOND).await;
    assert_eq!(view(&stage).handled, 60);
    assert_eq!((view(&stage).stuck, stage.incarnations()), (None, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_to_stop_is_its_supervisors_business() {
    let (stage, mut running, _watchdog) = watched(OnStuck::Restart).await;
    let mut events = stage.runtime.watch();
    stage.puppets[0].tell(Puppet::Pipe(4 * SECOND, 1)).unwrap();
    pass(SECOND).await;
    running.stop();
    running.ended().await;
    pass(60 * SECOND).await;
    while let Ok(event) = events.try_recv() {
        assert!(!matches!(event, RuntimeEvent::Stuck { .. }), "{event:?}");
    }
}

#[test]
fn the_watchdog_sees_an_actor_whose_thread_is_blocked() {
    check_blocked(OnStuck::Report);
    check_blocked(OnStuck::Restart);
}

fn check_blocked(on_stuck: OnStuck) {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let actors = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (stage, puppet, _running) = actors.block_on(async {
        let mut stage = Stage::new();
        let child = stage.puppet("p", 64);
        let policy = WatchPolicy { stuck_after: SECOND / 10, on_stuck };
        stage.runtime.watch_over(&id("p"), policy).unwrap();
        let running = stage.start(Strategy::OneForOne, vec![child]).await;
        let puppet = stage.puppets[0].clone();
        (stage, puppet, running)
    });
    let mut events = stage.runtime.watch();
    let _watchdog = stage.runtime.watchdog().unwrap();
    let thread = std::thread::spawn(move || {
        puppet.tell(Puppet::BlockThread(blocked)).unwrap();
        // A message that is in hand when its actor is killed is not answered: ask again.
        actors.block_on(async {
            loop {
                if let Ok(life) = puppet.call(Duration::MAX, Puppet::Ask).await {
                    break life;
                }
            }
        })
    });
    // The only thread that runs actors is blocked until this has been told.
    let stuck = loop {
        // Before, a busy machine may have been slow to begin.
        match events.blocking_recv().unwrap() {
            RuntimeEvent::Stuck { stuck, .. } if stuck.how == "busy" => break stuck,
            _ => (),
        }
    };
    assert_eq!(stuck.kind, Some("block_thread"));
    if on_stuck == OnStuck::Restart {
        // It outlives its kill: nobody takes a thread away.
        let told = std::iter::from_fn(|| events.blocking_recv().ok());
        assert!(told.into_iter().any(|event| matches!(event, RuntimeEvent::Unresponsive { .. })));
    }
    release.send(()).unwrap();
    let life = if on_stuck == OnStuck::Restart { 2 } else { 1 };
    assert_eq!(thread.join().unwrap().0, life);
    let told = std::iter::from_fn(|| events.blocking_recv().ok());
    assert!(told.into_iter().any(|event| matches!(event, RuntimeEvent::Unstuck { .. })));
}
