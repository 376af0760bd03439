//! What a job does with signatures of BLS12-381, which it adds up, and of ECDSA, which it does
//! not.

use std::ops::Range;

use alloy_primitives::{Address, FixedBytes};
use synod_types::aggregation::Rejection;
use synod_types::signature::{Digest, PublicKey, Scheme};

use super::atomic::{Atomic, Attributed, Sum};
use super::bisect::{self, Found};
use super::job::{Culprit, Finding, Item, Job, Outcome, Purpose};
use crate::bls12381;
use crate::ecdsa::{self, Recovered};
use crate::key::fixed;

/// Verifies all at once where that can be, and each alone where it is to be said who signed.
/// `keys` are those of BLS12-381.
pub(super) fn run(job: &Job, keys: &[Option<bls12381::PublicKey>]) -> Outcome {
    let mut outcome = Outcome::default();
    let items = job.fresh.iter().chain(&job.suspects);
    let items: Vec<&Item> = items.chain(job.chunks.iter().flat_map(|chunk| chunk.iter())).collect();
    let batch = match job.roster.scheme() {
        Scheme::Bls12381 => bls12381_batch(job, keys, &items, &mut outcome),
        Scheme::Ecdsa => ecdsa_batch(job, &items, &mut outcome),
        Scheme::Bn254 => None,
    };
    let good: Vec<usize> = batch.iter().flat_map(|batch| batch.members()).copied().collect();
    let is_cleared = |item: &&Item| good.binary_search(&item.member).is_ok();
    outcome.cleared.extend(job.suspects.iter().filter(is_cleared).map(|item| item.member));
    outcome.finding = match (job.purpose, batch) {
        (Purpose::Attribute, _) => Finding::Attributed(Attributed::verified(good)),
        (Purpose::Absorb | Purpose::Decide, batch) => joined(job.base.clone(), batch),
    };
    outcome
}

/// What was verified before, and what is now.
fn joined(base: Option<Atomic>, batch: Option<Atomic>) -> Finding {
    let (base, batch) = match (base, batch) {
        (Some(base), Some(batch)) => (base, batch),
        (None, None) => return Finding::Nothing,
        (Some(one), None) | (None, Some(one)) => return Finding::Proven(one),
    };
    let sum = match (base.sum(), batch.sum()) {
        (Sum::Bls12381(one), Sum::Bls12381(other)) => {
            bls12381::Signature::sum(&[*one, *other]).map(Sum::Bls12381)
        }
        (Sum::Ecdsa(one), Sum::Ecdsa(other)) => Some(Sum::Ecdsa([&one[..], other].concat())),
        (Sum::Bn254 { .. } | Sum::Bls12381(_) | Sum::Ecdsa(_), _) => None,
    };
    match sum {
        Some(sum) => Finding::Proven(base.joined(batch, sum)),
        None => Finding::Proven(base),
    }
}

struct Bls12381Judge {
    message: Digest,
    signatures: Vec<bls12381::Signature>,
    keys: Vec<bls12381::PublicKey>,
}

impl bisect::Judge for Bls12381Judge {
    type Value = bool;

    fn value(&self, items: Range<usize>) -> bool {
        let sum = bls12381::Signature::sum(&self.signatures[items.clone()]);
        let message = self.message.0.as_slice();
        sum.is_some_and(|sum| sum.fast_aggregate_verify(message, &self.keys[items]))
    }

    fn is_good(&value: &bool) -> bool {
        value
    }

    /// A wrong whole with a right part has a wrong rest; with a wrong part nothing follows.
    fn rest(_: &bool, &part: &bool) -> Option<bool> {
        part.then_some(false)
    }
}

fn bls12381_batch(
    job: &Job,
    keys: &[Option<bls12381::PublicKey>],
    items: &[&Item],
    outcome: &mut Outcome,
) -> Option<Atomic> {
    let mut members = Vec::with_capacity(items.len());
    let mut judge = Bls12381Judge { message: job.digest, signatures: Vec::new(), keys: Vec::new() };
    for item in items {
        let member = item.member;
        let Some(key) = keys.get(member).copied().flatten() else {
            outcome.culprits.push(Culprit { member, reason: Rejection::UnusableKey });
            continue;
        };
        match bytes_of(item).and_then(|bytes| bls12381::Signature::decode(&bytes).ok()) {
            Some(signature) => {
                members.push(member);
                judge.signatures.push(signature);
                judge.keys.push(key);
            }
            None => outcome.culprits.push(Culprit { member, reason: Rejection::Malformed }),
        }
    }
    let Found { culprits, checks } = match job.purpose {
        Purpose::Absorb | Purpose::Decide => bisect::culprits(&judge, members.len()),
        Purpose::Attribute => {
            let is_wrong = |&n: &usize| !bisect::Judge::value(&judge, n..n + 1);
            let culprits = (0..members.len()).filter(is_wrong).collect();
            Found { culprits, checks: members.len() as u32 }
        }
    };
    outcome.checks += checks;
    let wrong = culprits.iter().map(|&n| members[n]);
    outcome.culprits.extend(wrong.map(|member| Culprit { member, reason: Rejection::Mismatch }));
    let good = (0..members.len()).filter(|n| culprits.binary_search(n).is_err());
    let (members, signatures): (Vec<_>, Vec<_>) =
        good.map(|n| (members[n], judge.signatures[n])).unzip();
    let sum = bls12381::Signature::sum(&signatures)?;
    Some(Atomic::verified(members, Sum::Bls12381(sum)))
}

fn ecdsa_batch(job: &Job, items: &[&Item], outcome: &mut Outcome) -> Option<Atomic> {
    let mut good: Vec<(usize, Recovered)> = Vec::with_capacity(items.len());
    for item in items {
        let member = item.member;
        let expected: Address = match job.roster.members()[member].key {
            PublicKey::Ecdsa(address) => address,
            PublicKey::Bn254 { .. } | PublicKey::Bls12381(_) => {
                outcome.culprits.push(Culprit { member, reason: Rejection::UnusableKey });
                continue;
            }
        };
        outcome.checks += 1;
        let reason = match ecdsa::recover(job.digest, &item.signature.bytes) {
            Ok(recovered) if recovered.signer == expected => {
                good.push((member, recovered));
                continue;
            }
            Ok(_) => Rejection::Mismatch,
            Err(_) => Rejection::Malformed,
        };
        outcome.culprits.push(Culprit { member, reason });
    }
    let (members, sum): (Vec<usize>, Vec<Recovered>) = good.into_iter().unzip();
    (!members.is_empty()).then(|| Atomic::verified(members, Sum::Ecdsa(sum)))
}

/// The bytes of a signature of BLS12-381.
fn bytes_of(item: &Item) -> Option<FixedBytes<96>> {
    let bytes = fixed(&item.signature.bytes).ok()?;
    (item.signature.scheme == Scheme::Bls12381).then_some(bytes)
}
