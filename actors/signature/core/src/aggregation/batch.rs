use std::ops::Range;

use alloy_primitives::{Address, FixedBytes};
use ark_bn254::{G1Projective, G2Projective};
use synod_types::aggregation::Rejection;
use synod_types::signature::{Digest, PublicKey, Scheme, Signature};

use super::bisect::{Found, Judge, culprits};
use super::keys::{CheckedKey, Key, check};
use crate::bls12381;
use crate::bn254::{self, G1, G2, Product};
use crate::ecdsa::{self, Recovered};
use crate::key::fixed;

/// A signature to be verified within a batch.
#[derive(Clone, Debug)]
pub struct Item {
    /// Position in the operator table.
    pub member: usize,
    /// Its key.
    pub key: Key,
    /// Its signature of the batch's digest.
    pub signature: Signature,
}

/// A member whose signature is not good, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// Position in the operator table.
    pub member: usize,
    /// Why.
    pub reason: Rejection,
}

/// What verified signatures add up to.
#[derive(Clone, Debug, PartialEq)]
pub enum Sum {
    /// Signatures in G1, keys in G2.
    Bn254(G1Projective, G2Projective),
    /// Signatures.
    Bls12381(bls12381::Signature),
    /// A list, as ECDSA signatures do not add up.
    Ecdsa(Vec<Recovered>),
}

/// The outcome of verifying a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose signatures are in the sum, ascending. All or none of them: only the sum is proven.
    pub members: Vec<usize>,
    /// The sum; `None` where nobody is in it.
    pub sum: Option<Sum>,
    /// Whose are not.
    pub culprits: Vec<Culprit>,
    /// Keys checked on the way.
    pub learned: Vec<(PublicKey, CheckedKey)>,
    /// How many pairing checks or recoveries it took.
    pub checks: u32,
}

/// Verifies signatures of one digest at once, by one check of their sum; if that fails, names
/// exactly those that are false alone. ECDSA signatures are verified one by one.
pub fn verify_batch(scheme: Scheme, digest: Digest, items: Vec<Item>) -> Batch {
    let mut batch = Batch {
        members: Vec::new(),
        sum: None,
        culprits: Vec::new(),
        learned: Vec::new(),
        checks: 0,
    };
    match scheme {
        Scheme::Bn254 => bn254_batch(digest, items, &mut batch),
        Scheme::Bls12381 => bls12381_batch(digest, items, &mut batch),
        Scheme::Ecdsa => ecdsa_batch(digest, items, &mut batch),
    }
    batch.culprits.sort_by_key(|culprit| culprit.member);
    batch.members.sort_unstable();
    batch
}

impl Batch {
    fn refuse(&mut self, member: usize, reason: Rejection) {
        self.culprits.push(Culprit { member, reason });
    }

    /// The checked form of a key, learned on the way if it is new.
    fn checked(&mut self, item: &Item) -> Option<CheckedKey> {
        match item.key {
            Key::Checked(checked) => Some(checked),
            Key::Raw(raw) => {
                let checked = check(&raw).ok().flatten()?;
                self.checks += 1;
                self.learned.push((raw, checked));
                Some(checked)
            }
        }
    }

    /// Sorts what a search found: into the culprits, and back the positions that are good.
    fn sort(&mut self, members: &[usize], Found { culprits, checks }: Found) -> Vec<usize> {
        self.checks += checks;
        for &position in &culprits {
            self.refuse(members[position], Rejection::Mismatch);
        }
        let is_good = |position: &usize| culprits.binary_search(position).is_err();
        let good: Vec<usize> = (0..members.len()).filter(is_good).collect();
        self.members.extend(good.iter().map(|&position| members[position]));
        good
    }
}

struct Bn254Judge {
    message: G1,
    pairs: Vec<(G1, G2)>,
}

impl Bn254Judge {
    fn sum(&self, positions: impl Iterator<Item = usize> + Clone) -> (G1Projective, G2Projective) {
        let pairs = || positions.clone().map(|position| &self.pairs[position]);
        (G1::total(pairs().map(|pair| &pair.0)), G2::total(pairs().map(|pair| &pair.1)))
    }
}

impl Judge for Bn254Judge {
    type Value = Product;

