use std::collections::{BTreeMap, VecDeque};

use synod_types::operator::OperatorId;

/// Right signatures, each checked alone, after which a suspect is trusted again.
const PROOFS: u8 = 3;

/// Operators whose signature was false: until they have proven themselves, theirs are checked
/// alone and first, and only where they are needed. The longest suspected are forgotten at the
/// limit.
#[derive(Debug)]
pub(super) struct Suspects {
    owed: BTreeMap<OperatorId, u8>,
    order: VecDeque<OperatorId>,
    suspects_max: usize,
}

impl Suspects {
    pub(super) const fn new(suspects_max: usize) -> Self {
        Self { owed: BTreeMap::new(), order: VecDeque::new(), suspects_max }
    }

    pub(super) fn len(&self) -> usize {
        self.owed.len()
    }

    pub(super) fn contains(&self, operator: OperatorId) -> bool {
        self.owed.contains_key(&operator)
    }

    /// Its signature was false.
    pub(super) fn guilty(&mut self, operator: OperatorId) {
        if self.owed.insert(operator, PROOFS).is_none() {
            self.order.push_back(operator);
        }
        while self.suspects_max < self.order.len() {
            if let Some(oldest) = self.order.pop_front() {
                self.owed.remove(&oldest);
            }
        }
    }

    /// Its signature, checked alone, was right.
    pub(super) fn proved(&mut self, operator: OperatorId) {
        let Some(owed) = self.owed.get_mut(&operator) else {
            return;
        };
        *owed = owed.saturating_sub(1);
        if *owed == 0 {
            self.owed.remove(&operator);
            self.order.retain(|&other| other != operator);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    #[test]
    fn who_was_false_proves_itself_three_times() {
        let mut suspects = Suspects::new(2);
        let [a, b, c] = [1, 2, 3].map(|n| OperatorId(Address::repeat_byte(n)));
        suspects.guilty(a);
        suspects.proved(a);
        suspects.guilty(a);
        for _ in 0..2 {
            suspects.proved(a);
            assert!(suspects.contains(a));
        }
        suspects.proved(a);
        assert!(!suspects.contains(a));
        for operator in [a, b, c] {
            suspects.guilty(operator);
        }
        assert_eq!((suspects.len(), suspects.contains(a)), (2, false));
    }
}
