//! Finds who is wrong in a sum that is wrong.
//!
//! Every member i has a value vᵢ, one if its signature is right. A check gives the product of
//! the values of a node of the key tree, and two of three products give the third by division:
//! to split a node costs one check. A second product, of vᵢ to the power of the member's place j
//! in its node, shows a single culprit at once: it is the first product to the power of j.
//!
//! Invariant: who is named has a value other than one, found alone or by division of exact
//! products. The second product only says whom to look at; culprits who arrange theirs so that
//! it points at somebody else gain nothing: that one is looked at alone and found right.

use std::collections::BTreeSet;
use std::ops::Range;

/// Products of members' values. A member's position is its place in the operator table.
pub(super) trait Judge {
    /// Of a group in which discrete logarithms are hard, or a model of one.
    type Value: Copy + PartialEq;

    /// Positions, ascending.
    fn members(&self) -> &[usize];
    /// One check: Π vᵢ over the members of a node who are not in `named`.
    fn plain(&self, node: Node, named: &BTreeSet<usize>) -> Self::Value;
    /// One check: Π vᵢ^(i − the node's start) over the same.
    fn weighted(&self, node: Node, named: &BTreeSet<usize>) -> Self::Value;

    fn one() -> Self::Value;
    fn times(a: &Self::Value, b: &Self::Value) -> Self::Value;
    fn inverse(value: &Self::Value) -> Self::Value;
    /// Equal values have equal marks.
    fn mark(value: &Self::Value) -> [u8; 32];
}

/// 2^level positions from a multiple of 2^level on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) level: u32,
}

impl Node {
    /// The least node from 0 on that holds all positions below `end`.
    pub(super) const fn root(end: usize) -> Self {
        Self { start: 0, level: end.next_power_of_two().trailing_zeros() }
    }

    pub(super) const fn len(self) -> usize {
        1 << self.level
    }

    pub(super) const fn range(self) -> Range<usize> {
        self.start..self.start + self.len()
    }

    const fn halves(self) -> [Self; 2] {
        let level = self.level.saturating_sub(1);
        let left = Self { start: self.start, level };
        [left, Self { start: self.start + left.len(), level }]
    }
}

/// The members of a node, of all positions.
pub(super) fn within(members: &[usize], node: Node) -> &[usize] {
    let Range { start, end } = node.range();
    let from = members.partition_point(|&member| member < start);
    let to = members.partition_point(|&member| member < end);
    &members[from..to]
}

/// Below so many members the second product is not worth its check at the root …
const ROOT_MEMBERS_MIN: usize = 8;
/// … and in each half of a node below it.
const NODE_MEMBERS_MIN: usize = 24;

/// The outcome of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Positions, ascending.
    pub(super) culprits: BTreeSet<usize>,
    /// What it cost.
    pub(super) checks: u32,
}

/// Finds the members who are wrong on their own. `whole` is the product of all, and not one.
///
/// Members of a node whose product is one are not looked at singly: they are right together,
/// and must stay together.
pub(super) fn culprits<J: Judge>(judge: &J, whole: J::Value) -> Found {
    let mut search = Search { judge, named: BTreeSet::new(), checks: 0 };
    let members = judge.members();
    let node = Node::root(members.last().map_or(0, |last| last + 1));
    let weighted = (ROOT_MEMBERS_MIN <= members.len()).then(|| search.weighted(node));
    let mut wrong = vec![Wrong { node, plain: whole, weighted }];
    while !wrong.is_empty() {
        let unresolved: Vec<_> = wrong.into_iter().filter_map(|one| search.probe(one)).collect();
        wrong = search.split(unresolved);
    }
    Found { culprits: search.named, checks: search.checks }
}

/// A node whose product is not one.
struct Wrong<V> {
    node: Node,
    plain: V,
    /// As it would be if every node whose product is one held only right members.
    weighted: Option<V>,
}

struct Search<'a, J> {
    judge: &'a J,
    named: BTreeSet<usize>,
    checks: u32,
}