    fn value(&self, items: Range<usize>) -> Product {
        let (signature, key) = self.sum(items);
        bn254::product(&signature, &self.message, &key)
    }

    fn is_good(value: &Product) -> bool {
        value.is_one()
    }

    fn rest(whole: &Product, part: &Product) -> Option<Product> {
        Some(part.rest_of(whole))
    }
}

fn bn254_batch(digest: Digest, items: Vec<Item>, batch: &mut Batch) {
    let mut members = Vec::with_capacity(items.len());
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let Some(CheckedKey::Bn254(key)) = batch.checked(&item) else {
            batch.refuse(item.member, Rejection::UnusableKey);
            continue;
        };
        match bytes_of(&item, Scheme::Bn254).and_then(|bytes| G1::decode(&bytes).ok()) {
            Some(signature) => {
                members.push(item.member);
                pairs.push((signature, key));
            }
            None => batch.refuse(item.member, Rejection::Malformed),
        }
    }
    let judge = Bn254Judge { message: bn254::hash_solidity(digest), pairs };
    let found = culprits(&judge, members.len());
    let good = batch.sort(&members, found);
    let (signature, key) = judge.sum(good.iter().copied());
    batch.sum = (!good.is_empty()).then_some(Sum::Bn254(signature, key));
}

struct Bls12381Judge {
    message: Digest,
    signatures: Vec<bls12381::Signature>,
    keys: Vec<bls12381::PublicKey>,
}

impl Judge for Bls12381Judge {
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

fn bls12381_batch(digest: Digest, items: Vec<Item>, batch: &mut Batch) {
    let mut members = Vec::with_capacity(items.len());
    let mut judge = Bls12381Judge { message: digest, signatures: Vec::new(), keys: Vec::new() };
    for item in items {
        let Some(CheckedKey::Bls12381(key)) = batch.checked(&item) else {
            batch.refuse(item.member, Rejection::UnusableKey);
            continue;
        };
        let bytes = bytes_of(&item, Scheme::Bls12381);
        match bytes.and_then(|bytes| bls12381::Signature::decode(&bytes).ok()) {
            Some(signature) => {
                members.push(item.member);
                judge.signatures.push(signature);
                judge.keys.push(key);
            }
            None => batch.refuse(item.member, Rejection::Malformed),
        }
    }
    let found = culprits(&judge, members.len());
    let good = batch.sort(&members, found);
    let signatures: Vec<_> = good.iter().map(|&position| judge.signatures[position]).collect();
    batch.sum = bls12381::Signature::sum(&signatures).map(Sum::Bls12381);
}

fn ecdsa_batch(digest: Digest, items: Vec<Item>, batch: &mut Batch) {
    let mut good = Vec::with_capacity(items.len());
    for item in items {
        let expected: Address = match item.key {
            Key::Raw(PublicKey::Ecdsa(address)) => address,
            Key::Raw(_) | Key::Checked(_) => {
                batch.refuse(item.member, Rejection::UnusableKey);
                continue;
            }
        };
        batch.checks += 1;
        match ecdsa::recover(digest, &item.signature.bytes) {
            Ok(recovered) if recovered.signer == expected => {
                batch.members.push(item.member);
                good.push(recovered);
            }
            Ok(_) => batch.refuse(item.member, Rejection::Mismatch),
            Err(_) => batch.refuse(item.member, Rejection::Malformed),
        }
    }
    batch.sum = (!good.is_empty()).then_some(Sum::Ecdsa(good));
}

/// The bytes of a signature of this scheme and length.
fn bytes_of<const N: usize>(item: &Item, scheme: Scheme) -> Option<FixedBytes<N>> {
    if item.signature.scheme == scheme { fixed(&item.signature.bytes).ok() } else { None }
}

impl Sum {
    /// This sum and another of the same scheme.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Bn254(a, b), Self::Bn254(c, d)) => Some(Self::Bn254(a + c, b + d)),
            (Self::Bls12381(a), Self::Bls12381(b)) => {
                bls12381::Signature::sum(&[a, b]).map(Self::Bls12381)
            }
            (Self::Ecdsa(mut a), Self::Ecdsa(b)) => {
                a.extend(b);
                Some(Self::Ecdsa(a))
            }
            (Self::Bn254(..) | Self::Bls12381(_) | Self::Ecdsa(_), _) => None,
        }
    }
}
