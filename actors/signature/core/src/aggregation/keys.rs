use std::collections::{BTreeSet, VecDeque};

use synod_types::signature::PublicKey;

/// Keys found good, the oldest forgotten at the limit: they only save work.
#[derive(Clone, Debug)]
pub(super) struct KeyRing {
    checked: BTreeSet<PublicKey>,
    order: VecDeque<PublicKey>,
    keys_max: usize,
}

impl KeyRing {
    pub(super) const fn new(keys_max: usize) -> Self {
        Self { checked: BTreeSet::new(), order: VecDeque::new(), keys_max }
    }

    pub(super) fn knows(&self, key: &PublicKey) -> bool {
        self.checked.contains(key)
    }

    pub(super) fn learn(&mut self, key: PublicKey) {
        if self.checked.insert(key) {
            self.order.push_back(key);
        }
        while self.keys_max < self.order.len() {
            if let Some(oldest) = self.order.pop_front() {
                self.checked.remove(&oldest);
            }
        }
    }
}
