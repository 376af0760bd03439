//! What a job does with BN254 signatures, in either arithmetic.

use std::collections::BTreeSet;
use std::ops::Range;

use alloy_primitives::FixedBytes;
use synod_types::aggregation::Rejection;
use synod_types::quorum::ThresholdRule;
use synod_types::signature::{Bn254G1, Scheme};

use super::atomic::{Atomic, Attributed, Sum};
use super::bisect::{self, Found, Judge as _};
use super::job::{Culprit, Finding, Item, Job, Outcome, Purpose, Summed};
use super::judge::Signatures;
use super::key_tree::KeyTree;
use super::search;
use super::seed::Seed;
use super::stakes::is_enough;
use crate::bn254::Curve;
use crate::key::fixed;

/// A job and the keys it is done with.
pub(super) struct Work<'a, C: Curve> {
    pub(super) job: &'a Job,
    pub(super) tree: &'a KeyTree<C>,
}

/// Signatures added up, with their keys, ready to be checked.
pub(super) struct Whole<C: Curve> {
    /// Ascending.
    pub(super) members: Vec<usize>,
    pub(super) signature: C::G1,
    pub(super) key: C::G2,
}

/// Points, with whose they are.
type Signed<C> = Vec<(usize, <C as Curve>::G1)>;

impl<C: Curve> Work<'_, C> {
    pub(super) fn run(&self, seed: Option<Seed>) -> Outcome {
        let mut outcome = Outcome::default();
        match self.job.purpose {
            Purpose::Absorb => {
                let fresh = self.decode(&self.job.fresh, &mut outcome);
                outcome.finding = self.summed(&fresh);
            }
            Purpose::Decide => {
                if let Some((whole, fresh)) = self.whole(&mut outcome) {
                    self.decide(whole, fresh, &mut outcome);
                }
            }
            Purpose::Attribute => self.attribute(seed, &mut outcome),
        }
        outcome
    }

    /// Points of signatures; those that are none, or whose key is none, are culprits.
    fn decode(&self, items: &[Item], outcome: &mut Outcome) -> Signed<C> {
        let mut signed = Vec::with_capacity(items.len());
        for item in items {
            let member = item.member;
            let reason = if self.tree.key(member).is_none() {
                Rejection::UnusableKey
            } else if let Some(point) = bytes_of(item).and_then(|bytes| C::g1(&bytes)) {
                signed.push((member, point));
                continue;
            } else {
                Rejection::Malformed
            };
            outcome.culprits.push(Culprit { member, reason });
        }
        signed
    }

    /// What was added up before, and these.
    fn summed(&self, fresh: &Signed<C>) -> Finding {
        let before = self.job.summed.as_ref();
        let mut members = before.map_or_else(Vec::new, |summed| summed.members.clone());
        let mut points: Vec<C::G1> =
            before.map(|summed| C::own1(&summed.signature)).into_iter().collect();
        members.extend(fresh.iter().map(|one| one.0));
        points.extend(fresh.iter().map(|one| one.1));
        let key = self.job.is_key_kept().then(|| {
            let mut keys: Vec<C::G2> =
                before.and_then(|one| one.key.as_ref()).map(C::own2).into_iter().collect();
            keys.extend(fresh.iter().filter_map(|one| self.tree.key(one.0)));
            C::bytes2(&C::sum2(&keys))
        });
        if members.is_empty() {
            return Finding::Nothing;
        }
        Finding::Summed(Summed { members, signature: C::bytes1(&C::sum1(&points)), key })
    }

    /// All that is to be verified together, and the new points in it. Suspects are checked alone
    /// before. If what is left cannot decide any more, it is only added up: that is the finding.
    pub(super) fn whole(&self, outcome: &mut Outcome) -> Option<(Whole<C>, Signed<C>)> {
        let job = self.job;
        let mut fresh = self.decode(&job.fresh, outcome);
        let suspects = self.decode(&job.suspects, outcome);
        // Mapped only where it is needed: that takes longer than to add up a hundred points.
        let message = suspects.first().map(|_| C::hash(job.digest));
        for ((member, point), message) in suspects.into_iter().zip(message.into_iter().cycle()) {
            outcome.checks += 1;
            let key = self.tree.sum(&[member]);
            if C::product(&point, &[(message, key)]) == C::one() {
                outcome.cleared.push(member);
                fresh.push((member, point));
            } else {
                outcome.culprits.push(Culprit { member, reason: Rejection::Mismatch });
            }
        }
        let before = job.summed.as_ref();
        let mut members = before.map_or_else(Vec::new, |summed| summed.members.clone());
        members.extend(fresh.iter().map(|one| one.0));
        members.sort_unstable();
        let all: Vec<usize> = members.iter().chain(job.proven()).copied().collect();
        if members.is_empty() || !is_enough(&job.order, &job.roster, &all) {
            outcome.finding = self.summed(&fresh);
            return None;
        }
        let mut points: Vec<C::G1> = fresh.iter().map(|one| one.1).collect();
        points.extend(before.map(|summed| C::own1(&summed.signature)));
        let key = match before.and_then(|summed| summed.key.as_ref()) {
            None => self.tree.sum(&members),
            Some(key) => {
                let keys = fresh.iter().filter_map(|one| self.tree.key(one.0));
                C::sum2(&keys.chain([C::own2(key)]).collect::<Vec<_>>())
            }
        };
        Some((Whole { members, signature: C::sum1(&points), key }, fresh))
    }

    /// One check of the whole; only if that fails, a search for those who are wrong.
    fn decide(&self, whole: Whole<C>, fresh: Signed<C>, outcome: &mut Outcome) {
        let message = C::hash(self.job.digest);
        outcome.checks += 1;
        let value = C::product(&whole.signature, &[(message, whole.key)]);
        if value == C::one() {
            outcome.finding = self.proven(Some(whole));
            return;
        }
        let mut signed = fresh;
        for chunk in &self.job.chunks {
            // They were decoded once already.
            signed.extend(self.decode(chunk, outcome));
        }
        let signatures = Signatures::new(self.tree, message, signed);
        let found = search::culprits(&signatures, value);
        outcome.checks += found.checks;
        outcome.finding = self.proven(self.without(&whole, &signatures, &found.culprits));
        let wrong = found.culprits.iter();
        let wrong = wrong.map(|&member| Culprit { member, reason: Rejection::Mismatch });
        outcome.culprits.extend(wrong);
    }

    /// Who is left when the culprits are out: the product of their values is one.
    fn without(
        &self,
        whole: &Whole<C>,
        signatures: &Signatures<'_, C>,
        culprits: &BTreeSet<usize>,
    ) -> Option<Whole<C>> {
        let is_good = |member: &&usize| !culprits.contains(member);
        let members: Vec<usize> = whole.members.iter().filter(is_good).copied().collect();
        if members.is_empty() {
            return None;
        }
        let wrong = culprits.iter().filter_map(|&member| self.tree.key(member));
        let keys: Vec<C::G2> = wrong.map(|key| C::minus2(&key)).chain([whole.key]).collect();
        Some(Whole { members, signature: signatures.sum(culprits), key: C::sum2(&keys) })
    }

    /// What is verified now, joined with what was before.
    pub(super) fn proven(&self, whole: Option<Whole<C>>) -> Finding {
        let base = self.job.base.clone();
        let Some(Whole { members, signature, key }) = whole else {
            return base.map_or(Finding::Nothing, Finding::Proven);
        };
        let sum = |signature: &C::G1, key: &C::G2| Sum::Bn254 {
            signature: C::bytes1(signature),
            key: C::bytes2(key),
        };
        let batch = Atomic::verified(members, sum(&signature, &key));
        let Some(base) = base else {
            return Finding::Proven(batch);
        };
        let Sum::Bn254 { signature: before, key: key_before } = base.sum() else {
            return Finding::Proven(batch);
        };
        let signature = C::sum1(&[C::own1(before), signature]);
        let key = C::sum2(&[C::own2(key_before), key]);
        Finding::Proven(base.joined(batch, sum(&signature, &key)))
    }

    /// Every signature by itself, all at once by random weights: nothing cancels but by chance,
    /// 2⁻¹²⁸.
    fn attribute(&self, seed: Option<Seed>, outcome: &mut Outcome) {
        let job = self.job;
        let mut signed = self.decode(&job.fresh, outcome);
        signed.extend(self.decode(&job.suspects, outcome));
        for chunk in &job.chunks {
            signed.extend(self.decode(chunk, outcome));
        }
        let count = signed.len();
        let keys = signed.iter().filter_map(|one| self.tree.key(one.0)).collect();
        let weights = seed.map_or_else(|| vec![1; count], |seed| seed.weights("answers", count));
        let message = C::hash(job.digest);
        let (members, points): (Vec<usize>, Vec<C::G1>) = signed.into_iter().unzip();
        let alone = Alone::<C> { message, points, keys, weights };
        let Found { culprits, checks } = match seed {
            Some(_) => bisect::culprits(&alone, count),
            None => {
                let is_wrong = |&n: &usize| alone.value(n..n + 1) != C::one();
                Found { culprits: (0..count).filter(is_wrong).collect(), checks: count as u32 }
            }
        };
        outcome.checks += checks;
        let wrong = culprits.iter().map(|&n| members[n]);
        outcome
            .culprits
            .extend(wrong.map(|member| Culprit { member, reason: Rejection::Mismatch }));
        let is_good = |n: &usize| culprits.binary_search(n).is_err();
        let good: Vec<usize> = (0..count).filter(is_good).map(|n| members[n]).collect();
        let is_cleared = |item: &&Item| good.contains(&item.member);
        outcome.cleared.extend(job.suspects.iter().filter(is_cleared).map(|item| item.member));
        outcome.finding = Finding::Attributed(Attributed::verified(good));
    }
}

