//! Several tasks of one table decided by one check:
//!
//! ```text
//!   e(Σ rₜσₜ, −G2) · Π over sets S of signers e(Σ rₜHₜ over tasks signed by S, key of S) = 1
//! ```
//!
//! with random rₜ of 128 bits, so that nothing cancels between tasks but by chance, 2⁻¹²⁸. Where
//! more sets signed than operators are absent somewhere, the keys are grouped by absent operator
//! instead: e(Σ rₜHₜ, key of all) · Π over absent j e(−Σ rₜHₜ over tasks j missed, key of j).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::bisect;
use super::job::{Job, Outcome, Purpose, Report, agreed};
use super::key_tree::KeyTree;
use super::prepare::CheckedKeys;
use super::seed::Seed;
use super::work::{Whole, Work};
use crate::bn254::Curve;

impl Job {
    /// Whether this and another can be run together: both decide, under keys of one table.
    pub fn goes_with(&self, other: &Self) -> bool {
        let decides = |job: &Self| job.purpose == Purpose::Decide;
        let is_bn254 = match self.prepared.keys {
            CheckedKeys::Ark(_) | CheckedKeys::Synod(_) | CheckedKeys::Both(..) => true,
            CheckedKeys::Bls12381(_) | CheckedKeys::Ecdsa => false,
        };
        is_bn254 && decides(self) && decides(other) && Arc::ptr_eq(&self.prepared, &other.prepared)
    }
}

/// Runs jobs that go with the first, by one check for all where all are right; the others are
/// found, and run by themselves. Without a seed every job runs by itself.
pub fn run_together(jobs: Vec<Job>, seed: Option<Seed>) -> Vec<Report> {
    let keys = jobs.first().map(|job| Arc::clone(&job.prepared));
    let can_share = jobs.iter().skip(1).all(|job| job.goes_with(&jobs[0]));
    let (Some(keys), Some(seed), true, true) = (keys, seed, can_share, 1 < jobs.len()) else {
        return jobs.into_iter().map(|job| job.run(seed)).collect();
    };
    let outcomes = match &keys.keys {
        CheckedKeys::Ark(tree) => together(&jobs, tree, seed),
        CheckedKeys::Synod(tree) => together(&jobs, tree, seed),
        CheckedKeys::Both(ark, synod) => {
            let pairs = together(&jobs, ark, seed).into_iter().zip(together(&jobs, synod, seed));
            pairs.map(|(one, other)| agreed(one, other)).collect()
        }
        CheckedKeys::Bls12381(_) | CheckedKeys::Ecdsa => Vec::new(),
    };
    if outcomes.len() != jobs.len() {
        return jobs.into_iter().map(|job| job.run(Some(seed))).collect();
    }
    jobs.into_iter().zip(outcomes).map(|(job, outcome)| job.report(outcome)).collect()
}

/// The tasks that are to be decided, in the order of the jobs.
struct Round<'a, C: Curve> {
    tree: &'a KeyTree<C>,
    tasks: Vec<Task<C>>,
}

struct Task<C: Curve> {
    /// Place among the jobs.
    place: usize,
    message: C::G1,
    whole: Whole<C>,
    weight: u128,
}

impl<C: Curve> bisect::Judge for Round<'_, C> {
    type Value = C::Gt;

    fn value(&self, range: Range<usize>) -> C::Gt {
        let tasks = &self.tasks[range];
        let signatures: Vec<C::G1> = tasks.iter().map(|task| task.whole.signature).collect();
        let weights: Vec<u128> = tasks.iter().map(|task| task.weight).collect();
        C::product(&C::weighted1(&signatures, &weights), &self.pairs(tasks))
    }

    fn is_good(value: &C::Gt) -> bool {
        *value == C::one()
    }

    fn rest(whole: &C::Gt, part: &C::Gt) -> Option<C::Gt> {
        Some(C::times(whole, &C::inverse(part)))
    }
}

impl<C: Curve> Round<'_, C> {
    /// Messages with the keys they were signed by, in as few pairs as can be.
    fn pairs(&self, tasks: &[Task<C>]) -> Vec<(C::G1, C::G2)> {
        let mut signers: BTreeMap<&[usize], (Vec<usize>, C::G2)> = BTreeMap::new();
        for (n, task) in tasks.iter().enumerate() {
            let of_set = signers.entry(&task.whole.members);
            of_set.or_insert_with(|| (Vec::new(), task.whole.key)).0.push(n);
        }
        let everybody: BTreeSet<usize> =
            signers.keys().flat_map(|members| members.iter()).copied().collect();
        let mut absences: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (members, (of, _)) in &signers {
            for member in everybody.iter().filter(|one| members.binary_search(one).is_err()) {
                absences.entry(*member).or_default().extend(of);
            }
            if signers.len() <= absences.len() + 1 {
                break;
            }
        }
        let messages: Vec<C::G1> = tasks.iter().map(|task| task.message).collect();
        let weights: Vec<u128> = tasks.iter().map(|task| task.weight).collect();
        if signers.len() <= absences.len() + 1 {
            let pick = |of: &[usize]| {
                let messages: Vec<C::G1> = of.iter().map(|&n| messages[n]).collect();
                let weights: Vec<u128> = of.iter().map(|&n| weights[n]).collect();
                C::weighted1(&messages, &weights)
            };
            return signers.values().map(|(of, key)| (pick(of), *key)).collect();
        }
        let weighted: Vec<C::G1> = messages
            .iter()
            .zip(&weights)
            .map(|(message, &weight)| C::weighted1(&[*message], &[weight]))
            .collect();
        let members: Vec<usize> = everybody.into_iter().collect();
        let mut pairs = vec![(C::sum1(&weighted), self.tree.sum(&members))];
        for (absent, missed) in absences {
            let missed: Vec<C::G1> = missed.iter().map(|&n| weighted[n]).collect();
            pairs.push((C::minus1(&C::sum1(&missed)), self.tree.sum(&[absent])));
        }
        pairs
    }
}

fn together<C: Curve>(jobs: &[Job], tree: &KeyTree<C>, seed: Seed) -> Vec<Outcome> {
    let weights = seed.weights("tasks", jobs.len());
    let mut outcomes = Vec::with_capacity(jobs.len());
    let mut round = Round { tree, tasks: Vec::with_capacity(jobs.len()) };
    for (place, (job, weight)) in jobs.iter().zip(weights).enumerate() {
        let mut outcome = Outcome::default();
        if let Some((whole, _)) = (Work { job, tree }).whole(&mut outcome) {
            round.tasks.push(Task { place, message: C::hash(job.digest), whole, weight });
        }
        outcomes.push(outcome);
    }
    let found = bisect::culprits(&round, round.tasks.len());
    for (n, task) in round.tasks.into_iter().enumerate() {
        let (work, outcome) = (Work { job: &jobs[task.place], tree }, &mut outcomes[task.place]);
        // The first of those that were checked bears what all of them took.
        let shared = if n == 0 { found.checks } else { 0 };
        if found.culprits.binary_search(&n).is_ok() {
            *outcome = work.run(Some(seed));
        } else {
            outcome.finding = work.proven(Some(task.whole));
        }
        outcome.checks += shared;
    }
    outcomes
}
