//! The promises of the gate under the interleavings of its threads. Only built with `--cfg loom`:
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p synod-supervision-gate --release --target-dir target/loom`
#![cfg(loom)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use synod_supervision_core::{
    BreakerCore, BreakerPolicy, BreakerState, CallOutcome, OpensOn, RetryPolicy, Span, WindowPolicy,
};
use synod_supervision_gate::{Gate, Pass};
use synod_types::time::Moment;

/// Opens at the first failure, for a minute; one probe; two calls at once.
const POLICY: BreakerPolicy = BreakerPolicy {
    opens_on: OpensOn::ConsecutiveFailures(1),
    open_for: Duration::from_secs(60),
    open_for_max: Duration::from_secs(60),
    open_jitter_percent: 0,
    half_open_permits: 1,
    successes_to_close: 1,
    call_timeout: Duration::from_secs(1),
    calls_max: 2,
    retry: RetryPolicy::DEFAULT,
    seed: 0,
};

const WINDOW: OpensOn = OpensOn::Window(WindowPolicy {
    span: Span::Calls(4),
    minimum_calls: 4,
    failure_rate_percent: 100,
    slow: None,
});

const START: Moment = Moment::from_unix_seconds(1_000);
const LATER: Moment = Moment::from_unix_seconds(2_000);

/// Three threads interleave in too many ways to see them all: those in which a thread is
/// interrupted at most this often. Two threads interleave in every way.
const INTERRUPTIONS_MAX: usize = 3;

fn gate(policy: BreakerPolicy) -> Arc<Gate> {
    Arc::new(Gate::new(BreakerCore::new(policy)))
}

/// As a call does: the quick way first, then the core.
fn admit(gate: &Gate, now: Moment) -> Option<Pass> {
    let asked = || gate.ask(|core, _| core.admit(now).ok().map(|(permit, _)| Pass::of(permit)));
    gate.admit().or_else(asked)
}

/// Whether it went the quick way; and what others' quick ways came to, if not.
fn succeed(gate: &Gate, pass: Pass) -> Result<(), u32> {
    gate.succeed(pass, || START).map_err(|permit| {
        gate.ask(|core, successes| {
            core.report(START, permit, CallOutcome::Success);
            successes
        })
    })
}

fn report(gate: &Gate, pass: Pass, outcome: CallOutcome) {
    gate.ask(|core, _| core.report(START, pass.into_permit(), outcome));
}

fn state(gate: &Gate) -> (BreakerState, u32) {
    gate.ask(|core, _| (core.state(), core.calls()))
}

/// Three threads ask for leave at once; `at_once` at most have it.
fn check_at_once(policy: BreakerPolicy, now: Moment, at_once: u32, prepare: fn(&Gate)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(INTERRUPTIONS_MAX);
    model.check(move || {
        let gate = gate(policy);
        prepare(&gate);
        let under_way = Arc::new(AtomicU32::new(0));
        let call = move |gate: &Gate, under_way: &AtomicU32| {
            let Some(permit) = admit(gate, now) else { return };
            assert!(under_way.fetch_add(1, Ordering::Relaxed) < at_once, "one too many");
            under_way.fetch_sub(1, Ordering::Relaxed);
            report(gate, permit, CallOutcome::Cancelled);
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (gate, under_way) = (Arc::clone(&gate), Arc::clone(&under_way));
                thread::spawn(move || call(&gate, &under_way))
            })
            .collect();
        call(&gate, &under_way);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(state(&gate).1, 0);
    });
}

#[test]
fn half_open_no_more_calls_go_than_there_are_permits() {
    check_at_once(POLICY, LATER, 1, |gate| {
        let permit = admit(gate, START).unwrap();
        report(gate, permit, CallOutcome::Failure);
        assert!(state(gate).0.is_open());
    });
}

#[test]
fn no_more_calls_go_at_once_than_the_limit_allows() {
    check_at_once(BreakerPolicy { calls_max: 1, ..POLICY }, START, 1, |_| ());
}

#[test]
fn open_is_never_lost_to_a_success_at_the_same_time() {
    loom::model(|| {
        let gate = gate(POLICY);
        let good = admit(&gate, START).unwrap();
        let bad = admit(&gate, START).unwrap();
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || succeed(&gate, good).ok())
        };
        report(&gate, bad, CallOutcome::Failure);
        assert!(admit(&gate, START).is_none(), "a call went through an open breaker");
        other.join().unwrap();
        let until = START + POLICY.open_for;
        assert_eq!(state(&gate), (BreakerState::Open { until }, 0));
    });
}

#[test]
fn a_call_let_through_while_it_opens_is_from_before() {
    loom::model(|| {
        let gate = gate(POLICY);
        let bad = admit(&gate, START).unwrap();
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                let Some(permit) = admit(&gate, START) else { return false };
                succeed(&gate, permit).ok();
                admit(&gate, START).is_some_and(|permit| {
                    report(&gate, permit, CallOutcome::Cancelled);
                    true
                })
            })
        };
        report(&gate, bad, CallOutcome::Failure);
        other.join().unwrap();
        assert!(admit(&gate, START).is_none());
        assert_eq!(state(&gate).1, 0);
    });
}

#[test]
fn every_success_is_counted_once() {
    loom::model(|| {
        let gate = gate(BreakerPolicy { opens_on: WINDOW, ..POLICY });
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                let mut counted = 0;
                for _ in 0..2 {
                    let permit = admit(&gate, START).unwrap();
                    counted += succeed(&gate, permit).err().map_or(0, |others| others + 1);
                }
                counted
            })
        };
        let seen = gate.ask(|_, successes| successes);
        let counted = seen + other.join().unwrap();
        let (last, calls) = gate.ask(|core, successes| (successes, core.counts().calls));
        assert_eq!((counted + last, calls), (2, 2));
    });
}

#[test]
fn a_success_from_before_a_change_counts_for_nothing() {
    loom::model(|| {
        let gate = gate(BreakerPolicy { opens_on: WINDOW, ..POLICY });
        let permit = admit(&gate, START).unwrap();
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || succeed(&gate, permit).ok())
        };
        gate.ask(|core, _| core.force_open());
        gate.ask(|core, _| core.reset());
        other.join().unwrap();
        let calls = gate.ask(|core, _| (core.calls(), core.counts().calls));
        assert_eq!(calls, (0, 0));
    });
}
