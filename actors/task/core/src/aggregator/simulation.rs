//! An aggregator among operators, an aggregation and a quorum that forget, mail that is lost,
//! repeated and reordered, reorganisations, and crashes at any point: every accepted task ends
//! once, and none is certified twice.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use synod_types::chain::ChainEvent;
use synod_types::quorum::Verdict;
use synod_types::signature::Digest;

use super::tests::{CHAIN, START, answer, committed, created, id, log, proof, settings};
use super::*;
use crate::crashes::Journal;

const OUTPUT: &[u8] = b"out";

/// Something on its way.
#[derive(Clone, Debug)]
enum Mail {
    /// To an operator, the aggregation or the quorum.
    Out(Effect),
    /// To the aggregator.
    In(Input),
}

struct World {
    core: Aggregator,
    journal: Journal,
    now: Moment,
    mail: Vec<Mail>,
    /// Everything the chain has told so far.
    told: Vec<ChainEvent>,
    /// Tasks announced by blocks of the chain as it stands: one a block.
    standing: Vec<u8>,
    branch: u8,
    /// Who answered what, per open task. Forgotten when a new life begins.
    summed: BTreeMap<TaskId, Vec<u8>>,
    /// Who voted. Forgotten when a new life begins.
    voted: BTreeMap<BallotId, (Vec<OperatorId>, Digest)>,
}