impl<J: Judge> Search<'_, J> {
    fn plain(&mut self, node: Node) -> J::Value {
        self.checks += 1;
        self.judge.plain(node, &self.named)
    }

    fn weighted(&mut self, node: Node) -> J::Value {
        self.checks += 1;
        self.judge.weighted(node, &self.named)
    }

    /// Members of a node who are not named yet.
    fn left_in(&self, node: Node) -> usize {
        let named = self.named.range(node.range()).count();
        within(self.judge.members(), node).len() - named
    }

    /// Names the culprit if it is the last member, or if the second product shows it and a look
    /// at it alone confirms it. What is still wrong then is given back.
    fn probe(&mut self, wrong: Wrong<J::Value>) -> Option<Wrong<J::Value>> {
        let Wrong { node, plain, weighted } = wrong;
        if self.left_in(node) <= 1 {
            let unnamed = |member: &&usize| !self.named.contains(*member);
            let last = within(self.judge.members(), node).iter().find(unnamed).copied();
            self.named.extend(last);
            return None;
        }
        let Some(weighted) = weighted else {
            return Some(wrong);
        };
        let shown = exponent::<J>(&plain, &weighted, node.len()).filter(|place| {
            let member = node.start + place;
            within(self.judge.members(), node).binary_search(&member).is_ok()
                && !self.named.contains(&member)
        });
        let Some(place) = shown else {
            return Some(wrong);
        };
        let member = node.start + place;
        let own = self.plain(Node { start: member, level: 0 });
        if own == J::one() {
            return Some(Wrong { node, plain, weighted: None });
        }
        self.named.insert(member);
        if own == plain {
            return None;
        }
        let rest = J::times(&plain, &J::inverse(&own));
        let power = power::<J>(&own, place);
        let weighted = J::times(&weighted, &J::inverse(&power));
        Some(Wrong { node, plain: rest, weighted: Some(weighted) })
    }

    /// The halves of these nodes that are wrong.
    fn split(&mut self, wrong: Vec<Wrong<J::Value>>) -> Vec<Wrong<J::Value>> {
        let mut halves = Vec::with_capacity(2 * wrong.len());
        let mut both = Vec::new();
        let mut one_sided = 0;
        for one in wrong {
            let [left, right] = one.node.halves();
            let Some(plain) = self.left_half(&one, left, right) else {
                let is_left = self.left_in(right) == 0;
                halves.push(Self::only(one, if is_left { left } else { right }));
                continue;
            };
            let rest = J::times(&one.plain, &J::inverse(&plain));
            if plain == J::one() || rest == J::one() {
                one_sided += 1;
                halves.push(Self::only(one, if rest == J::one() { left } else { right }));
            } else {
                both.push((one, plain, rest));
            }
        }
        // Where splits leave one half right, culprits are few and a second product finds many.
        let is_sparse = both.len() <= 4 * one_sided;
        let is_first = both.len() <= 1 + self.judge.members().len() / 256;
        for (one, plain, rest) in both {
            let [left, right] = one.node.halves();
            let is_worth_it = (is_sparse || is_first && one.weighted.is_some())
                && NODE_MEMBERS_MIN <= self.left_in(left).min(self.left_in(right));
            let weighted = is_worth_it.then(|| self.weighted(left));
            let weighted_rest = weighted.map(|left_value| match &one.weighted {
                Some(whole) => {
                    let right_value = J::times(whole, &J::inverse(&left_value));
                    moved::<J>(&right_value, &rest, left.len())
                }
                None => self.weighted(right),
            });
            halves.push(Wrong { node: left, plain, weighted });
            halves.push(Wrong { node: right, plain: rest, weighted: weighted_rest });
        }
        halves
    }

    /// The product of the left half; `None` if all members are in one of the halves.
    fn left_half(&mut self, one: &Wrong<J::Value>, left: Node, right: Node) -> Option<J::Value> {
        let members = [left, right].map(|half| self.left_in(half));
        debug_assert_eq!(members.iter().sum::<usize>(), self.left_in(one.node));
        (members[0] > 0 && members[1] > 0).then(|| self.plain(left))
    }

    /// The half that has all that is wrong in a node.
    fn only(one: Wrong<J::Value>, half: Node) -> Wrong<J::Value> {
        let shift = half.start - one.node.start;
        let weighted = one.weighted.map(|value| moved::<J>(&value, &one.plain, shift));
        Wrong { node: half, plain: one.plain, weighted }
    }
}

/// Π vᵢ^(place − shift) from Π vᵢ^place and Π vᵢ.
fn moved<J: Judge>(weighted: &J::Value, plain: &J::Value, shift: usize) -> J::Value {
    J::times(weighted, &J::inverse(&power::<J>(plain, shift)))
}

fn power<J: Judge>(base: &J::Value, exponent: usize) -> J::Value {
    let mut power = J::one();
    for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
        power = J::times(&power, &power);
        if exponent >> bit & 1 == 1 {
            power = J::times(&power, base);
        }
    }
    power
}

/// The least exponent below `len` that makes `power` of `base`, by baby steps and giant steps.
fn exponent<J: Judge>(base: &J::Value, power_of_it: &J::Value, len: usize) -> Option<usize> {
    let steps = len.isqrt() + 1;
    let mut babies = Vec::with_capacity(steps);
    let mut baby = J::one();
    for exponent in 0..steps {
        babies.push((J::mark(&baby), exponent));
        baby = J::times(&baby, base);
    }
    babies.sort_unstable();
    let giant = J::inverse(&baby);
    let mut rest = *power_of_it;
    for round in 0..steps {
        let mark = J::mark(&rest);
        if let Ok(at) = babies.binary_search_by(|baby| baby.0.cmp(&mark)) {
            let exponent = round * steps + babies[at].1;
            return (exponent < len).then_some(exponent);
        }
        rest = J::times(&rest, &giant);
    }
    None
}

#[cfg(test)]
mod tests;
