use super::search::{Node, within};
use crate::bn254::Curve;

/// The keys of an operator set in G2 and the sums of each node of a binary tree over them, plain
/// and weighted by place: made once for a set, so that the sum of any node among those who
/// signed costs only what is absent from it.
#[derive(Debug)]
pub(super) struct KeyTree<C: Curve> {
    /// By position; `None` where the key is none.
    keys: Vec<Option<C::G2>>,
    /// By level from the leaves up, then by place: Σ keyᵢ. Unusable keys add nothing.
    plain: Vec<Vec<C::G2>>,
    /// The same: Σ (i − start of the node) · keyᵢ.
    weighted: Vec<Vec<C::G2>>,
    /// Positions of usable keys, ascending.
    usable: Vec<usize>,
}

impl<C: Curve> KeyTree<C> {
    pub(super) fn new(keys: Vec<Option<C::G2>>) -> Self {
        let identity = C::identity();
        let leaves: Vec<C::G2> = keys.iter().map(|key| key.unwrap_or(identity)).collect();
        let mut weighted = vec![vec![identity; leaves.len()]];
        let mut plain = vec![leaves];
        for level in 0..Node::root(keys.len()).level {
            let halves = |sums: &[C::G2]| {
                let left: Vec<C::G2> = sums.iter().step_by(2).copied().collect();
                let mut right: Vec<C::G2> = sums.iter().skip(1).step_by(2).copied().collect();
                right.resize(left.len(), identity);
                (left, right)
            };
            let at = level as usize;
            let (left, right) = halves(&plain[at]);
            let (left_weighted, right_weighted) = halves(&weighted[at]);
            // The places of the right half are 2^level further on.
            let further = C::add_each(&right_weighted, &C::double_each(&right, level));
            weighted.push(C::add_each(&left_weighted, &further));
            plain.push(C::add_each(&left, &right));
        }
        let usable = (0..keys.len()).filter(|&position| keys[position].is_some()).collect();
        Self { keys, plain, weighted, usable }
    }

    /// The key at a position, if it is one.
    pub(super) fn key(&self, position: usize) -> Option<C::G2> {
        self.keys.get(position).copied().flatten()
    }

    /// Which keys are usable, by position.
    pub(super) fn usable(&self) -> Vec<bool> {
        self.keys.iter().map(Option::is_some).collect()
    }

    /// The sum of the keys of these members, ascending, wherever they are.
    pub(super) fn sum(&self, members: &[usize]) -> C::G2 {
        self.plain_sum(Node::root(self.keys.len()), members)
    }

    /// The sum of the keys of these members of a node.
    pub(super) fn plain_sum(&self, node: Node, members: &[usize]) -> C::G2 {
        let key = |&position: &usize| self.key(position);
        let Some((absent, all)) = self.absent(&self.plain, node, members) else {
            let present: Vec<C::G2> = members.iter().filter_map(key).collect();
            return C::sum2(&present);
        };
        let mut parts: Vec<C::G2> =
            absent.iter().filter_map(key).map(|key| C::minus2(&key)).collect();
        parts.push(all);
        C::sum2(&parts)
    }

    /// The sum of the keys of these members of a node, each by its place in it.
    pub(super) fn weighted_sum(&self, node: Node, members: &[usize]) -> C::G2 {
        let weigh = |positions: &[usize]| {
            let keys: Vec<C::G2> =
                positions.iter().filter_map(|&position| self.key(position)).collect();
            let places: Vec<u128> =
                positions.iter().map(|position| (position - node.start) as u128).collect();
            C::weighted2(&keys, &places)
        };
        match self.absent(&self.weighted, node, members) {
            None => weigh(members),
            Some((absent, all)) if absent.is_empty() => all,
            Some((absent, all)) => C::sum2(&[all, C::minus2(&weigh(&absent))]),
        }
    }

    /// Who of a node's usable keys is not among `members`, and the node's own sum; `None` if
    /// that is more than to add up the members themselves.
    fn absent(
        &self,
        sums: &[Vec<C::G2>],
        node: Node,
        members: &[usize],
    ) -> Option<(Vec<usize>, C::G2)> {
        let usable = within(&self.usable, node);
        let absent = usable.len().saturating_sub(members.len());
        if members.len() <= absent {
            return None;
        }
        let all = sums.get(node.level as usize)?.get(node.start >> node.level)?;
        let is_absent = |position: &&usize| members.binary_search(position).is_err();
        let absent = if absent == 0 {
            Vec::new()
        } else {
            usable.iter().filter(is_absent).copied().collect()
        };
        Some((absent, *all))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bn254::{Ark, G2, Synod};

    fn check<C: Curve>(present: &[Option<bool>]) -> Result<(), TestCaseError> {
        let generator = C::own2(&G2::generator().encode());
        let key = |position: usize| C::weighted2(&[generator], &[1 + 7 * position as u128]);
        let keys: Vec<Option<C::G2>> =
            present.iter().enumerate().map(|(n, is)| is.map(|_| key(n))).collect();
        let tree = KeyTree::<C>::new(keys);
        let members: Vec<usize> =
            (0..present.len()).filter(|&n| present[n] == Some(true)).collect();
        let root = Node::root(present.len());
        for level in 0..=root.level {
            for start in (0..present.len()).step_by(1 << level) {
                let node = Node { start, level };
                let members = within(&members, node);
                let sum = |weight: fn(usize, usize) -> u128| {
                    let keys: Vec<C::G2> = members.iter().map(|&n| key(n)).collect();
                    let weights: Vec<u128> = members.iter().map(|&n| weight(n, start)).collect();
                    C::weighted2(&keys, &weights)
                };
                prop_assert_eq!(tree.plain_sum(node, members), sum(|_, _| 1));
                let expected = sum(|n, start| (n - start) as u128);
                prop_assert_eq!(tree.weighted_sum(node, members), expected);
            }
        }
        prop_assert_eq!(tree.sum(&members), tree.plain_sum(root, &members));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Of each position: no key, a key that did not sign, a signer.
        #[test]
        fn sums_are_those_of_the_members(
            present in prop::collection::vec(prop::option::weighted(0.9, any::<bool>()), 1..20),
        ) {
            check::<Synod>(&present)?;
            check::<Ark>(&present)?;
        }
    }
}