/// Signatures with random weights.
struct Alone<C: Curve> {
    message: C::G1,
    points: Vec<C::G1>,
    keys: Vec<C::G2>,
    weights: Vec<u128>,
}

impl<C: Curve> bisect::Judge for Alone<C> {
    type Value = C::Gt;

    fn value(&self, range: Range<usize>) -> C::Gt {
        let weights = &self.weights[range.clone()];
        let signature = C::weighted1(&self.points[range.clone()], weights);
        let key = C::weighted2(&self.keys[range], weights);
        C::product(&signature, &[(self.message, key)])
    }

    fn is_good(value: &C::Gt) -> bool {
        *value == C::one()
    }

    fn rest(whole: &C::Gt, part: &C::Gt) -> Option<C::Gt> {
        Some(C::times(whole, &C::inverse(part)))
    }
}

impl Job {
    /// Members whose signatures are verified already.
    fn proven(&self) -> &[usize] {
        self.base.as_ref().map_or(&[], Atomic::members)
    }

    /// Whether the keys are added up with the signatures: where many may be absent in the end,
    /// so that the sum is ready when it is needed.
    fn is_key_kept(&self) -> bool {
        let members = self.roster.members().len();
        let percent = match self.order.threshold {
            ThresholdRule::Certificate { bips } => usize::from(bips) / 100,
            ThresholdRule::Middleware { percent } => usize::from(percent),
        };
        let needed = percent * members / 100;
        8 * (members - needed.min(members)) > members
    }
}

fn bytes_of(item: &Item) -> Option<Bn254G1> {
    let bytes: FixedBytes<64> = fixed(&item.signature.bytes).ok()?;
    (item.signature.scheme == Scheme::Bn254).then_some(bytes)
}
