//! Every way to end, made to happen, and what is said of it: by the core, to watchers, in `why`, in
//! the metrics and in the JSON of the tree.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;
use synod_supervision_core::{ChildPolicy, Fencing, Strategy, Watch, WatchPolicy};
use tokio::sync::broadcast;

use super::actor::{Args, Do, Obedient, Start, child, id, policy};
use super::spawn::{Fate, Fates, Stops, faulty};
use crate::address::Address;
use crate::capacity::Capacity;
use crate::child::{ChildSpec, SupervisorSpec};
use crate::clock::Clock;
use crate::events::RuntimeEvent;
use crate::runtime::{Running, Runtime, RuntimeLimits};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Counters by name and labels.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Counts {
    fn of(&self, name: &str) -> u64 {
        self.0.lock().get(name).map_or(0, |count| count.load(Ordering::SeqCst))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key.labels().map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<String> = labels.collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Counter::from_arc(Arc::clone(self.0.lock().entry(name).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

struct Stage {
    runtime: Runtime,
    address: Address<Do>,
    args: Args,
    fates: Arc<Fates>,
    events: broadcast::Receiver<RuntimeEvent>,
    /// Ends that watchers were told of.
    seen: Vec<&'static str>,
    _running: Running,
}

impl Stage {
    /// One permanent child `a`.
    async fn new(fate: Fate, shape: impl FnOnce(&mut ChildPolicy)) -> Self {
        let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
        let address = runtime.address(id("a"), Capacity::default());
        let (args, fates) = (Args::default(), Arc::new(Fates::default()));
        fates.deal(&id("a"), fate);
        let mut own = child("a");
        shape(&mut own);
        let spec = ChildSpec::worker::<Obedient>(own, &address, args.clone());
        let children = vec![faulty(spec, &fates)];
        let policy = policy(Strategy::OneForOne, 10);
        let root = SupervisorSpec { id: id("root"), policy, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        let events = runtime.watch();
        Self { runtime, address, args, fates, events, seen: Vec::new(), _running: running }
    }

    async fn tell(self, what: Do) -> Self {
        self.address.tell(what).unwrap();
        self
    }

    fn kill(self) -> Self {
        self.runtime.kill(&id("a")).unwrap();
        self
    }

    /// The next start goes like this, once this life has been killed; then all is forgotten that
    /// has been said of that.
    async fn then(mut self, start: Start) -> Self {
        self.args.starts.0.lock().push(start);
        self.runtime.kill(&id("a")).unwrap();
        self.ends().await;
        self
    }

    /// What watchers are told of the next end of `a`.
    async fn ends(&mut self) -> (&'static str, String) {
        loop {
            if let RuntimeEvent::Exited { actor, reason, detail, .. } =
                self.events.recv().await.unwrap()
                && actor == id("a")
            {
                self.seen.push(reason);
                return (reason, detail);
            }
        }
    }
}

/// Ends `a` as `act` says; compares what everyone says of its next end.
#[track_caller]
fn check<F: Future<Output = Stage>>(
    act: impl FnOnce() -> F,
    label: &'static str,
    detail: &str,
    is_failure: bool,
) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    // Another thread knows nothing of a clock that is paused.
    let is_paused = label != "cancelled";
    let tokio = builder.enable_all().start_paused(is_paused).build().unwrap();
    let counts = Counts::default();
    metrics::with_local_recorder(&counts, || {
        tokio.block_on(async {
            let mut stage = act().await;
            let name = format!("actor_exits_total{{actor=a,reason={label}}}");
            assert_eq!(stage.ends().await, (label, detail.to_owned()), "to watchers");
            let seen = stage.seen.iter().filter(|seen| **seen == label).count();
            assert_eq!(counts.of(&name), seen as u64, "in the metrics");
            let view = stage.runtime.child(&id("a")).unwrap();
            let (reason, _) = view.last_exit.unwrap();
            assert_eq!((reason.label(), reason.to_string()), (label, detail.to_owned()));
            let tree = serde_json::to_value(stage.runtime.tree(&id("root"))).unwrap();
            let shown = &tree["children"][0];
            assert_eq!(shown["last_exit"], detail);
            let failure = shown["failures"].as_array().unwrap().last();
            let failure = failure.map(|failure| (&failure["reason"], &failure["cause"]));
            let kept = failure.is_some_and(|(reason, cause)| reason == label && cause == detail);
            assert_eq!(kept, is_failure, "in `why`: {failure:?}");
            assert!(stage.fates.overlaps.lock().is_empty());
        });
    });
}

async fn plain() -> Stage {
    Stage::new(Fate::default(), |_| ()).await
}

#[test]
fn the_six_ways_to_end() {
    check(async || plain().await.tell(Do::Finish).await, "normal", "ended normally", false);
    let drain = async || {
        let stage = plain().await;
        stage.runtime.terminate_child(&id("a")).await.unwrap();
        stage
    };
    check(drain, "drained", "was drained", false);
    check(async || plain().await.tell(Do::Fail).await, "error", "failed: told to", true);
    check(async || plain().await.tell(Do::Panic).await, "panic", "panicked: told to", true);
    check(async || plain().await.kill(), "killed", "killed", true);
    let cancel = async || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let elsewhere = builder.worker_threads(1).enable_all().build().unwrap();
        let on = Some(elsewhere.handle().clone());
        let stage = Stage::new(Fate { on, ..Fate::default() }, |_| ()).await;
        elsewhere.shutdown_background();
        stage
    };
    check(cancel, "cancelled", "cancelled", true);
}

#[test]
fn ways_to_fail_to_start() {
    let fails = async |start| plain().await.then(start).await;
    check(async || fails(Start::Fails).await, "start_failed", "did not start: told to", true);
    check(async || fails(Start::Panics).await, "start_failed", "did not start: told to", true);
    let late = "was not ready in time";
    check(async || fails(Start::Takes(HOUR)).await, "start_timeout", late, true);
    let killed = async || {
        let stage = fails(Start::Takes(HOUR)).await;
        tokio::time::sleep(SECOND).await;
        stage.kill()
    };
    check(killed, "killed", "killed", true);
    let refused = async || {
        let stage = plain().await;
        stage.fates.deal(&id("a"), Fate { is_refused: true, ..Fate::default() });
        stage.then(Start::Takes(SECOND)).await
    };
    check(refused, "start_failed", "did not start: no room for another thread", true);
}

#[test]
fn ways_to_be_ended_by_force() {
    let stuck = async || {
        let stage = plain().await.tell(Do::Hang).await;
        let policy = WatchPolicy { stuck_after: SECOND, ..WatchPolicy::default() };
        stage.runtime.watch_over(&id("a"), policy).unwrap();
        let mut watch = Watch::new();
        for _ in 0..20 {
            tokio::time::sleep(watch.pause()).await;
            stage.runtime.look(&mut watch);
        }
        stage
    };
    check(stuck, "stuck", "was stuck and was killed", true);
    let deaf = async || {
        let fate = Fate { stops: Stops::Never, ..Fate::default() };
        let stage = Stage::new(fate, |_| ()).await;
        stage.runtime.restart(&id("a")).unwrap();
        stage
    };
    check(deaf, "stop_timeout", "did not end in time", true);
    let fenced = async || {
        let fate = Fate { lingers: HOUR, ..Fate::default() };
        let fencing = Some(Fencing { after: SECOND, lives_max: 1 });
        Stage::new(fate, |child| child.fencing = fencing).await.kill()
    };
    check(fenced, "fenced", "killed; it held on to its thread and was fenced", true);
    let done = async || {
        let fate = Fate { lingers: HOUR, ..Fate::default() };
        let fencing = Some(Fencing { after: SECOND, lives_max: 1 });
        let stage = Stage::new(fate, |child| child.fencing = fencing).await;
        stage.tell(Do::Finish).await
    };
    check(done, "fenced", "ended normally; it held on to its thread and was fenced", true);
}
