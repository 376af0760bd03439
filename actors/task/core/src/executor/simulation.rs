//! An executor among performers that never say the same twice, signers that answer or do not,
//! and crashes at any point: whatever is lost, a task has one answer.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use synod_types::signature::Digest;

use super::tests::{START, settings, submission};
use super::*;
use crate::aggregator::tests::{answer, id};
use crate::crashes::Journal;

const TASKS: u8 = 3;

struct World {
    core: Executor,
    journal: Journal,
    now: Moment,
    /// Effects under way: performers running, signers asked.
    under_way: Vec<Effect>,
    /// What the guard knows.
    guard: BTreeMap<TaskId, Digest>,
    answers: BTreeMap<TaskId, Vec<Answer>>,
    runs: u8,
    askers: u64,
}

impl World {
    fn new() -> Self {
        Self {
            core: Executor::new(settings()),
            journal: Journal::default(),
            now: START,
            under_way: Vec::new(),
            guard: BTreeMap::new(),
            answers: BTreeMap::new(),
            runs: 0,
            askers: 0,
        }
    }

    /// Carries out effects; only the first `reached` of them if the process dies meanwhile.
    fn carry_out(&mut self, effects: Vec<Effect>, reached: Option<usize>) {
        let effects = self.journal.commit(effects, reached, |effect| match effect {
            Effect::Journal(record) => Some(record),
            _ => None,
        });
        for effect in effects {
            match effect {
                Effect::Perform { .. } | Effect::Sign { .. } => self.under_way.push(effect),
                Effect::Answer(_, Ok(answer)) => {
                    self.answers.entry(answer.task).or_default().push(*answer);
                }
                Effect::Answer(_, Err(refusal)) => assert!(refusal.is_retryable(), "{refusal}"),
                Effect::Ended(ended) => assert_eq!(ended, Ok(())),
                Effect::Journal(_) | Effect::WakeAt(_) | Effect::PassedOver(_) => (),
            }
        }
    }

    fn input(&mut self, input: Input, reached: Option<usize>) {
        let effects = self.core.apply(self.now, input);
        self.carry_out(effects, reached);
        if reached.is_some() {
            self.crash();
        }
    }

    fn crash(&mut self) {
        self.under_way.clear();
        self.core = Executor::new(settings());
        self.journal.records().for_each(|record| self.core.replay(&record));
        let effects = self.core.resume(self.now);
        self.carry_out(effects, None);
    }

    /// The outside answers; badly if told to.
    fn outside(&mut self, effect: Effect, works: bool) -> Input {
        match effect {
            Effect::Perform { task, .. } => {
                self.runs = self.runs.wrapping_add(1);
                let output = Bytes::from(vec![self.runs; 3]);
                // One failure is one attempt: more than the limit would be another ending.
                Input::Performed { task, outcome: Ok(output) }
            }
            Effect::Sign { task, digest } => {
                let first = *self.guard.entry(task).or_insert(digest);
                assert_eq!(first, digest, "the guard would refuse");
                let signature = answer(task, 1, b"").signature;
                let outcome = if works { Ok(signature) } else { Err(Trouble::Passing) };
                Input::Signed { task, outcome }
            }
            _ => unreachable!("nothing else is under way"),
        }
    }

    fn ask(&mut self, n: u8) -> Input {
        self.askers += 1;
        Input::Submit(Box::new(submission(n)), Asker(self.askers))
    }

    fn step(&mut self, (what, which, crash): (u8, usize, Option<usize>)) {
        let input = match what {
            0..=2 => self.ask(1 + what % TASKS),
            3..=8 if !self.under_way.is_empty() => {
                let effect = self.under_way.remove(which % self.under_way.len());
                self.outside(effect, what != 3)
            }
            _ => {
                self.now = self.now + Duration::from_secs(1);
                Input::Alarm
            }
        };
        self.input(input, crash);
    }

    /// No more faults: everybody asks until answered.
    fn settle(&mut self) {
        for n in 1..=TASKS {
            let input = self.ask(n);
            self.input(input, None);
        }
        for _ in 0..100 {
            while let Some(effect) = self.under_way.pop() {
                let input = self.outside(effect, true);
                self.input(input, None);
            }
            self.now = self.now + Duration::from_secs(1);
            self.input(Input::Alarm, None);
        }
    }
}

proptest! {
    #[test]
    fn a_task_has_one_answer(
        steps in prop::collection::vec(
            (0..10_u8, any::<usize>(), prop::option::weighted(0.2, 0..4_usize)),
            0..60,
        ),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        for n in 1..=TASKS {
            let answers = &world.answers[&id(n)];
            prop_assert!(answers.iter().all(|answer| answer == &answers[0]));
        }
        prop_assert_eq!(world.core.load(), (0, 0));
    }
}
