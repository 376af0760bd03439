//! Long scripts of anything at all, outdated and impossible news included.

use proptest::prelude::{
    Just, ProptestConfig, Strategy as Recipe, prop_assert_eq, prop_oneof, proptest,
};

use super::judge::Judge;
use super::*;

/// What happens next, before it is known what is possible.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ready(usize),
    Exit(usize, usize),
    Dying(usize, usize),
    /// A fenced life of this child has gone.
    Released(usize),
    /// The n-th alarm still to ring.
    Alarm(usize),
    Wish(usize),
    Add(usize, usize),
    Terminate(usize),
    Delete(usize),
    /// The breaker opens for so many milliseconds, or for ever.
    Open(Option<u64>),
    Close,
    Change(u32),
    Outdated(usize, u64),
    Start,
    Stop,
    Halt,
}

fn act() -> impl Recipe<Value = Act> {
    prop_oneof![
        30 => (0..6_usize).prop_map(Act::Ready),
        20 => (0..6_usize, 0..7_usize).prop_map(|(child, reason)| Act::Exit(child, reason)),
        8 => (0..6_usize, 0..7_usize).prop_map(|(child, reason)| Act::Dying(child, reason)),
        3 => (0..6_usize).prop_map(Act::Released),
        20 => (0..8_usize).prop_map(Act::Alarm),
        4 => (0..5_usize).prop_map(Act::Wish),
        3 => (0..6_usize, 0..5_usize).prop_map(|(kind, before)| Act::Add(kind, before)),
        3 => (0..5_usize).prop_map(Act::Terminate),
        2 => (0..5_usize).prop_map(Act::Delete),
        2 => proptest::option::of(0..2_000_u64).prop_map(Act::Open),
        2 => Just(Act::Close),
        1 => (0..4_u32).prop_map(Act::Change),
        4 => (0..5_usize, 0..4_u64).prop_map(|(child, back)| Act::Outdated(child, back)),
        1 => Just(Act::Start),
        1 => Just(Act::Stop),
        1 => Just(Act::Halt),
    ]
}

const KINDS: [&str; 12] = ["", "?", "!", "~", "-", "+", "?*", "!*", "?~+", "^", "?*^", "~-^"];

fn tree() -> impl Recipe<Value = (SupervisorPolicy, Vec<ChildPolicy>)> {
    let child = (0..KINDS.len(), prop_oneof![1 => Just(0_u64), 4 => Just(500)]);
    let strategy = proptest::sample::select(vec![
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ]);
    let on_exceeded = proptest::sample::select(vec![
        OnExceeded::Escalate,
        OnExceeded::Exit,
        OnExceeded::Park { open: Duration::from_millis(300), probes: 2 },
    ]);
    let auto_shutdown = proptest::sample::select(vec![
        AutoShutdown::Never,
        AutoShutdown::AnySignificant,
        AutoShutdown::AllSignificant,
    ]);
    let supervisor = (strategy, 0..6_u32, prop_oneof![Just(0_u64), Just(100)]);
    (supervisor, on_exceeded, auto_shutdown, proptest::collection::vec(child, 1..5)).prop_map(
        |((strategy, restarts_max, first), on_exceeded, auto_shutdown, kinds)| {
            let mut policy = policy(strategy, restarts_max);
            policy.intensity.period = Duration::from_secs(2);
            policy.backoff.first = Duration::from_millis(first);
            policy.backoff.reset_after = Duration::from_secs(3);
            policy.on_exceeded = on_exceeded;
            policy.auto_shutdown = auto_shutdown;
            policy.children_max = 6;
            let named = kinds.iter().zip('a'..).map(|((kind, stop_millis), name)| {
                let stop_timeout = Duration::from_millis(*stop_millis);
                ChildPolicy { stop_timeout, ..child_of(&name.to_string(), *kind) }
            });
            (policy, named.collect())
        },
    )
}

fn child_of(name: &str, kind: usize) -> ChildPolicy {
    super::child(&format!("{name}{}", KINDS[kind]))
}

const REASONS: [&str; 7] =
    ["normal", "error", "panic", "killed", "cancelled", "start_failed", "drained"];

