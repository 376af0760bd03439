use std::sync::Arc;

use alloy_primitives::B256;
use synod_types::aggregation::{CertificateOrder, Rejection};
use synod_types::certificate::{Bls12381Certificate, Certificate};
use synod_types::signature::{Bn254G1, Bn254G2, Digest, Signature};
use synod_types::task::TaskId;

use super::atomic::{Atomic, Attributed, Sum};
use super::prepare::{CheckedKeys, Prepared};
use super::roster::Roster;
use super::seed::Seed;
use super::single;
use super::stakes::is_enough;
use super::work::Work;
use crate::certificate::{bn254_certificate_of, ecdsa_certificate};

/// A signature of a job's digest.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Position in the operator table.
    pub(super) member: usize,
    pub(super) signature: Signature,
}

/// A member whose signature is not good, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// Position in the operator table.
    pub member: usize,
    /// Why.
    pub reason: Rejection,
}

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Add up, verify nothing yet.
    Absorb,
    /// Verify as a whole: a certificate depends on it.
    Decide,
    /// Verify each signature by itself: it is to be said who signed.
    Attribute,
}

/// Signatures that were added up and not verified.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summed {
    pub(super) members: Vec<usize>,
    pub(super) signature: Bn254G1,
    /// Of the members' keys; `None` where it is cheaper to take the absent out of the whole.
    pub(super) key: Option<Bn254G2>,
}

/// One verification, with all it needs: for a thread that may take its time.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) opening: u64,
    pub(super) order: Arc<CertificateOrder>,
    pub(super) roster: Arc<Roster>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) digest: Digest,
    pub(super) message_hash: B256,
    pub(super) purpose: Purpose,
    /// Verified before.
    pub(super) base: Option<Atomic>,
    /// Added up before, and of which signatures.
    pub(super) summed: Option<Summed>,
    pub(super) chunks: Vec<Arc<Vec<Item>>>,
    /// New.
    pub(super) fresh: Vec<Item>,
    /// New, of suspects: checked alone, and first.
    pub(super) suspects: Vec<Item>,
}

/// What a job found, whichever arithmetic it was done by.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) culprits: Vec<Culprit>,
    /// Suspects whose signatures, checked alone, are right.
    pub(super) cleared: Vec<usize>,
    pub(super) checks: u32,
    pub(super) finding: Finding,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Finding {
    /// Too little is left of it to decide, or it was not to be decided.
    Summed(Summed),
    /// Right as a whole, with what was verified before.
    Proven(Atomic),
    /// Right each by itself.
    Attributed(Attributed),
    /// Nobody is right.
    #[default]
    Nothing,
    /// The arithmetics differ.
    Disputed,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) opening: u64,
    pub(super) task: TaskId,
    pub(super) digest: Digest,
    pub(super) outcome: Outcome,
    /// The new signatures, if they were added up and are not verified.
    pub(super) kept: Vec<Item>,
    /// Present if what is proven is enough.
    pub(super) certificate: Option<Certificate>,
}

impl Job {
    /// The task it is for.
    pub fn task(&self) -> TaskId {
        self.order.task
    }

    /// Does what the job is for, and makes the certificate if what is proven is enough. Without
    /// a seed what would need randomness is checked one by one.
    pub fn run(self, seed: Option<Seed>) -> Report {
        let outcome = match &self.prepared.keys {
            CheckedKeys::Ark(tree) => Work { job: &self, tree }.run(seed),
            CheckedKeys::Synod(tree) => Work { job: &self, tree }.run(seed),
            CheckedKeys::Both(ark, synod) => {
                let outcome = Work { job: &self, tree: ark }.run(seed);
                agreed(outcome, Work { job: &self, tree: synod }.run(seed))
            }
            CheckedKeys::Bls12381(keys) => single::run(&self, keys),
            CheckedKeys::Ecdsa => single::run(&self, &[]),
        };
        self.report(outcome)
    }

    pub(super) fn report(self, mut outcome: Outcome) -> Report {
        outcome.culprits.sort_by_key(|culprit| culprit.member);
        let certificate = match &outcome.finding {
            Finding::Proven(batch) if is_enough(&self.order, &self.roster, batch.members()) => {
                certificate(&self, batch)
            }
            Finding::Proven(_)
            | Finding::Summed(_)
            | Finding::Attributed(_)
            | Finding::Nothing
            | Finding::Disputed => None,
        };
        let task = self.order.task;
        let mut kept = self.fresh;
        kept.extend(self.suspects);
        let is_culprit = |member| outcome.culprits.iter().any(|one| one.member == member);
        kept.retain(|item| !is_culprit(item.member));
        Report { opening: self.opening, task, digest: self.digest, outcome, kept, certificate }
    }
}

/// What both say; where they differ, that.
pub(super) fn agreed(one: Outcome, other: Outcome) -> Outcome {
    if one == other {
        return one;
    }
    let checks = one.checks + other.checks;
    Outcome { checks, finding: Finding::Disputed, ..Outcome::default() }
}

impl Report {
    /// How many pairing checks or recoveries it took.
    pub const fn checks(&self) -> u32 {
        self.outcome.checks
    }
}

/// The certificate by a batch that is enough. `None` where its sum is no point, which only a
/// conspiracy of all its members can bring about.
fn certificate(job: &Job, batch: &Atomic) -> Option<Certificate> {
    let table = &job.order.table;
    let reference_timestamp = table.reference_timestamp;
    let message_hash = job.message_hash;
    match batch.sum() {
        Sum::Bn254 { signature, key } => {
            if signature.is_zero() || key.is_zero() {
                return None;
            }
            let tree = job.prepared.merkle.as_ref()?;
            let has_signed = |index: usize| batch.members().binary_search(&index).is_ok();
            bn254_certificate_of(table, tree, message_hash, (*signature, *key), has_signed)
                .map(Certificate::Bn254)
        }
        Sum::Bls12381(signature) => {
            let signature = signature.encode();
            let certificate = Bls12381Certificate { reference_timestamp, message_hash, signature };
            Some(Certificate::Bls12381(certificate))
        }
        Sum::Ecdsa(signatures) => {
            let signatures = signatures.clone();
            let certificate = ecdsa_certificate(reference_timestamp, message_hash, signatures);
            Some(Certificate::Ecdsa(certificate))
        }
    }
}
