use std::ops::Range;
use std::sync::Arc;

use synod_types::signature::{PublicKey, Scheme};

use super::arithmetic::Arithmetic;
use super::bisect::{self, Found, Judge as _, culprits};
use super::key_tree::KeyTree;
use super::keys::KeyRing;
use super::roster::{Keys, Roster};
use super::seed::Seed;
use crate::bls12381;
use crate::bn254::{Ark, Curve, Synod};
use crate::certificate::{MerkleTree, operator_tree};

/// The keys of a table's members, to be checked: for a thread that may take its time.
#[derive(Clone, Debug)]
pub struct Preparation {
    pub(super) roster: Arc<Roster>,
    pub(super) arithmetic: Arithmetic,
    pub(super) known: Arc<KeyRing>,
}

/// What became of a [`Preparation`].
#[derive(Clone, Debug)]
pub struct Readiness {
    pub(super) roster: u64,
    pub(super) keys: Keys,
    pub(super) known: Arc<KeyRing>,
    checks: u32,
    unusable: usize,
}

impl Readiness {
    /// How many pairing checks it took.
    pub const fn checks(&self) -> u32 {
        self.checks
    }

    /// How many keys of the table are none.
    pub const fn unusable(&self) -> usize {
        self.unusable
    }

    /// Whether the two arithmetics disagree about the keys.
    pub const fn is_disputed(&self) -> bool {
        matches!(self.keys, Keys::Disputed)
    }
}

/// What the tasks of a roster share once its keys are checked.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) keys: CheckedKeys,
    /// Over the table, for the witnesses of BN254 certificates.
    pub(super) merkle: Option<MerkleTree>,
}

/// Checked keys, by position in the table.
#[derive(Debug)]
pub(super) enum CheckedKeys {
    Ark(KeyTree<Ark>),
    Synod(KeyTree<Synod>),
    Both(KeyTree<Ark>, KeyTree<Synod>),
    Bls12381(Vec<Option<bls12381::PublicKey>>),
    /// Addresses, which need no check.
    Ecdsa,
}

impl Preparation {
    /// Checks what is not known to be good. Without a seed, one by one.
    pub fn run(self, seed: Option<Seed>) -> Readiness {
        let Self { roster, arithmetic, known } = self;
        let keys: Vec<PublicKey> = roster.members().iter().map(|member| member.key).collect();
        let mut checks = 0;
        let checked = match (roster.scheme(), arithmetic) {
            (Scheme::Bn254, Arithmetic::Ark) => {
                Some(CheckedKeys::Ark(bn254(&keys, &known, seed, &mut checks)))
            }
            (Scheme::Bn254, Arithmetic::Synod) => {
                Some(CheckedKeys::Synod(bn254(&keys, &known, seed, &mut checks)))
            }
            (Scheme::Bn254, Arithmetic::CrossCheck) => {
                let ark: KeyTree<Ark> = bn254(&keys, &known, seed, &mut checks);
                let synod: KeyTree<Synod> = bn254(&keys, &known, seed, &mut checks);
                let is_same = ark.usable() == synod.usable();
                is_same.then_some(CheckedKeys::Both(ark, synod))
            }
            (Scheme::Bls12381, _) => Some(CheckedKeys::Bls12381(bls12381_keys(&keys))),
            (Scheme::Ecdsa, _) => Some(CheckedKeys::Ecdsa),
        };
        let usable = checked.as_ref().map_or_else(Vec::new, CheckedKeys::usable);
        let unusable = usable.iter().filter(|is_usable| !**is_usable).count();
        let mut known = known;
        let good = keys.iter().zip(usable).filter(|one| one.1).map(|one| *one.0);
        let new: Vec<PublicKey> = good.filter(|key| !known.knows(key)).collect();
        if !new.is_empty() {
            let ring = Arc::make_mut(&mut known);
            new.into_iter().for_each(|key| ring.learn(key));
        }
        let keys = checked.map_or(Keys::Disputed, |keys| {
            Keys::Ready(Arc::new(Prepared { keys, merkle: operator_tree(roster.table()) }))
        });
        Readiness { roster: roster.number(), keys, known, checks, unusable }
    }
}

impl CheckedKeys {
    /// Of BN254, whose checks are costly enough to be remembered.
    fn usable(&self) -> Vec<bool> {
        match self {
            Self::Ark(tree) | Self::Both(tree, _) => tree.usable(),
            Self::Synod(tree) => tree.usable(),
            Self::Bls12381(_) | Self::Ecdsa => Vec::new(),
        }
    }
}

fn bls12381_keys(keys: &[PublicKey]) -> Vec<Option<bls12381::PublicKey>> {
    let decode = |key: &PublicKey| match key {
        PublicKey::Bls12381(bytes) => bls12381::PublicKey::decode(bytes).ok(),
        PublicKey::Bn254 { .. } | PublicKey::Ecdsa(_) => None,
    };
    keys.iter().map(decode).collect()
}

/// Halves of keys that are points, and are yet to be shown to have the same secrets:
/// e(Σ rᵢ·key1ᵢ, −G2) · e(G1, Σ rᵢ·key2ᵢ) = 1 with random rᵢ.
struct Halves<C: Curve> {
    first: Vec<C::G1>,
    second: Vec<C::G2>,
    weights: Vec<u128>,
}

impl<C: Curve> bisect::Judge for Halves<C> {
    type Value = C::Gt;

    fn value(&self, range: Range<usize>) -> C::Gt {
        let weights = &self.weights[range.clone()];
        let first = C::weighted1(&self.first[range.clone()], weights);
        let second = C::weighted2(&self.second[range], weights);
        C::product(&first, &[(C::generator(), second)])
    }

    fn is_good(value: &C::Gt) -> bool {
        *value == C::one()
    }

    fn rest(whole: &C::Gt, part: &C::Gt) -> Option<C::Gt> {
        Some(C::times(whole, &C::inverse(part)))
    }
}

fn bn254<C: Curve>(
    keys: &[PublicKey],
    known: &KeyRing,
    seed: Option<Seed>,
    checks: &mut u32,
) -> KeyTree<C> {
    let mut usable: Vec<Option<C::G2>> = vec![None; keys.len()];
    let mut positions = Vec::new();
    let mut halves = Halves::<C> { first: Vec::new(), second: Vec::new(), weights: Vec::new() };
    for (position, key) in keys.iter().enumerate() {
        let PublicKey::Bn254 { g1, g2 } = key else {
            continue;
        };
        if known.knows(key) {
            usable[position] = Some(C::own2(g2));
        } else if let (Some(first), Some(second)) = (C::g1(g1), C::g2(g2)) {
            positions.push(position);
            halves.first.push(first);
            halves.second.push(second);
        }
    }
    let count = positions.len();
    let different = match seed {
        Some(seed) => {
            halves.weights = seed.weights("keys", count);
            culprits(&halves, count)
        }
        None => {
            halves.weights = vec![1; count];
            let is_wrong = |&n: &usize| halves.value(n..n + 1) != C::one();
            Found { culprits: (0..count).filter(is_wrong).collect(), checks: count as u32 }
        }
    };
    *checks += different.checks;
    for (n, &position) in positions.iter().enumerate() {
        let is_same = different.culprits.binary_search(&n).is_err();
        usable[position] = is_same.then(|| halves.second[n]);
    }
    KeyTree::new(usable)
}
