use std::collections::{BTreeMap, VecDeque};

use synod_types::signature::PublicKey;

use crate::bls12381;
use crate::bn254::{G2, PublicPair};
use crate::error::KeyError;

/// A key that has been decoded and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedKey {
    /// Both halves have the same secret; this is the half that verifies.
    Bn254(G2),
    /// A point of the subgroup. That its owner proved possession is the table's promise.
    Bls12381(bls12381::PublicKey),
}

/// A member's key as a job gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Checked before.
    Checked(CheckedKey),
    /// To be checked first, which costs as much as a signature does.
    Raw(PublicKey),
}

/// Checks a key. `None` for ECDSA, whose keys are addresses and need no check.
pub(super) fn check(key: &PublicKey) -> Result<Option<CheckedKey>, KeyError> {
    match key {
        PublicKey::Bn254 { g1, g2 } => {
            let pair = PublicPair::decode(g1, g2)?;
            Ok(Some(CheckedKey::Bn254(*pair.g2())))
        }
        PublicKey::Bls12381(bytes) => {
            bls12381::PublicKey::decode(bytes).map(CheckedKey::Bls12381).map(Some)
        }
        PublicKey::Ecdsa(_) => Ok(None),
    }
}

/// Keys found good, the oldest forgotten at the limit: they only save work.
#[derive(Debug)]
pub(super) struct KeyRing {
    checked: BTreeMap<PublicKey, CheckedKey>,
    order: VecDeque<PublicKey>,
    keys_max: usize,
}

impl KeyRing {
    pub(super) const fn new(keys_max: usize) -> Self {
        Self { checked: BTreeMap::new(), order: VecDeque::new(), keys_max }
    }

    pub(super) fn get(&self, key: &PublicKey) -> Key {
        self.checked.get(key).map_or(Key::Raw(*key), |&checked| Key::Checked(checked))
    }

    pub(super) fn learn(&mut self, keys: &[(PublicKey, CheckedKey)]) {
        for &(key, checked) in keys {
            if self.checked.insert(key, checked).is_none() {
                self.order.push_back(key);
            }
            while self.keys_max < self.order.len() {
                if let Some(oldest) = self.order.pop_front() {
                    self.checked.remove(&oldest);
                }
            }
        }
    }
}
