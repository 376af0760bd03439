use std::sync::Arc;

use alloy_primitives::B256;
use synod_types::aggregation::CertificateOrder;
use synod_types::certificate::{Bls12381Certificate, Certificate};
use synod_types::signature::{Digest, PublicKey};
use synod_types::task::TaskId;

use super::batch::{Batch, Culprit, Item, Sum, verify_batch};
use super::collection::is_enough;
use super::keys::CheckedKey;
use crate::bn254::{G1, G2};
use crate::certificate::{bn254_certificate, ecdsa_certificate};

/// One verification, with all it needs: for a thread that may take its time.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) opening: u64,
    pub(super) order: Arc<CertificateOrder>,
    pub(super) digest: Digest,
    pub(super) message_hash: B256,
    /// What was proven before.
    pub(super) base: Option<(Vec<usize>, Sum)>,
    pub(super) items: Vec<Item>,
}

/// What a job found out.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) opening: u64,
    pub(super) task: TaskId,
    pub(super) digest: Digest,
    /// All that is proven now: members, ascending, and their sum.
    pub(super) proven: Option<(Vec<usize>, Sum)>,
    pub(super) culprits: Vec<Culprit>,
    pub(super) learned: Vec<(PublicKey, CheckedKey)>,
    /// Present if what is proven is enough.
    pub(super) certificate: Option<Certificate>,
    checks: u32,
}

impl Job {
    /// The task it is for.
    pub fn task(&self) -> TaskId {
        self.order.task
    }

    /// Verifies, and makes the certificate if that is enough.
    pub fn run(self) -> Report {
        let Self { opening, order, digest, message_hash, base, items } = self;
        let batch = verify_batch(order.rule.scheme(), digest, items);
        let Batch { members, sum, culprits, learned, checks } = batch;
        let proven = match (base, sum) {
            (None, None) => None,
            (None, Some(sum)) => Some((members, sum)),
            (Some(base), None) => Some(base),
            (Some((mut base_members, base_sum)), Some(sum)) => base_sum.plus(sum).map(|sum| {
                base_members.extend(members);
                base_members.sort_unstable();
                (base_members, sum)
            }),
        };
        let certificate = proven
            .as_ref()
            .filter(|(members, _)| is_enough(&order, members))
            .and_then(|(members, sum)| certificate(&order, message_hash, members, sum));
        let task = order.task;
        Report { opening, task, digest, proven, culprits, learned, certificate, checks }
    }
}

impl Report {
    /// How many pairing checks or recoveries it took.
    pub const fn checks(&self) -> u32 {
        self.checks
    }
}

/// The certificate by `members`, who together are enough. `None` where their sum is no point,
/// which only a conspiracy of all of them can bring about.
fn certificate(
    order: &CertificateOrder,
    message_hash: B256,
    members: &[usize],
    sum: &Sum,
) -> Option<Certificate> {
    let reference_timestamp = order.table.reference_timestamp;
    match sum {
        Sum::Bn254(signature, key) => {
            let (signature, key) = (G1::from_sum(*signature)?, G2::from_sum(*key)?);
            let has_signed = |index: usize| members.binary_search(&index).is_ok();
            bn254_certificate(&order.table, message_hash, (&signature, &key), has_signed)
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