/// Nothing, if it is not possible now.
fn told(judge: &mut Judge, act: Act) -> Option<Told> {
    let lives = |index: usize| judge.rows.get(index)?.life.as_ref();
    let id = |index: usize| match judge.rows.get(index) {
        Some(row) => row.policy.id.clone(),
        None => ActorId::new("nobody").unwrap(),
    };
    Some(Told::Event(match act {
        Act::Ready(index) => {
            lives(index)?;
            judge.ready(index)
        }
        Act::Exit(index, which) => {
            lives(index)?;
            judge.exited(index, reason(REASONS[which]))
        }
        Act::Dying(index, which) => {
            let generation = lives(index)?.generation;
            Event::Dying { child: id(index), generation, reason: reason(REASONS[which]) }
        }
        Act::Released(index) => {
            let running = judge.rows.get(index)?.fenced.checked_sub(1)?;
            Event::FencedLives { child: id(index), running }
        }
        Act::Alarm(nth) => {
            let token = *judge.alarms.keys().nth(nth)?;
            judge.ring(token)
        }
        Act::Wish(index) => Event::RestartChild { child: id(index) },
        Act::Add(kind, before) => {
            let name = ["v", "w", "x", "y", "z", "a"][kind];
            let stay = if kind < 3 { Stay::Shown } else { Stay::Forgotten };
            let before = (before != 4).then(|| id(before));
            return Some(Told::Wish(Wish::Add { policy: child_of(name, kind), before, stay }));
        }
        Act::Terminate(index) => return Some(Told::Wish(Wish::Terminate(id(index)))),
        Act::Delete(index) => return Some(Told::Wish(Wish::Delete(id(index)))),
        Act::Open(millis) => {
            let after = millis.map_or(Duration::MAX, Duration::from_millis);
            Event::Breaker { name: "node".to_owned(), open_until: Some(judge.now + after) }
        }
        Act::Close => Event::Breaker { name: "node".to_owned(), open_until: None },
        Act::Change(restarts_max) => {
            let intensity = Intensity { restarts_max, ..judge.policy.intensity };
            return Some(Told::Wish(Wish::Change(SupervisorPolicy { intensity, ..judge.policy })));
        }
        Act::Start => Event::Start,
        Act::Stop => Event::Stop,
        Act::Halt => Event::Halt,
        Act::Outdated(index, back) => {
            let view = judge.supervisor.children().nth(index)?;
            let generation = Generation(view.generation.0.checked_sub(1 + back)?);
            Event::Exited { child: view.id, generation, reason: ExitReason::Killed }
        }
    }))
}

fn play(judge: &mut Judge, act: Act) {
    match told(judge, act) {
        Some(Told::Event(event)) => judge.tell(event),
        Some(Told::Wish(wish)) => judge.ask(wish),
        None => (),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_script_breaks_a_rule(
        (policy, children) in tree(),
        script in proptest::collection::vec((act(), 0..200_u64), 1..80),
    ) {
        let mut judge = Judge::new(policy, children);
        judge.tell(Event::Start);
        for (act, gap) in script {
            judge.now = judge.now + Duration::from_millis(gap);
            play(&mut judge, act);
        }
        judge.clone().must_settle();
        judge.clone().must_fence();
        judge.clone().must_finish(true);
        judge.must_finish(false);
    }

    #[test]
    fn the_same_script_gives_the_same_orders(
        (mut policy, children) in tree(),
        script in proptest::collection::vec((act(), 0..200_u64), 1..40),
        seed: u64,
    ) {
        policy.seed = seed;
        policy.backoff.jitter_percent = 50;
        let mut judge = Judge::new(policy, children.clone());
        let mut twin = Supervisor::new(policy, children).unwrap();
        let mut supervisor = twin.clone();
        judge.tell(Event::Start);
        prop_assert_eq!(
            supervisor.step(judge.now, Event::Start),
            twin.step(judge.now, Event::Start)
        );
        for (act, gap) in script {
            judge.now = judge.now + Duration::from_millis(gap);
            match told(&mut judge, act) {
                Some(Told::Event(event)) => {
                    let orders = supervisor.step(judge.now, event.clone());
                    prop_assert_eq!(orders, twin.step(judge.now, event.clone()));
                    judge.tell(event);
                }
                Some(Told::Wish(wish)) => {
                    let answer = supervisor.ask(judge.now, wish.clone());
                    prop_assert_eq!(answer, twin.ask(judge.now, wish.clone()));
                    judge.ask(wish);
                }
                None => (),
            }
        }
    }
}
