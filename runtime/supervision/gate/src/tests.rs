//! The gate beside the core it stands for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};
use synod_supervision_core::{
    BreakerCore, BreakerPolicy, CallOutcome, OpensOn, Permit, SlowCalls, Span, WindowPolicy,
};
use synod_types::time::Moment;

use super::{Gate, Pass};

/// As a call does: the quick way first, then the core.
fn admit(gate: &Gate, now: Moment) -> Option<Pass> {
    let asked = || gate.ask(|core, _| core.admit(now).ok().map(|(permit, _)| Pass::of(permit)));
    gate.admit().or_else(asked)
}

fn report(gate: &Gate, now: Moment, pass: Pass, outcome: CallOutcome) {
    let permit = match outcome {
        CallOutcome::Success => gate.succeed(pass, || now).err(),
        CallOutcome::SlowSuccess
        | CallOutcome::Failure
        | CallOutcome::SlowFailure
        | CallOutcome::Cancelled => Some(pass.into_permit()),
    };
    if let Some(permit) = permit {
        gate.ask(|core, _| core.report(now, permit, outcome));
    }
}

fn gate(policy: BreakerPolicy) -> Gate {
    Gate::new(BreakerCore::new(policy))
}

fn policies() -> impl Strategy<Value = BreakerPolicy> {
    let slow = SlowCalls { after: Duration::from_secs(1), rate_percent: 60 };
    let window = move |span, minimum_calls, failure_rate_percent| {
        OpensOn::Window(WindowPolicy {
            span,
            minimum_calls,
            failure_rate_percent,
            slow: Some(slow),
        })
    };
    let opens_on = prop_oneof![
        (1..4_u32).prop_map(OpensOn::ConsecutiveFailures),
        (1..12_u32, 1..6_u32, 1..=100_u8).prop_map(move |(calls, least, rate)| window(
            Span::Calls(calls),
            least,
            rate
        )),
        (20..200_u64, 1..6_u32, 1..=100_u8).prop_map(move |(seconds, least, rate)| {
            window(Span::Time(Duration::from_secs(seconds)), least, rate)
        }),
    ];
    (opens_on, 1..4_u32, 1..4_u32, 1..5_u32).prop_map(
        |(opens_on, half_open_permits, successes_to_close, calls_max)| BreakerPolicy {
            opens_on,
            half_open_permits,
            successes_to_close,
            calls_max,
            ..BreakerPolicy::default()
        },
    )
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Call,
    Report(usize, CallOutcome),
    ForceOpen,
    ForceClosed,
    Reset,
}

fn act() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        12 => Just(CallOutcome::Success),
        1 => Just(CallOutcome::SlowSuccess),
        3 => Just(CallOutcome::Failure),
        1 => Just(CallOutcome::SlowFailure),
        1 => Just(CallOutcome::Cancelled),
    ];
    prop_oneof![
        30 => Just(Act::Call),
        30 => (0..4_usize, outcome).prop_map(|(nth, outcome)| Act::Report(nth, outcome)),
        1 => Just(Act::ForceOpen),
        1 => Just(Act::ForceClosed),
        2 => Just(Act::Reset),
    ]
}

proptest! {
    #[test]
    fn the_quick_way_gives_the_answers_of_the_core(
        policy in policies(),
        script in proptest::collection::vec((act(), 0..30_u64), 1..300),
    ) {
        let gate = gate(policy);
        let mut core = BreakerCore::new(policy);
        let mut permits = Vec::new();
        let mut now = Moment::default();
        for (act, gap) in script {
            now = now + Duration::from_secs(gap / 10 * gap);
            match act {
                Act::Report(nth, outcome) if nth < permits.len() => {
                    let (pass, expected): (Pass, Permit) = permits.remove(nth);
                    report(&gate, now, pass, outcome);
                    core.report(now, expected, outcome);
                }
                Act::Call | Act::Report(..) => {
                    let expected = core.admit(now).ok().map(|(permit, _)| permit);
                    let pass = admit(&gate, now);
                    prop_assert_eq!(pass.is_some(), expected.is_some());
                    permits.extend(pass.zip(expected));
                }
                Act::ForceOpen => {
                    core.force_open();
                    gate.ask(|core, _| core.force_open());
                }
                Act::ForceClosed => {
                    core.force_closed();
                    gate.ask(|core, _| core.force_closed());
                }
                Act::Reset => {
                    core.reset();
                    gate.ask(|core, _| core.reset());
                }
            }
        }
        let seen = gate.ask(|core, _| (core.state(), core.calls(), core.counts()));
        prop_assert_eq!(seen, (core.state(), core.calls(), core.counts()));
    }
}

#[test]
fn successes_need_no_core_until_the_lease_is_used_up() {
    let gate = gate(BreakerPolicy::default());
    for _ in 0..65_535 {
        let permit = gate.admit().unwrap();
        assert_eq!(gate.succeed(permit, || panic!("looked at the clock")), Ok(()));
    }
    let permit = gate.admit().unwrap();
    let permit = gate.succeed(permit, Moment::default).unwrap_err();
    gate.ask(|core, successes| {
        assert_eq!((successes, core.calls()), (65_535, 1));
        core.report(Moment::default(), permit, CallOutcome::Success);
    });
    let permit = gate.admit().unwrap();
    assert_eq!(gate.succeed(permit, Moment::default), Ok(()), "a new lease");
}

#[test]
fn a_success_of_whom_the_core_let_through_needs_it_no_more() {
    let gate = gate(BreakerPolicy::default());
    let admitted = gate.ask(|core, _| core.admit(Moment::default()));
    let (permit, _) = admitted.unwrap();
    assert_eq!(gate.succeed(Pass::of(permit), || panic!("looked at the clock")), Ok(()));
    gate.ask(|core, successes| assert_eq!((successes, core.calls()), (1, 0)));
}

#[test]
fn many_threads_overbook_nothing_and_every_success_is_counted_once() {
    const EACH: u32 = 20_000;
    let gate = gate(BreakerPolicy { calls_max: 3, ..BreakerPolicy::default() });
    let (counted, made) = (AtomicU32::new(0), AtomicU32::new(0));
    let now = Moment::default();
    let ask = |step: &mut dyn FnMut(&mut BreakerCore)| {
        let successes = gate.ask(|core, successes| {
            assert!(core.calls() <= 3);
            step(core);
            successes
        });
        counted.fetch_add(successes, Ordering::Relaxed);
    };
    let call = |is_cancelled: bool| {
        let mut pass = gate.admit();
        if pass.is_none() {
            ask(&mut |core| pass = core.admit(now).ok().map(|(permit, _)| Pass::of(permit)));
        }
        let Some(pass) = pass else { return };
        let permit = if is_cancelled {
            pass.into_permit()
        } else {
            made.fetch_add(1, Ordering::Relaxed);
            let Err(permit) = gate.succeed(pass, || now) else { return };
            counted.fetch_add(1, Ordering::Relaxed);
            permit
        };
        let outcome = if is_cancelled { CallOutcome::Cancelled } else { CallOutcome::Success };
        let mut permit = Some(permit);
        ask(&mut |core| {
            if let Some(permit) = permit.take() {
                core.report(now, permit, outcome);
            }
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let call = &call;
            scope.spawn(move || (0..EACH).for_each(|n| call((n + thread).is_multiple_of(97))));
        }
    });
    ask(&mut |core| assert_eq!(core.calls(), 0));
    assert!(0 < made.load(Ordering::Relaxed));
    assert_eq!(counted.into_inner(), made.into_inner());
}
