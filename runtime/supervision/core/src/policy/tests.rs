use super::*;

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn child(name: &str) -> ChildPolicy {
    ChildPolicy {
        start_timeout: Duration::from_secs(1),
        stop_timeout: Duration::ZERO,
        ..ChildPolicy::new(id(name))
    }
}

const POLICY: SupervisorPolicy = SupervisorPolicy {
    strategy: Strategy::OneForOne,
    intensity: Intensity { restarts_max: 0, period: Duration::from_nanos(1) },
    backoff: Backoff {
        first: Duration::from_millis(100),
        max: Duration::from_secs(1),
        jitter_percent: 0,
        reset_after: Duration::from_secs(60),
    },
    seed: 0,
    on_exceeded: OnExceeded::Escalate,
    auto_shutdown: AutoShutdown::Never,
    children_max: CHILDREN_MAX,
};

#[track_caller]
fn check(policy: SupervisorPolicy, children: &[ChildPolicy], expected: Result<(), InvalidTree>) {
    assert_eq!(policy.check(children.iter()), expected);
}

#[test]
fn a_tree_needs_distinct_children_within_bounds() {
    check(POLICY, &[child("a"), child("b")], Ok(()));
    check(POLICY, &[], Ok(()));
    check(POLICY, &[child("a"), child("a")], Err(InvalidTree::Duplicate(id("a"))));
    let many: Vec<ChildPolicy> = (0..=CHILDREN_MAX).map(|n| child(&n.to_string())).collect();
    check(POLICY, &many[1..], Ok(()));
    check(
        POLICY,
        &many,
        Err(InvalidTree::TooManyChildren { count: CHILDREN_MAX + 1, max: CHILDREN_MAX }),
    );
    let hasty = ChildPolicy { start_timeout: Duration::ZERO, ..child("a") };
    check(POLICY, &[hasty], Err(InvalidTree::StartTimeout(id("a"))));
}

#[test]
fn an_intensity_is_remembered_in_bounds() {
    let with = |intensity| SupervisorPolicy { intensity, ..POLICY };
    let many = Intensity { restarts_max: RESTARTS_MAX + 1, ..POLICY.intensity };
    check(with(many), &[child("a")], Err(InvalidTree::TooManyRestarts(RESTARTS_MAX + 1)));
    let never = Intensity { period: Duration::ZERO, ..POLICY.intensity };
    check(with(never), &[child("a")], Err(InvalidTree::Period));
}

#[test]
fn a_backoff_rises_and_is_never_negative() {
    let with = |backoff| SupervisorPolicy { backoff, ..POLICY };
    let wild = Backoff { jitter_percent: 101, ..POLICY.backoff };
    check(with(wild), &[child("a")], Err(InvalidTree::Jitter(101)));
    let (first, max) = (Duration::from_secs(2), Duration::from_secs(1));
    let falling = Backoff { first, max, ..POLICY.backoff };
    check(with(falling), &[child("a")], Err(InvalidTree::Backoff { first, max }));
}

#[test]
fn delays_double_up_to_the_longest() {
    let delays = (0..6).map(|attempt| POLICY.backoff.delay(0, &id("a"), attempt).as_millis());
    assert_eq!(delays.collect::<Vec<_>>(), [100, 200, 400, 800, 1000, 1000]);
}

#[test]
fn jitter_depends_on_seed_child_and_attempt_alone() {
    let backoff = Backoff { jitter_percent: 20, first: POLICY.backoff.max, ..POLICY.backoff };
    let delay = backoff.delay(1, &id("a"), 0);
    assert_eq!(delay, backoff.delay(1, &id("a"), 0));
    assert_ne!(delay, backoff.delay(2, &id("a"), 0));
    assert_ne!(delay, backoff.delay(1, &id("b"), 0));
    assert_ne!(delay, backoff.delay(1, &id("a"), 1));
}