impl World {
    fn new() -> Self {
        Self {
            core: Aggregator::new(settings()),
            journal: Journal::default(),
            now: START,
            mail: Vec::new(),
            told: Vec::new(),
            standing: Vec::new(),
            branch: 0,
            summed: BTreeMap::new(),
            voted: BTreeMap::new(),
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>, reached: Option<usize>) {
        let effects = self.journal.commit(effects, reached, |effect| match effect {
            Effect::Journal(record) => Some(record),
            _ => None,
        });
        for effect in effects {
            match effect {
                Effect::Submit(_)
                | Effect::OpenAggregation(_)
                | Effect::AddAnswer(_)
                | Effect::CloseAggregation(_)
                | Effect::OpenBallot(_)
                | Effect::Cast(_) => self.mail.push(Mail::Out(effect)),
                Effect::Journal(_)
                | Effect::WakeAt(_)
                | Effect::Accepted(_)
                | Effect::Certified(..)
                | Effect::Failed(..)
                | Effect::Faulty(..)
                | Effect::Retrying(..)
                | Effect::PassedOver(_) => (),
            }
        }
    }

    /// Only the first `reached` effects happen if the process dies meanwhile.
    fn input(&mut self, input: Input, reached: Option<usize>) {
        let effects = self.core.apply(self.now, input).unwrap_or_default();
        self.carry_out(effects, reached);
        if reached.is_some() {
            self.crash();
        }
    }

    /// Answers on their way die with the one who waits for them; mail of others does not.
    fn crash(&mut self) {
        self.mail.retain(|mail| {
            !matches!(mail, Mail::In(Input::Answered { .. } | Input::NotAnswered { .. }))
        });
        self.core = Aggregator::new(settings());
        self.journal.records().for_each(|record| self.core.replay(&record));
        let effects = self.core.resume(self.now);
        self.carry_out(effects, None);
    }

    fn deliver(&mut self, mail: Mail, crash: Option<usize>) {
        match mail {
            Mail::In(input) => self.input(input, crash),
            Mail::Out(effect) => {
                let answers = self.outside(effect);
                self.mail.extend(answers.into_iter().map(Mail::In));
            }
        }
    }

    /// What operators, aggregation and quorum make of what they are told.
    fn outside(&mut self, effect: Effect) -> Vec<Input> {
        match effect {
            Effect::Submit(submission) => {
                let (task, operator) = (submission.task.id, submission.operator);
                let answer = answer(task, operator.0.0[0], OUTPUT);
                vec![Input::Answered { task, operator, answer }]
            }
            Effect::OpenAggregation(order) => {
                self.summed.entry(order.task).or_default();
                self.prove(order.task)
            }
            Effect::AddAnswer(answer) => {
                let signer = answer.operator.0.0[0];
                let signers = self.summed.get_mut(&answer.task);
                if let Some(signers) = signers.filter(|signers| !signers.contains(&signer)) {
                    signers.push(signer);
                }
                self.prove(answer.task)
            }
            Effect::CloseAggregation(task) => {
                self.summed.remove(&task);
                Vec::new()
            }
            Effect::OpenBallot(question) => {
                let nobody = (Vec::new(), Digest(synod_types::B256::ZERO));
                self.voted.entry(question.ballot).or_insert(nobody);
                self.decide(question.ballot)
            }
            Effect::Cast(vote) => {
                if let Some((voters, digest)) = self.voted.get_mut(&vote.ballot) {
                    *digest = vote.digest;
                    if !voters.contains(&vote.operator) {
                        voters.push(vote.operator);
                    }
                }
                self.decide(vote.ballot)
            }
            _ => unreachable!("goes nowhere"),
        }
    }

    /// Members weigh 4, 3, 2 and 1; the threshold is 6.
    fn prove(&self, task: TaskId) -> Vec<Input> {
        let Some(signers) = self.summed.get(&task) else {
            return Vec::new();
        };
        let weight: u8 = signers.iter().map(|n| 5 - n).sum();
        let mut signers = signers.clone();
        signers.sort_unstable();
        if weight < 6 { vec![] } else { vec![Input::Proven(proof(task, &signers, OUTPUT))] }
    }

    fn decide(&self, ballot: BallotId) -> Vec<Input> {
        let Some((voters, digest)) = self.voted.get(&ballot) else {
            return Vec::new();
        };
        let weight: u8 = voters.iter().map(|voter| 5 - voter.0.0[0]).sum();
        let verdict = Verdict::Agreed(ballot, *digest);
        if weight < 6 { vec![] } else { vec![Input::Settled(verdict)] }
    }

    /// The chain grows by a block with a task, or loses its last block. A task that was lost
    /// is announced again by the next block, as a transaction would be mined again.
    fn mine(&mut self, lose: bool) {
        self.branch += 1;
        match self.told.last() {
            Some(ChainEvent::Committed { block, .. }) if lose => {
                let block = block.id;
                self.told.push(ChainEvent::Retracted { block });
                self.standing.pop();
            }
            _ => {
                let n = u8::try_from(self.standing.len() + 1).unwrap();
                let logs = vec![log(&created(n))];
                self.told.push(committed(n.into(), self.branch, logs));
                self.standing.push(n);
            }
        }
    }

    /// The chain repeats from `back` events before the last one applied.
    fn tell(&mut self, back: usize, crash: Option<usize>) {
        let applied = usize::try_from(self.core.applied(CHAIN).0).unwrap();
        let from = applied.saturating_sub(back);
        let first = EventNumber(u64::try_from(from).unwrap() + 1);
        let events = self.told[from..].to_vec();
        self.input(Input::Chain { chain: CHAIN, first, events }, crash);
    }

    fn step(&mut self, (what, which, crash): (u8, usize, Option<usize>)) {
        let some = |len: usize| (len != 0).then(|| which % len);
        match (what, some(self.mail.len())) {
            (0, _) if self.told.len() < 24 => self.mine(false),
            (1, _) => self.mine(true),
            (2 | 3, _) => self.tell(which % 4, crash),
            (4, Some(lost)) => {
                // Whoever asked an operator is told that there will be no answer.
                let asked = match self.mail.remove(lost) {
                    Mail::Out(Effect::Submit(asked)) => Some((asked.task.id, asked.operator)),
                    Mail::In(Input::Answered { task, operator, .. }) => Some((task, operator)),
                    Mail::Out(_) | Mail::In(_) => None,
                };
                if let Some((task, operator)) = asked {
                    let lost = Input::NotAnswered { task, operator, refusal: None };
                    self.input(lost, crash);
                }
            }
            (5, Some(repeated)) => self.mail.push(self.mail[repeated].clone()),
            (6, _) => {
                self.summed.clear();
                self.input(Input::AggregationStarted, crash);
            }
            (7, _) => {
                self.voted.clear();
                self.input(Input::QuorumStarted, crash);
            }
            (8, _) => {
                self.now = self.now + Duration::from_millis(500);
                self.input(Input::Alarm, crash);
            }
            (_, Some(next)) => {
                let mail = self.mail.remove(next);
                self.deliver(mail, crash);
            }
            (_, None) => (),
        }
    }

    /// No more faults: the chain tells the rest, all mail arrives, alarms ring.
    fn settle(&mut self) {
        for _ in 0..60 {
            self.tell(0, None);
            while !self.mail.is_empty() {
                let mail = self.mail.remove(0);
                self.deliver(mail, None);
            }
            self.now = self.now + Duration::from_secs(1);
            self.input(Input::Alarm, None);
        }
    }

    fn certified(&self) -> BTreeMap<TaskId, usize> {
        let mut times = BTreeMap::new();
        for record in self.journal.records() {
            if let Record::Certified { result, .. } = record {
                *times.entry(result.task).or_default() += 1;
            }
        }
        times
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_task_is_lost_or_certified_twice(
        steps in prop::collection::vec(
            (0..24_u8, any::<usize>(), prop::option::weighted(0.1, 0..6_usize)),
            0..200,
        ),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        let certified = world.certified();
        for &n in &world.standing {
            prop_assert_eq!(certified.get(&id(n)), Some(&1), "task {}", n);
        }
        for view in world.core.page(TaskFilter::All, None, usize::MAX) {
            let stands = world.standing.iter().any(|&n| id(n) == view.id);
            prop_assert_eq!(view.is_retracted, !stands, "{:?}", view);
        }
        prop_assert!(certified.values().all(|&times| times == 1));
        prop_assert_eq!(world.core.open_len(), (0, 0));

        let mut again = Aggregator::new(settings());
        world.core.snapshot().iter().for_each(|record| again.replay(record));
        prop_assert_eq!(again.snapshot(), world.core.snapshot());
    }
}
