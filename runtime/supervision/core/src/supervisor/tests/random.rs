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
    /// The n-th alarm still to ring.
    Alarm(usize),
    Wish(usize),
    Outdated(usize, u64),
    Start,
    Stop,
    Halt,
}

fn act() -> impl Recipe<Value = Act> {
    prop_oneof![
        30 => (0..4_usize).prop_map(Act::Ready),
        20 => (0..4_usize, 0..6_usize).prop_map(|(child, reason)| Act::Exit(child, reason)),
        20 => (0..8_usize).prop_map(Act::Alarm),
        4 => (0..5_usize).prop_map(Act::Wish),
        4 => (0..5_usize, 0..4_u64).prop_map(|(child, back)| Act::Outdated(child, back)),
        1 => Just(Act::Start),
        1 => Just(Act::Stop),
        1 => Just(Act::Halt),
    ]
}

fn tree() -> impl Recipe<Value = (SupervisorPolicy, Vec<ChildPolicy>)> {
    let kind = prop_oneof![3 => Just(""), 1 => Just("?"), 1 => Just("!")];
    let child = (kind, prop_oneof![1 => Just(0_u64), 4 => Just(500)]);
    (
        prop_oneof![
            Just(Strategy::OneForOne),
            Just(Strategy::OneForAll),
            Just(Strategy::RestForOne)
        ],
        0..6_u32,
        prop_oneof![Just(0_u64), Just(100)],
        proptest::collection::vec(child, 1..5),
    )
        .prop_map(|(strategy, restarts_max, first, kinds)| {
            let mut policy = policy(strategy, restarts_max);
            policy.intensity.period = Duration::from_secs(2);
            policy.backoff.first = Duration::from_millis(first);
            let names: Vec<String> =
                kinds.iter().zip('a'..).map(|((kind, _), name)| format!("{name}{kind}")).collect();
            let mut children = children(&names.join(" "));
            for (child, (_, stop_millis)) in children.iter_mut().zip(&kinds) {
                child.stop_timeout = Duration::from_millis(*stop_millis);
            }
            (policy, children)
        })
}

const REASONS: [&str; 6] = ["normal", "error", "panic", "killed", "cancelled", "start_failed"];

/// Nothing, if it is not possible now.
fn event(judge: &mut Judge, act: Act) -> Option<Event> {
    let life = |index: usize| judge.lives.get(index)?.as_ref();
    Some(match act {
        Act::Ready(index) => judge.ready(index, life(index)?),
        Act::Exit(index, which) => judge.exited(index, life(index)?, reason(REASONS[which])),
        Act::Alarm(nth) => {
            let token = *judge.alarms.keys().nth(nth)?;
            judge.ring(token)
        }
        Act::Wish(index) if index < judge.lives.len() => {
            Event::RestartChild { child: judge.id(index) }
        }
        Act::Wish(_) => Event::RestartChild { child: ActorId::new("nobody").unwrap() },
        Act::Start => Event::Start,
        Act::Stop => Event::Stop,
        Act::Halt => Event::Halt,
        Act::Outdated(index, back) => {
            let view = judge.supervisor.children().nth(index)?;
            let generation = Generation(view.generation.0.checked_sub(1 + back)?);
            Event::Exited { child: view.id, generation, reason: ExitReason::Killed }
        }
    })
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
            if let Some(event) = event(&mut judge, act) {
                judge.tell(event);
            }
        }
        judge.clone().must_settle();
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
            if let Some(event) = event(&mut judge, act) {
                let orders = supervisor.step(judge.now, event.clone());
                prop_assert_eq!(orders, twin.step(judge.now, event.clone()));
                judge.tell(event);
            }
        }
    }
}
