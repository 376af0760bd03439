use std::collections::BTreeSet;

use super::key_tree::KeyTree;
use super::search::{Judge, Node, within};
use crate::bn254::Curve;

/// Signatures of one message by members of an operator set.
pub(super) struct Signatures<'a, C: Curve> {
    tree: &'a KeyTree<C>,
    message: C::G1,
    /// Ascending.
    members: Vec<usize>,
    /// In the order of `members`.
    points: Vec<C::G1>,
}

impl<'a, C: Curve> Signatures<'a, C> {
    /// At most one signature of a member counts.
    pub(super) fn new(
        tree: &'a KeyTree<C>,
        message: C::G1,
        mut signed: Vec<(usize, C::G1)>,
    ) -> Self {
        signed.sort_by_key(|one| one.0);
        signed.dedup_by_key(|one| one.0);
        let (members, points) = signed.into_iter().unzip();
        Self { tree, message, members, points }
    }

    /// The members of a node who are not named, and their signatures.
    fn signed(&self, node: Node, named: &BTreeSet<usize>) -> (Vec<usize>, Vec<C::G1>) {
        let start = self.members.partition_point(|&member| member < node.start);
        let members = within(&self.members, node).iter().zip(&self.points[start..]);
        members.filter(|(member, _)| !named.contains(member)).unzip()
    }

    /// The sum of the signatures of all who are not named.
    pub(super) fn sum(&self, named: &BTreeSet<usize>) -> C::G1 {
        let root = Node::root(self.members.last().map_or(0, |last| last + 1));
        C::sum1(&self.signed(root, named).1)
    }
}

impl<C: Curve> Judge for Signatures<'_, C> {
    type Value = C::Gt;

    fn members(&self) -> &[usize] {
        &self.members
    }

    fn plain(&self, node: Node, named: &BTreeSet<usize>) -> C::Gt {
        let (members, points) = self.signed(node, named);
        let key = self.tree.plain_sum(node, &members);
        C::product(&C::sum1(&points), &[(self.message, key)])
    }

    fn weighted(&self, node: Node, named: &BTreeSet<usize>) -> C::Gt {
        let (members, points) = self.signed(node, named);
        let places: Vec<u128> =
            members.iter().map(|member| (member - node.start) as u128).collect();
        let key = self.tree.weighted_sum(node, &members);
        C::product(&C::weighted1(&points, &places), &[(self.message, key)])
    }

    fn one() -> C::Gt {
        C::one()
    }

    fn times(a: &C::Gt, b: &C::Gt) -> C::Gt {
        C::times(a, b)
    }

    fn inverse(value: &C::Gt) -> C::Gt {
        C::inverse(value)
    }

    fn mark(value: &C::Gt) -> [u8; 32] {
        C::mark(value)
    }
}
